"""The page of one survey: what it is, its releases, the newest changes, gaps, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glue_jobs import table_names
from glue_jobs.engines.own_sql import query_own
from glue_jobs.reports.changes import (
    SHOWN,
    as_printed,
    changes_of,
    data_files,
    in_words,
    summary_lines,
    vintages_of,
)
from glue_jobs.sources.bls.known_surveys import known_surveys
from glue_jobs.sources.places import data_place
from glue_jobs.visible import shown_bytes
from labor_lake.pages.cells import Cell, Page, Section, Table, cells, shown_day
from labor_lake.pages.charts import draw_releases
from labor_lake.pages.citations import Cited
from labor_lake.pages.series_page import series_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine
    from labor_lake.pages.citations import Citations
    from labor_lake.release_calendar import Expected

_DRAWN = 24
"""Releases in the picture, the newest."""

_LISTED = 50
"""Releases in the table."""


def survey_path(survey: str) -> str:
    """Where the page of a survey lies."""
    return f"surveys/{survey}.html"


def survey_page(
    engine: Engine,
    pointer: Pointer,
    state: Mapping[str, Any],
    expected: Expected,
    shown_series: Collection[str],
    citations: Citations,
) -> Page:
    """The page of a survey.

    Args:
        engine: over the lake's current tables.
        pointer: the survey's.
        state: what is known of it: a subject of ``labor_lake.state``.
        expected: what is known of its releases.
        shown_series: the series that have a page.
        citations: take what its figures were made of.

    Raises:
        LakeError: the engine cannot answer.
    """
    survey = pointer.subject
    known = known_surveys().get(survey)
    counts = {name: table.rows for name, table in pointer.tables.items()}
    facts = [
        ("release", Cell(shown_day(pointer.release))),
        ("series", Cell(f"{counts.get(table_names.labels(survey), 0):,}")),
        ("observations", Cell(f"{table_names.observations(survey, counts):,}")),
        ("files", Cell(f"{state.get('files', '?')}, {shown_bytes(state.get('bytes', 0))}")),
        ("last asked", Cell(state.get("checked_at") or "never")),
        ("next release", Cell(told_due(expected))),
    ]
    sections = [
        *_troubles(state),
        *_releases(pointer, engine),
        *_newest_changes(engine, pointer, shown_series, citations),
        *_gaps(engine, pointer),
        _files(engine, pointer),
    ]
    name = known.name if known else f"The survey {survey}"
    intro = [f"{survey}: {known.description}"] if known else []
    return Page(survey_path(survey), name, intro, facts, sections)


def told_due(expected: Expected) -> str:
    """When the next release is due, in words."""
    if expected.due is None:
        return "not known yet"
    return f"{expected.due}, late" if expected.is_late else f"about {expected.due}"


def _troubles(state: Mapping[str, Any]) -> Iterator[Section]:
    """What somebody should know before they believe the tables."""
    told = [
        f"{name} is held back since {held['since']}: {held['reason']}"
        for name, held in state.get("held", {}).items()
    ]
    told += [
        f"{source}: a release was missed before {', '.join(map(shown_day, releases))}."
        for source, releases in state.get("missed", {}).items()
    ]
    told += state.get("damaged", ())
    if told:
        yield Section("What to know first", told)


def _releases(pointer: Pointer, engine: Engine) -> Iterator[Section]:
    table = table_names.releases(pointer.subject)
    if table not in pointer.tables:
        return
    statement = (
        "select data_file, release, number, added, revised, withdrawn, missed_before"  # noqa: S608 - a name of our own
        f" from {table} order by data_file, release"
    )
    told = f"The releases of {pointer.subject} cannot be told"
    rows = query_own(engine, told, statement).to_pylist()
    shown_file = data_place(pointer.subject, data_files(pointer)[0]).partition if rows else ""
    # The first vintage adds everything, beside which no other could be seen.
    drawn = [row for row in rows if row["data_file"] == shown_file and row["number"] > 1][-_DRAWN:]
    picture = None
    if drawn:
        kinds = ("added", "revised", "withdrawn")
        changes = [(shown_day(row["release"]), kind, row[kind]) for row in drawn for kind in kinds]
        revised = sum(row["revised"] for row in drawn)
        picture = draw_releases(
            changes,
            f"What {len(drawn)} releases changed in {pointer.subject}.data.{shown_file}, from"
            f" {shown_day(drawn[0]['release'])} to {shown_day(drawn[-1]['release'])}:"
            f" {revised:,} figures revised in all.",
        )
    header = ["data file", "release", "number", "added", "revised", "withdrawn", "missed before"]
    newest = sorted(rows, key=lambda row: (row["release"], row["data_file"]), reverse=True)
    cells_of = [
        cells(
            row["data_file"],
            shown_day(row["release"]),
            row["number"],
            *(f"{row[name]:,}" for name in ("added", "revised", "withdrawn")),
            "yes" if row["missed_before"] else "",
        )
        for row in newest[:_LISTED]
    ]
    left = len(newest) - len(cells_of)
    more = f"{left:,} earlier ones stand in the table {table}." if left else ""
    listed = Table("Releases, the newest first", header, cells_of, header[2:6], more)
    yield Section("Releases", picture=picture, tables=[listed])


def _newest_changes(
    engine: Engine, pointer: Pointer, shown_series: Collection[str], citations: Citations
) -> Iterator[Section]:
    for source in data_files(pointer)[:1]:
        vintages = vintages_of(pointer, source)
        document = changes_of(engine, pointer, vintages[-1])
        changes = [as_printed(one) for one in document["changes"][:SHOWN]]
        before = vintages[-2].release if len(vintages) > 1 else ""
        rows = []
        for one in changes:
            series_id, year, period = one["series_id"], one["year"], one["period"]
            page = series_path(series_id) if series_id in shown_series else ""
            old, new = (
                Cited(pointer.subject, source, release, series_id, year, period)
                for release in (before, vintages[-1].release)
            )
            rows.append(
                [
                    *cells(one["change"]),
                    Cell(series_id, page=page),
                    *cells(in_words(pointer.subject, one), f"{year} {period}"),
                    Cell(_plain(one["previous_value"]), cited=citations.cite([old])),
                    Cell(_plain(one["value"]), cited=citations.cite([new])),
                    *cells(_plain(one["difference"])),
                ]
            )
        left = len(document["changes"]) - len(changes)
        more = f"{left:,} more: lake changes {pointer.subject} --json" if left else ""
        header = ["change", "series", "what", "period", "old", "new", "difference"]
        table = Table("The biggest moves first", header, rows, header[4:], more)
        yield Section(
            "What the newest release changed",
            summary_lines(document),
            tables=[table] if rows else [],
        )


def _gaps(engine: Engine, pointer: Pointer) -> Iterator[Section]:
    gaps = table_names.of_file(pointer.subject, "gaps")
    if table_names.labels(pointer.subject) not in pointer.tables:
        return
    statement = (
        "select why, count(*) as periods, count(distinct series_id) as series,"  # noqa: S608 - a name of our own
        f" min(date) as first, max(date) as last from {gaps} group by why order by why"
    )
    told = f"The gaps of {pointer.subject} cannot be told"
    rows = query_own(engine, told, statement).to_pylist()
    sentence = (
        "Periods inside the life of a series for which there is no figure."
        if rows
        else "No series lacks a figure between its first and its last."
    )
    header = ["why", "periods", "series", "first", "last"]
    table = Table(
        "Gaps by why",
        header,
        [
            cells(
                row["why"], f"{row['periods']:,}", f"{row['series']:,}", row["first"], row["last"]
            )
            for row in rows
        ],
        ("periods", "series"),
    )
    yield Section("Gaps", [sentence], tables=[table] if rows else [])


def _files(engine: Engine, pointer: Pointer) -> Section:
    sources = table_names.sources(pointer.subject)
    statement = (
        "select name, bytes, release, rows_read, rows_rejected, status, sha256"  # noqa: S608 - a name of our own
        f" from {sources} order by name"
    )
    told = f"The files of {pointer.subject} cannot be told"
    rows = [
        cells(
            row["name"],
            shown_bytes(row["bytes"]),
            shown_day(row["release"]),
            *("" if row[name] is None else f"{row[name]:,}" for name in _COUNTED),
            row["status"],
            row["sha256"],
        )
        for row in query_own(engine, told, statement).to_pylist()
    ]
    header = ["file", "size", "release", "rows", "set aside", "status", "sha256"]
    table = Table("Every landed file", header, rows, ("size", "rows", "set aside"))
    return Section("Files", tables=[table])


_COUNTED = ("rows_read", "rows_rejected")


def _plain(value: object) -> str:
    return "" if value is None else f"{value}"
