"""Lakes whose pointers name search indexes, without a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import Pointer, Table, TableFile, publish
from glue_jobs.labels.index import Entry, write_index
from glue_jobs.storage.hashing import path_sha256
from glue_jobs.tables.columns import TableColumn

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from glue_jobs.storage.protocol import Storage

RELEASE = "20250904T123000Z"
RATE = Entry("LNS14000000", "(Seas) Unemployment Rate", "", "monthly", "S", 2025, "M09")
EGGS = Entry(
    "APU0000708111",
    "Eggs, grade A, large, per doz. in U.S. city average, average price, not seasonally adjusted",
    "",
    "monthly",
    "U",
    2025,
    "M09",
)


def index_key(survey: str) -> str:
    return f"curated/{survey}/{RELEASE}-1a2b3c4d/indexes/labels.index"


def publish_index(
    storage: Storage, folder: Path, survey: str, entries: Iterable[Entry] = ()
) -> None:
    """Publishes a release of a survey: a table with an index, or without one if it has no entry."""
    file = TableFile("labels/part-00000.parquet", 1, 7, "ab" * 32)
    if entries:
        made = folder / survey
        write_index(made, survey, entries)
        sha256, size = path_sha256(made), made.stat().st_size
        storage.put(index_key(survey), made.read_bytes())
        file = TableFile(
            file.path,
            file.rows,
            file.bytes,
            file.sha256,
            index_path="indexes/labels.index",
            index_bytes=size,
            index_sha256=sha256,
        )
    table = Table((TableColumn("series_id", "string", "the series"),), (file,))
    folder_key = f"curated/{survey}/{RELEASE}-1a2b3c4d/"
    pointer = Pointer(survey, RELEASE, folder_key, {f"{survey}_labels": table})
    if storage.stat(folder_key + file.path) is None:
        storage.put(folder_key + file.path, b"x" * file.bytes)
    publish(storage, pointer)
