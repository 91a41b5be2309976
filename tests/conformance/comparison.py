"""Whether the local engine's answer is Trino's: names, types, rows.

Values are compared as Trino's protocol writes them: decimals and times as text, bytes in base64, a
row as a list. Doubles agree when twelve significant digits do, since the order of a sum decides the
rest; reals have seven digits, of which the last may differ.
"""

from __future__ import annotations

import base64
import math
import re
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Callable

import pyarrow as pa

from glue_jobs.reports.answers import ATHENA_TYPE
from tests.conformance.statements import Statement

_DIGITS = {"double": 12, "real": 6}
_MIDNIGHT = datetime(2000, 1, 1, tzinfo=timezone.utc)


def difference(expected: Statement, answer: pa.Table, *, ordered: bool) -> str:
    """What differs, in a sentence; empty where nothing does.

    Args:
        expected: Trino's answer.
        answer: the local one, which has its columns' Athena types in their metadata.
        ordered: whether the statement says in which order the rows come.
    """
    names = [name for name, _ in expected.columns]
    if answer.column_names != names:
        return f"columns {answer.column_names}, in Trino {names}"
    types = [field.metadata[ATHENA_TYPE].decode() for field in answer.schema]
    for name, kind, trino in zip(names, types, (kind for _, kind in expected.columns)):
        if not _is_same_type(kind, trino):
            return f"{name} is {kind}, in Trino {trino}"
    if answer.num_rows != expected.row_count:
        return f"{answer.num_rows} rows, in Trino {expected.row_count}"
    ours, theirs = _rows_of(answer), [list(row) for row in expected.rows]
    if not ordered:
        ours, theirs = sorted(ours, key=_place), sorted(theirs, key=_place)
    digits = _DIGITS["real" if any("real" in kind for kind in types) else "double"]
    # Trino's rows may be the first of more.
    for one, other in zip(ours, theirs):
        if not _agrees(one, other, digits):
            return f"row {one}, in Trino {other}"
    return ""


def statement_of(sql: str, answer: pa.Table) -> Statement:
    """A statement with an engine's answer, as if it had been recorded."""
    columns = tuple((field.name, field.metadata[ATHENA_TYPE].decode()) for field in answer.schema)
    return Statement(0, sql, columns, tuple(_rows_of(answer)), answer.num_rows, "")


def _is_same_type(ours: str, trino: str) -> bool:
    """Whether two types are the same, as far as Trino's protocol and the local engine say.

    The protocol leaves a timestamp's precision out; the local engine does not follow every length
    of a varchar.
    """
    ours, trino = (_without_precision(kind) for kind in (ours, trino))
    return ours == trino or ours == re.sub(r"varchar\(\d+\)", "varchar", trino)


def _without_precision(kind: str) -> str:
    bare = re.sub(r"\b(timestamp|time)\(\d+\)", r"\1", kind.lower())
    return re.sub(r",\s*", ",", bare)


def _rows_of(answer: pa.Table) -> list[list[Any]]:
    columns = [
        [_in_protocol(value, field.type) for value in column.to_pylist(maps_as_pydicts="lossy")]
        for column, field in zip(answer.columns, answer.schema)
    ]
    return [list(row) for row in zip(*columns)]


def _in_protocol(value: Any, kind: pa.DataType) -> Any:
    """A value as Trino's protocol writes it."""
    if value is None:
        return None
    if pa.types.is_list(kind):
        return [_in_protocol(part, kind.value_type) for part in value]
    if pa.types.is_struct(kind):
        return [_in_protocol(value[field.name], field.type) for field in kind]
    if pa.types.is_map(kind):
        return {
            str(_in_protocol(key, kind.key_type)): _in_protocol(part, kind.item_type)
            for key, part in value.items()
        }
    return _scalar(value)


def _scalar(value: Any) -> Any:
    for kind, written in _WRITTEN.items():
        if isinstance(value, kind):
            return written(value)
    return value


def _double(value: float) -> Any:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"


def _timestamp(value: datetime) -> str:
    name = str(value.tzinfo or "")
    zone = f" {name.removeprefix('UTC') or name}" if name else ""
    return value.replace(tzinfo=None).isoformat(" ", "milliseconds") + zone


def _month_day_nano(value: pa.MonthDayNano) -> str:
    months, days, nanoseconds = value
    if months:
        return f"{'-' if months < 0 else ''}{abs(months) // 12}-{abs(months) % 12}"
    return _interval(timedelta(days=days, microseconds=nanoseconds // 1000))


def _interval(value: timedelta) -> str:
    size, sign = abs(value), "-" if value < timedelta() else ""
    clock = (_MIDNIGHT + timedelta(seconds=size.seconds, microseconds=size.microseconds)).time()
    return f"{sign}{size.days} {clock.isoformat('milliseconds')}"


_WRITTEN: dict[type, Callable[[Any], Any]] = {
    Decimal: "{:f}".format,
    float: _double,
    bytes: lambda value: base64.b64encode(value).decode(),
    datetime: _timestamp,  # before date, which it is, too
    date: date.isoformat,
    time: lambda value: value.isoformat("milliseconds"),
    timedelta: _interval,
    pa.MonthDayNano: _month_day_nano,
}


def _agrees(ours: Any, theirs: Any, digits: int) -> bool:
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(
            _agrees(one, other, digits) for one, other in zip(ours, theirs)
        )
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(
            _agrees(ours[key], theirs[key], digits) for key in ours
        )
    if isinstance(ours, float) and isinstance(theirs, (int, float)):
        return math.isclose(ours, theirs, rel_tol=10.0**-digits)
    return type(ours) is type(theirs) and bool(ours == theirs)


def _place(row: list[Any]) -> str:
    """Where a row stands among others; doubles by fewer digits than are compared."""
    return repr([f"{cell:.9g}" if isinstance(cell, float) else cell for cell in row])
