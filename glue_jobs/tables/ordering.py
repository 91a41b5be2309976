"""Sees to it that a keyed table's rows ascend strictly by their key.

BLS serves its files so, and ``in_order`` proves it for every row while they stream by. A file
that breaks the order, or holds a key twice, is read again by ``put_in_order``: runs of rows are
sorted and kept in temporary files, and merged. That is slow, needs no more memory, and has never
been needed for a real file yet.
"""

from __future__ import annotations

import heapq
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from glue_jobs.tables.flatfile import Reject, batch_of
from glue_jobs.tables.numbers import times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from glue_jobs.tables.flatfile import Rows
    from glue_jobs.tables.quality import Findings

_RUN_ROWS = 500_000
_BATCH_ROWS = 1 << 16
_CHUNK_ROWS = 1 << 12  # of each run, in memory while they are merged

Key = tuple[Any, ...]
_LineAndRow = tuple[Key, int, tuple[Any, ...]]


class OutOfOrder(Exception):
    """A key does not ascend; the file has to be put in order."""


def in_order(batches: Iterator[pa.RecordBatch], key: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Passes batches on as long as their keys ascend strictly.

    Args:
        batches: with the columns of the key; series_id as a dictionary.
        key: ``series_id``, or ``series_id``, ``year``, ``period``.

    Raises:
        OutOfOrder: at the first batch in which one does not.
    """
    last: Key | None = None
    for batch in batches:
        if batch.num_rows:
            first = _key_at(batch, key, 0)
            if (last is not None and first <= last) or not _ascends(batch, key):
                raise OutOfOrder
            last = _key_at(batch, key, batch.num_rows - 1)
        yield batch


def put_in_order(
    blocks: Iterator[Rows], schema: pa.Schema, key: Sequence[str], folder: Path, findings: Findings
) -> Iterator[pa.RecordBatch]:
    """Yields the rows of a file in their key's order, each key once.

    Rows that repeat a key with the same content are dropped, with a warning; rows that
    contradict each other are all rejects, since nobody can tell which one is right.
    """
    runs = [
        _write_run(folder / f"run-{number}.arrow", batch_rows, schema, key)
        for number, batch_rows in enumerate(_gather(blocks, findings))
    ]
    columns = [schema.names.index(name) for name in key]
    merged = heapq.merge(*(_read_run(path, columns) for path in runs))
    waiting: list[tuple[Any, ...]] = []
    repeated, unsorted, last_line = 0, False, 0
    for _, group in groupby(merged, key=itemgetter(0)):
        same, count, contradicted = _gathered(group, findings.most_rejects)
        unsorted |= same[0][1] < last_line
        last_line = same[0][1]
        if contradicted:
            findings.reject([_contradiction(line, other) for _, line, other in same])
            continue
        repeated += count - 1
        waiting.append(same[0][2])
        if len(waiting) == _BATCH_ROWS:
            yield batch_of(list(zip(*waiting)), schema)
            waiting = []
    if waiting:
        yield batch_of(list(zip(*waiting)), schema)
    if unsorted:
        findings.warn(f"is not sorted by {', '.join(key)}; its rows were sorted here")
    if repeated:
        findings.warn(f"repeats {repeated} rows word for word; each was kept once")


def _gathered(
    group: Iterator[_LineAndRow], most_rejects: int
) -> tuple[list[_LineAndRow], int, bool]:
    """The rows of one key, how many there are, and whether they contradict each other.

    More than can be rejects are counted, but not held: a file may repeat one row without end.
    """
    held: list[_LineAndRow] = []
    count, contradicted = 0, False
    for entry in group:
        count += 1
        if len(held) <= most_rejects:
            held.append(entry)
        contradicted |= entry[2] != held[0][2]
    return held, count, contradicted


def _ascends(batch: pa.RecordBatch, key: Sequence[str]) -> bool:
    series = batch.column("series_id")
    words = series.dictionary.to_pylist()
    if any(word >= following for word, following in zip(words, words[1:])):
        return False
    # The words ascend, so the series do where their places in the dictionary do.
    place = series.indices
    before, after = place[:-1], place[1:]
    ascends = pc.greater(after, before)
    if "period" in key:
        time = times(batch)
        later = pc.greater(time[1:], time[:-1])
        ascends = pc.or_(ascends, pc.and_(pc.equal(after, before), later))
    return bool(pc.all(ascends, min_count=0).as_py())


def _key_at(batch: pa.RecordBatch, key: Sequence[str], row: int) -> Key:
    return tuple(batch.column(name)[row].as_py() for name in key)


def _gather(blocks: Iterator[Rows], findings: Findings) -> Iterator[list[Rows]]:
    gathered: list[Rows] = []
    count = 0
    for rows in blocks:
        findings.reject(rows.rejects)
        gathered.append(rows)
        count += rows.batch.num_rows
        if count >= _RUN_ROWS:
            yield gathered
            gathered, count = [], 0
    if count:
        yield gathered


def _write_run(path: Path, gathered: list[Rows], schema: pa.Schema, key: Sequence[str]) -> Path:
    """Sorts some rows and keeps them, their line numbers in a last column, in a file."""
    table = pa.Table.from_batches([rows.batch for rows in gathered], schema)
    plain = pa.table(
        [
            column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
            for column in table.columns
        ],
        names=table.column_names,
    )
    lines = pa.array([line for rows in gathered for line in rows.lines], pa.int64())
    ordered = plain.append_column("line", lines).sort_by(
        [(name, "ascending") for name in [*key, "line"]]
    )
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, ordered.schema) as writer:
        writer.write_table(ordered, max_chunksize=_CHUNK_ROWS)
    return path


def _read_run(path: Path, key: Sequence[int]) -> Iterator[_LineAndRow]:
    with pa.OSFile(str(path), "rb") as source, pa.ipc.open_file(source) as reader:
        for number in range(reader.num_record_batches):
            *columns, lines = (column.to_pylist() for column in reader.get_batch(number).columns)
            for line, row in zip(lines, zip(*columns)):
                yield tuple(row[place] for place in key), line, row


def _contradiction(line: int, row: Sequence[Any]) -> Reject:
    text = "\t".join("" if value is None else str(value) for value in row)
    return Reject(line, "contradicts another row of the same key", text)
