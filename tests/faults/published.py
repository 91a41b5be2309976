"""A lake with reports; one in S3 is asked by DuckDB on a copy, since no Athena is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs import publish_reports as job
from glue_jobs.engines.open import open_engine
from glue_jobs.storage import names
from glue_jobs.storage.local import LocalStorage
from labor_lake.engines.duckdb import DuckDBEngine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pytest

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine
    from glue_jobs.errors import LakeError
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage
    from tests.faults.lake import Done, Lake


def answer_without_athena(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Has reports of a lake in S3 made from a copy of its tables in a folder."""

    def open_copy(
        storage: Storage,
        pointers: Iterable[Pointer],
        settings: Settings,
        damaged: Mapping[str, LakeError] | None = None,
    ) -> Engine:
        if not storage.uri.startswith("s3://"):
            return open_engine(storage, pointers, settings, damaged)
        for zone in (names.CURATED, names.HISTORY):
            for stored in storage.list_objects(zone):
                path = folder / stored.key
                path.parent.mkdir(parents=True, exist_ok=True)
                with storage.open(stored.key) as stream:
                    path.write_bytes(stream.read())
        return DuckDBEngine(LocalStorage(folder), pointers, settings, damaged)

    monkeypatch.setattr(job, "open_engine", open_copy)


def publish(lake: Lake, run: object = None) -> Done:
    """Runs the job, on its own."""
    return lake.do("publish_reports", run or lake.run())  # type: ignore[arg-type]
