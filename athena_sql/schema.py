"""The tables and views that a query may read, each column with its Athena type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from athena_sql.types import parse_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from athena_sql.names import Columns


class Schema:
    """The columns of every table and view of one database.

    A type is parsed when somebody first reads its table, and once: a catalog has thousands of
    columns, a query needs a few.

    Attributes:
        database: its name in the catalog; ``database.t`` and ``awsdatacatalog.database.t`` are
            ``t``. Empty: a table is named by itself alone.
    """

    def __init__(
        self, database: str = "", tables: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        """Takes the columns as the catalog spells them.

        Args:
            database: its name.
            tables: table or view, column, Athena type, in the table's order.
        """
        self.database = database
        self._written: dict[str, Mapping[str, str]] = {}
        self._columns: dict[str, Columns] = {}
        for table, columns in (tables or {}).items():
            self.add(table, columns)

    def add(self, table: str, columns: Mapping[str, str]) -> None:
        """Adds a table or view, or replaces the one of that name."""
        self._written[table.lower()] = columns
        self._columns.pop(table.lower(), None)

    def __contains__(self, table: object) -> bool:
        return table in self._written

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def columns(self, table: str) -> Columns:
        """A table's columns, in lower case, with their types."""
        if table not in self._columns:
            self._columns[table] = [
                (column.lower(), parse_type(kind)) for column, kind in self._written[table].items()
            ]
        return list(self._columns[table])

    def names(self, table: str) -> list[str] | None:
        """A table's columns as the catalog spells them, or None for what is no table."""
        return list(self._written[table]) if table in self._written else None
