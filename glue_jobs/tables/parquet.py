"""Writes record batches as one Parquet file, the same bytes for the same rows.

Row groups hold a fixed number of rows however the batches were cut; no schema of Arrow's and no
time is stored. Doubles are written without a dictionary: figures seldom repeat, and trying costs
more than all other columns together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from glue_jobs.errors import IntegrityFailure
from glue_jobs.tables.threads import map_ahead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

ROW_GROUP_ROWS = 1 << 17


def write_parquet(
    path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch], *, threads: int = 0
) -> int:
    """Writes batches to a new file and returns the number of rows, read back from its footer.

    Args:
        path: of the file.
        schema: of the batches.
        batches: its rows.
        threads: 1 to write while the next rows are made.

    Raises:
        IntegrityFailure: the file does not hold as many rows as were written.
    """
    repeating = [field.name for field in schema if not pa.types.is_floating(field.type)]
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=repeating,
        store_schema=False,
        write_batch_size=1 << 14,
    ) as writer:

        def write(group: pa.Table) -> int:
            writer.write_table(group, row_group_size=ROW_GROUP_ROWS)
            return int(group.num_rows)

        rows = sum(map_ahead(write, _row_groups(schema, batches), threads))
    kept: int = pq.read_metadata(path).num_rows
    if kept != rows:
        raise IntegrityFailure(f"{path.name} holds {kept} rows after {rows} were written.")
    return kept


def read_batches(
    path: Path, columns: Sequence[str], *, codes: Sequence[str] = (), size: int = ROW_GROUP_ROWS
) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file in their order, some at a time.

    Args:
        path: of the file.
        columns: which.
        codes: those that come as dictionaries.
        size: rows of a batch, at most.
    """
    with pq.ParquetFile(path, read_dictionary=list(codes)) as file:
        # A row group at a time: the reader of all of them holds more the longer it reads.
        for number in range(file.num_row_groups):
            rows = file.read_row_group(number, list(columns), use_threads=False)
            yield from rows.to_batches(size)


def _row_groups(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterable[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        while count >= ROW_GROUP_ROWS:
            table = pa.Table.from_batches(waiting, schema)
            # One dictionary per row group lets the writer store the codes as they are.
            yield table.slice(0, ROW_GROUP_ROWS).unify_dictionaries()
            waiting = table.slice(ROW_GROUP_ROWS).to_batches()
            count -= ROW_GROUP_ROWS
    if count:
        yield pa.Table.from_batches(waiting, schema).unify_dictionaries()
