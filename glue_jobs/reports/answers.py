"""How a query's answer is written: as text for people and for CSV, as JSON, as Parquet.

Text is as Athena and Trino's command line write it: ``3 04:05:06.000`` for an interval of days,
``1-2`` for one of months, ``61 62`` for bytes, ``[1, null]``, ``{key=value}``, ``{field=value}``.
Two things are easier to read than there: a double is the shortest text that reads back as the same
number, without an exponent below 1e16; a timestamp has three digits of a second, six where it needs
them. Null is nothing, inside another value ``null``.

JSON has numbers, arrays and objects of its own; what it has no kind for is the same text. So is a
decimal, which most readers of JSON would round.
"""

from __future__ import annotations

import math
import struct
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Callable

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from glue_jobs.errors import UnsupportedSQL, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ATHENA_TYPE = b"athena_type"
"""In the metadata of an answer's column: its type as Athena names it, where the engine knows."""

_MIDNIGHT = datetime(2000, 1, 1, tzinfo=timezone.utc)


def typed_schema(
    schema: pa.Schema, columns: Sequence[tuple[str, str]], zones: Sequence[str] = ()
) -> pa.Schema:
    """The same columns under the given names, each with its Athena type in its metadata.

    Args:
        schema: of the answer.
        columns: their names and Athena types.
        zones: where given, the zone for each column whose timestamps are shown in one, else empty.
    """
    kinds = [
        pa.timestamp(field.type.unit, zone) if zone else field.type
        for field, zone in zip(schema, zones or [""] * len(schema))
    ]
    return pa.schema(
        [
            pa.field(name, arrow, metadata={ATHENA_TYPE: kind.encode()})
            for arrow, (name, kind) in zip(kinds, columns)
        ]
    )


def text_rows(answer: pa.Table) -> tuple[list[str], list[list[str]]]:
    """The header and the cells of an answer, as they are printed."""
    columns = [
        [text_of(value, field.type, months=_of_months(field)) for value in _values(column)]
        for field, column in zip(answer.schema, answer.columns)
    ]
    return answer.column_names, [list(row) for row in zip(*columns)]


def number_columns(schema: pa.Schema) -> list[str]:
    """The names under which an answer has nothing but numbers."""
    others = {field.name for field in schema if not _is_number(field.type)}
    return [name for name in schema.names if name not in others]


def json_rows(answer: pa.Table) -> list[dict[str, Any]]:
    """The rows of an answer as objects that JSON can say.

    Raises:
        UsageError: two columns have one name.
    """
    refuse_twins(answer.schema, "JSON")
    columns = [
        [_plain(value, field.type, months=_of_months(field)) for value in _values(column)]
        for field, column in zip(answer.schema, answer.columns)
    ]
    return [dict(zip(answer.column_names, row)) for row in zip(*columns)]


def write_parquet(answer: pa.RecordBatchReader, path: Path) -> None:
    """Writes an answer with its types; intervals, which Parquet has not, as their text.

    Raises:
        UsageError: two columns have one name.
    """
    refuse_twins(answer.schema, "Parquet")
    schema = _storable(answer.schema.empty_table()).schema
    with pq.ParquetWriter(path, schema, compression="zstd", store_schema=False) as writer:
        for batch in answer:
            writer.write_table(_storable(pa.Table.from_batches([batch])))


def text_of(value: Any, kind: pa.DataType, *, months: bool = False) -> str:
    """A value as text.

    Args:
        value: as Arrow gives it to Python.
        kind: its Arrow type.
        months: whether an interval in it that is zero counts months.
    """
    if value is None:
        return ""
    if types.is_list(kind):
        return f"[{', '.join(_inner(part, kind.value_type, months) for part in value)}]"
    if types.is_map(kind):
        pairs = [
            f"{_inner(key, kind.key_type, months)}={_inner(part, kind.item_type, months)}"
            for key, part in value
        ]
        return f"{{{', '.join(pairs)}}}"
    if types.is_struct(kind):
        fields = (f"{field.name}={_inner(value[field.name], field.type, months)}" for field in kind)
        return f"{{{', '.join(fields)}}}"
    if types.is_float32(kind):
        value = _shortest_real(value)
    if months and isinstance(value, pa.MonthDayNano):
        return _month_interval(value.months)
    return _scalar(value)


def _inner(value: Any, kind: pa.DataType, months: bool) -> str:
    return "null" if value is None else text_of(value, kind, months=months)


def _scalar(value: object) -> str:
    for kind, written in _WRITTEN.items():
        if isinstance(value, kind):
            return written(value)
    return str(value)


def _shortest_real(value: float) -> float:
    """The double with the fewest digits that is the same real; as a double a real has 17 digits."""
    if not math.isfinite(value):
        return value
    candidates = (float(f"{value:.{digits}g}") for digits in range(6, 10))
    return next(one for one in candidates if struct.pack("f", one) == struct.pack("f", value))


def _double(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"


def _timestamp(value: datetime) -> str:
    digits = "microseconds" if value.microsecond % 1000 else "milliseconds"
    # Python calls an offset UTC+05:30, Athena +05:30.
    name = str(value.tzinfo or "")
    zone = f" {name.removeprefix('UTC') or name}" if name else ""
    return value.replace(tzinfo=None).isoformat(" ", digits) + zone


def _interval(value: pa.MonthDayNano) -> str:
    """An interval as its parts tell which of the two kinds it is."""
    if value.months:
        return _month_interval(value.months)
    return _day_interval(timedelta(days=value.days, microseconds=value.nanoseconds // 1000))


def _month_interval(months: int) -> str:
    return f"{'-' if months < 0 else ''}{abs(months) // 12}-{abs(months) % 12}"


def _day_interval(value: timedelta) -> str:
    size, sign = abs(value), "-" if value < timedelta() else ""
    clock = (_MIDNIGHT + timedelta(seconds=size.seconds, microseconds=size.microseconds)).time()
    return f"{sign}{size.days} {clock.isoformat('milliseconds')}"


_WRITTEN: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "true" if value else "false",
    float: _double,
    Decimal: "{:f}".format,
    bytes: lambda value: value.hex(" "),
    datetime: _timestamp,  # before date, which it is, too
    date: date.isoformat,
    time: lambda value: value.isoformat("milliseconds"),
    timedelta: _day_interval,
    pa.MonthDayNano: _interval,
}


def _plain(value: Any, kind: pa.DataType, *, months: bool) -> Any:
    """A value as JSON can say it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if types.is_list(kind):
        return [_plain(part, kind.value_type, months=months) for part in value]
    if types.is_map(kind):
        return {
            text_of(key, kind.key_type, months=months): _plain(part, kind.item_type, months=months)
            for key, part in value
        }
    if types.is_struct(kind):
        return {field.name: _plain(value[field.name], field.type, months=months) for field in kind}
    if isinstance(value, float) and math.isfinite(value):
        return float(text_of(value, kind))
    return text_of(value, kind, months=months)


def _values(column: pa.ChunkedArray) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except (OverflowError, ValueError) as error:
        raise UnsupportedSQL(
            "The answer has a date or timestamp outside the years 1 to 9999.",
            hint="Cast it to varchar to see it.",
        ) from error
    return values


def _storable(answer: pa.Table) -> pa.Table:
    return pa.table(
        {
            field.name: _storable_column(column, field)
            for field, column in zip(answer.schema, answer.columns)
        }
    )


def _storable_column(column: pa.ChunkedArray, field: pa.Field) -> Any:
    if not _has_interval(field.type):
        return column
    months = _of_months(field)
    texts = [
        None if value is None else text_of(value, field.type, months=months)
        for value in _values(column)
    ]
    return pa.array(texts, pa.string())


def _has_interval(kind: pa.DataType) -> bool:
    if types.is_interval(kind) or types.is_duration(kind):
        return True
    if types.is_list(kind):
        return _has_interval(kind.value_type)
    if types.is_map(kind):
        return _has_interval(kind.key_type) or _has_interval(kind.item_type)
    return types.is_struct(kind) and any(_has_interval(field.type) for field in kind)


def _of_months(field: pa.Field) -> bool:
    return b"interval year to month" in (field.metadata or {}).get(ATHENA_TYPE, b"")


def _is_number(kind: pa.DataType) -> bool:
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def refuse_twins(schema: pa.Schema, form: str) -> None:
    """Refuses an answer in a form that has a name for each column.

    Raises:
        UsageError: two columns have one name.
    """
    names = schema.names
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"Two columns are named {name}, which {form} cannot tell apart.",
                hint=f"Give each a name of its own: AS {name}_2.",
            )
