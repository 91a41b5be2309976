"""The year and the period of an observation as one number, which compares as the two do.

A period is a letter and two digits: 12 bits hold any. They ascend as their texts do: A01, M01, M13,
Q01, S01. So rows can be compared and matched as whole numbers, a column at a time.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from glue_jobs.timestamps import FIRST_YEAR

PERIOD_BITS = 12
TIME_BITS = PERIOD_BITS + 9
"""A year after the first one takes 9 bits."""

_PER_YEAR = pa.scalar(1 << PERIOD_BITS, pa.int32())
_FIRST_YEAR = pa.scalar(FIRST_YEAR, pa.int32())


def period_number(period: str) -> int:
    """``M03`` as a number below 4,096."""
    return (ord(period[0]) - ord("A")) * 100 + int(period[1:])


def times(rows: pa.RecordBatch) -> pa.Array:
    """The year and the period of each row as one number.

    Args:
        rows: with a year, and a period as a dictionary.
    """
    period = rows.column("period")
    words = period.dictionary.to_pylist()
    numbers = pa.array([period_number(word) for word in words], pa.int32())
    year = pc.subtract(rows.column("year").cast(pa.int32()), _FIRST_YEAR)
    return pc.add(pc.multiply(year, _PER_YEAR), numbers.take(period.indices))


def years_and_periods(numbers: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The years and the periods that such numbers stand for; null where there is none."""
    years = pc.add(pc.shift_right(numbers, PERIOD_BITS), _FIRST_YEAR).cast(pa.int32())
    periods = pc.bit_wise_and(numbers, (1 << PERIOD_BITS) - 1)
    found = pc.unique(periods)
    words = [None if one is None else _period_of(one) for one in found.to_pylist()]
    return years, pa.array(words, pa.string()).take(pc.index_in(periods, value_set=found))


def _period_of(number: int) -> str:
    return f"{chr(ord('A') + number // 100)}{number % 100:02}"
