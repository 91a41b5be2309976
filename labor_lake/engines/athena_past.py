"""Athena as of a moment: each statement brings along the past that it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pyarrow as pa

    from glue_jobs.engines.protocol import Engine
    from glue_jobs.errors import LakeError
    from labor_lake.engines.past import Past


class AthenaAsOf:
    """An engine over what was known at a moment, as ``engines.protocol.Engine`` describes it."""

    def __init__(self, athena: Engine, past: Past) -> None:
        """Takes what answers, and what was known."""
        self._athena, self._past = athena, past

    def create_views(self, wanted: Collection[str]) -> dict[str, LakeError]:
        """Makes none: a view of the catalog is of now, and that of then stands in the statement."""
        del wanted
        return {}

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> pa.RecordBatchReader:
        """The answer as of the moment, batch by batch."""
        return self._athena.stream(self._past.rewrite(sql).text, parameters)

    def query(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The same, whole."""
        return self._athena.query(self._past.rewrite(sql).text, parameters)
