"""The SQL engines: DuckDB on a laptop, Athena on AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.errors import UsageError
from glue_jobs.storage.local import LocalStorage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine
    from glue_jobs.storage.protocol import Storage


def open_engine(storage: Storage, pointers: Iterable[Pointer]) -> Engine:
    """The engine that goes with a storage, over the given releases."""
    if not isinstance(storage, LocalStorage):
        raise UsageError(f"No SQL engine is known for {storage.uri}.")
    from glue_jobs.engines.duckdb import DuckDBEngine  # noqa: PLC0415 - not everything queries

    return DuckDBEngine(storage, pointers)
