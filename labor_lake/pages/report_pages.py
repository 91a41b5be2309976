"""The reports: each whole on a page of its own, two with a picture, figures with their traces."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.errors import UsageError
from glue_jobs.reports.changes import data_files
from glue_jobs.reports.files import from_csv
from glue_jobs.reports.index import read_reports
from labor_lake.pages.cells import Cell, Page, Section, Table, cells, shown_day
from labor_lake.pages.charts import draw_beside, draw_best_years
from labor_lake.pages.citations import Cited
from labor_lake.pages.population_page import POPULATION_PAGE, year_anchor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.reports.index import ReportIndex
    from glue_jobs.storage.protocol import Storage
    from labor_lake.pages.charts import Picture
    from labor_lake.pages.citations import Citations

    _Row = Mapping[str, str]

_QUARTERS = ("Q01", "Q02", "Q03", "Q04", "Q05")

# What stands in no column of a report: of which year and periods a figure is made, and from which
# dataset a population is.
_YEARS = {"best_year": "best_year"}
_PERIODS = {"best_year": _QUARTERS}
_DATASETS = {"series_population": "acs1"}

_NUMBERS = (
    *("best_year", "value", "quarters", "tied_years", "first_year", "last_year", "years"),
    *("mean", "stddev_samp", "stddev_pop", "year", "population"),
)


def report_path(name: str) -> str:
    """Where the page of a report lies."""
    return f"reports/{name}.html"


def report_pages(
    storage: Storage, pointers: Mapping[str, Pointer], citations: Citations
) -> list[Page]:
    """The page of each report that the lake has, in the order of their names; none without any.

    Args:
        storage: the lake.
        pointers: by subject.
        citations: take what the figures were made of.

    Raises:
        IntegrityFailure: a report is not as it was written.
    """
    try:
        index, bodies = read_reports(storage, lambda index: sorted(index.reports))
    except UsageError:
        return []
    return [_page(name, bodies[name], index, pointers, citations) for name in sorted(bodies)]


def _page(
    name: str,
    body: bytes,
    index: ReportIndex,
    pointers: Mapping[str, Pointer],
    citations: Citations,
) -> Page:
    header, lines = from_csv(body)
    rows = [dict(zip(header, line)) for line in lines]
    inputs = index.reports[name].made_from
    made_from = ", ".join(f"{one.subject} of {shown_day(one.release)}" for one in inputs)
    surveys = [pointers[one.subject] for one in inputs if _is_survey(one.subject, pointers)]
    table_rows = [
        [_cell(name, column, row, surveys, citations) for column in header] for row in rows
    ]
    numbers = [column for column in header if column in _NUMBERS]
    sentences = [f"Made from {made_from}."]
    if name in index.held:
        held = index.held[name]
        sentences.append(f"It was not renewed since {held.since}: {held.reason}")
    picture = _PICTURES[name](rows) if name in _PICTURES and rows else None
    table = Table(
        f"{name}: {len(rows):,} {'row' if len(rows) == 1 else 'rows'}", header, table_rows, numbers
    )
    return Page(report_path(name), name, sections=[Section("Report", sentences, picture, [table])])


def _is_survey(subject: str, pointers: Mapping[str, Pointer]) -> bool:
    return subject in pointers and table_names.data(subject) in pointers[subject].tables


def _cell(
    report: str, column: str, row: _Row, surveys: Sequence[Pointer], citations: Citations
) -> Cell:
    text = row[column]
    if column == "population" and report in _DATASETS and text:
        return Cell(text, page=f"{POPULATION_PAGE}#{year_anchor(_DATASETS[report], row['year'])}")
    if column in ("mean", "stddev_samp", "stddev_pop"):
        return Cell(text, page=POPULATION_PAGE)
    if column == "value" and surveys and text:
        return Cell(text, cited=citations.cite(_cited(report, row, surveys[0])))
    return Cell(text)


def _cited(report: str, row: _Row, pointer: Pointer) -> list[Cited]:
    """The observations of the newest vintage that a figure was made of."""
    source = data_files(pointer)[0]
    newest = max((one.release for one in pointer.history if one.source == source), default="")
    year = int(row[_YEARS.get(report, "year")])
    periods = _PERIODS.get(report) or (row["period"],)
    return [
        Cited(pointer.subject, source, newest, row["series_id"], year, period) for period in periods
    ]


def _draw_best_years(rows: Sequence[_Row]) -> Picture:
    counts = sorted(Counter(int(row["best_year"]) for row in rows).items())
    year, most = max(counts, key=lambda one: one[1])
    return draw_best_years(
        counts,
        f"How many of {len(rows)} productivity series had their best year in each year: most,"
        f" {most}, in {year}.",
    )


def _draw_beside(rows: Sequence[_Row]) -> Picture:
    values = [(int(row["year"]), float(row["value"])) for row in rows if row["value"]]
    people = [(int(row["year"]), int(row["population"]) / 1e6) for row in rows if row["population"]]
    series_id, period = rows[0]["series_id"], rows[0]["period"]
    return draw_beside(
        values,
        people,
        f"{series_id}, {period} of each year, above the US population of that year:"
        f" {len(values)} values, {len(people)} populations.",
    )


_PICTURES: dict[str, Callable[[Sequence[_Row]], Picture]] = {
    "best_year": _draw_best_years,
    "series_population": _draw_beside,
}


def shortened(page: Page, rows: int) -> Section:
    """A report for the front page: its picture, or its first rows, and the way to all of it."""
    (section,) = page.sections
    (table,) = section.tables
    if section.picture:
        short = Table(table.caption, ["the whole report"], [[Cell(table.caption, page=page.path)]])
    else:
        short = Table(table.caption, table.header, table.rows[:rows], table.numbers)
    return Section(page.title, section.sentences, section.picture, [short])


def link_row(page: Page) -> list[Cell]:
    """A line that leads to a report."""
    return [Cell(page.title, page=page.path), *cells(page.sections[0].sentences[0])]
