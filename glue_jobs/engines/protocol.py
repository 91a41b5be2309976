"""What every SQL engine can do, and all that jobs and commands may ask of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pyarrow as pa

    from glue_jobs.errors import LakeError


class Engine(Protocol):
    """Athena SQL over a lake's current tables and the project's views."""

    def create_views(self, wanted: Collection[str]) -> dict[str, LakeError]:
        """Makes views of the project, as `sql/views/` has them, over the tables that are there.

        Args:
            wanted: their names; one that is as it would be made stays.

        Returns:
            What those that could not be made have failed with, by name.
        """

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> pa.RecordBatchReader:
        """The answer to one Athena statement, batch by batch: what nobody reads costs nothing.

        Raises:
            UnsupportedSQL: the engine cannot answer it as Athena would.
            UsageError: the statement is wrong; also while the answer is read.
        """

    def query(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The same, whole."""
