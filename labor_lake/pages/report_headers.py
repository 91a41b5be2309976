"""What a report's own file under sql/reports says of its page, beside its statement.

Each of these lines may stand in the header of the statement:

    -- Picture: how many rows have each best_year.
    -- Picture: value above population, by year.
    -- Observations: value by series_id, year, period.
    -- Observations: value by series_id, best_year, Q01 Q02 Q03 Q04.
    -- Population: population by year of acs1.
    -- Population: mean, stddev_samp.

A picture is of the report's own columns. Of observations it says in which column a figure stands
that was made of some, and which these are: by series, year, and a column or the names of periods.
Of the population likewise: in which columns its figures stand, and of which dataset.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from glue_jobs.sql_files import header_lines

_COUNTS = re.compile(r"Picture: how many rows have each (\w+)\.")
_BESIDE = re.compile(r"Picture: (\w+) above (\w+), by (\w+)\.")
_OBSERVATIONS = re.compile(r"Observations: (\w+) by (\w+), (\w+), ([\w ]+)\.")
_POPULATION = re.compile(r"Population: (\w+(?:, \w+)*)(?: by (\w+) of (\w+))?\.")


class Observations(NamedTuple):
    """The observations that a figure was made of.

    Attributes:
        column: where the figure stands.
        series_id: the column of the series.
        year: the column of the year.
        periods: a column, or the names of periods.
    """

    column: str
    series_id: str
    year: str
    periods: tuple[str, ...]


class Population(NamedTuple):
    """The figures of the population that a report's figures were made of.

    Attributes:
        columns: where these stand.
        year: the column of the year; empty for more than one year.
        dataset: which one; empty for more than one year.
    """

    columns: tuple[str, ...]
    year: str
    dataset: str


class ReportHeader(NamedTuple):
    """What a header says; empty or None where it does not.

    Attributes:
        counted: the column whose values are counted in a picture.
        beside: two columns whose figures are drawn, and the column of the year.
        observations: that figures were made of.
        population: that figures were made of.
    """

    counted: str
    beside: tuple[str, str, str] | None
    observations: Observations | None
    population: Population | None


def read_about(sql: str) -> str:
    """What a statement's header says first: what its answer is."""
    return _header(sql).partition("Grain:")[0].strip()


def read_report_header(sql: str) -> ReportHeader:
    """Reads the header of a report; that of none is empty."""
    text = _header(sql)
    counted, beside = _COUNTS.search(text), _BESIDE.search(text)
    observations, population = _OBSERVATIONS.search(text), _POPULATION.search(text)
    return ReportHeader(
        counted[1] if counted else "",
        (beside[1], beside[2], beside[3]) if beside else None,
        Observations(
            observations[1], observations[2], observations[3], tuple(observations[4].split())
        )
        if observations
        else None,
        Population(tuple(population[1].split(", ")), population[2] or "", population[3] or "")
        if population
        else None,
    )


def _header(sql: str) -> str:
    return " ".join(header_lines(sql))
