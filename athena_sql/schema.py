"""The tables and views that a query may read, each column with its Athena type."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from athena_sql.types import parse_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from athena_sql.names import Columns


@dataclass(frozen=True)
class Described:
    """A table or view, as a catalog describes it.

    Attributes:
        columns: with their Athena types, in their order.
        hidden: columns that * does not mean.
        is_view: whether it is one.
    """

    columns: Mapping[str, str]
    hidden: Mapping[str, str] = field(default_factory=dict)
    is_view: bool = False


class Catalog(Protocol):
    """Tables and views of a ``Schema`` that are described when a statement first reads them."""

    def listed(self) -> Mapping[str, bool]:
        """All of them by their names, in lower case, each with whether it is a view."""

    def describe(self, table: str) -> Described | None:
        """One of them; None where there is none of that name, or none that can be read."""


class Schema:
    """The columns of every table and view of one database.

    A catalog has thousands of columns, a query needs a few: so a table of a catalog is described,
    and its types are parsed, when somebody first reads it, and once.

    Attributes:
        database: its name in the catalog; ``database.t`` and ``awsdatacatalog.database.t`` are
            ``t``. Empty: a table is named by itself alone.
        remembered: what was worked out of all tables, by what it is; another table ends it.
    """

    def __init__(
        self,
        database: str = "",
        tables: Mapping[str, Mapping[str, str]] | None = None,
        catalog: Catalog | None = None,
    ) -> None:
        """Takes the columns as the catalog spells them.

        Args:
            database: its name.
            tables: table or view, column, Athena type, in the table's order.
            catalog: asked for whatever was not added.
        """
        self.database = database
        self._catalog = catalog
        self._written: dict[str, Mapping[str, str]] = {}
        self._columns: dict[str, Columns] = {}
        self._hidden: dict[str, Mapping[str, str]] = {}
        self._views: set[str] = set()
        self.remembered: dict[str, str] = {}
        for table, columns in (tables or {}).items():
            self.add(table, columns)

    def add(
        self,
        table: str,
        columns: Mapping[str, str],
        hidden: Mapping[str, str] | None = None,
        *,
        view: bool = False,
    ) -> None:
        """Adds a table or view, or replaces the one of that name.

        Args:
            table: its name.
            columns: its columns with their Athena types, in their order.
            hidden: columns that * does not mean, such as ``$path``; the relation in DuckDB has
                them, too.
            view: whether it is one, for ``information_schema``.
        """
        table = table.lower()
        self._written[table] = columns
        self._hidden[table] = hidden or {}
        self._columns.pop(table, None)
        (self._views.add if view else self._views.discard)(table)
        self.remembered.clear()

    def __contains__(self, table: str) -> bool:
        if table not in self._written and self._catalog is not None:
            found = self._catalog.describe(table)
            self.remembered.clear()  # the catalog may list less, now that it knows
            if found is not None:
                self.add(table, found.columns, found.hidden, view=found.is_view)
        return table in self._written

    def __iter__(self) -> Iterator[str]:
        return iter(self.listed())

    def listed(self) -> dict[str, bool]:
        """Every table and view, each with whether it is a view; none is described for that."""
        listed = dict(self._catalog.listed()) if self._catalog is not None else {}
        return {**listed, **{table: table in self._views for table in self._written}}

    def columns(self, table: str) -> Columns:
        """A table's columns, in lower case, with their types."""
        if table not in self._columns:
            self._columns[table] = [
                (column.lower(), parse_type(kind)) for column, kind in self._written[table].items()
            ]
        return list(self._columns[table])

    def written(self, table: str) -> Mapping[str, str]:
        """A table's columns with their types, as the catalog spells them."""
        return self._written[table]

    def hidden(self, table: str) -> Columns:
        """A table's hidden columns with their types."""
        return [(name, parse_type(kind)) for name, kind in self._hidden[table].items()]

    def names(self, table: str) -> list[str] | None:
        """A table's columns as the catalog spells them, or None for what is no table."""
        return list(self._written[table]) if table in self else None
