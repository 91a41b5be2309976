"""Counts of a survey's observations and titles, as SQL over the lake tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from labor_lake.client import Lake


class LabelCounts(NamedTuple):
    """What a survey's data and its labels have.

    Attributes:
        data: rows of its data table.
        observations: rows of its observations.
        undated: those without a date.
        no_known_period: those whose period BLS has not explained; the one reason for no date.
        series: that have labels.
        by_bls: distinct titles of BLS.
        by_words: distinct titles without the ids in brackets.
        titles: distinct titles.
    """

    data: int
    observations: int
    undated: int
    no_known_period: int
    series: int
    by_bls: int
    by_words: int
    titles: int


def count_labels(lake: Lake, survey: str) -> LabelCounts:
    """Counts a survey's observations and titles."""
    counts = _first(
        lake,
        f"""
        select
            (select count(*) from {survey}_data) as data,
            count(*) as observations,
            count_if(date is null) as undated,
            count_if(period_name is null) as no_known_period
        from {survey}_observations
        """,
    )
    titles = _first(
        lake,
        f"""
        select
            count(*) as series,
            count(distinct title) as titles,
            count(distinct
                if(title <> series_id, replace(title, concat(' [', series_id, ']'), ''))
            ) as by_words
        from {survey}_labels
        """,
    )
    return LabelCounts(**counts, **titles, by_bls=_count_bls_titles(lake, survey))


def _count_bls_titles(lake: Lake, survey: str) -> int:
    """How many; most surveys have no column for them, some no series file."""
    columns = lake.sql(
        f"""
        select column_name from information_schema.columns
        where table_schema = 'labor_lake'
            and table_name = '{survey}_series' and column_name = 'series_title'
        """
    )
    if not len(columns):
        return 0
    counted = _first(lake, f"select count(distinct series_title) as n from {survey}_series")
    return int(counted["n"])


def _first(lake: Lake, sql: str) -> dict[str, int]:
    return next(iter(lake.sql(sql)))
