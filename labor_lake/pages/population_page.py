"""The page of the population: every figure, and the bytes that it was read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.engines.own_sql import query_own
from labor_lake.pages.cells import Cell, Page, Section, Table, cells, shown_day

if TYPE_CHECKING:
    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine

POPULATION = "population"
POPULATION_PAGE = "surveys/population.html"

_STATEMENT = "select dataset, dataset_name, year, population from population order by 1, 3"


def year_anchor(dataset: str, year: str) -> str:
    """The name of a year's figure on the page."""
    return f"{dataset}-{year}"


def population_page(engine: Engine, pointer: Pointer) -> Page:
    """The page of the population.

    Args:
        engine: over the lake's current tables.
        pointer: of the population.

    Raises:
        LakeError: the engine cannot answer.
    """
    answer = query_own(engine, "The population cannot be told", _STATEMENT)
    rows = [
        [
            *cells(row["dataset"], row["dataset_name"]),
            Cell(f"{row['year']}", anchor=year_anchor(row["dataset"], f"{row['year']}")),
            *cells(f"{row['population']:,}"),
        ]
        for row in answer.to_pylist()
    ]
    files = [
        cells(file.source, shown_day(pointer.release), file.rows, file.source_sha256)
        for _, file in pointer.files()
    ]
    figures = Table(
        "Residents", ["dataset", "name", "year", "population"], rows, ("year", "population")
    )
    traces = Table(
        "The answers of the API that the figures are from, as they were received",
        ["dataset", "release", "years", "sha256"],
        files,
        ("years",),
    )
    return Page(
        POPULATION_PAGE,
        "US population",
        ["The American Community Survey of the Census, through the DataUSA API; persons."],
        [("release", Cell(shown_day(pointer.release)))],
        [Section("Figures", tables=[figures]), Section("Trace", tables=[traces])],
    )
