"""Finds what changed between two vintages of a data file.

Both are sorted by series_id, year and period, so one pass over the two, side by side, is enough,
and only a few row groups are held. Per step the rows up to the nearer of the two ends are
compared: their keys become whole numbers, which a hash table matches.

The changes of a file, in the order of its releases, are its whole history: the value as known at
a moment is that of the last change not after it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glue_jobs.tables.fields import NOT_AVAILABLE
from glue_jobs.tables.numbers import TIME_BITS, times

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST, ADDED, REVISED, WITHDRAWN = "first", "added", "revised", "withdrawn"
TEXT, FOOTNOTE = "text", "footnote"  # the value is the same

SCHEMA = pa.schema(
    [
        pa.field("series_id", pa.string(), nullable=False),
        pa.field("year", pa.int32(), nullable=False),
        pa.field("period", pa.string(), nullable=False),
        pa.field("change", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("previous_value", pa.float64()),
        pa.field("footnote_codes", pa.string()),
        pa.field("previous_footnote_codes", pa.string()),
        pa.field("previous_value_text", pa.string()),
        pa.field("value_text", pa.string()),
    ]
)

_CODES = ["series_id", "period", "footnote_codes"]
_READ = ["series_id", "year", "period", "value", "footnote_codes", "value_text"]
# A key as one number: the series' rank among those at hand, then its time.
_PER_SERIES = pa.scalar(1 << TIME_BITS, pa.int64())


def read_vintage(stream: BinaryIO) -> Iterator[pa.RecordBatch]:
    """The rows of a data file's Parquet, in their order, some at a time."""
    with pq.ParquetFile(stream, read_dictionary=_CODES) as file:
        # A row group at a time: the reader of all of them holds more the longer it reads.
        for number in range(file.num_row_groups):
            rows = file.read_row_group(number, _READ, use_threads=False)
            yield from rows.to_batches(1 << 16)


def count_rows(stream: BinaryIO) -> int:
    """How many rows a data file's Parquet has."""
    with pq.ParquetFile(stream) as file:
        return int(file.metadata.num_rows)


def first_vintage(current: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The first vintage that is known: every row is `first`."""
    for rows in current:
        yield _changes(rows, FIRST, None)


def compare_vintages(
    previous: Iterator[pa.RecordBatch], current: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """What must change in one vintage to give the next, in the order of the keys.

    Args:
        previous: rows of the older vintage, sorted by key, each key once.
        current: rows of the newer one.

    Yields:
        Batches of ``SCHEMA``. A value that appears, changes or vanishes is `revised`; a row with
        the same value and other text in its place is `text`, and with another footnote alone
        `footnote`; a row that is no more is `withdrawn`. ``-`` and a blank say the same.
    """
    before, after = next(previous, None), next(current, None)
    while before is not None and after is not None:
        if not before.num_rows or not after.num_rows:
            before = before if before.num_rows else next(previous, None)
            after = after if after.num_rows else next(current, None)
            continue
        old_keys, new_keys = _keys(before, after)
        end = pc.min_element_wise(old_keys[-1], new_keys[-1])
        old_count, new_count = _up_to(old_keys, end), _up_to(new_keys, end)
        yield from _compared(
            before.slice(0, old_count),
            after.slice(0, new_count),
            old_keys.slice(0, old_count),
            new_keys.slice(0, new_count),
        )
        before, after = before.slice(old_count), after.slice(new_count)
    while before is not None:
        if before.num_rows:
            yield _changes(before, WITHDRAWN, None)
        before = next(previous, None)
    while after is not None:
        if after.num_rows:
            yield _changes(after, ADDED, None)
        after = next(current, None)


@dataclass
class Counted:
    """What was counted while changes streamed by."""

    by_change: Counter[str] = field(default_factory=Counter)
    marked: int = 0
    unflagged: int = 0
    born_marked: int = 0

    def watch(self, changes: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Passes changes on and counts them."""
        for batch in changes:
            self.note(batch)
            yield batch

    def note(self, changes: pa.RecordBatch) -> None:
        """Counts some changes: by kind, and by BLS's own mark of a value that was revised."""
        change, marked = changes.column("change").cast(pa.string()), _bears_mark(changes)
        for one in change.value_counts().to_pylist():
            self.by_change[one["values"]] += one["counts"]
        self.marked += _count(marked)
        self.unflagged += _count(pc.and_(pc.equal(change, REVISED), pc.invert(marked)))
        self.born_marked += _count(pc.and_(pc.equal(change, ADDED), marked))


def _bears_mark(changes: pa.RecordBatch) -> pa.Array:
    codes = changes.column("footnote_codes")
    if pa.types.is_dictionary(codes.type):  # each of the few is looked at once
        marked = _marked(codes.dictionary).take(codes.indices)
    else:
        marked = _marked(codes)
    return pc.fill_null(marked, False)


def _marked(codes: pa.Array) -> pa.Array:
    return pc.match_substring_regex(codes, r"(^|,)\s*R\s*(,|$)")


def defines_revised(stream: BinaryIO) -> bool:
    """Whether a survey's footnotes, a mapping table as Parquet, define R as `revised`."""
    rows = pq.read_table(stream, use_threads=False).to_pylist()
    return any(
        "R" in row.values() and any("revised" in str(text).lower() for text in row.values())
        for row in rows
    )


def _compared(
    before: pa.RecordBatch, after: pa.RecordBatch, old_keys: pa.Array, new_keys: pa.Array
) -> Iterator[pa.RecordBatch]:
    """The changes between rows that cover the same keys."""
    if old_keys.equals(new_keys):
        found = _differing(before, after)
        if found.num_rows:
            yield found
        return
    place = pc.index_in(new_keys, value_set=old_keys)
    common = pc.is_valid(place)
    kept = place.filter(common)
    parts = [(new_keys, after, pc.invert(common), ADDED)]
    gone = pc.invert(pc.is_in(old_keys, value_set=new_keys))
    parts.append((old_keys, before, gone, WITHDRAWN))
    tables = [
        _changes(rows.filter(mask), change, keys.filter(mask)) for keys, rows, mask, change in parts
    ]
    tables.append(_differing(before.take(kept), after.filter(common), new_keys.filter(common)))
    merged = pa.Table.from_batches([table for table in tables if table.num_rows], _KEYED)
    yield from merged.sort_by("key").drop_columns(["key"]).combine_chunks().to_batches()


def _differing(
    before: pa.RecordBatch, after: pa.RecordBatch, keys: pa.Array | None = None
) -> pa.RecordBatch:
    """The rows, key by key the same, whose value, text or footnote is another."""
    same_value = _same(before.column("value"), after.column("value"))
    old_notes, new_notes = (_text(rows.column("footnote_codes")) for rows in (before, after))
    old_texts, new_texts = (_text(rows.column("value_text")) for rows in (before, after))
    same_text = pc.or_(
        _same(old_texts, new_texts), pc.and_(_says_nothing(old_texts), _says_nothing(new_texts))
    )
    same_value_and_text = pc.and_(same_value, same_text)
    differs = pc.invert(pc.and_(same_value_and_text, _same(old_notes, new_notes)))
    change = pc.if_else(
        same_value.filter(differs),
        pc.if_else(same_text.filter(differs), FOOTNOTE, TEXT),
        REVISED,
    )
    changed = after.filter(differs)
    columns = [
        _text(changed.column("series_id")),
        changed.column("year"),
        _text(changed.column("period")),
        change,
        changed.column("value"),
        before.column("value").filter(differs),
        new_notes.filter(differs),
        old_notes.filter(differs),
        old_texts.filter(differs),
        new_texts.filter(differs),
    ]
    return _batch(columns, keys.filter(differs) if keys is not None else None)


def _changes(rows: pa.RecordBatch, change: str, keys: pa.Array | None) -> pa.RecordBatch:
    """Rows that are in one vintage only: their figures are the new ones, or the previous."""
    count = rows.num_rows
    values, notes = rows.column("value"), _text(rows.column("footnote_codes"))
    texts = _text(rows.column("value_text"))
    no_values, no_texts = pa.nulls(count, pa.float64()), pa.nulls(count, pa.string())
    gone = change == WITHDRAWN
    columns = [
        _text(rows.column("series_id")),
        rows.column("year"),
        _text(rows.column("period")),
        pa.array([change] * count, pa.string()),
        no_values if gone else values,
        values if gone else no_values,
        no_texts if gone else notes,
        notes if gone else no_texts,
        texts if gone else no_texts,
        no_texts if gone else texts,
    ]
    return _batch(columns, keys)


_KEYED = SCHEMA.append(pa.field("key", pa.int64()))


def _batch(columns: list[pa.Array], keys: pa.Array | None) -> pa.RecordBatch:
    if keys is None:
        return pa.record_batch(columns, schema=SCHEMA)
    return pa.record_batch([*columns, keys], schema=_KEYED)


def _count(chosen: pa.Array) -> int:
    return int(pc.sum(chosen).as_py() or 0)


def _keys(before: pa.RecordBatch, after: pa.RecordBatch) -> tuple[pa.Array, pa.Array]:
    """The keys of two runs of rows as numbers that compare as the keys do."""
    words = [rows.column("series_id").dictionary for rows in (before, after)]
    series = pc.array_sort_indices(known := pc.unique(pa.concat_arrays(words)))
    ranked = known.take(series)
    return _numbers(before, ranked), _numbers(after, ranked)


def _numbers(rows: pa.RecordBatch, ranked: pa.Array) -> pa.Array:
    series = rows.column("series_id")
    rank = pc.index_in(series.dictionary, value_set=ranked).cast(pa.int64()).take(series.indices)
    return pc.add(pc.multiply(rank, _PER_SERIES), times(rows).cast(pa.int64()))


def _up_to(keys: pa.Array, end: pa.Scalar) -> int:
    return int(pc.sum(pc.less_equal(keys, end)).as_py())


def _same(one: pa.Array, other: pa.Array) -> pa.Array:
    """Whether each is the other, null being null."""
    both_null = pc.and_(pc.is_null(one), pc.is_null(other))
    return pc.or_(pc.fill_null(pc.equal(one, other), False), both_null)


def _says_nothing(texts: pa.Array) -> pa.Array:
    """Whether what stands in a value's place says only that there is none."""
    return pc.fill_null(pc.equal(texts, NOT_AVAILABLE), True)


def _text(column: pa.Array) -> pa.Array:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
