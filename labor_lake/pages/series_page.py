"""The page of one series: its line, how each release told it, every figure down to its trace."""

from __future__ import annotations

import hashlib
import re
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

from glue_jobs import table_names
from glue_jobs.engines.own_sql import query_own
from glue_jobs.sources.places import data_place
from labor_lake.numbers import count_digits, shown_figure
from labor_lake.pages.cells import Cell, Page, Section, Table, cells, shown_day
from labor_lake.pages.charts import draw_line, draw_vintages
from labor_lake.pages.citations import Cited
from labor_lake.series import read_figures, read_prints

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine
    from labor_lake.pages.citations import Citations
    from labor_lake.series import Label

_VINTAGES = 12
"""So many releases are drawn, the newest."""

_YEARS = 5
"""So many years of them, the last."""

_REVISED = 12
"""Of so many periods every print is shown, the newest that were printed more than once."""

_FIGURES = 24
"""So many figures are shown as they are now, the newest."""


def series_path(series_id: str) -> str:
    """Where the page of a series lies: its id, or a hash of one that no file could be named."""
    if re.fullmatch(r"[A-Za-z0-9_-]{1,100}", series_id):
        return f"series/{series_id}.html"
    return f"series/{hashlib.sha256(series_id.encode()).hexdigest()[:16]}.html"


def series_page(engine: Engine, pointer: Pointer, label: Label, citations: Citations) -> Page:
    """The page of a series.

    Args:
        engine: over the lake's current tables.
        pointer: its survey's.
        label: what it is.
        citations: take what its figures were made of.

    Raises:
        LakeError: the engine cannot answer.
    """
    figures = read_figures(engine, label).to_pylist()
    # Annual averages have the date of a first quarter, and no place in its line.
    periods = {one["period"] for one in figures}
    prints = [one for one in read_prints(engine, label).to_pylist() if one["period"] in periods]
    source = _source(pointer, prints)
    digits = max((count_digits(one["value"]) for one in (*figures, *prints)), default=0)
    row = label.row
    facts = [
        ("series", Cell(label.series_id)),
        ("survey", Cell(label.survey, page=f"surveys/{label.survey}.html")),
        ("frequency", Cell(label.frequency or "none")),
        ("adjusted", Cell(row["seasonal_text"] or "not said")),
        ("unit", Cell(row["unit"] or "see the title")),
        ("span", Cell(f"{row['first_date'] or '?'} to {row['last_date'] or '?'}")),
    ]
    sections = [
        *_as_it_is(figures, digits),
        *_as_told(engine, pointer, label, prints, figures, source),
        *_printed(label, prints, digits, source, citations),
        _newest(label, figures, prints, digits, source, citations),
    ]
    intro = [row["series_footnotes"]] if row["series_footnotes"] else []
    return Page(series_path(label.series_id), label.title, intro, facts, sections)


def replay(
    changes: Sequence[Mapping[str, Any]], releases: Sequence[str]
) -> Iterator[tuple[str, dict[date, float]]]:
    """The figures of a series after each release.

    Args:
        changes: what each release changed, oldest first: date, release, change, value.
        releases: of the data file, oldest first.

    Yields:
        The release, and its figures by date; what it has no figure for is left out.
    """
    by_release = {name: list(own) for name, own in groupby(changes, lambda one: one["release"])}
    figures: dict[date, float] = {}
    for release in releases:
        for one in by_release.get(release, ()):
            if one["change"] == "withdrawn" or one["value"] is None:
                figures.pop(one["date"], None)
            else:
                figures[one["date"]] = one["value"]
        yield release, dict(figures)


def _source(pointer: Pointer, prints: Sequence[Mapping[str, Any]]) -> str:
    """The data file that prints were read from, by its whole name."""
    data_files = {one["data_file"] for one in prints}
    for vintage in pointer.history:
        if data_place(pointer.subject, vintage.source).partition in data_files:
            return vintage.source
    return ""


def _as_it_is(figures: Sequence[Mapping[str, Any]], digits: int) -> Iterator[Section]:
    points = [(one["date"], one["value"]) for one in figures if one["value"] is not None]
    if len(points) < 2:
        return
    (first, _), (last, value) = points[0], points[-1]
    text = (
        f"A line of {len(points):,} figures from {first:%B %Y} to {last:%B %Y},"
        f" the last one {shown_figure(value, None, digits)}."
    )
    yield Section("As it is now", picture=draw_line(points, text))


def _as_told(
    engine: Engine,
    pointer: Pointer,
    label: Label,
    prints: Sequence[Mapping[str, Any]],
    figures: Sequence[Mapping[str, Any]],
    source: str,
) -> Iterator[Section]:
    releases = [one.release for one in pointer.history if one.source == source]
    dates = {one["date"] for one in figures}
    if len(releases) < 2 or not dates:
        return
    since = max(dates).replace(year=max(max(dates).year - _YEARS, 1))
    changes = _changes(engine, label, prints)
    states = [
        (release, [(day, value) for day, value in sorted(state.items()) if day >= since])
        for release, state in replay(
            [one for one in changes if one["date"] in dates or one["change"] == "withdrawn"],
            releases,
        )
    ][-_VINTAGES:]
    drawn = [(release, points) for release, points in states if points]
    if len(drawn) < 2:
        return
    text = (
        f"The last {_YEARS} years as each of {len(drawn)} releases told them, from"
        f" {shown_day(drawn[0][0])} to {shown_day(drawn[-1][0])}: the newest as the strong line."
    )
    yield Section("As each release told it", picture=draw_vintages(drawn, text))


def _changes(
    engine: Engine, label: Label, prints: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What each release changed in the series: with the dates of what was ever printed."""
    if not prints:
        return []
    dates = {(one["date"].year, one["period"]): one["date"] for one in prints}
    revisions = table_names.revisions(label.survey)
    statement = (
        f"select release, year, period, change, value from {revisions}"  # noqa: S608 - a name of our own
        " where series_id = ? and data_file = ? and change <> 'footnote' order by release"
    )
    told = f"The vintages of {label.series_id} cannot be told"
    rows = query_own(engine, told, statement, [label.series_id, prints[0]["data_file"]]).to_pylist()
    return [
        {**row, "date": dates[row["year"], row["period"]]}
        for row in rows
        if (row["year"], row["period"]) in dates
    ]


def _printed(
    label: Label,
    prints: Sequence[Mapping[str, Any]],
    digits: int,
    source: str,
    citations: Citations,
) -> Iterator[Section]:
    periods = [list(own) for _, own in groupby(prints, lambda one: (one["date"], one["period"]))]
    revised = [own for own in periods if len(own) > 1][-_REVISED:]
    if not revised:
        return
    header = ["period", "release", "print", "figure", "revision", "footnotes"]
    rows = []
    for one in chain.from_iterable(reversed(revised)):
        release, first = one["release"], " (first)" if one["is_first_print"] else ""
        rows.append(
            [
                *cells(f"{one['date'].year} {one['period']}", shown_day(release)),
                *cells(f"{one['print']}{first}"),
                _figure(label, one, digits, source, release, citations),
                *cells(_signed(one["revision"]), one["footnote_codes"]),
            ]
        )
    table = Table(
        f"Every print of the {len(revised)} newest periods that were revised",
        header,
        rows,
        ("print", "figure", "revision"),
    )
    yield Section(
        "How figures were printed",
        ["A print is called first only where the lake can know that. A figure leads to its trace."],
        tables=[table],
    )


def _newest(
    label: Label,
    figures: Sequence[Mapping[str, Any]],
    prints: Sequence[Mapping[str, Any]],
    digits: int,
    source: str,
    citations: Citations,
) -> Section:
    printed_by = {(one["date"], one["period"]): one["release"] for one in prints}
    shown = list(reversed(figures[-_FIGURES:]))
    rows = [
        [
            *cells(one["date"], one["period"]),
            _figure(
                label,
                one,
                digits,
                source,
                printed_by.get((one["date"], one["period"]), ""),
                citations,
            ),
            *cells(one["footnote_codes"]),
        ]
        for one in shown
    ]
    left = len(figures) - len(shown)
    more = f"{left:,} earlier ones: lake series {label.series_id} --format csv" if left else ""
    header = ["date", "period", "figure", "footnotes"]
    return Section(
        "Newest figures", tables=[Table("The newest first", header, rows, ("figure",), more)]
    )


def _figure(
    label: Label,
    one: Mapping[str, Any],
    digits: int,
    source: str,
    release: str,
    citations: Citations,
) -> Cell:
    """A figure that leads to its line in the release that printed it."""
    text = shown_figure(one["value"], one["value_text"], digits)
    cited = Cited(label.survey, source, release, label.series_id, one["date"].year, one["period"])
    return Cell(text, cited=citations.cite([cited]))


def _signed(revision: Any) -> str:
    return "" if revision is None else f"{revision.normalize():+f}"
