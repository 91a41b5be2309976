"""Timestamps with a time zone: what their clocks show, and the moments that clocks mean.

Answers of a real Trino 476. Daylight saving begins in New York at 2 o'clock on 2024-03-10 and ends
on 2024-11-03, in Berlin on 2024-03-31 and 2024-10-27.
"""

from __future__ import annotations

import pytest

from athena_sql import Schema, translate
from athena_sql.errors import InvalidSQL, UnsupportedSQL
from tests.athena_sql.test_translation import SCHEMA, ask, shown, value

NEW_YORK = "timestamp '2024-05-07 13:04:05 America/New_York'"
ZONED = "timestamp({}) with time zone"

PRINTED = [
    ("timestamp '2024-05-07 13:04:05 UTC'", 0, "2024-05-07 13:04:05.000 UTC"),
    ("timestamp '2024-05-07 13:04:05Z'", 0, "2024-05-07 13:04:05.000 UTC"),
    ("timestamp '2024-05-07 13:04:05 GMT'", 0, "2024-05-07 13:04:05.000 UTC"),
    (NEW_YORK, 0, "2024-05-07 13:04:05.000 America/New_York"),
    ("timestamp '2024-05-07 13:04:05 +01:00'", 0, "2024-05-07 13:04:05.000 +01:00"),
    ("timestamp '2024-05-07 13:04:05+01'", 0, "2024-05-07 13:04:05.000 +01:00"),
    (
        "timestamp '2024-05-07 13:04:05.123456 -05:30'",
        6,
        "2024-05-07 13:04:05.123456 -05:30",
    ),
    (
        "timestamp '2024-05-07 13:04:05' at time zone 'America/New_York'",
        0,
        "2024-05-07 09:04:05.000 America/New_York",
    ),
    (
        "timestamp '2024-05-07 13:04:05 UTC' at time zone '+05:30'",
        0,
        "2024-05-07 18:34:05.000 +05:30",
    ),
    (
        "with_timezone(timestamp '2024-05-07 13:04:05', 'America/New_York')",
        0,
        "2024-05-07 13:04:05.000 America/New_York",
    ),
    ("from_iso8601_timestamp('2024-05-07T13:04:05Z')", 3, "2024-05-07 13:04:05.000 UTC"),
    ("from_iso8601_timestamp('2024-05-07T13:04:05.9999Z')", 3, "2024-05-07 13:04:05.999 UTC"),
    ("from_iso8601_timestamp('2024-05-07T13:04')", 3, "2024-05-07 13:04:00.000 UTC"),
    ("from_iso8601_timestamp('2024-05-07')", 3, "2024-05-07 00:00:00.000 UTC"),
    ("from_iso8601_timestamp('2024-05-07T13:04:05-0500')", 3, "2024-05-07 13:04:05.000 -05:00"),
    ("from_iso8601_timestamp('2024-05-07T13:04:05+02')", 3, "2024-05-07 13:04:05.000 +02:00"),
    ("from_unixtime(1715087045.25)", 3, "2024-05-07 13:04:05.250 UTC"),
    ("from_unixtime(-1.0005)", 3, "1969-12-31 23:59:59.000 UTC"),
    ("from_unixtime(0, 'America/New_York')", 3, "1969-12-31 19:00:00.000 America/New_York"),
    ("cast(date '2024-03-10' as timestamp(6) with time zone)", 6, "2024-03-10 00:00:00.000 UTC"),
    (
        "cast('2024-05-07 13:04:05.1234567 UTC' as timestamp with time zone)",
        3,
        "2024-05-07 13:04:05.123 UTC",
    ),
    (
        "cast(timestamp '2024-05-07 13:04:05.9996 UTC' as timestamp(3) with time zone)",
        3,
        "2024-05-07 13:04:06.000 UTC",
    ),
    (
        "date_trunc('day', timestamp '2024-05-07 22:04:05 America/New_York')",
        0,
        "2024-05-07 00:00:00.000 America/New_York",
    ),
    (
        "date_trunc('hour', timestamp '2024-05-07 22:40:05 +05:30')",
        0,
        "2024-05-07 22:00:00.000 +05:30",
    ),
    # Midnight does not come on this day.
    (
        "date_trunc('day', timestamp '2018-11-04 12:00:00 America/Sao_Paulo')",
        0,
        "2018-11-04 01:00:00.000 America/Sao_Paulo",
    ),
    (
        "date_add('day', 1, timestamp '2024-03-09 12:00:00 America/New_York')",
        0,
        "2024-03-10 12:00:00.000 America/New_York",
    ),
    (
        "timestamp '2024-02-10 02:30:00 America/New_York' + interval '1' month",
        0,
        "2024-03-10 03:30:00.000 America/New_York",
    ),
    (
        "timestamp '2024-03-09 02:30:00 America/New_York' + interval '1' day",
        3,
        "2024-03-10 03:30:00.000 America/New_York",
    ),
]


@pytest.mark.parametrize(("expression", "digits", "expected"), PRINTED)
def test_a_timestamp_is_printed_in_its_zone(expression, digits, expected):
    assert shown(expression) == (ZONED.format(digits), expected)


# Of two moments at which a clock shows one time: what is written out is the earlier; what is made
# of another keeps its offset; of a timestamp without a zone Joda takes the earlier in the west.
MOMENTS = [
    ("timestamp '2024-11-03 01:30:00 America/New_York'", 1730611800),
    ("timestamp '2024-10-27 02:30:00 Europe/Berlin'", 1729989000),
    ("with_timezone(timestamp '2024-11-03 01:30:00', 'America/New_York')", 1730611800),
    ("with_timezone(timestamp '2024-10-27 02:30:00', 'Europe/Berlin')", 1729992600),
    ("with_timezone(timestamp '2024-03-10 02:30:00', 'America/New_York')", 1710055800),
    ("with_timezone(timestamp '2024-03-31 02:30:00', 'Europe/Berlin')", 1711848600),
    ("date_add('day', 1, timestamp '2024-11-02 01:30:00 America/New_York')", 1730611800),
    ("date_add('day', -1, timestamp '2024-11-04 01:30:00 America/New_York')", 1730615400),
    ("date_add('hour', 1, timestamp '2024-11-03 01:30:00 America/New_York')", 1730615400),
    ("timestamp '2024-12-03 01:30:00 America/New_York' - interval '1' month", 1730615400),
    (
        "date_trunc('hour', timestamp '2024-11-03 06:30:00 UTC' at time zone 'America/New_York')",
        1730613600,
    ),
    (
        "date_trunc('day', timestamp '2024-11-03 06:30:00 UTC' at time zone 'America/New_York')",
        1730606400,
    ),
]


@pytest.mark.parametrize(("expression", "seconds"), MOMENTS)
def test_the_moment_that_a_clock_means(expression, seconds):
    assert value(f"to_unixtime({expression})") == seconds


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (f"hour({NEW_YORK})", 13),
        (f"extract(hour from {NEW_YORK} at time zone 'UTC')", 17),
        ("day(timestamp '2024-05-07 23:04:05 America/New_York')", 7),
        ("day_of_week(timestamp '2023-12-31 22:02:03.5 America/New_York')", 7),
        ("last_day_of_month(timestamp '2024-04-30 22:04:05 America/New_York')", "2024-04-30"),
        (f"cast({NEW_YORK} as timestamp)", "2024-05-07 13:04:05"),
        (f"cast({NEW_YORK} as varchar)", "2024-05-07 13:04:05 America/New_York"),
        (
            "cast(timestamp '2024-05-07 13:04:05.12 +01:00' as varchar)",
            "2024-05-07 13:04:05.12 +01:00",
        ),
        ("cast(from_unixtime(1715087045.25) as varchar)", "2024-05-07 13:04:05.250 UTC"),
        (
            "cast(timestamp '2024-05-07 13:04:05.1235' as timestamp(3))",
            "2024-05-07 13:04:05.124000",
        ),
        ("to_iso8601(timestamp '2024-05-07 13:04:05.120 UTC')", "2024-05-07T13:04:05.120Z"),
        ("to_iso8601(timestamp '2024-05-07 13:04:05 +01:00')", "2024-05-07T13:04:05+01:00"),
        ("to_iso8601(timestamp '2024-05-07 13:04:05.1234')", "2024-05-07T13:04:05.1234"),
        (f"date_format({NEW_YORK}, '%Y-%m-%d %H')", "2024-05-07 13"),
        (f"{NEW_YORK} = timestamp '2024-05-07 17:04:05 UTC'", True),
        (f"{NEW_YORK} = timestamp '2024-05-07 17:04:05'", True),
        (f"{NEW_YORK} > date '2024-05-07'", True),
        (f"{NEW_YORK} IN (timestamp '2024-05-07 17:04:05 UTC', now())", True),
        (f"typeof(coalesce({NEW_YORK}, now()))", "timestamp(3) with time zone"),
        # Days are counted on the clock of the first one's zone, hours are not.
        (
            (
                "date_diff('day', timestamp '2024-03-09 12:00:00 America/New_York',"
                " timestamp '2024-03-10 16:00:00 UTC')"
            ),
            1,
        ),
        (
            (
                "date_diff('hour', timestamp '2024-03-09 12:00:00 America/New_York',"
                " timestamp '2024-03-10 12:00:00 America/New_York')"
            ),
            23,
        ),
        (
            (
                "date_diff('day', timestamp '2024-03-09 17:00:00 UTC',"
                " timestamp '2024-03-10 12:00:00 America/New_York')"
            ),
            0,
        ),
        (
            (
                "date_diff('second', timestamp '2024-03-09 12:00:00.9999',"
                " timestamp '2024-03-09 12:00:01.9998')"
            ),
            1,
        ),
    ],
)
def test_what_is_asked_of_a_moment(expression, expected):
    assert str(value(expression)) == str(expected)


def test_moments_in_various_zones_are_compared_but_not_shown():
    rows = f"(VALUES {NEW_YORK}, timestamp '2024-05-07 17:04:05 UTC') AS t(x)"
    assert ask(f"SELECT count(DISTINCT x), count(*) FROM {rows} WHERE x < now()") == [(1, 2)]
    with pytest.raises(UnsupportedSQL, match="in which of several zones"):
        translate(f"SELECT max(x) FROM {rows}", SCHEMA)
    assert shown("max(x) AT TIME ZONE 'UTC'", f"FROM {rows}")[1] == "2024-05-07 17:04:05.000 UTC"


def test_the_zones_of_an_answer_are_told_by_column():
    translation = translate(f"SELECT 1 AS n, {NEW_YORK} AS t, now() AS now", SCHEMA)
    assert translation.zones == ("", "America/New_York", "")


def test_a_view_does_not_lose_a_zone():
    with pytest.raises(UnsupportedSQL, match="does not keep a zone in a view"):
        translate(f"CREATE VIEW v AS SELECT {NEW_YORK} AS t", Schema())


def test_a_text_that_is_no_timestamp_with_a_zone_is_a_mistake():
    with pytest.raises(InvalidSQL, match="is not a timestamp with a time zone"):
        translate("SELECT timestamp '2024-05-07T13:04:05 UTC'", SCHEMA)


def test_months_can_be_added_again_and_again():
    sum_of_steps = "timestamp '2024-01-31 10:00:00 America/New_York'" + " + interval '1' month" * 12
    assert shown(sum_of_steps)[1] == "2025-01-29 10:00:00.000 America/New_York"
