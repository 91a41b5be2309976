"""What the observations of a series say of it: how often it comes, from when until when, and last.

All data files of a survey ascend by series_id, so they are read side by side, a block of each at a
time, and nothing is held but what belongs to the series that are looked at.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from glue_jobs.tables.numbers import times
from glue_jobs.tables.parquet import read_batches
from glue_jobs.tables.periods import PERIODS, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_MOST_FILES = 1 << 10
_COLUMNS = ("series_id", "year", "period", "value")
_WITH_NULLS = pc.ScalarAggregateOptions(skip_nulls=False)
_EMPTY = pa.table(
    {
        "series_id": pa.array([], pa.string()),
        "kind": pa.array([], pa.int8()),
        "first": pa.array([], pa.int64()),
        "last": pa.array([], pa.int64()),
        "value": pa.array([], pa.float64()),
    }
)


def first_days(years: pa.Array, periods: pa.Array) -> pa.Array:
    """The first day of each period, as dates; null where nobody knows it."""
    words = pc.unique(periods)
    months = [PERIODS[word].month if word in PERIODS else None for word in words.to_pylist()]
    month = pa.array(months, pa.int32()).take(pc.index_in(periods, value_set=words))
    numbers = pc.add(pc.multiply(years, 12), pc.subtract(month, 1))
    found = pc.unique(numbers)
    days = [None if one is None else date(one // 12, one % 12 + 1, 1) for one in found.to_pylist()]
    return pa.array(days, pa.date32()).take(pc.index_in(numbers, value_set=found))


def read_spans(data: Path) -> Iterator[pa.Table]:
    """The spans of a data file's series, in order: a row per series and kind of period, or more.

    A series that goes on in the next block has a row for each.
    """
    for batch in read_batches(data, _COLUMNS, codes=("series_id", "period")):
        if batch.num_rows:
            yield _spans_in(batch)


class SpansBySeries:
    """The spans of all data files of a survey, taken series by series."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Opens none yet; of files with the same observation, the first one's value counts."""
        self._streams = [read_spans(path) for path in files]
        self._pending = [_EMPTY] * len(files)

    def up_to(self, series_id: str | None) -> pa.Table:
        """The spans of all series that were not taken yet, up to that one; None: of all."""
        parts = [self._take(number, series_id) for number in range(len(self._streams))]
        ranked = [
            part.append_column("rank", pa.array([_rank(number)] * part.num_rows, pa.int64()))
            for number, part in enumerate(parts)
        ]
        return _joined(pa.concat_tables(ranked)) if ranked else _joined(_ranked_empty())

    def _take(self, number: int, series_id: str | None) -> pa.Table:
        parts, stream = [self._pending[number]], self._streams[number]
        while series_id is None or not (len(parts[-1]) and _last(parts[-1]) > series_id):
            following = next(stream, None)
            if following is None:
                break
            parts.append(following)
        spans = pa.concat_tables(parts)
        count = len(spans)
        if series_id is not None and count:
            count = pc.sum(pc.less_equal(spans.column("series_id"), series_id)).as_py()
        self._pending[number] = spans.slice(count)
        return spans.slice(0, count)


def _spans_in(batch: pa.RecordBatch) -> pa.Table:
    """A row per series and kind of period of some rows of a data file."""
    series, period = batch.column("series_id"), batch.column("period")
    kinds = pa.array([kind_of(one) for one in period.dictionary.to_pylist()], pa.int8())
    rows = pa.table(
        {
            "series": series.indices,
            "kind": kinds.take(period.indices),
            "time": times(batch).cast(pa.int64()),
            "value": batch.column("value"),
        }
    )
    # The first and the last row are the first and the last in time: the file ascends.
    spans = rows.group_by(["series", "kind"], use_threads=False).aggregate(
        # A null is a last value too: BLS printed that there is no figure.
        [("time", "min"), ("time", "max"), ("value", "last", _WITH_NULLS)]
    )
    named = pa.table(
        {
            "series_id": series.dictionary.take(spans.column("series").combine_chunks()),
            "kind": spans.column("kind"),
            "first": spans.column("time_min"),
            "last": spans.column("time_max"),
            "value": spans.column("value_last"),
        }
    ).cast(_EMPTY.schema)
    return named.sort_by("series_id")  # groups come in any order


def _joined(spans: pa.Table) -> pa.Table:
    """One row per series: of its finest kind, from the first to the last of all files."""
    finest = spans.group_by("series_id", use_threads=False).aggregate([("kind", "min")])
    own = _looked_up(spans, finest, "kind_min")
    spans = spans.filter(pc.equal(spans.column("kind"), own))
    newest = pc.add(pc.multiply(spans.column("last"), _MOST_FILES), spans.column("rank"))
    spans = spans.append_column("newest", newest)
    joined = spans.group_by("series_id", use_threads=False).aggregate(
        [("kind", "min"), ("first", "min"), ("last", "max"), ("newest", "max")]
    )
    chosen = spans.filter(pc.equal(newest, _looked_up(spans, joined, "newest_max")))
    value = _looked_up(joined, chosen, "value")
    return pa.table(
        {
            "series_id": joined.column("series_id"),
            "kind": joined.column("kind_min"),
            "first": joined.column("first_min"),
            "last": joined.column("last_max"),
            "value": value,
        }
    ).sort_by("series_id")


def _looked_up(spans: pa.Table, per_series: pa.Table, column: str) -> pa.Array:
    """For each row of spans, what its series has in another table."""
    ids = per_series.column("series_id").combine_chunks()
    places = pc.index_in(spans.column("series_id").combine_chunks(), value_set=ids)
    return per_series.column(column).combine_chunks().take(places)


def _ranked_empty() -> pa.Table:
    return _EMPTY.append_column("rank", pa.array([], pa.int64()))


def _rank(number: int) -> int:
    return max(_MOST_FILES - 1 - number, 0)


def _last(spans: pa.Table) -> str:
    return str(spans.column("series_id")[-1].as_py())
