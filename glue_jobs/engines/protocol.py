"""What every SQL engine can do, and all that jobs and commands may ask of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa


class Engine(Protocol):
    """Athena SQL over a lake's current tables and the project's views."""

    def relations(self) -> Mapping[str, Mapping[str, str]]:
        """Every table and view that can be queried: its columns with their Athena types."""

    def base_tables(self, sql: str) -> set[str]:
        """The tables that a query reads, itself or through views, whether they exist or not."""

    def query(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The answer to one Athena statement.

        Raises:
            UnsupportedSQL: the engine cannot answer it as Athena would.
            UsageError: the statement is wrong.
        """
