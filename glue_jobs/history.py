"""Keeps what each release changed in each data file, for ever: the table of revisions.

BLS overwrites its files and keeps no history, so the changes are found when a new vintage is
built, by comparing it with the one before. They go into `history/`, one file per data file and
release, next to all that is there already. The pointer names them, so tables and history are
published in one swap; what a run leaves there without publishing, `lake vacuum` removes in time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO

from glue_jobs.catalog.pointers import Snapshot, Table, TableFile
from glue_jobs.moments import from_release, from_text, release_name
from glue_jobs.storage import file_sha256, names, version_of
from glue_jobs.tables import schemas
from glue_jobs.tables.convert import Source, convert_data
from glue_jobs.tables.parquet import write_parquet
from glue_jobs.tables.revisions import (
    REVISED,
    SCHEMA,
    compare_vintages,
    defines_revised,
    first_vintage,
    read_vintage,
    unflagged,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from glue_jobs.catalog.manifests import LandedFile
    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.storage.protocol import Storage

FIRST_GENERATION = 1


@dataclass
class Counted:
    """What was counted while changes streamed by."""

    by_change: Counter[str]
    unflagged: int = 0

    def watch(self, changes: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Passes changes on and counts them."""
        for batch in changes:
            self.by_change.update(batch.column("change").to_pylist())
            self.unflagged += unflagged(batch)
            yield batch


class History:
    """The history of one survey while its next release is built.

    Attributes:
        snapshots: all vintages so far, by file and release.
    """

    def __init__(
        self, storage: Storage, survey: str, previous: Pointer | None, scratch: Path
    ) -> None:
        """Starts from what is published.

        Args:
            storage: the lake.
            survey: its code.
            previous: the current pointer, None for the first release.
            scratch: a folder for temporary files.
        """
        self.snapshots = list(previous.history) if previous else []
        self._storage, self._survey, self._scratch = storage, survey, scratch
        self._previous = previous
        table = previous.tables.get(self.name) if previous else None
        self._files = list(table.files) if table else []
        self._folder = table.folder if table else names.history_folder(survey, FIRST_GENERATION)

    @property
    def name(self) -> str:
        """The table's name."""
        return f"{self._survey}_revisions"

    def add(self, landed: LandedFile, partition: str, vintage: Path) -> None:
        """Notes a data file's new vintage: what it changed, and where its bytes are.

        Args:
            landed: the file as it was landed.
            partition: its value of the partition key.
            vintage: its Parquet.
        """
        last = self._last(landed.name)
        if last is not None and last.sha256 == landed.sha256:
            return
        counted = Counted(Counter())
        target = self._scratch / "revisions.parquet"
        with vintage.open("rb") as current:
            rows = self._write(target, last, partition, read_vintage(current), counted)
        snapshot = Snapshot(
            source=landed.name,
            release=release_after(last, landed),
            sha256=landed.sha256,
            key=names.raw_file(self._survey, landed.name),
            rows=rows,
            revised=counted.by_change[REVISED],
            unflagged=counted.unflagged,
        )
        self.snapshots.append(snapshot)
        self.snapshots.sort(key=lambda one: (one.source, one.release))
        if rows:
            self._files.append(_stored(self._storage, self._folder, target, rows, snapshot))

    def without_marks(self) -> None:
        """Takes back the counts of values without a mark: this survey marks no revisions."""
        self.snapshots = _unmarked(self.snapshots)

    def table(self) -> Table | None:
        """The table of revisions; None where there is no data file."""
        if not self._files:
            return None
        files = tuple(sorted(self._files, key=lambda file: file.partition))
        return Table(schemas.REVISIONS, files, schemas.partition_keys(self.name), self._folder)

    def _last(self, source: str) -> Snapshot | None:
        known = [snapshot for snapshot in self.snapshots if snapshot.source == source]
        return known[-1] if known else None

    def _write(
        self,
        target: Path,
        last: Snapshot | None,
        partition: str,
        current: Iterator[pa.RecordBatch],
        counted: Counted,
    ) -> int:
        if last is None:
            return write_parquet(target, SCHEMA, first_vintage(current))
        with self._vintage(last, partition) as before:
            changes = compare_vintages(read_vintage(before), current)
            return write_parquet(target, SCHEMA, counted.watch(changes))

    def _vintage(self, snapshot: Snapshot, partition: str) -> BinaryIO:
        """A vintage as Parquet: the current release's file, else made again from its bytes."""
        table = f"{self._survey}_data"
        if self._previous is not None and table in self._previous.tables:
            for file in self._previous.tables[table].files:
                if file.partition == (partition,) and file.source_sha256 == snapshot.sha256:
                    return self._storage.open(self._previous.key_of(table, file))
        return make_vintage(self._storage, snapshot, self._scratch).open("rb")


def release_after(last: Snapshot | None, landed: LandedFile) -> str:
    """When a vintage was released: as BLS says, unless that is not after the vintage before.

    BLS may go back to an older file; then the moment at which the lake saw it counts.
    """
    written = from_text(landed.last_modified)
    if last is None or written > from_release(last.release):
        return release_name(written)
    seen = max(from_text(landed.retrieved_at), from_release(last.release) + timedelta(seconds=1))
    return release_name(seen)


def marks_revisions(
    storage: Storage, survey: str, folder: str, tables: Mapping[str, Table]
) -> bool:
    """Whether a survey's own list of footnotes says that R marks a revised value."""
    table = tables.get(f"{survey}_footnote")
    if table is None:
        return False
    with storage.open(folder + table.files[0].path) as stream:
        return defines_revised(stream)


def _unmarked(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    return [replace(snapshot, unflagged=0) for snapshot in snapshots]


def rebuilt(
    storage: Storage, pointer: Pointer, snapshots: Iterable[Snapshot], scratch: Path
) -> Pointer:
    """Writes the whole history of a survey anew, into a generation of its own.

    Args:
        storage: the lake.
        pointer: the survey's current one.
        snapshots: all vintages, in any order; what they count is counted again.
        scratch: a folder for temporary files.

    Returns:
        The pointer with the new history, which is not published yet.
    """
    name = f"{pointer.subject}_revisions"
    generation = int(pointer.tables[name].folder.rstrip("/").rpartition("/")[2]) + 1
    folder = names.history_folder(pointer.subject, generation)
    history: list[Snapshot] = []
    files: list[TableFile] = []
    ordered = sorted(snapshots, key=lambda snapshot: (snapshot.source, snapshot.release))
    before: Path | None = None
    for number, snapshot in enumerate(ordered):
        if not history or history[-1].source != snapshot.source:
            before = None
        vintage = make_vintage(storage, snapshot, scratch, f"vintage-{number}")
        counted, target = Counted(Counter()), scratch / "revisions.parquet"
        rows = _write_changes(before, vintage, target, counted)
        if before is not None:
            before.unlink()
        before = vintage
        history.append(
            replace(
                snapshot,
                rows=rows,
                revised=counted.by_change[REVISED],
                unflagged=counted.unflagged,
            )
        )
        if rows:
            files.append(_stored(storage, folder, target, rows, snapshot))
    if not marks_revisions(storage, pointer.subject, pointer.folder, pointer.tables):
        history = _unmarked(history)
    table = replace(pointer.tables[name], files=tuple(files), folder=folder)
    return replace(pointer, tables={**pointer.tables, name: table}, history=tuple(history))


def _write_changes(before: Path | None, vintage: Path, target: Path, counted: Counted) -> int:
    with vintage.open("rb") as current:
        if before is None:
            return write_parquet(target, SCHEMA, first_vintage(read_vintage(current)))
        with before.open("rb") as previous:
            changes = compare_vintages(read_vintage(previous), read_vintage(current))
            return write_parquet(target, SCHEMA, counted.watch(changes))


def _stored(storage: Storage, folder: str, made: Path, rows: int, snapshot: Snapshot) -> TableFile:
    """Moves a vintage's changes to their place in the history."""
    partition = snapshot.source.partition(".data.")[2]
    path = f"data_file={partition}/release={snapshot.release}/part-00000.parquet"
    with made.open("rb") as stream:
        sha256 = file_sha256(stream)
    size = made.stat().st_size
    storage.put_file(folder + path, made, sha256)
    values = (partition, snapshot.release)
    return TableFile(path, rows, size, sha256, values, snapshot.source, snapshot.sha256)


def make_vintage(
    storage: Storage, snapshot: Snapshot, scratch: Path, name: str = "vintage"
) -> Path:
    """Converts a vintage's bytes, which the raw zone keeps, once more."""
    version = version_of(storage, snapshot.key, snapshot.sha256)
    with storage.open(snapshot.key, version) as stream:
        size = stream.seek(0, 2)
    source = Source(snapshot.source, size, lambda: storage.open(snapshot.key, version))
    target = scratch / f"{name}.parquet"
    convert_data(source, target, scratch, None)
    return target
