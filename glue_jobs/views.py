"""All views of the lake: those of `sql/views/`, and those that every survey gets from a template.

A template in `sql/templates/` is a statement with ``${survey}`` in the place of the survey's code.
What depends on the survey's tables stands in it as ``$words`` (its codes, each with its words),
``$texts`` (the words alone), ``$further`` (what its data has besides), ``$periods``; a line that
ends with ``-- with footnote`` is there only for a survey that explains its footnotes.

The view ``series`` is over the labels of all surveys: the part of its template after ``-- for each
survey`` is repeated.
"""

from __future__ import annotations

import hashlib
import json
import re
from string import Template
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.labels.facts import has_words
from glue_jobs.sql_files import inputs, sql_file, sql_files
from glue_jobs.tables import schemas
from glue_jobs.tables.periods import AVERAGE, FREQUENCIES, PERIODS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

ALL_SERIES = "series"
_EACH = "-- for each survey\n"


def views_over(tables: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The views whose tables are there, each after those that it reads, by name.

    Args:
        tables: the columns of every table, by name.
    """
    views = {**sql_files("views"), **dict(_generated(tables))}
    ordered: dict[str, str] = {}

    def add(name: str) -> bool:
        """Adds a view after those that it reads, if all tables behind it are there."""
        if name in views and name not in ordered:
            reads = sorted(inputs(views[name]))
            if not all(read in tables or add(read) for read in reads):
                return False
            ordered[name] = views[name]
        return name in ordered

    for name in views:
        add(name)
    return ordered


def outline(name: str) -> str:
    """The statement of a view, as far as its name tells; empty where no view has that name.

    Of a generated one that is the template with the survey's code in it: what it reads, but not
    which columns.
    """
    survey, _, ending = name.partition("_")
    template = sql_file("templates", ending) if ending != ALL_SERIES else ""
    return _expand(template, survey, {}) if template else sql_file("views", name)


def base_tables(sql: str) -> set[str]:
    """The tables that a statement of the project reads, itself or through views."""
    tables: set[str] = set()
    for name in inputs(sql):
        tables |= base_tables(outline(name)) if outline(name) else {name}
    return tables


def absent(sql: str, tables: Collection[str]) -> str:
    """Which tables a statement reads that are not among these: ``no pr_class``; or nothing."""
    missing = sorted(base_tables(sql) - set(tables))
    return f"no {', '.join(missing)}" if missing else ""


def digest_of(
    name: str,
    views: Mapping[str, str],
    columns: Mapping[str, Sequence[tuple[str, str]]],
) -> str:
    """Tells what a view is made from: Athena calls one stale whose tables have other types.

    Args:
        name: of the view.
        views: the statements of all views, by name.
        columns: the columns of all tables, with their types, by name.
    """
    read = {
        one: digest_of(one, views, columns) if one in views else columns[one]
        for one in sorted(inputs(views[name]))
    }
    return hashlib.sha256(json.dumps([views[name], read]).encode()).hexdigest()


def _generated(tables: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """What the templates give for the surveys whose labels are there."""
    surveys = table_names.labelled(tables)
    templates = sql_files("templates")
    for survey in surveys:
        for ending, template in templates.items():
            if ending != ALL_SERIES:
                name = table_names.of_file(survey, ending)
                yield name, _expand(template, survey, tables)
    if surveys and ALL_SERIES in templates:
        yield ALL_SERIES, _unite(templates[ALL_SERIES], surveys)


def _expand(template: str, survey: str, tables: Mapping[str, Sequence[str]]) -> str:
    """A survey's statement from a template."""
    footnote = table_names.footnotes(survey)
    explained = {"footnote_code", "footnote_text"} <= set(tables.get(footnote, ()))
    text = _choose_lines(template, with_footnote=explained or not tables)
    labels = tables.get(table_names.labels(survey), ())
    data = tables.get(table_names.data(survey), ())
    own = {column.name for column in schemas.LABELS} - {"seasonal_text"}
    words = [name for name in _words(labels) if name not in own]
    known_data = {column.name for column in (*schemas.DATA_COLUMNS, schemas.DATA_FILE)}
    taken = {*words, *own, "period_name", "is_annual", "footnote_text", "date"}
    lists = {
        "words": [f"l.{name}," for name in words],
        "texts": [f"l.{name}," for name in words if has_words(name)],
        "further": [f"d.{name}," for name in data if name not in known_data | taken],
        "periods": [_row(code) + "," for code in PERIODS],
    }
    lists["periods"][-1] = lists["periods"][-1].rstrip(",")
    listed = "".join(_fill(line, lists) for line in text.splitlines(keepends=True))
    return Template(listed).substitute(survey=survey)


def _fill(line: str, lists: Mapping[str, Sequence[str]]) -> str:
    """A line of a template, or the lines that go where it names a list."""
    found = re.fullmatch(r"( *)\$([a-z]+)\n", line)
    return _lines(found[1], lists[found[2]]) if found else line


def _words(labels: Sequence[str]) -> list[str]:
    """The labels' columns that are codes and words; seasonal_text stands after its code."""
    own = {column.name for column in schemas.LABELS}
    names = [name for name in labels if name not in own]
    if "seasonal_text" in labels:
        place = names.index("seasonal") + 1 if "seasonal" in names else len(names)
        names.insert(place, "seasonal_text")
    return names


def _lines(indent: str, lines: Sequence[str]) -> str:
    return "".join(f"{indent}{line}\n" for line in lines)


def _row(code: str) -> str:
    period = PERIODS[code]
    annual = "true" if period.is_annual else "false"
    frequency = "average" if period.kind == AVERAGE else FREQUENCIES[period.kind]
    values = f"{period.month}, {period.months}, {annual}, '{period.name}', '{frequency}'"
    return f"('{code}', {values})"


def _choose_lines(template: str, *, with_footnote: bool) -> str:
    """A template without the lines that are not for this survey, and without marks."""
    kept, left_out = " -- with footnote", " -- without footnote"
    if not with_footnote:
        kept, left_out = left_out, kept
    lines = template.splitlines(keepends=True)
    return "".join(
        line.replace(kept, "") for line in lines if not line.rstrip("\n").endswith(left_out)
    )


def _unite(template: str, surveys: Sequence[str]) -> str:
    """The view over all surveys."""
    head, _, part = template.partition(_EACH)
    parts = [Template(part).substitute(survey=survey) for survey in surveys]
    listed = ", ".join(table_names.labels(survey) for survey in surveys)
    return Template(head).substitute(inputs=listed) + "union all\n".join(parts)
