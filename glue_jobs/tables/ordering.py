"""Sees to it that a keyed table's rows ascend strictly by their key.

BLS serves its data files so, and ``in_order`` proves it for every row while they stream by. A file
that breaks the order, as aspect files may, or holds a key twice, is read again by ``put_in_order``:
runs of rows are sorted, kept in temporary files, and merged, some rows of each run at a time.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from glue_jobs.tables.flatfile import Reject
from glue_jobs.tables.numbers import times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from glue_jobs.tables.flatfile import Rows
    from glue_jobs.tables.quality import Findings

_RUN_ROWS = 250_000  # sorted at once: some 100 MB
_CHUNK_ROWS = 1 << 12  # of each run, in memory while they are merged

# What a run has besides the columns: the key as one text that compares as the key does, and the
# line. No text has the character between the parts: a line with it is a reject.
_KEY, _LINE = "\0key", "\0line"

Key = tuple[Any, ...]


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
        _Run(
            _write_run(folder / f"run-{number}.arrow", gathered, schema, key),
            findings.most_rejects,
        )
        for number, gathered in enumerate(_gather(blocks, findings))
    ]
    repeated, unsorted, last_line = 0, False, 0
    for merged in _merge(runs, findings):
        rows, dropped = _each_key_once(merged, findings)
        repeated += dropped
        lines = rows.column(_LINE)
        following = pc.less(lines[1:], lines[:-1])
        if rows.num_rows:
            unsorted |= lines[0].as_py() < last_line or bool(pc.any(following).as_py())
            last_line = lines[-1].as_py()
            yield from _as_read(rows, schema)
    if unsorted and "aspect_type" not in key:  # nobody says that aspect files are sorted
        findings.warn(f"is not sorted by {', '.join(key)}; its rows were sorted here")
    repeated += sum(run.repeated for run in runs)
    if repeated:
        findings.warn(f"repeats {repeated} rows word for word; each was kept once")


class _Run:
    """A sorted run, of which some rows are at hand.

    Attributes:
        rows: those that are at hand and were not taken yet.
        repeated: rows that were dropped since the one before says the same.
        is_read: whether the file holds no more.
    """

    def __init__(self, path: Path, most_rejects: int) -> None:
        """Has the first rows at hand.

        Args:
            path: of the file.
            most_rejects: more rows of one key are held only if they contradict each other.
        """
        self._most = most_rejects
        self._reader = pa.ipc.open_file(pa.OSFile(str(path), "rb"))
        self._next = 0
        self.rows = self._reader.schema.empty_table()
        self.repeated = 0
        self.is_read = False
        self.read_on()

    def read_on(self) -> None:
        """Has more rows at hand.

        Of more rows of one key than can be rejects, one that repeats the row before is counted and
        dropped: a file may repeat a row without end.
        """
        more = pa.Table.from_batches([self._reader.get_batch(self._next)])
        self._next += 1
        self.is_read = self._next == self._reader.num_record_batches
        rows = pa.concat_tables([self.rows, more]).combine_chunks()
        if self.rows.num_rows > self._most:
            self.rows = rows.filter(pc.invert(_says_the_same(rows)))
            self.repeated += rows.num_rows - self.rows.num_rows
        else:
            self.rows = rows

    @property
    def last(self) -> str:
        """The key of the last row at hand."""
        return str(self.rows.column(_KEY)[-1].as_py())

    def take_before(self, end: str | None) -> pa.Table:
        """Takes the rows whose key is less than one; None: all of them."""
        count = self.rows.num_rows
        if end is not None and count:
            count = pc.sum(pc.less(self.rows.column(_KEY), end)).as_py()
        taken, self.rows = self.rows.slice(0, count), self.rows.slice(count)
        return taken


def _merge(runs: Sequence[_Run], findings: Findings) -> Iterator[pa.Table]:
    """The rows of all runs in the order of their keys, then lines; those of one key together."""
    while runs:
        ahead = [run for run in runs if not run.is_read]
        # Whatever comes later has a key not less than the least last one that is at hand.
        end = min(run.last for run in ahead) if ahead else None
        merged = pa.concat_tables([run.take_before(end) for run in runs])
        if merged.num_rows:
            yield merged.sort_by([(_KEY, "ascending"), (_LINE, "ascending")]).combine_chunks()
        for run in ahead:
            if not run.rows.num_rows or run.last == end:
                run.read_on()
            if run.rows.num_rows - _CHUNK_ROWS > findings.most_rejects:
                rows = run.rows.slice(0, findings.most_rejects + 1)
                findings.reject(_contradictions(rows))
        if end is None:
            return


def _says_the_same(rows: pa.Table) -> pa.Array:
    """For each row, whether the one before has the same content, whatever its line."""
    same = pa.array([True] * (rows.num_rows - 1))
    for name in rows.column_names:
        if name != _LINE:
            column = rows.column(name).combine_chunks()
            one, other = column[:-1], column[1:]
            both_null = pc.and_(pc.is_null(one), pc.is_null(other))
            equal = pc.fill_null(pc.equal(one, other), False)
            same = pc.and_(same, pc.or_(equal, both_null))
    return pa.concat_arrays([pa.array([False]), same])


def _each_key_once(rows: pa.Table, findings: Findings) -> tuple[pa.Table, int]:
    """Sorted rows without those that repeat a key, and how many said the same as another."""
    keys = rows.column(_KEY).combine_chunks()
    is_repeated = pc.equal(keys[1:], keys[:-1])
    if not pc.any(is_repeated, min_count=0).as_py():
        return rows, 0
    nothing = pa.array([False])
    in_group = pc.or_(
        pa.concat_arrays([nothing, is_repeated]), pa.concat_arrays([is_repeated, nothing])
    )
    dropped, repeated = set(), 0
    for _, group in groupby(_as_tuples(rows.filter(in_group)), key=lambda entry: entry[0]):
        same = list(group)
        first = same[0]
        if any(row != first[2] for _, _, row in same):
            findings.reject([_contradiction(rows, line, row) for _, line, row in same])
            dropped |= {line for _, line, _ in same}
        else:
            repeated += len(same) - 1
            dropped |= {line for _, line, _ in same[1:]}
    kept = pc.invert(pc.is_in(rows.column(_LINE), value_set=pa.array(sorted(dropped), pa.int64())))
    return rows.filter(kept), repeated


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
        if "aspect_type" in key:
            aspect = batch.column("aspect_type")
            further = pc.greater(aspect[1:], aspect[:-1])
            later = pc.or_(later, pc.and_(pc.equal(time[1:], time[:-1]), further))
        ascends = pc.or_(ascends, pc.and_(pc.equal(after, before), later))
    return bool(pc.all(ascends, min_count=0).as_py())


def _key_at(batch: pa.RecordBatch, key: Sequence[str], row: int) -> Key:
    return tuple(batch.column(name)[row].as_py() for name in key)


def _gather(blocks: Iterator[Rows], findings: Findings) -> Iterator[list[Rows]]:
    gathered: list[Rows] = []
    count = 0
    for rows in blocks:
        findings.note(rows)
        gathered.append(rows)
        count += rows.batch.num_rows
        if count >= _RUN_ROWS:
            yield gathered
            gathered, count = [], 0
    if count:
        yield gathered


def _write_run(path: Path, gathered: list[Rows], schema: pa.Schema, key: Sequence[str]) -> Path:
    """Sorts some rows and keeps them, their keys and lines in the last columns, in a file."""
    table = pa.Table.from_batches([rows.batch for rows in gathered], schema)
    plain = pa.table([_as_text(column) for column in table.columns], names=table.column_names)
    parts = [plain.column(name).cast(pa.string()) for name in key]
    lines = pa.array([line for rows in gathered for line in rows.lines], pa.int64())
    keyed = plain.append_column(_KEY, pc.binary_join_element_wise(*parts, "\0"))
    ordered = keyed.append_column(_LINE, lines).sort_by([(_KEY, "ascending"), (_LINE, "ascending")])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, ordered.schema) as writer:
        writer.write_table(ordered, max_chunksize=_CHUNK_ROWS)
    return path


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _as_read(rows: pa.Table, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Rows of runs as the reader of flat files gives them."""
    columns = [
        rows.column(field.name).combine_chunks().dictionary_encode()
        if pa.types.is_dictionary(field.type)
        else rows.column(field.name)
        for field in schema
    ]
    yield from pa.table(columns, schema=schema).to_batches()


def _as_tuples(rows: pa.Table) -> Iterator[tuple[str, int, tuple[Any, ...]]]:
    """The key, the line and the content of each row."""
    columns = [rows.column(name).to_pylist() for name in rows.column_names[:-2]]
    keys, lines = (rows.column(name).to_pylist() for name in (_KEY, _LINE))
    yield from zip(keys, lines, zip(*columns))


def _contradictions(rows: pa.Table) -> list[Reject]:
    return [_contradiction(rows, line, row) for _, line, row in _as_tuples(rows)]


def _contradiction(rows: pa.Table, line: int, row: Sequence[Any]) -> Reject:
    content = dict(zip(rows.column_names, row))
    printed = content.pop("value_text", None)
    if printed is not None:
        content["value"] = printed
    text = "\t".join("" if value is None else str(value) for value in content.values())
    return Reject(line, "contradicts another row of the same key", text)
