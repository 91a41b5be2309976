"""Makes `<survey>_releases`: what each release changed, and whether one before it was missed.

BLS marks with R what a release has revised. So a release was missed before one in which a value
changed without the mark, and before one that has observations with the mark which were not there
before. Both are believed only of a survey in which the mark has been seen: cu explains it and never
uses it. Held against 80 published figures of pr, the 34 of 40 first figures that differ bear it.

What is known of a release is taken over as long as it and those before it are the same vintages.
"""

from __future__ import annotations

import contextlib
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glue_jobs import table_names
from glue_jobs.catalog.pointers import Table, TableFile
from glue_jobs.errors import AlreadyWritten
from glue_jobs.history import layout
from glue_jobs.sources.places import data_place
from glue_jobs.storage import names
from glue_jobs.storage.hashing import path_sha256
from glue_jobs.storage.verified import read_verified
from glue_jobs.tables import schemas
from glue_jobs.tables.convert import write_records
from glue_jobs.tables.revisions import ADDED, REVISED, WITHDRAWN, Counted
from glue_jobs.timestamps import from_release

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from glue_jobs.catalog.pointers import Pointer, Vintage
    from glue_jobs.storage.protocol import Storage

_MOST_MAKINGS = 99
_COUNTED_COLUMNS = ("release", "change", "footnote_codes")

COUNTED = ("added", "revised", "withdrawn", "marked", "unmarked", "marked_at_birth")
"""What is counted of a release, as the columns of the table are called."""


def make_release_records(
    storage: Storage,
    subject: str,
    revisions: Table,
    vintages: Sequence[Vintage],
    previous: Pointer | None,
) -> list[dict[str, Any]]:
    """The rows of the table: one per data file and release, in that order.

    Args:
        storage: the lake, which has the files of the table of revisions.
        subject: whose releases.
        revisions: the table of revisions as it will be published.
        vintages: all that it has, by file and release.
        previous: the current pointer, whose rows are taken over where they are the same.
    """
    known = _known(storage, previous)
    records: list[dict[str, Any]] = []
    for source in sorted({vintage.source for vintage in vintages}):
        own = [vintage for vintage in vintages if vintage.source == source]
        before = [one for one in previous.history if one.source == source] if previous else []
        data_file = data_place(subject, source).partition
        for place, vintage in enumerate(own):
            same = own[: place + 1] == before[: place + 1]
            counts = known.get((data_file, vintage.release)) if same else None
            if counts is None:
                counts = count_changes(_rows_of(storage, revisions, vintage))
            records.append(
                {
                    "data_file": data_file,
                    "release": vintage.release,
                    "number": place + 1,
                    "released_at": from_release(vintage.release).replace(tzinfo=None),
                    **{name: counts[name] for name in COUNTED},
                }
            )
    for record in records:
        lacks = record["unmarked"] or record["marked_at_birth"]
        record["missed_before"] = bool(record["number"] > 1 and lacks)
    return records


def put_releases(
    storage: Storage,
    subject: str,
    records: Sequence[dict[str, Any]],
    scratch: Path,
    damaged: Collection[str] = (),
) -> Table:
    """Writes the table, in a folder that is named after its content.

    Args:
        storage: the lake.
        subject: whose releases.
        records: the rows.
        scratch: a folder for temporary files.
        damaged: keys of objects that do not have their recorded bytes.

    Raises:
        AlreadyWritten: all folders that it could have hold other bytes.
    """
    made = scratch / "releases.parquet"
    rows = write_records(records, schemas.RELEASES, made).rows
    sha256, size = path_sha256(made), made.stat().st_size
    start = names.history_of(subject)
    for making in range(1, _MOST_MAKINGS + 1):
        key = names.release_list(subject, sha256[:12], making) + "part-00000.parquet"
        if key in damaged:
            continue
        with contextlib.suppress(AlreadyWritten):
            storage.put_file(key, made, sha256)
            file = TableFile(key[len(start) :], rows, size, sha256)
            return Table(schemas.RELEASES, (file,), (), start)
    raise AlreadyWritten(f"{key} holds other bytes than those that are written there.")


def count_changes(changes: Iterable[pa.RecordBatch]) -> dict[str, int]:
    """What is counted of a release, from its rows in the table of revisions."""
    counted = Counted()
    for rows in changes:
        counted.note(rows)
    return {
        "added": counted.by_change[ADDED],
        "revised": counted.by_change[REVISED],
        "withdrawn": counted.by_change[WITHDRAWN],
        "marked": counted.marked,
        "unmarked": counted.unflagged,
        "marked_at_birth": counted.born_marked,
    }


def _rows_of(storage: Storage, revisions: Table, vintage: Vintage) -> Iterable[pa.RecordBatch]:
    for file in revisions.files:
        if layout.holds(file, vintage):
            with storage.open(revisions.folder + file.path) as stored:
                yield from _read_marks(stored, vintage.release)


def _read_marks(stored: BinaryIO, release: str) -> Iterable[pa.RecordBatch]:
    """What is counted of the changes of one release in a file; the other columns are not read."""
    with pq.ParquetFile(stored, read_dictionary=["change", "footnote_codes", "release"]) as table:
        columns = [name for name in _COUNTED_COLUMNS if name in table.schema_arrow.names]
        for number in range(table.num_row_groups):
            rows = table.read_row_group(number, columns, use_threads=False)
            if "release" in columns:
                rows = rows.filter(pc.equal(rows.column("release").cast(pa.string()), release))
            yield from rows.select(["change", "footnote_codes"]).to_batches()


def _known(storage: Storage, previous: Pointer | None) -> dict[tuple[str, str], dict[str, int]]:
    """What the current release counts, by data file and release."""
    name = table_names.releases(previous.subject) if previous else ""
    if previous is None or name not in previous.tables:
        return {}
    (file,) = previous.tables[name].files
    body = read_verified(storage, previous.key_of(name, file), file.sha256)
    rows = pq.read_table(BytesIO(body), use_threads=False).to_pylist()
    return {(row["data_file"], row["release"]): row for row in rows}
