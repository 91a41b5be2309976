"""Years and periods as numbers compare as they do."""

from __future__ import annotations

import itertools
import string

import pyarrow as pa

from glue_jobs.tables.numbers import PERIOD_BITS, TIME_BITS, period_number, times
from glue_jobs.timestamps import FIRST_YEAR, LAST_YEAR

PERIODS = [f"{letter}{number:02d}" for letter in string.ascii_uppercase for number in range(100)]


def test_any_letter_with_two_digits_has_a_number_and_they_ascend_as_texts_do():
    numbers = [period_number(period) for period in PERIODS]
    assert numbers == sorted(set(numbers))
    assert sorted(PERIODS) == PERIODS
    assert 0 <= numbers[0] <= numbers[-1] < 1 << PERIOD_BITS


def test_the_year_goes_before_the_period():
    keys = list(itertools.product((FIRST_YEAR, 2024, LAST_YEAR), ("A01", "M13", "Q01", "Z99")))
    years, periods = zip(*keys)
    rows = pa.record_batch(
        {"year": pa.array(years, pa.int32()), "period": pa.array(periods).dictionary_encode()}
    )
    numbers = times(rows).to_pylist()
    assert numbers == sorted(set(numbers))
    assert numbers[-1] < 1 << TIME_BITS
