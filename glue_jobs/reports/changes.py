"""What a release added, revised and withdrew: asked of the engine, told in text and JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from glue_jobs import table_names
from glue_jobs.engines.own_sql import query_own
from glue_jobs.sources.places import data_place
from glue_jobs.subjects import survey_code
from glue_jobs.timestamps import year_of
from glue_jobs.visible import visible

if TYPE_CHECKING:
    from decimal import Decimal

    from glue_jobs.catalog.pointers import Pointer, Vintage
    from glue_jobs.engines.protocol import Engine

SHOWN = 20

_TOLD_BY = {"pr": ("sector_name", "measure_text", "duration_text")}
"""By survey, the words that tell a change more shortly than the title of its series."""


def vintages_of(pointer: Pointer, source: str) -> list[Vintage]:
    """The vintages of one data file, oldest first."""
    return [one for one in pointer.history if one.source == source]


def data_files(pointer: Pointer) -> list[str]:
    """The data files that the survey's history knows; the first one is shown by default.

    Those that the release has come first: a backfill may know one that BLS has removed.
    """
    current = {file.source for name, file in pointer.files() if not pointer.tables[name].folder}
    known = {one.source for one in pointer.history}
    return sorted(known, key=lambda name: (name not in current, name))


def changes_of(engine: Engine, pointer: Pointer, vintage: Vintage) -> dict[str, Any]:
    """What one vintage of a data file changed, ready for JSON, the biggest moves first.

    Args:
        engine: over the lake's current tables.
        pointer: the survey's.
        vintage: the vintage.

    Returns:
        ``survey``, ``source``, ``release``, ``first`` (whether it is the first vintage that the
        lake has seen, which changes nothing), ``revised`` and ``unflagged`` (values without BLS's
        mark), ``counts`` by change, and ``changes``: one per observation; a difference is computed
        exactly.

    Raises:
        LakeError: the engine cannot answer.
    """
    told = f"The changes of {vintage.source} cannot be told"
    data_file = data_place(pointer.subject, vintage.source).partition
    release = vintage.release
    values = [data_file, year_of(release), release]
    answer = query_own(engine, told, _statement(pointer), values)
    return {
        "survey": pointer.subject,
        "source": vintage.source,
        "release": vintage.release,
        "first": vintage == vintages_of(pointer, vintage.source)[0],
        "revised": vintage.revised,
        "unflagged": vintage.unflagged,
        "counts": dict(sorted(Counter(answer.column("change").to_pylist()).items())),
        "changes": [
            {**row, "difference": _number(row["difference"])} for row in answer.to_pylist()
        ],
    }


def summary_lines(document: dict[str, Any]) -> list[str]:
    """The changes in a sentence or two."""
    name = f"{document['source']}, release {document['release']}"
    if document["first"]:
        return [f"{name}: the first that the lake has seen."]
    counts = ", ".join(f"{count:,} {change}" for change, count in document["counts"].items())
    lines = [f"{name}: {counts or 'no value has changed'}."]
    if document["unflagged"]:
        lines.append(
            f"{document['unflagged']:,} of {document['revised']:,} revised values do not bear BLS's"
            " mark: a release before this one was missed."
        )
    return lines


def as_printed(change: dict[str, Any]) -> dict[str, Any]:
    """A change whose figures are as BLS prints them: a value, or the text in its place."""
    printed = dict(change)
    for name in ("previous_value", "value"):
        text = printed.pop(f"{name}_text")
        printed[name] = text if printed[name] is None else printed[name]
    return printed


def in_words(survey: str, change: dict[str, Any]) -> str:
    """What a change is about; empty where the lake has no words for its series."""
    words = [change.get(name) for name in ("title", *_TOLD_BY.get(survey, ()))]
    return ", ".join(word for word in words if word)


def as_text(document: dict[str, Any]) -> str:
    """The sentences, and the biggest moves, a line each."""
    lines = summary_lines(document)
    for change in map(as_printed, document["changes"][:SHOWN]):
        what = in_words(document["survey"], change) or change["series_id"]
        before, now = change["previous_value"], change["value"]
        figures = {"added": f"new: {now}", "withdrawn": f"withdrawn: {before}"}.get(
            change["change"], f"{before} -> {now}"
        )
        lines.append(visible(f"{change['year']} {change['period']}  {figures}  {what}"))
    more = len(document["changes"]) - SHOWN
    if more > 0:
        lines.append(f"and {more:,} more")
    return "\n".join(lines) + "\n"


def _number(difference: Decimal | None) -> float | None:
    """An exact difference as JSON has it; a double prints the same digits, as far as BLS's go."""
    return None if difference is None else float(difference)


def _words_of(pointer: Pointer) -> tuple[str, ...]:
    """The columns that tell what a change is about; none of an older version's lake."""
    labels = pointer.tables.get(table_names.labels(pointer.subject))
    if labels is None:
        return ()
    own = _TOLD_BY.get(pointer.subject, ())
    there = {column.name for column in labels.columns}
    return own if own and there.issuperset(own) else ("title",)


def _statement(pointer: Pointer) -> str:
    survey = survey_code(pointer.subject)  # as the pointer has it, and it becomes part of a name
    words = _words_of(pointer)
    in_words = bool(words)
    source = table_names.changes(survey) if in_words else table_names.revisions(survey)
    difference = (
        "difference"
        if in_words
        else "cast(value as decimal(18, 6)) - cast(previous_value as decimal(18, 6)) as difference"
    )
    columns = ", ".join(["change", "series_id", *words, "year", "period", "previous_value"])
    return (
        f"select {columns}, value, {difference}, previous_value_text, value_text from {source}"  # noqa: S608 - names of our own
        " where data_file = ? and release_year = ? and release = ?"
        " and change in ('added', 'revised', 'text', 'withdrawn')"
        " order by abs(difference) desc nulls last, series_id, year, period"
    )
