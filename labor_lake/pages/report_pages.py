"""The reports: each whole on a page of its own, with a picture where its header asks for one.

Which figures lead where stands in the headers too: a new report needs nothing here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.reports.changes import data_files
from glue_jobs.reports.files import from_csv
from glue_jobs.reports.index import read_reports
from glue_jobs.sql_files import sql_file
from labor_lake.pages.cells import Cell, Page, Section, Table, shown_day
from labor_lake.pages.charts import draw_beside, draw_counts
from labor_lake.pages.citations import Cited
from labor_lake.pages.population_page import POPULATION_PAGE, year_anchor
from labor_lake.pages.report_headers import read_about, read_report_header

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.storage.protocol import Storage
    from labor_lake.pages.charts import Picture
    from labor_lake.pages.citations import Citations
    from labor_lake.pages.report_headers import Observations, ReportHeader

    _Row = Mapping[str, str]


def report_path(name: str) -> str:
    """Where the page of a report lies."""
    return f"reports/{name}.html"


def report_page(
    storage: Storage, name: str, pointers: Mapping[str, Pointer], citations: Citations
) -> Page:
    """The page of a report.

    Args:
        storage: the lake.
        name: the report's.
        pointers: by subject.
        citations: take what the figures were made of.

    Raises:
        IntegrityFailure: the report is not as it was written.
    """
    index, bodies = read_reports(storage, lambda _: [name])
    header, lines = from_csv(bodies[name])
    rows = [dict(zip(header, line)) for line in lines]
    said = read_report_header(sql_file("reports", name))
    inputs = index.reports[name].made_from
    surveys = [pointers[one.subject] for one in inputs if _is_survey(one.subject, pointers)]
    table_rows = [
        [_cell(said, column, row, surveys, citations) for column in header] for row in rows
    ]
    made_from = ", ".join(f"{one.subject} of {shown_day(one.release)}" for one in inputs)
    sentences = [f"Made from {made_from}."]
    if name in index.held:
        held = index.held[name]
        sentences.append(f"It was not renewed since {held.since}: {held.reason}")
    caption = f"{name}: {len(rows):,} {'row' if len(rows) == 1 else 'rows'}"
    table = Table(caption, header, table_rows, _numbers(header, rows))
    section = Section("Report", sentences, _picture(said, rows), [table])
    # What people ask is said by the view, where the report prints one.
    about = read_about(sql_file("views", name) or sql_file("reports", name))
    return Page(report_path(name), name, [about] if about else [], sections=[section])


def _is_survey(subject: str, pointers: Mapping[str, Pointer]) -> bool:
    return subject in pointers and table_names.data(subject) in pointers[subject].tables


def _cell(
    said: ReportHeader, column: str, row: _Row, surveys: Sequence[Pointer], citations: Citations
) -> Cell:
    """A figure that leads to what it was made of, or any other text."""
    text = row[column]
    if said.population and column in said.population.columns and text:
        _, year, dataset = said.population
        anchor = f"#{year_anchor(dataset, row[year])}" if dataset else ""
        return Cell(text, page=POPULATION_PAGE + anchor)
    if said.observations and column == said.observations.column and surveys and text:
        return Cell(text, cited=citations.cite(_cited(said.observations, row, surveys[0])))
    return Cell(text)


def _cited(said: Observations, row: _Row, pointer: Pointer) -> list[Cited]:
    """The observations of the newest vintage that a figure was made of."""
    source = data_files(pointer)[0]
    newest = max((one.release for one in pointer.history if one.source == source), default="")
    series_id, year = row[said.series_id], int(row[said.year])
    periods = [row.get(one, one) for one in said.periods]
    return [Cited(pointer.subject, source, newest, series_id, year, period) for period in periods]


def _numbers(header: Sequence[str], rows: Sequence[_Row]) -> list[str]:
    """The columns that hold numbers only."""
    return [
        column
        for column in header
        if any(row[column] for row in rows)
        and all(not row[column] or _is_number(row[column]) for row in rows)
    ]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _picture(said: ReportHeader, rows: Sequence[_Row]) -> Picture | None:
    """What the header asks to be drawn; nothing of a report without rows."""
    if said.counted and rows:
        return _draw_counts(said.counted, rows)
    if said.beside and rows:
        return _draw_beside(*said.beside, rows)
    return None


def _draw_counts(column: str, rows: Sequence[_Row]) -> Picture:
    counts = sorted(Counter(int(row[column]) for row in rows if row[column]).items())
    value, most = max(counts, key=lambda one: one[1])
    name = _words(column)
    text = f"How many of {len(rows):,} rows have each {name}: most, {most:,}, have {value}."
    return draw_counts(counts, name, text)


def _draw_beside(above: str, below: str, year: str, rows: Sequence[_Row]) -> Picture:
    panels = [
        (_words(name), [(int(row[year]), float(row[name])) for row in rows if row[name]])
        for name in (above, below)
    ]
    told = " and ".join(f"{len(points):,} figures of {name}" for name, points in panels)
    years = [int(row[year]) for row in rows]
    span = f"{min(years)} to {max(years)}"
    return draw_beside(panels, f"Above {_words(above)}, below {_words(below)}, {span}: {told}.")


def _words(column: str) -> str:
    return column.replace("_", " ")


def shortened(page: Page, rows: int) -> Section:
    """A report for the front page: its picture, or its first rows, and the way to all of it."""
    (section,) = page.sections

    def shorter(table: Table) -> Table:
        if section.picture:
            return Table(
                table.caption, ["the whole report"], [[Cell(table.caption, page=page.path)]]
            )
        return Table(table.caption, table.header, table.rows[:rows], table.numbers)

    tables = [shorter(table) for table in section.tables]
    return Section(page.title, section.sentences, section.picture, tables)
