"""The SQL engines: DuckDB on a laptop, Athena on AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage


def open_engine(storage: Storage, pointers: Iterable[Pointer], settings: Settings) -> Engine:
    """The engine that goes with a storage, over the given releases."""
    if storage.uri.startswith("s3://"):
        from glue_jobs.engines.athena import AthenaEngine  # noqa: PLC0415 - a laptop has no Athena

        return AthenaEngine(pointers, settings)
    from glue_jobs.engines.duckdb import DuckDBEngine  # noqa: PLC0415 - not everything queries

    return DuckDBEngine(storage, pointers, settings.database)
