"""Keeps what each release changed in each data file, for ever: the table of revisions.

BLS overwrites its files and keeps no history, so the changes are found when a new vintage is
built, by comparing it with the one before. They go into `history/`, one file per data file and
release, next to all that is there already. The pointer names them, so tables and history are
published in one swap; what a run leaves there without publishing, `lake vacuum` removes in time.

A generation is one writing of the whole history. Its name holds a digest of what it is written
from, and its objects are written once: a run that finds another object in the place of its own,
left by a killed run of another version, writes a new generation.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from glue_jobs import table_names
from glue_jobs.catalog.pointers import Snapshot, Table, TableFile
from glue_jobs.errors import (
    AlreadyWritten,
    GuardTripped,
    IntegrityFailure,
    LakeError,
    QualityFailure,
)
from glue_jobs.raw_zone import contents_of, vintage_of
from glue_jobs.sources.kept import kept_content
from glue_jobs.sources.places import partition_of, place_of, tables_of
from glue_jobs.storage import names
from glue_jobs.storage.hashing import path_sha256
from glue_jobs.storage.verified import copy_verified, read_verified
from glue_jobs.tables import schemas
from glue_jobs.tables.parquet import write_parquet
from glue_jobs.tables.plan import Role, made_by
from glue_jobs.tables.quality import check_shrinking
from glue_jobs.tables.revisions import (
    REVISED,
    SCHEMA,
    Counted,
    compare_vintages,
    count_rows,
    defines_revised,
    first_vintage,
    read_vintage,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.sources.protocol import Landed
    from glue_jobs.storage.protocol import Storage


class History:
    """The history of one survey while its next release is built.

    Attributes:
        snapshots: all vintages so far, by file and release.
        warnings: sentences for the summary.
    """

    def __init__(
        self, storage: Storage, subject: str, previous: Pointer | None, scratch: Path
    ) -> None:
        """Starts from what is published.

        Args:
            storage: the lake.
            subject: whose.
            previous: the current pointer, None for the first release.
            scratch: a folder for temporary files.
        """
        self.snapshots = list(previous.history) if previous else []
        self._storage, self._subject, self._scratch = storage, subject, scratch
        self._previous = previous
        table = previous.tables.get(table_names.revisions(subject)) if previous else None
        self._files = list(table.files) if table else []
        self._folder = table.folder if table else ""
        self._must_rewrite = False
        self._may_lack: frozenset[Snapshot] = frozenset()
        self.warnings: list[str] = []

    def add(self, landed: Landed, partition: str, vintage: Path) -> None:
        """Notes a data file's new vintage: what it changed, and where its bytes are.

        It is left out with a warning where another converter refuses the vintage before it.

        Args:
            landed: the file as it was landed.
            partition: its value of the partition key.
            vintage: its Parquet.
        """
        last = self._last(landed.name)
        if last is None or last.sha256 != landed.sha256:
            new = vintage_of(landed, last)
            try:
                self._add(new, last, partition, vintage)
            except QualityFailure as error:
                self.warnings.append(_left_out(new, f"the one before cannot be made. {error}"))

    def catch_up(self, landed: Landed, *, may_shrink: bool) -> None:
        """Notes a vintage that was landed and never built, if it would have been published.

        One that cannot be converted is left out with a warning, and so is one that has lost many of
        its rows, unless it may.
        """
        last = self._last(landed.name)
        vintage = vintage_of(landed, last)
        partition = partition_of(self._subject, landed.name)
        try:
            made = make_vintage(
                self._storage, self._subject, vintage, self._scratch, "missed.parquet"
            )
            if last is not None:
                with self._vintage(last, partition) as before:
                    rows_before = count_rows(before)
                with made.open("rb") as now:
                    check_shrinking(landed.name, rows_before, count_rows(now), allowed=may_shrink)
        except (QualityFailure, GuardTripped, IntegrityFailure) as error:
            self.warnings.append(_left_out(vintage, error))
            return
        self._add(vintage, last, partition, made)

    def _add(self, vintage: Snapshot, last: Snapshot | None, partition: str, parquet: Path) -> None:
        if self._must_rewrite:  # its changes are found together with all others
            self.snapshots = sorted([*self.snapshots, vintage], key=_place)
            return
        target = self._scratch / "revisions.parquet"
        counted = Counted()
        with parquet.open("rb") as current:
            rows = self._write(target, last, partition, read_vintage(current), counted)
        new = _counted(vintage, rows, counted)
        self.snapshots = sorted([*self.snapshots, new], key=_place)
        if not rows:
            return
        if not self._folder:
            self._folder = _new_folder(self._subject, "", [new])
        try:
            self._files.append(_stored(self._storage, self._folder, target, rows, new, partition))
        except AlreadyWritten:
            self._must_rewrite = True

    def without_marks(self) -> None:
        """Takes back the counts of values without a mark: this survey marks no revisions."""
        self.snapshots = _unmarked(self.snapshots)

    def write_anew(self, vintages: Iterable[Snapshot], may_lack: Iterable[Snapshot] = ()) -> None:
        """Writes all of it again, from these vintages, whatever was published.

        Those that it ``may_lack`` are left out, with a warning, where they cannot be converted.
        """
        self.snapshots = list(vintages)
        self._may_lack = frozenset(may_lack)
        self._must_rewrite = True

    def table(self) -> Table | None:
        """The table of revisions, complete; None where there is no data file."""
        if self._must_rewrite:
            self._folder, self._files, self.snapshots, left_out = rewrite_history(
                self._storage,
                self._subject,
                self._folder,
                self.snapshots,
                self._scratch,
                self._may_lack,
            )
            self.warnings += left_out
            self._must_rewrite = False
        return _table_of(self._folder, self._files)

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
        table = table_names.data(self._subject)
        path = self._scratch / "before.parquet"
        if self._previous is not None and table in self._previous.tables:
            for file in self._previous.tables[table].files:
                if file.partition == (partition,) and file.source_sha256 == snapshot.sha256:
                    key = self._previous.key_of(table, file)
                    if self._storage.stat(key) is None:
                        continue
                    with contextlib.suppress(IntegrityFailure):  # rotten: made again below
                        copy_verified(self._storage, key, file.sha256, path)
                        return path.open("rb")
        return make_vintage(self._storage, self._subject, snapshot, self._scratch, path.name).open(
            "rb"
        )


def marks_revisions(
    storage: Storage, subject: str, folder: str, tables: Mapping[str, Table]
) -> bool:
    """Whether a survey's own list of footnotes says that R marks a revised value."""
    table = tables.get(table_names.footnotes(subject))
    if table is None:
        return False
    (file,) = table.files
    return defines_revised(BytesIO(read_verified(storage, folder + file.path, file.sha256)))


def with_rewritten_history(
    storage: Storage, pointer: Pointer, vintages: Iterable[Snapshot], scratch: Path
) -> Pointer:
    """Writes the whole history of a survey anew, into a generation of its own.

    Args:
        storage: the lake.
        pointer: the survey's current one.
        vintages: all of them, in any order; what they count is counted again.
        scratch: a folder for temporary files.

    Returns:
        The pointer with the new history, which is not published yet.
    """
    name = table_names.revisions(pointer.subject)
    known = pointer.tables.get(name)
    folder, files, history, _ = rewrite_history(
        storage, pointer.subject, known.folder if known else "", vintages, scratch
    )
    if not marks_revisions(storage, pointer.subject, pointer.folder, pointer.tables):
        history = _unmarked(history)
    table = _table_of(folder, files)
    tables = {**pointer.tables, **({name: table} if table else {})}
    return replace(pointer, tables=tables, history=tuple(history))


def rewrite_history(
    storage: Storage,
    subject: str,
    folder: str,
    vintages: Iterable[Snapshot],
    scratch: Path,
    may_lack: Collection[Snapshot] = (),
) -> tuple[str, list[TableFile], list[Snapshot], list[str]]:
    """Writes a generation of its own from all vintages, each compared with the one before.

    Args:
        storage: the lake.
        subject: whose.
        folder: of the generation before; empty for none.
        vintages: in any order; what they count is counted again.
        scratch: a folder for temporary files.
        may_lack: those that are left out where they cannot be converted.

    Returns:
        The generation's folder, its files, the vintages by file and release, counted, and a
        sentence for each that was left out.
    """
    ordered = sorted(vintages, key=_place)
    folder = _new_folder(subject, folder, ordered)
    history: list[Snapshot] = []
    files: list[TableFile] = []
    left_out: list[str] = []
    for vintage, made in compare_all(storage, subject, ordered, scratch, may_lack, left_out):
        history.append(vintage)
        if vintage.rows:
            partition = partition_of(subject, vintage.source)
            files.append(_stored(storage, folder, made, vintage.rows, vintage, partition))
    return folder, files, history, left_out


def compare_all(
    storage: Storage,
    subject: str,
    vintages: Iterable[Snapshot],
    scratch: Path,
    may_lack: Collection[Snapshot] = (),
    left_out: list[str] | None = None,
) -> Iterator[tuple[Snapshot, Path]]:
    """Compares each vintage with the one before it, from the bytes that the raw zone keeps.

    Args:
        storage: the lake.
        subject: whose.
        vintages: by file and release; what they count is counted again.
        scratch: a folder for temporary files.
        may_lack: those that are left out where they cannot be converted.
        left_out: gets a sentence for each of these.

    Yields:
        Each vintage, counted, and its changes as Parquet: a file that the next one replaces.
    """
    last: Snapshot | None = None
    before = scratch / "vintage-before.parquet"
    for vintage in vintages:
        try:
            made = make_vintage(storage, subject, vintage, scratch, "vintage.parquet")
        except (QualityFailure, IntegrityFailure) as error:
            if vintage not in may_lack or left_out is None:
                raise
            left_out.append(_left_out(vintage, error))
            continue
        counted, target = Counted(), scratch / "revisions.parquet"
        is_first = last is None or last.source != vintage.source
        rows = _write_changes(None if is_first else before, made, target, counted)
        yield _counted(vintage, rows, counted), target
        last = vintage
        made.replace(before)


def make_vintage(
    storage: Storage, subject: str, vintage: Snapshot, scratch: Path, name: str
) -> Path:
    """Converts a vintage's bytes, which the raw zone keeps, once more.

    Raises:
        IntegrityFailure: no version has these bytes any more.
    """
    place = place_of(subject, vintage.source)
    if place is None or place.role is not Role.DATA:
        raise IntegrityFailure(f"{vintage.source} is no data file of {subject}.")
    kept = kept_content(storage, vintage.source, vintage.key, vintage.sha256)
    target = scratch / name
    tables_of(subject).convert(place, contents_of(storage, kept), target, scratch, None)
    return target


def _left_out(vintage: Snapshot, why: LakeError | str) -> str:
    told = (
        f"The vintage {vintage.release} of {vintage.source} was landed, but is not in the history"
    )
    return f"{told}: {why}"


def _place(vintage: Snapshot) -> tuple[str, str]:
    return vintage.source, vintage.release


def _counted(vintage: Snapshot, rows: int, counted: Counted) -> Snapshot:
    return replace(
        vintage, rows=rows, revised=counted.by_change[REVISED], unflagged=counted.unflagged
    )


def _unmarked(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    return [replace(snapshot, unflagged=0) for snapshot in snapshots]


def _new_folder(subject: str, before: str, vintages: Iterable[Snapshot]) -> str:
    """The folder of a generation that is written from these vintages, after another one."""
    number = names.generation_number(before) + 1 if before else 1
    made = made_by(tables_of(subject).schema)
    made_from = [before, made, *((*_place(one), one.sha256) for one in vintages)]
    digest = hashlib.sha256(repr(made_from).encode()).hexdigest()[:8]
    return names.history_folder(subject, number, digest)


def _table_of(folder: str, files: Iterable[TableFile]) -> Table | None:
    ordered = tuple(sorted(files, key=lambda file: file.partition))
    if not ordered:
        return None
    return Table(schemas.REVISIONS, ordered, schemas.REVISIONS_KEYS, folder)


def _write_changes(before: Path | None, vintage: Path, target: Path, counted: Counted) -> int:
    with vintage.open("rb") as current:
        if before is None:
            return write_parquet(target, SCHEMA, first_vintage(read_vintage(current)))
        with before.open("rb") as previous:
            changes = compare_vintages(read_vintage(previous), read_vintage(current))
            return write_parquet(target, SCHEMA, counted.watch(changes))


def _stored(
    storage: Storage, folder: str, made: Path, rows: int, snapshot: Snapshot, partition: str
) -> TableFile:
    """Moves a vintage's changes to their place in the history."""
    path = f"data_file={partition}/release={snapshot.release}/part-00000.parquet"
    sha256, size = path_sha256(made), made.stat().st_size
    storage.put_file(folder + path, made, sha256)
    values = (partition, snapshot.release)
    return TableFile(path, rows, size, sha256, values, snapshot.source, snapshot.sha256)
