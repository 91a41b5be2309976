"""Series as people ask for them: by id, as dated figures, with changes, as they were printed.

What is asked of a survey is asked of its generated views, so that SQL gives the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from glue_jobs import table_names
from glue_jobs.engines.own_sql import query_own
from glue_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pyarrow as pa

    from glue_jobs.engines.protocol import Engine

CHANGES = {
    "change": "the figure less that of the period before",
    "percent_change": "the same in percent of that figure",
    "year_over_year": "the change in percent against the same period of the year before",
}
"""What may be computed beside each figure, by the name of its column."""

_MONTHS = {"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12}


@dataclass(frozen=True)
class Label:
    """What a series is.

    Attributes:
        survey: whose.
        series_id: its id.
        title: in words.
        frequency: monthly, quarterly, semiannual, annual; None where nothing of it has a date.
        row: its whole row of ``<survey>_labels``.
    """

    survey: str
    series_id: str
    title: str
    frequency: str | None
    row: Mapping[str, Any]


def find_label(engine: Engine, tables: Collection[str], series_id: str) -> Label:
    """What a series is, by its id, whose first two letters are nearly always its survey's.

    Args:
        engine: over the lake.
        tables: the names of all tables.
        series_id: as BLS writes it; small letters do.

    Raises:
        UsageError: no survey that the lake has names it.
    """
    asked = series_id.strip().upper()
    surveys = table_names.labelled(tables)
    if not surveys:
        raise UsageError(
            "The lake has no series in words yet.", hint="`lake run` makes them with its tables."
        )
    for survey in sorted(surveys, key=lambda survey: survey != asked[:2].lower()):
        statement = f"select * from {table_names.labels(survey)} where series_id = ?"  # noqa: S608 - ours
        told = f"What {asked} is cannot be told"
        answer = query_own(engine, told, statement, [asked]).to_pylist()
        for row in answer:
            return Label(survey, asked, row["title"], row["frequency"], row)
    raise UsageError(
        f"The lake has no series {asked}.",
        hint="`lake find` looks for one by words: lake find gasoline price Denver",
    )


def read_figures(engine: Engine, label: Label, changes: Sequence[str] = ()) -> pa.Table:
    """A series' figures in the order of their dates.

    Args:
        engine: over the lake, as of now or of a moment.
        label: of the series.
        changes: names of CHANGES, a column each.

    Returns:
        Columns: date, value, the changes, value_text, footnote_codes, period. Of annual averages
        there are none, unless the series has nothing else.
    """
    import pyarrow as pa  # noqa: PLC0415 - who only imports the client waits for nothing

    for name in changes:
        if name not in CHANGES:
            raise UsageError(f"There is no {name}.", hint=f"There are: {', '.join(CHANGES)}.")
    view = table_names.of_file(label.survey, "values")
    statement = (
        "select date, value, value_text, footnote_codes, period"  # noqa: S608 - a name of our own
        f" from {view} where series_id = ? order by date"
    )
    told = f"The figures of {label.series_id} cannot be told"
    figures = query_own(engine, told, statement, [label.series_id])
    rows = figures.select(["date", "value"]).to_pylist()
    values = {row["date"]: row["value"] for row in rows}
    for place, name in enumerate(changes):
        months = 12 if name == "year_over_year" else _MONTHS[label.frequency or "annual"]
        column = [
            _change(row["value"], values.get(_before(row["date"], months)), name) for row in rows
        ]
        figures = figures.add_column(2 + place, name, pa.array(column, pa.float64()))
    return figures


def read_prints(
    engine: Engine, label: Label, year: int | None = None, period: str = ""
) -> pa.Table:
    """Every figure that was ever printed for a series, or for one of its years or periods.

    They are those of the data file that the series' newest figure is from.
    """
    values, prints = (table_names.of_file(label.survey, end) for end in ("values", "prints"))
    conditions = ["series_id = ?"]
    parameters: list[object] = [label.series_id, label.series_id]
    if year is not None:
        conditions.append("year = ?")
        parameters.append(year)
    if period:
        conditions.append("period = ?")
        parameters.append(period.upper())
    statement = (
        "select date, period, print, release, released_at, value, value_text, revision,"  # noqa: S608 - names of our own
        f" is_first_print, days_after, footnote_codes, data_file from {prints}"
        f" where data_file = (select data_file from {values} where series_id = ?"
        f" order by date desc limit 1) and {' and '.join(conditions)} order by date, period, print"
    )
    told = f"The prints of {label.series_id} cannot be told"
    return query_own(engine, told, statement, parameters)


def _before(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def _change(value: float | None, before: float | None, name: str) -> float | None:
    """The change of a figure, computed in the digits that BLS prints."""
    if value is None or before is None or (name != "change" and not before):
        return None
    difference = Decimal(repr(value)) - Decimal(repr(before))
    if name == "change":
        return float(difference)
    return float(100 * difference / Decimal(repr(before)))
