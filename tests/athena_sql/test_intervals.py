"""Intervals: constants, arithmetic, and how they are printed; answers of a real Trino 476."""

from __future__ import annotations

import pytest

from tests.athena_sql.test_translation import ask, failure, shown, value

DAYS, MONTHS = "interval day to second", "interval year to month"

PRINTED = [
    ("interval '1' day", DAYS, "1 00:00:00.000"),
    ("interval '-1' day", DAYS, "-1 00:00:00.000"),
    ("interval - '1' day", DAYS, "-1 00:00:00.000"),
    ("interval '+1' day", DAYS, "1 00:00:00.000"),
    ("interval '36' hour", DAYS, "1 12:00:00.000"),
    ("interval '90' minute", DAYS, "0 01:30:00.000"),
    ("interval '1000' second", DAYS, "0 00:16:40.000"),
    ("interval '1.5' second", DAYS, "0 00:00:01.500"),
    ("interval '1.2345' second", DAYS, "0 00:00:01.234"),
    ("interval '1.' second", DAYS, "0 00:00:01.000"),
    ("interval '1' year", MONTHS, "1-0"),
    ("interval '-3' month", MONTHS, "-0-3"),
    ("interval '0' month", MONTHS, "0-0"),
    ("interval '1 2:3:4.567' day to second", DAYS, "1 02:03:04.567"),
    ("interval '-1 2:3:4' day to second", DAYS, "-1 02:03:04.000"),
    ("interval '1 2' day to hour", DAYS, "1 02:00:00.000"),
    ("interval '1 2:03' day to minute", DAYS, "1 02:03:00.000"),
    ("interval '1 25:00' day to minute", DAYS, "2 01:00:00.000"),
    ("interval '2:3' hour to minute", DAYS, "0 02:03:00.000"),
    ("interval '2:3:4' hour to second", DAYS, "0 02:03:04.000"),
    ("interval '3:4.5' minute to second", DAYS, "0 00:03:04.500"),
    ("interval -'1-2' year to month", MONTHS, "-1-2"),
    ("interval '1-13' year to month", MONTHS, "2-1"),
    ("interval '3' day * 2", DAYS, "6 00:00:00.000"),
    ("2 * interval '1' hour", DAYS, "0 02:00:00.000"),
    ("interval '2' day * 1.5", DAYS, "3 00:00:00.000"),
    ("interval '2' day / 3", DAYS, "0 16:00:00.000"),
    ("interval '1' day / 2.5", DAYS, "0 09:36:00.000"),
    ("interval '-1' day * 1.00000001e0", DAYS, "-1 00:00:00.000"),
    ("interval '3' month * 1.5", MONTHS, "0-4"),
    ("interval '-1' month * 1.5e0", MONTHS, "-0-1"),
    ("interval '1' year / 3", MONTHS, "0-4"),
    ("interval '1' month / 2", MONTHS, "0-0"),
    ("-interval '1' day", DAYS, "-1 00:00:00.000"),
    ("interval '1' hour + interval '30' minute", DAYS, "0 01:30:00.000"),
    ("interval '1' day - interval '36' hour", DAYS, "-0 12:00:00.000"),
    ("interval '1' month - interval '1' year", MONTHS, "-0-11"),
    ("coalesce(interval '1' day, interval '2' hour)", DAYS, "1 00:00:00.000"),
    ("greatest(interval '1' day, interval '2' hour)", DAYS, "1 00:00:00.000"),
    ("if(true, interval '1' month)", MONTHS, "0-1"),
    ("array[interval '1' day]", f"array({DAYS})", "[1 00:00:00.000]"),
    ("cast(null as interval day to second)", DAYS, ""),
    ("date '2024-05-07' - date '2024-05-01'", DAYS, "6 00:00:00.000"),
    ("date '2020-01-01' - date '2020-03-05'", DAYS, "-64 00:00:00.000"),
    ("date '2020-01-02' - timestamp '2020-01-01 12:00:00'", DAYS, "0 12:00:00.000"),
    (
        "timestamp '2024-05-07 12:00:00' - timestamp '2024-05-06 11:00:00'",
        DAYS,
        "1 01:00:00.000",
    ),
    # Half a millisecond counts up, also below zero.
    (
        "timestamp '2020-01-01 12:00:00.000500' - timestamp '2020-01-01 12:00:00'",
        DAYS,
        "0 00:00:00.001",
    ),
    (
        "timestamp '2020-01-01 12:00:00' - timestamp '2020-01-01 12:00:00.000500'",
        DAYS,
        "0 00:00:00.000",
    ),
    (
        "timestamp '2020-01-01 12:00:00 America/New_York' - timestamp '2020-01-01 12:00:00 UTC'",
        DAYS,
        "0 05:00:00.000",
    ),
    ("date '2020-01-31' + interval '24' hour", "date", "2020-02-01"),
    ("date '2020-01-31' + interval '12' hour * 2", "date", "2020-02-01"),
    ("date '2020-01-31' + interval '1-1' year to month", "date", "2021-02-28"),
    # A sum with days to seconds has milliseconds, one with months the digits that there were.
    (
        "timestamp '2020-01-31 10:00:00' + interval '1 2:3:4.5' day to second",
        "timestamp(3)",
        "2020-02-01 12:03:04.500",
    ),
    (
        "timestamp '2020-01-31 10:00:00' - interval '1-1' year to month",
        "timestamp(0)",
        "2018-12-31 10:00:00.000",
    ),
]


@pytest.mark.parametrize(("expression", "kind", "expected"), PRINTED)
def test_an_interval_is_printed_as_athena_prints_it(expression, kind, expected):
    assert shown(expression) == (kind, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cast(interval '36' hour as varchar)", "1 12:00:00.000"),
        ("cast(interval '-1' day as varchar)", "-1 00:00:00.000"),
        ("cast(interval '-15' month as varchar)", "-1-3"),
        ("cast(interval '0' month as varchar)", "0-0"),
        ("cast(cast(null as interval year to month) as varchar)", None),
        ("interval '1' day = interval '24' hour", True),
        ("interval '1' year > interval '11' month", True),
        ("nullif(interval '1' day, interval '24' hour)", None),
        ("typeof(timestamp '2024-03-10 01:02:03.123456' + interval '1' hour)", "timestamp(6)"),
        ("typeof(date '2020-01-02' - date '2020-01-01')", DAYS),
        ("day(interval '50' hour)", 2),
        ("hour(interval '50' hour)", 2),
        ("minute(interval '61' minute)", 1),
        ("second(interval '61.5' second)", 1),
        ("millisecond(interval '61.5' second)", 500),
        ("extract(day from interval '50' hour)", 2),
        ("day(interval '-50' hour)", -2),
        ("hour(interval '-50' hour)", -2),
        ("year(interval '-15' month)", -1),
        ("month(interval '-15' month)", -3),
        ("array_join(array[interval '1' day, null], ',')", "1 00:00:00.000"),
    ],
)
def test_what_is_asked_of_an_interval(expression, expected):
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("asked", "rows", "expected"),
    [
        ("sum", ("interval '1' day", "interval '2' hour"), "1 02:00:00.000"),
        ("avg", ("interval '1' day", "interval '2' day", "interval '2' day"), "1 16:00:00.000"),
        # To the millisecond, a half up.
        ("avg", ("interval '0.001' second", "interval '0.002' second"), "0 00:00:00.002"),
        ("avg", ("interval '-0.001' second", "interval '0' second"), "0 00:00:00.000"),
        ("sum", ("interval '1' month", "interval '2' month"), "0-3"),
        ("avg", ("interval '1' month", "interval '2' month"), "0-2"),
        ("avg", ("interval '-1' month", "interval '-2' month"), "-0-1"),
        ("max", ("interval '1' day", "interval '25' hour"), "1 01:00:00.000"),
        ("min", ("interval '1' day", "null"), "1 00:00:00.000"),
    ],
)
def test_intervals_of_several_rows(asked, rows, expected):
    assert shown(f"{asked}(x)", f"FROM (VALUES {', '.join(rows)}) AS t(x)")[1] == expected


def test_a_day_and_24_hours_are_one_value():
    rows = "(VALUES interval '1' day, interval '24' hour) AS t(x)"
    assert ask(f"SELECT count(*) FROM {rows} GROUP BY x") == [(2,)]
    assert ask(f"SELECT count(DISTINCT x) FROM {rows}") == [(1,)]


def test_hours_that_are_no_days_cannot_be_added_to_a_date():
    rows = "(VALUES interval '1' day, interval '36' hour) AS t(x)"
    assert "Cannot add hour" in failure(f"SELECT date '2020-01-01' + x FROM {rows}")
