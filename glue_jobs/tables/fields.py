"""What a field may hold, by the kind of its column: one text, or a column of texts at once.

The rules stand at the top of ``flatfile``. ``value_of`` is their definition; the functions on
columns give the same, or say that they are not sure.
"""

from __future__ import annotations

import math
import re
import sys
from typing import TYPE_CHECKING, Callable, Optional, Union

import pyarrow as pa
import pyarrow.compute as pc

from glue_jobs.tables.columns import Column, Kind
from glue_jobs.timestamps import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

KNOWN_PERIODS = frozenset(
    [f"M{n:02d}" for n in range(1, 14)]
    + [f"Q{n:02d}" for n in range(1, 6)]
    + [f"S{n:02d}" for n in range(1, 4)]
    + ["A01"]
)
"""Months, quarters and half years; M13, Q05, S03 and A01 are annual figures."""

_PERIOD = re.compile(r"[A-Z][0-9]{2}")
# Each digit can be matched in one way only: a field may be a million digits long, and no number.
_NUMBER = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"(-?)0*(\d{1,9})", re.ASCII)
_MOST_DIGITS = 17
# Below, a double that is equal to itself rounded to six decimals stands for those decimals.
_SMALL = 1e9

# What is a plain number whatever its digits are, and what may be one: `value_of` tells.
_SURELY_NUMBER = r"^[+-]?([0-9]{1,12}(\.[0-9]{0,6})?|\.[0-9]{1,6})$"
_MAYBE_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
NOT_AVAILABLE = "-"
"""What BLS prints for a figure that is not available, with a footnote."""

NULLS = ["", NOT_AVAILABLE]

Value = Optional[Union[str, int, float]]


ARROW_TYPES = {
    Kind.CODE: pa.dictionary(pa.int32(), pa.string()),
    Kind.PERIOD: pa.dictionary(pa.int32(), pa.string()),
    Kind.TEXT: pa.string(),
    Kind.YEAR: pa.int32(),
    Kind.INTEGER: pa.int32(),
    Kind.NUMBER: pa.float64(),
    Kind.PRINTED: pa.string(),
}


def field_of(column: Column) -> pa.Field:
    """The Arrow field that batches carry; text of a field is never null, it may be empty."""
    texts = (Kind.CODE, Kind.TEXT, Kind.PERIOD)
    nullable = column.kind not in texts and not column.required
    return pa.field(column.name, ARROW_TYPES[column.kind], nullable=nullable)


def is_sure(column: Column, array: pa.Array) -> bool:
    """Whether every field of a column that was parsed is what ``value_of`` says it is."""
    if column.required and (array.null_count or _has_blank(array)):
        return False
    if column.kind is Kind.YEAR:
        bounds = pc.min_max(array).as_py()
        return bounds["min"] is None or FIRST_YEAR <= bounds["min"] <= bounds["max"] <= LAST_YEAR
    if column.kind is Kind.PERIOD:
        return all(map(_PERIOD.fullmatch, array.dictionary.to_pylist()))
    if column.kind is Kind.NUMBER:
        return _are_short(array)
    if column.kind is Kind.INTEGER:
        bounds = pc.min_max(array).as_py()
        return bounds["min"] is None or -(10**9) < bounds["min"] <= bounds["max"] < 10**9
    return True


def numbers_of(texts: pa.Array) -> pa.Array | None:
    """The numbers that trimmed texts are, null for others; None unless all of them are sure."""
    plain = pc.match_substring_regex(texts, _SURELY_NUMBER)
    if pc.any(pc.and_(pc.match_substring_regex(texts, _MAYBE_NUMBER), pc.invert(plain))).as_py():
        return None
    # Arrow's parser of numbers takes no plus.
    digits = pc.replace_substring_regex(texts, r"^\+", "")
    return pc.if_else(plain, digits, pa.scalar(None, pa.string())).cast(pa.float64())


def printed_of(texts: pa.Array, fields_of: Callable[[Sequence[int]], Sequence[str]]) -> pa.Array:
    """The trimmed texts that are no numbers, null for others.

    Args:
        texts: as they were parsed: texts, or numbers with nulls.
        fields_of: gives what stands in some rows, trimmed.
    """
    if not pa.types.is_string(texts.type):
        return _printed_in_nulls(texts, fields_of)
    is_text = pc.invert(pc.match_substring_regex(texts, _SURELY_NUMBER))
    kept = pc.and_(is_text, pc.not_equal(texts, ""))
    return pc.if_else(kept, texts, pa.scalar(None, pa.string()))


def _printed_in_nulls(
    numbers: pa.Array, fields_of: Callable[[Sequence[int]], Sequence[str]]
) -> pa.Array:
    if not numbers.null_count:
        return pa.nulls(len(numbers), pa.string())
    printed: list[str | None] = [None] * len(numbers)
    rows = pc.indices_nonzero(pc.is_null(numbers)).to_pylist()
    for row, text in zip(rows, fields_of(rows)):
        printed[row] = text or None
    return pa.array(printed, pa.string())


def _are_short(numbers: pa.Array) -> bool:
    """Whether all are equal to themselves rounded; one rounding, for both ways of reading."""
    bounds = pc.min_max(numbers).as_py()
    small = bounds["min"] is None or -_SMALL < bounds["min"] <= bounds["max"] < _SMALL
    return small and bool(pc.all(pc.equal(pc.round(numbers, 6), numbers), min_count=0).as_py())


def _has_blank(array: pa.Array) -> bool:
    words = array.dictionary if pa.types.is_dictionary(array.type) else array
    return pa.types.is_string(words.type) and bool(pc.any(pc.equal(words, "")).as_py())


def value_of(column: Column, text: str) -> Value:
    """One field's value, or a ``ValueError`` that says what is wrong with it."""
    if column.required and not text:
        raise ValueError(f"{column.name} is blank")
    if column.kind in (Kind.CODE, Kind.TEXT):
        return text
    if column.kind is Kind.PERIOD:
        if not _PERIOD.fullmatch(text):
            raise ValueError(f"period {text[:20]!r} is not a letter and two digits")
        return text
    if column.kind is Kind.NUMBER:
        return _number(text)
    if text in NULLS:
        if column.required:
            raise ValueError(f"{column.name} is blank")
        return None
    match = _INTEGER.fullmatch(text)
    if not match:
        raise ValueError(f"{column.name} {text[:20]!r} is not a whole number")
    # Without the zeros before it, of which Python's int bears a few thousand only.
    value = int(match[1] + match[2])
    if column.kind is Kind.YEAR and not FIRST_YEAR <= value <= LAST_YEAR:
        raise ValueError(f"{column.name} {value} is not a year from {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _number(text: str) -> float | None:
    """What a plain number is as a double; None for any other text."""
    match = _NUMBER.fullmatch(text)
    value = float(text) if match else math.nan
    if not match or not math.isfinite(value):
        return None
    if abs(value) < sys.float_info.min and match[1].strip("0."):
        return None  # too small
    whole, _, decimals = match[1].partition(".")
    digits = (whole + decimals.rstrip("0")).lstrip("0")
    if len(digits) > _MOST_DIGITS and not _are_short(pa.array([value])):
        return None  # more digits than a double can hold
    return value
