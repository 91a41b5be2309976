"""What was known at a moment, in SQL that all engines take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.tables import schemas
from glue_jobs.timestamps import year_of
from labor_lake.engines.literals import quoted, text

if TYPE_CHECKING:
    from glue_jobs.catalog.pointers import Table


def known_until(table: Table, until: str) -> str:
    """Which rows of a table with releases were there at one of them; other years stay unread."""
    known = f"release <= {text(until)}"
    if schemas.RELEASE_YEAR in table.partition_keys:
        known = f"release_year <= {text(year_of(until))} and {known}"
    return known


def data_as_of(name: str, table: Table) -> str:
    """The rows of a survey's data: every observation by its last change in the revisions.

    Args:
        name: of the table of data, beside which that of revisions stands.
        table: its columns.
    """
    columns = ", ".join(quoted(column.name) for column in table.all_columns)
    return (
        f"select {columns} from (select *, row_number() over (partition by"  # noqa: S608 - quoted
        " data_file, series_id, year, period order by release desc) as place"
        f" from {quoted(table_names.revisions_beside(name))})"
        " where place = 1 and change <> 'withdrawn'"
    )
