"""The front page: what is fresh, the reports, the newest releases, chosen series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glue_jobs.reports.changes import data_files
from glue_jobs.table_names import observations
from labor_lake.pages.cells import Cell, Page, Section, Table, cells, shown_day
from labor_lake.pages.population_page import POPULATION, POPULATION_PAGE
from labor_lake.pages.report_pages import shortened
from labor_lake.pages.survey_page import survey_path, told_due

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from glue_jobs.catalog.pointers import Pointer
    from labor_lake.release_calendar import Expected

_ROWS = 12


def subject_path(name: str) -> str:
    """Where the page of a subject lies."""
    return POPULATION_PAGE if name == POPULATION else survey_path(name)


def front_page(
    state: Mapping[str, Any],
    troubles: Sequence[tuple[str, str]],
    pointers: Mapping[str, Pointer],
    expected: Mapping[str, Expected],
    reports: Sequence[Page],
    series: Sequence[tuple[str, Page]],
) -> Page:
    """The first page of the site.

    Args:
        state: of the lake: ``labor_lake.state``.
        troubles: what is older than it should be, or cannot be shown: name, and why.
        pointers: by subject.
        expected: by subject, what is known of its releases.
        reports: their pages.
        series: (series id, its page).
    """
    counts = sum(observations(name, one.get("rows", {})) for name, one in state["subjects"].items())
    told = "one subject" if len(pointers) == 1 else f"{len(pointers)} subjects"
    sections = [
        Section(
            "Fresh",
            [f"{name}: {reason}" for name, reason in troubles] or ["Nothing is held back."],
            tables=[_subjects(state, pointers, expected)],
        ),
        *(shortened(page, _ROWS) for page in reports),
        *_newest(pointers),
        *_series(series),
    ]
    intro = [
        "The time series of the US Bureau of Labor Statistics, and the US population, as tables.",
        "Every underlined figure leads to the line of the file that it was read from.",
        f"The lake holds {counts:,} observations of {told}.",
    ]
    return Page("index.html", "Labor Lake", intro, sections=sections)


def _subjects(
    state: Mapping[str, Any], pointers: Mapping[str, Pointer], expected: Mapping[str, Expected]
) -> Table:
    rows = []
    for name, one in state["subjects"].items():
        release = one.get("release")
        rows.append(
            [
                Cell(name, page=subject_path(name) if name in pointers else ""),
                *cells(
                    shown_day(release) if release else "not built",
                    f"{observations(name, one.get('rows', {})):,}",
                    one.get("checked_at") or "never",
                    told_due(expected[name]) if name in expected else "",
                ),
            ]
        )
    header = ["subject", "release", "observations", "last asked", "next release"]
    return Table("Every subject of the lake", header, rows, ("observations",))


def _newest(pointers: Mapping[str, Pointer]) -> Iterator[Section]:
    rows = []
    for name, pointer in pointers.items():
        if not pointer.history:
            continue
        source = data_files(pointer)[0]
        newest = [one for one in pointer.history if one.source == source][-1]
        rows.append(
            [
                Cell(name, page=survey_path(name)),
                *cells(
                    source, shown_day(newest.release), f"{newest.rows:,}", f"{newest.revised:,}"
                ),
            ]
        )
    if rows:
        header = ["survey", "file", "release", "changes", "revised"]
        rows.sort(key=lambda row: (row[2].text, row[0].text), reverse=True)
        table = Table("The newest first", header, rows, ("changes", "revised"))
        yield Section("What the newest releases changed", tables=[table])


def _series(series: Sequence[tuple[str, Page]]) -> Iterator[Section]:
    if series:
        rows = [[Cell(series_id, page=page.path), *cells(page.title)] for series_id, page in series]
        yield Section("Series", tables=[Table("Chosen series", ["series", "title"], rows)])
