"""The rows in a file of the table of revisions: how they are written and read.

Apart from the layout: where nothing is new, no file is opened, and pyarrow is not needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glue_jobs.tables.revisions import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ROWS = pa.schema([pa.field("release", pa.string(), nullable=False), *SCHEMA])
"""A file's columns. The release is the first, as in the order of the rows."""


def read_rows(file: Path | BinaryIO, release: str) -> Iterator[pa.RecordBatch]:
    """The changes of one release in a file of the table, in the order of their keys."""
    with pq.ParquetFile(file) as table:
        for number in range(table.num_row_groups):
            rows = table.read_row_group(number, use_threads=False)
            if "release" in rows.column_names:
                rows = rows.filter(pc.equal(rows.column("release"), release))
            else:
                rows = rows.append_column("release", pa.array([release] * rows.num_rows))
            yield from rows.select(ROWS.names).cast(ROWS).to_batches()


def with_release(release: str, changes: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Changes with the release that made them as the first column."""
    for rows in changes:
        column = pa.repeat(pa.scalar(release, pa.string()), rows.num_rows)
        yield pa.record_batch([column, *rows.columns], schema=ROWS)
