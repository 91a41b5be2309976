"""The constructs that mean something else in DuckDB, with what Athena answers.

What Athena answers is taken from Trino's documentation and source; there is no Athena to ask here.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

import pytest

from tests.athena_sql.test_translation import A, B, ask, failure, moment, refusal, value


@pytest.mark.parametrize(
    ("expression", "source", "expected"),
    [
        ("7 / 2", "", 3),
        ("-7 / 2", "", -3),
        ("month / 2", B, -3),
        ("big / 3", A, 3),
        ("typeof(year / 2)", A, "integer"),
        ("7 / 2e0", "", 3.5),
        ("month / 2e0", A, 3.5),
        ("1e0 / 0", "", float("inf")),
        ("is_nan(0e0 / 0)", "", True),
        ("7 % 4", "", 3),
        ("-7 % 4", "", -3),
        ("5.5 % 2", "", Decimal("1.5")),
        # Decimals: the larger scale of the two, rounded half up.
        ("1.0 / 3", "", Decimal("0.3")),
        ("1.000 / 3", "", Decimal("0.333")),
        ("2.00 / 3", "", Decimal("0.67")),
        ("-0.05 / 2", "", Decimal("-0.03")),
        ("1 / 3.00", "", Decimal("0.33")),
        ("rate / price", A, Decimal("0.461538")),
        ("price / 3", A, Decimal("1.08")),
        ("typeof(price / 3)", A, "decimal(10,2)"),
        ("typeof(rate / price)", A, "decimal(38,6)"),
        ("price / 2e0", A, 1.625),
        # No answer is null only if somebody asks for it.
        ("try(1 / 0)", "", None),
        ("try(1.0 / 0)", "", None),
        ("try(5 % 0)", "", None),
        ("try(month / (month - 7))", A, None),
        ("coalesce(try(1 / 0), 5)", "", 5),
    ],
)
def test_division(expression, source, expected):
    assert value(expression, source) == expected


def test_division_of_decimals_is_exact():
    numbers = random.Random(1)
    pairs = [
        (f"{numbers.randint(-(10**9), 10**9)}.{numbers.randint(0, 999):03}", divisor)
        for divisor in (3, 7, 16, -6, 640, 999_999, -1_000_000)
        for _ in range(100)
    ]
    listed = ", ".join(f"({a}, {b})" for a, b in pairs)
    rows = ask(f"SELECT a, b, a / b FROM (VALUES {listed}) AS t(a, b)")
    context = Context(prec=60, rounding=ROUND_HALF_UP)
    exact = [context.quantize(context.divide(row[0], row[1]), Decimal("0.001")) for row in rows]
    assert [row[2] for row in rows] == exact


@pytest.mark.parametrize(
    "expression",
    ["1 / 0", "month / 0", "5 % 0", "1.5 / 0", "price / 0.0", "price % 0", "mod(5, 0)"],
)
def test_division_by_zero_is_an_error(expression):
    assert "Division by zero" in failure(f"SELECT {expression} FROM series")


def test_division_by_zero_is_an_error_in_a_lambda_too():
    assert "Division by zero" in failure("SELECT transform(months, x -> x / 0) FROM series")


def test_division_of_a_parameter_is_refused_because_its_type_decides():
    assert "has to know the types on both sides of /" in refusal("SELECT ? / 2")


@pytest.mark.parametrize(
    ("unit", "start", "end", "expected"),
    [
        ("month", "date '2018-01-31'", "date '2018-02-01'", 0),
        ("month", "date '2018-01-31'", "date '2018-02-28'", 1),
        ("month", "date '2018-02-28'", "date '2018-01-31'", -1),
        ("month", "date '2018-01-15'", "date '2018-03-14'", 1),
        ("quarter", "date '2018-01-15'", "date '2018-04-14'", 0),
        ("quarter", "date '2018-01-15'", "date '2018-04-15'", 1),
        ("year", "date '2016-02-29'", "date '2017-02-28'", 1),
        ("year", "date '2018-12-31'", "date '2019-01-01'", 0),
        ("week", "date '2018-01-01'", "date '2018-01-07'", 0),
        ("week", "date '2018-01-01'", "date '2018-01-08'", 1),
        ("day", "date '2018-01-01'", "date '2017-12-31'", -1),
        ("hour", "timestamp '2018-01-01 10:30:00'", "timestamp '2018-01-01 12:29:59'", 1),
        ("day", "timestamp '2018-01-01 10:30:00'", "timestamp '2018-01-02 10:29:59'", 0),
        ("millisecond", "timestamp '2018-01-01 00:00:00'", "timestamp '2018-01-01 00:00:01'", 1000),
    ],
)
def test_date_diff_counts_full_units(unit, start, end, expected):
    assert value(f"date_diff('{unit}', {start}, {end})") == expected


def _joda_months_between(start: date, end: date) -> int:
    """Full months as Joda counts them, which Trino asks."""
    if start > end:
        return -_joda_months_between(end, start)
    day = start.day
    if (end + timedelta(days=1)).day == 1:
        day = min(day, end.day)
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - (day > end.day)


def test_date_diff_of_months_is_joda_s_for_every_pair_of_days():
    days = [date(2019, 12, 27) + timedelta(days=n) for n in range(100)]
    rows = ask(
        "SELECT a, b, date_diff('month', a, b) FROM "
        "UNNEST(sequence(date '2019-12-27', date '2020-04-04')) AS x(a) CROSS JOIN "
        "UNNEST(sequence(date '2019-12-27', date '2020-04-04')) AS y(b)"
    )
    assert len(rows) == len(days) ** 2
    assert [row for row in rows if row[2] != _joda_months_between(row[0], row[1])] == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cast(2.5e0 as integer)", 3),
        ("cast(3.5e0 as bigint)", 4),
        ("cast(-2.5e0 as integer)", -3),
        ("cast(2.5 as integer)", 3),
        ("cast(-2.5 as bigint)", -3),
        ("cast(cast(2.5 as real) as integer)", 3),
        ("cast(1.005e0 as decimal(10,2))", Decimal("1.01")),
        ("cast(1.235 as decimal(10,2))", Decimal("1.24")),
        ("cast(real '209405.625' as decimal(12,3))", Decimal("209405.620")),
        ("cast(real '0.1' as decimal(12,9))", Decimal("0.100000000")),
        ("cast(real '0' as decimal(3,1))", Decimal("0.0")),
        ("cast('12' as integer)", 12),
        ("try_cast(' 12' as integer)", 12),
        ("try_cast('12.5' as integer)", None),
        ("try_cast('1_000' as integer)", None),
        ("try_cast('300' as tinyint)", None),
        ("cast(' 1e3 ' as double)", 1000.0),
        ("try_cast('inf' as double)", None),
        ("cast('Infinity' as double)", float("inf")),
        ("cast('1.235' as decimal(10,2))", Decimal("1.24")),
        ("try_cast('1_0' as decimal(10,2))", None),
        ("cast('T' as boolean)", True),
        ("try_cast('yes' as boolean)", None),
        ("cast('2020-1-5' as date)", date(2020, 1, 5)),
        ("try_cast('2020/01/05' as date)", None),
        ("try_cast('2020-01-05 10:00' as date)", None),
        ("cast('2020-01-05 10:11:12.3456' as timestamp)", moment("2020-01-05 10:11:12.346")),
        ("cast('2020-01-05' as timestamp)", moment("2020-01-05 00:00:00")),
        ("try_cast('2020-01-05T10:00' as timestamp)", None),
        ("cast(timestamp '2020-01-05 10:00:00' as date)", date(2020, 1, 5)),
        ("cast('abc' as varchar(2))", "ab"),
        ("cast(1.50 as varchar)", "1.50"),
        ("cast(cast(2 as decimal(10,3)) as varchar)", "2.000"),
        ("cast(12 as varchar)", "12"),
        ("cast(true as varchar)", "true"),
        ("cast(date '2020-01-05' as varchar)", "2020-01-05"),
        ("cast(timestamp '2020-01-05 10:00:00' as varchar)", "2020-01-05 10:00:00"),
        (
            "cast(timestamp '2020-01-05 10:00:00.5' as timestamp(3))",
            moment("2020-01-05 10:00:00.500"),
        ),
        ("cast(cast('2020-01-05 10:00:00' as timestamp) as varchar)", "2020-01-05 10:00:00.000"),
        ("cast(true as integer)", 1),
        ("cast(0 as boolean)", False),
        ("cast(null as double)", None),
        ("cast(array[1, 2] as array(bigint))", [1, 2]),
        ("cast(row(1, 'a') as row(n bigint, s varchar)).s", "a"),
    ],
)
def test_cast(expression, expected):
    assert value(expression) == expected


@pytest.mark.parametrize("text", ["'1 2'", "'12.5'", "''", "'1e3'"])
def test_cast_of_a_string_that_is_no_integer_is_an_error(text):
    assert "not of type integer" in failure(f"SELECT cast({text} as integer)")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("slice(array[1, 2, 3, 4], 2, 2)", [2, 3]),
        ("slice(array[1, 2, 3, 4], 1, 1)", [1]),
        ("slice(array[1, 2, 3, 4], -2, 1)", [3]),
        ("slice(array[1, 2, 3, 4], -3, 9)", [2, 3, 4]),
        ("slice(array[1, 2], 3, 1)", []),
        ("slice(array[1, 2], 1, 0)", []),
        ("format('%s-%05d', 'a', 42)", "a-00042"),
        ("format('%05d', -42)", "-0042"),
        ("format('%s%%', 123)", "123%"),
        ("format('%,d|%5s|%-5s|', 1234567, 'a', 'b')", "1,234,567|    a|b    |"),
        ("format('%.2f', 0.125e0)", "0.13"),
        ("format('%.1f', 2.25)", "2.3"),
        ("format('%.2f', -0.001)", "-0.00"),
        ("format('%s', cast(null as varchar))", "null"),
        ("typeof(1)", "integer"),
        ("typeof(3000000000)", "bigint"),
        ("typeof(1.50)", "decimal(3,2)"),
        ("typeof(1e0)", "double"),
        ("typeof('abc')", "varchar(3)"),
        ("typeof(array[1])", "array(integer)"),
        ("typeof(date '2020-01-01')", "date"),
        ("typeof(now())", "timestamp(3) with time zone"),
        ("typeof(cast(1 as real))", "real"),
    ],
)
def test_slice_format_and_typeof(expression, expected):
    assert value(expression) == expected


def test_sum_of_integers_beyond_bigint_is_an_error():
    failure("SELECT sum(x) FROM (VALUES 9223372036854775807, 1) AS t(x)")


def test_the_average_of_decimals_is_a_decimal_rounded_half_up():
    assert value("avg(x)", "FROM (VALUES 0.01, 0.02) AS t(x)") == Decimal("0.02")
    assert value("avg(x)", "FROM (VALUES -0.01, -0.02) AS t(x)") == Decimal("-0.02")
    assert value("avg(price)", "FROM series WHERE month = 0") is None


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("months[3]", "Array subscript out of bounds"),
        ("months[0]", "Array subscript out of bounds"),
        ("notes['z']", "Key not present in map"),
        ("element_at(months, 0)", "SQL array indices start at 1"),
    ],
)
def test_a_subscript_out_of_bounds_is_an_error(expression, message):
    assert message in failure(f"SELECT {expression} {A}")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("months[2]", 2),
        ("notes['k']", 1),
        ("element_at(months, 3)", None),
        ("element_at(months, -1)", 2),
        ("element_at(notes, 'z')", None),
        ("try(months[3])", None),
        ("cast(null as array(integer))[1]", None),
        ("place.code", 39),
        ("series.place.state", "OH"),
        ("transform(places, p -> p.code)", [39]),
    ],
)
def test_what_is_inside(expression, expected):
    assert value(expression, A) == expected


@pytest.mark.parametrize(
    "condition",
    [
        "'1' = 1",
        "series_id = 5",
        "series_id > year",
        "released = '2018-01-31'",
        "retrieved >= '2018-01-31 00:00:00'",
        "released BETWEEN '2018-01-01' AND '2018-12-31'",
        "month IN ('7', '8')",
        "final = 1",
        "series_id IN (SELECT month FROM series)",
        "month = ANY (SELECT series_id FROM series)",
        "nullif(month, '7') = 7",
        "CASE month WHEN '7' THEN true END",
    ],
)
def test_comparing_unlike_types_is_refused(condition):
    assert "together in a comparison" in refusal(f"SELECT 1 FROM series WHERE {condition}")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("released = date '2018-01-31'", True),
        ("retrieved > released", True),
        ("price = 3.25e0", True),
        ("year = 2020.0", True),
        ("month IN (7, 8.0)", True),
        ("value > 2", True),
        ("value BETWEEN 2 AND 3", True),
        ("value IN (2.5e0, 3)", True),
        ("0e0 / 0 = 0e0 / 0", False),
        ("0e0 / 0 > value", False),
        ("0e0 / 0 <> value", True),
        ("value < 0e0 / 0", False),
        ("0e0 / 0 BETWEEN 1 AND value", False),
        ("cast(null as double) < 0e0 / 0", None),
        ("rate IS DISTINCT FROM null", True),
    ],
)
def test_comparing(expression, expected):
    assert value(expression, A) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("map_agg(series_id, month)", {"A": 7, "B": -7}),
        ("map_agg(cast(null as varchar), month)", None),
        ("multimap_agg(cast(null as varchar), month)", None),
        ("histogram(cast(null as varchar))", None),
        ("map_agg(series_id, month) FILTER (WHERE month > 0)", {"A": 7}),
        ("sum(cardinality(notes))", 3),
    ],
)
def test_maps_from_rows(expression, expected):
    assert value(expression, "FROM series") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("zip_with(array[1, 2], array[10, 20, 30], (x, y) -> x + y)", [11, 22, None]),
        ("zip_with(array[1], cast(null as array(integer)), (x, y) -> x)", None),
        ("zip_with(array[1, 2], array['a', 'b'], (n, s) -> s || cast(n as varchar))", ["a1", "b2"]),
        ("any_match(array[1, 2], x -> x > 1)", True),
        ("any_match(array[1, null], x -> x > 1)", None),
        ("any_match(array[], x -> x = 1)", False),
        ("all_match(array[1, 2], x -> x > 0)", True),
        ("all_match(array[1, null], x -> x > 1)", False),
        ("none_match(array[1, 2], x -> x > 2)", True),
        ("none_match(array[1, null], x -> x > 2)", None),
        ("width_bucket(3, 0, 10, 5)", 2),
        ("width_bucket(-1, 0, 10, 5)", 0),
        ("width_bucket(10, 0, 10, 5)", 6),
        ("width_bucket(3, 10, 0, 5)", 4),
        ("width_bucket(2.5, array[1, 2, 3])", 2),
    ],
)
def test_functions_that_duckdb_does_not_have(expression, expected):
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("format_datetime(retrieved, 'yyyy-MM-dd''T''HH:mm:ss.SSS')", "2018-01-31T10:00:00.250"),
        ("format_datetime(released, 'EEE d MMM yy')", "Wed 31 Jan 18"),
        (
            "cast(parse_datetime('2020-01-05 10:11', 'yyyy-MM-dd HH:mm') as timestamp)",
            moment("2020-01-05 10:11:00"),
        ),
        (
            "cast(at_timezone(retrieved, 'America/New_York') as timestamp)",
            moment("2018-01-31 05:00:00.250"),
        ),
        ("date_format(retrieved AT TIME ZONE 'America/New_York', '%H:%i')", "05:00"),
        ("hour(retrieved AT TIME ZONE 'Asia/Tokyo')", 19),
        ("at_timezone(retrieved, 'Asia/Tokyo') = at_timezone(retrieved, 'UTC')", True),
    ],
)
def test_times_and_zones(expression, expected):
    assert value(expression, A) == expected
