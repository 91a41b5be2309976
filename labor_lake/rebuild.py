"""Makes the tables of the current release again, and the history, and compares the rows.

What verification compares is bytes with their hash; it cannot see a table that was made from wrong
bytes and recorded with the hash that it then had. So everything is made once more from the raw
zone, whose bytes are verified as they are read. Parquet libraries write the same rows as other
bytes, so where hashes differ the rows decide.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from glue_jobs import table_names
from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.errors import IntegrityFailure, QualityFailure, StorageFailure
from glue_jobs.history import layout
from glue_jobs.history.comparing import Comparer
from glue_jobs.history.rows import read_rows
from glue_jobs.history.survey import without_marks
from glue_jobs.labelling import make_labels_again
from glue_jobs.raw_zone import contents_of, start_of
from glue_jobs.release_folder import source_records
from glue_jobs.sources.places import tables_of
from glue_jobs.sources.registry import upstream_of
from glue_jobs.storage import names
from glue_jobs.storage.hashing import path_sha256
from glue_jobs.tables import schemas
from glue_jobs.tables.convert import Converted, write_records
from labor_lake.verification import REBUILD, Noted, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from glue_jobs.catalog.pointers import Pointer, TableFile, Vintage
    from glue_jobs.running import Run
    from glue_jobs.storage.protocol import Storage

_OTHER_ROWS = "has other rows than its raw file gives"


def rebuild_differences(run: Run, subject: str) -> Iterator[Problem]:
    """What the current release and the history of a subject hold, and their raw files do not give.

    A file that is missing, or has not its recorded hash, is left to verification.
    """
    pointer = load_pointer(run.storage, subject)
    if pointer is None:
        return
    with run.storage.scratch() as scratch:
        for table, file in pointer.files():
            if pointer.tables[table].folder:
                continue
            run.progress.step(f"{subject}: making {file.path} again")
            what = _difference(run.storage, pointer, table, file, scratch / "again.parquet")
            if what:
                yield _problem(pointer, pointer.key_of(table, file), what)
        if pointer.history:
            run.progress.step(f"{subject}: comparing all vintages again")
            yield from _history_differences(run.storage, pointer, scratch)


def make_again(
    storage: Storage, pointer: Pointer, table: str, file: TableFile, target: Path
) -> Converted:
    """Makes a file of a release from the raw zone.

    Raises:
        IntegrityFailure: raw does not hold any more what it was made from.
    """
    subject = pointer.subject
    upstream = upstream_of(subject)
    if table == table_names.labels(subject):
        landed_now = upstream.landed(storage, subject)
        return make_labels_again(storage, pointer, landed_now, target)
    if not file.source:
        others = {name: made for name, made in pointer.tables.items() if name != table}
        files = upstream.landed(storage, subject)
        records = source_records(subject, files, others, pointer.held)
        return write_records(records, schemas.SOURCES, target)
    landed = upstream.kept(storage, subject, file.source, file.source_sha256)
    tables = tables_of(subject)
    place = tables.place(subject, file.source, start_of(storage, landed))
    contents = contents_of(storage, landed)
    converted = place and tables.convert(place, contents, target, target.parent)
    if not converted:
        raise IntegrityFailure(f"{file.source} is no table.")
    return converted


def _difference(storage: Storage, pointer: Pointer, table: str, file: TableFile, path: Path) -> str:
    """What is wrong with a file of the release, to finish a sentence; empty for nothing."""
    if not file.source:
        return ""  # what it says of landed files may have gone on since
    try:
        make_again(storage, pointer, table, file, path)
    except (IntegrityFailure, QualityFailure) as error:
        return f"cannot be made again: {str(error).rstrip('.')}"
    return _compare_rows(storage, pointer.key_of(table, file), file.sha256, path)


def _history_differences(storage: Storage, pointer: Pointer, scratch: Path) -> Iterator[Problem]:
    """What the table of revisions, and what the pointer counts of it, should be otherwise."""
    comparer = Comparer(storage, pointer.subject, scratch)
    path = scratch / "revisions.parquet"
    last: Vintage | None = None
    rows: Counter[TableFile] = Counter()
    told: set[str] = set()
    for vintage in pointer.history:
        named_in = names.pointer(pointer.subject)
        before = last if last and last.source == vintage.source else None
        try:
            counted = comparer.compare(before, vintage, path)
        except (IntegrityFailure, QualityFailure) as error:
            what = f"has a history that cannot be made again: {str(error).rstrip('.')}"
            yield _problem(pointer, named_in, what)
            return
        last = vintage
        # Whether values lack the mark is told of surveys that used it when the release was built.
        if without_marks(counted) != without_marks(vintage):
            what = f"counts the changes of {vintage.source} in {vintage.release} wrongly"
            yield _problem(pointer, named_in, what)
        for key, file in _files_that_hold(pointer, vintage):
            rows[file] += counted.rows
            what = _compare_changes(storage, key, vintage.release, path)
            if what and key not in told:
                told.add(key)
                yield _problem(pointer, key, what)
    yield from _with_more_rows(pointer, rows, told)


def _files_that_hold(pointer: Pointer, vintage: Vintage) -> Iterator[tuple[str, TableFile]]:
    name = table_names.revisions(pointer.subject)
    if vintage.rows and name in pointer.tables:
        for file in pointer.tables[name].files:
            if layout.holds(file, vintage):
                yield pointer.key_of(name, file), file


def _with_more_rows(
    pointer: Pointer, rows: Mapping[TableFile, int], told: Collection[str]
) -> Iterator[Problem]:
    """Files of revisions with other rows than those of the vintages that they hold."""
    name = table_names.revisions(pointer.subject)
    table = pointer.tables.get(name)
    for file in table.files if table else ():
        key = pointer.key_of(name, file)
        if rows[file] != file.rows and key not in told:
            yield _problem(pointer, key, _OTHER_ROWS)


def _compare_changes(storage: Storage, key: str, release: str, made: Path) -> str:
    """What is wrong with what a file of revisions says of one release; empty for nothing."""
    try:
        with storage.open(key) as stored:
            published = read_rows(stored, release)
            same = _have_same_rows(published, read_rows(made, release))
    except (IntegrityFailure, StorageFailure, pa.ArrowException):
        return ""  # missing or damaged: verification says so
    return "" if same else _OTHER_ROWS


def _compare_rows(storage: Storage, key: str, sha256: str, made: Path) -> str:
    if path_sha256(made) == sha256:
        return ""
    try:
        with storage.open(key) as stored, made.open("rb") as again:
            same = _are_same_tables(stored, again)
    except (IntegrityFailure, StorageFailure, pa.ArrowException):
        return ""  # missing or damaged: verification says so
    return "" if same else _OTHER_ROWS


def _are_same_tables(one: BinaryIO, other: BinaryIO) -> bool:
    """Whether two Parquet files have the same columns and rows, in the same order."""
    with pq.ParquetFile(one) as first, pq.ParquetFile(other) as second:
        if first.metadata.num_rows != second.metadata.num_rows:
            return False
        if first.schema_arrow != second.schema_arrow:
            return False
        return _have_same_rows(_batches(first), _batches(second))


def _have_same_rows(one: Iterator[pa.RecordBatch], other: Iterator[pa.RecordBatch]) -> bool:
    """Whether there are the same rows, in the same order, however they are cut into batches."""
    left, right = (filter(lambda rows: rows.num_rows, batches) for batches in (one, other))
    one_rows, other_rows = next(left, None), next(right, None)
    while one_rows is not None and other_rows is not None:
        count = min(one_rows.num_rows, other_rows.num_rows)
        if not one_rows.slice(0, count).equals(other_rows.slice(0, count)):
            return False
        one_rows = one_rows.slice(count) if count < one_rows.num_rows else next(left, None)
        more = count < other_rows.num_rows
        other_rows = other_rows.slice(count) if more else next(right, None)
    return one_rows is None and other_rows is None


def _batches(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    yield from file.iter_batches(1 << 16, use_threads=False)


def _problem(pointer: Pointer, key: str, what: str) -> Problem:
    return Problem(Noted(REBUILD, pointer.subject, key, names.pointer(pointer.subject)), what)
