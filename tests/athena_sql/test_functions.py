"""Every function that is let through, with what Trino's documentation says it gives.

``ask`` also compares the type that DuckDB gives with the one that Athena has.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from athena_sql.aggregates import AGGREGATES, WINDOW_FUNCTIONS
from athena_sql.allow_list import FUNCTIONS_BY_NAME
from athena_sql.functions import FUNCTIONS
from athena_sql.special import SPECIAL_FUNCTIONS
from tests.athena_sql.test_translation import ask, moment, value

SCALARS = [
    # Numbers.
    ("abs(-1)", 1),
    ("abs(-1.5)", Decimal("1.5")),
    ("ceil(1.2e0)", 2.0),
    ("ceiling(-1.5)", Decimal(-1)),
    ("ceiling(99.5)", Decimal(100)),
    ("ceil(7) / 2", 3),
    ("floor(-1.5)", Decimal(-2)),
    ("floor(7) / 2", 3),
    ("floor(-1.2e0)", -2.0),
    ("round(2.5e0)", 3.0),
    ("round(-2.5e0)", -3.0),
    ("round(1.005e0, 2)", 1.0),
    ("round(1234.5e0, -2)", 1200.0),
    ("round(15, -1)", 20),
    ("round(2.5)", Decimal(3)),
    ("round(-2.5)", Decimal(-3)),
    ("round(9.95, 1)", Decimal("10.0")),
    ("truncate(-2.7e0)", -2.0),
    ("truncate(2.78)", Decimal(2)),
    ("sign(-3)", -1),
    ("sign(2.5e0)", 1.0),
    ("mod(-7, 4)", -3),
    ("mod(5 + 4, 2 + 2)", 1),
    ("sqrt(4)", 2.0),
    ("exp(0)", 1.0),
    ("ln(1)", 0.0),
    ("log10(100)", 2.0),
    ("log(2, 8)", 3.0),
    ("power(2, 3)", 8.0),
    ("pow(2, 0.5)", 2**0.5),
    ("degrees(pi())", 180.0),
    ("radians(180e0) = pi()", True),
    ("sin(0)", 0.0),
    ("cos(0)", 1.0),
    ("tan(0)", 0.0),
    ("asin(0)", 0.0),
    ("acos(1)", 0.0),
    ("atan(0)", 0.0),
    ("atan2(0, 1)", 0.0),
    ("pi()", 3.141592653589793),
    ("e()", 2.718281828459045),
    ("random() < 1", True),
    ("rand() >= 0", True),
    ("is_nan(1e0)", False),
    ("is_finite(1e0 / 0)", False),
    ("is_infinite(1e0 / 0)", True),
    ("bitwise_and(12, 10)", 8),
    ("bitwise_or(12, 10)", 14),
    ("bitwise_xor(12, 10)", 6),
    ("bitwise_and(8 + 4, 2 + 8)", 8),
    ("width_bucket(5.0, 0, 10, 2)", 2),
    ("greatest(1, 3, 2)", 3),
    ("greatest(1, null)", None),
    ("greatest('a', 'b')", "b"),
    ("least(1, 2.5)", Decimal(1)),
    ("least(date '2020-01-01', null)", None),
    # Choice.
    ("coalesce(null, 2, 3)", 2),
    ("coalesce(null, 1.5, 2)", Decimal("1.5")),
    ("nullif(1, 1)", None),
    ("nullif('a', 'b')", "a"),
    ("if(1 > 2, 'x')", None),
    ("if(1 < 2, 1, 2.5)", Decimal(1)),
    ('"if"(1 < 2, 1, 2)', 1),
    ("try(cast('x' as integer))", None),
    ("typeof(now() - interval '1' day)", "timestamp(3) with time zone"),
    # Strings.
    ("length('añb')", 3),
    ("upper('straße')", "STRAßE"),
    ("lower('ÀB')", "àb"),
    ("trim(' \t\n a b\r ')", "a b"),
    ("trim(BOTH 'x' FROM 'xaxbx')", "axb"),
    ("trim(LEADING FROM '  a ')", "a "),
    ("trim(TRAILING 'yx' FROM 'axyx')", "a"),
    ("ltrim('\t a ')", "a "),
    ("rtrim(' a \t')", " a"),
    ("ltrim('xxa', 'x')", "a"),
    ("rtrim('axx', 'x')", "a"),
    ("substr('hello', 2)", "ello"),
    ("substr('hello', 2, 3)", "ell"),
    ("substr('hello', 0)", ""),
    ("substr('hello', 0, 2)", ""),
    ("substr('hello', -3)", "llo"),
    ("substr('hello', -3, 2)", "ll"),
    ("substr('hello', -9)", ""),
    ("substr('hello', 9)", ""),
    ("substr('hello', 2, -1)", ""),
    ("substring('hello' FROM 2 FOR 3)", "ell"),
    ("substring('hello', 4)", "lo"),
    ("strpos('hello', 'l')", 3),
    ("strpos('hello', 'z')", 0),
    ("position('l' IN 'hello')", 3),
    ("starts_with('hello', 'he')", True),
    ("replace('a-b-c', '-', '+')", "a+b+c"),
    ("replace('a-b-c', '-')", "abc"),
    ("split('a,b,', ',')", ["a", "b", ""]),
    ("split_part('a,b', ',', 2)", "b"),
    ("split_part('a,b', ',', 3)", None),
    ("translate('abcd', 'abc', 'xy')", "xyd"),
    ("lpad('abc', 5, 'xy')", "xyabc"),
    ("lpad('abc', 2, 'x')", "ab"),
    ("rpad('a', 3, 'xy')", "axy"),
    ("chr(65)", "A"),
    ("concat('a', 'b', 'c')", "abc"),
    ("concat('a', null)", None),
    ("'a' || null", None),
    ("cardinality(null || 'a')", None),
    ("concat_ws(',', 'a', null, 'b')", "a,b"),
    ("concat(array[1], array[2, 3])", [1, 2, 3]),
    ("array[1] || array[2]", [1, 2]),
    ("array[1] || cast(null as array(integer))", None),
    ("format('%d of %s', 1, 'x')", "1 of x"),
    # Regular expressions.
    ("regexp_like('1a 2b', '\\d+b')", True),
    ("regexp_extract('1a 2b', '\\d+')", "1"),
    ("regexp_extract('1a 2b', '(\\d+)([a-z]+)', 2)", "a"),
    ("regexp_extract('abc', 'z')", None),
    ("regexp_extract_all('1a 2b', '\\d+')", ["1", "2"]),
    ("regexp_extract_all('1a 2b', '(\\d+)([a-z]+)', 2)", ["a", "b"]),
    ("regexp_replace('1a 2b 14m', '\\d+[ab] ')", "14m"),
    ("regexp_replace('1a 2b', '(\\d+)([ab])', '3c$2')", "3ca 3cb"),
    ("regexp_replace('aaa', 'a', 'b')", "bbb"),
    ("regexp_split('1a 2b', '\\s')", ["1a", "2b"]),
    ("regexp_count('1a 2b 14m', '[a-z]')", 3),
    # JSON texts.
    ('json_extract_scalar(\'{"a": {"b": [1, "x"]}}\', \'$.a.b[1]\')', "x"),
    ("json_extract_scalar('{\"a\": 12}', '$.a')", "12"),
    ("json_extract_scalar('{\"a\": true}', '$.a')", "true"),
    ("json_extract_scalar('{\"a\": {}}', '$.a')", None),
    ("json_extract_scalar('{\"a\": null}', '$.a')", None),
    ("json_extract_scalar('{\"a\": 1}', '$.b')", None),
    # Dates and times.
    ("year(date '2020-12-31')", 2020),
    ("quarter(date '2020-12-31')", 4),
    ("month(date '2020-12-31')", 12),
    ("week(date '2021-01-01')", 53),
    ("week_of_year(date '2021-01-04')", 1),
    ("year_of_week(date '2021-01-01')", 2020),
    ("yow(date '2021-01-01')", 2020),
    ("day(date '2020-12-31')", 31),
    ("day_of_month(date '2020-12-31')", 31),
    ("day_of_week(date '2021-01-03')", 7),
    ("dow(date '2021-01-04')", 1),
    ("day_of_year(date '2020-12-31')", 366),
    ("doy(date '2020-01-01')", 1),
    ("hour(timestamp '2020-01-01 10:11:12.345')", 10),
    ("minute(timestamp '2020-01-01 10:11:12.345')", 11),
    ("second(timestamp '2020-01-01 10:11:12.945')", 12),
    ("millisecond(timestamp '2020-01-01 10:11:12.345')", 345),
    ("extract(DOW FROM date '2021-01-03')", 7),
    ("extract(WEEK FROM date '2021-01-01')", 53),
    ("last_day_of_month(date '2020-02-03')", date(2020, 2, 29)),
    ("to_unixtime(timestamp '1970-01-01 00:00:01.5')", 1.5),
    ("cast(from_unixtime(1.5e0) as timestamp)", moment("1970-01-01 00:00:01.500")),
    ("date('2020-01-05')", date(2020, 1, 5)),
    ("from_iso8601_date('2020-01-05')", date(2020, 1, 5)),
    ("to_iso8601(date '2020-01-05')", "2020-01-05"),
    ("date_add('month', 1, date '2020-01-31')", date(2020, 2, 29)),
    ("date_add('quarter', -1, date '2020-05-31')", date(2020, 2, 29)),
    ("date_add('week', 2, date '2020-01-01')", date(2020, 1, 15)),
    ("date_add('hour', 25, timestamp '2020-01-01 00:00:00')", moment("2020-01-02 01:00:00")),
    ("date '2020-01-31' + interval '1' month", date(2020, 2, 29)),
    ("date '2020-01-31' - interval '2' day * 3", date(2020, 1, 25)),
    ("interval '1' year + date '2020-02-29'", date(2021, 2, 28)),
    ("timestamp '2020-01-01 00:00:00' + interval -'90' minute", moment("2019-12-31 22:30:00")),
    ("date_diff('day', date '2020-02-28', date '2020-03-01')", 2),
    ("date_trunc('month', date '2020-01-31')", date(2020, 1, 1)),
    ("date_trunc('week', date '2020-01-01')", date(2019, 12, 30)),
    ("date_trunc('hour', timestamp '2020-01-01 10:11:12')", moment("2020-01-01 10:00:00")),
    (
        "date_format(timestamp '2020-01-05 03:04:05.123', '%Y-%m-%d %H:%i:%s.%f')",
        "2020-01-05 03:04:05.123000",
    ),
    (
        "date_format(date '2020-01-05', '%e %b %y, %W %M %c, %j, %v %x %%')",
        "5 Jan 20, Sunday January 1, 005, 01 2020 %",
    ),
    (
        "date_format(timestamp '2020-01-05 15:04:05', '%h %I %k %l %p %r %T')",
        "03 03 15 3 PM 03:04:05 PM 15:04:05",
    ),
    ("date_parse('2020-1-5 03:04', '%Y-%m-%d %H:%i')", moment("2020-01-05 03:04:00")),
    ("date_parse('5 January 2020', '%e %M %Y')", moment("2020-01-05 00:00:00")),
    (
        "format_datetime(timestamp '2020-01-05 15:04:05', 'd MMMM yyyy, h:mm a')",
        "5 January 2020, 3:04 PM",
    ),
    ("cast(parse_datetime('2020-01-05 10', 'yyyy-MM-dd HH') as date)", date(2020, 1, 5)),
    (
        "cast(at_timezone(timestamp '2020-01-01 00:00:00', 'America/New_York') as date)",
        date(2019, 12, 31),
    ),
    ("now() = current_timestamp", True),
    ("cast(now() as date) = current_date", True),
    ("localtimestamp = cast(now() as timestamp)", True),
    # Arrays.
    ("cardinality(array[1, null])", 2),
    ("contains(array[1, 2], 2)", True),
    ("contains(array[1, null], 2)", None),
    ("contains(array[1], null)", None),
    ("contains(array[1, 2], 3)", False),
    ("element_at(array[1, 2], -1)", 2),
    ("array_distinct(array[3, 1, 3, null, null])", [3, 1, None]),
    ("array_max(array[1, 3])", 3),
    ("array_max(array[1, null])", None),
    ("array_min(array[2, 1])", 1),
    ("array_position(array['a', 'b'], 'b')", 2),
    ("array_position(array['a'], 'z')", 0),
    ("array_remove(array[1, 2, null, 1], 1)", [2, None]),
    ("array_intersect(array[1, 2, 2, null], array[2, null])", [2, None]),
    ("array_except(array[1, 2, 2, 3], array[2])", [1, 3]),
    ("array_union(array[1, 1], array[2, 1])", [1, 2]),
    ("arrays_overlap(array[1, 2], array[2])", True),
    ("arrays_overlap(array[1, null], array[2])", None),
    ("arrays_overlap(array[1], array[2])", False),
    ("array_join(array['a', null, 'b'], '-')", "a-b"),
    ("array_join(array[cast(null as varchar)], '-')", ""),
    ("array_join(array['a', null], '-', '?')", "a-?"),
    ("array_sort(array[3, null, 1])", [1, 3, None]),
    ("reverse(array[1, 2])", [2, 1]),
    ("flatten(array[array[1], array[2, 3]])", [1, 2, 3]),
    ("slice(array[1, 2, 3], 2, 1)", [2]),
    ("sequence(1, 3)", [1, 2, 3]),
    ("sequence(3, 1)", [3, 2, 1]),
    ("sequence(0, 10, 5)", [0, 5, 10]),
    (
        "sequence(date '2020-01-30', date '2020-02-01')",
        [date(2020, 1, 30), date(2020, 1, 31), date(2020, 2, 1)],
    ),
    (
        "sequence(date '2020-01-31', date '2020-04-30', interval '1' month)",
        [date(2020, 1, 31), date(2020, 2, 29), date(2020, 3, 31), date(2020, 4, 30)],
    ),
    ("repeat('a', 2)", ["a", "a"]),
    ("transform(array[1, 2], x -> x * 2)", [2, 4]),
    ("transform(array[1, 2], x -> transform(array[10], x -> x))", [[10], [10]]),
    ("filter(array[1, null, 3], x -> x > 1)", [3]),
    ("reduce(array[1, 2, 3], 0, (s, x) -> s + x, s -> s)", 6),
    ("reduce(array[1, 2], 0e0, (s, x) -> s + x, s -> s / 2)", 1.5),
    ("reduce(array[], 7, (s, x) -> s, s -> s * s)", 49),
    ("any_match(array[1, 2], x -> x = 2)", True),
    ("all_match(array[1, 2], x -> x = 2)", False),
    ("none_match(array[1, null], x -> x > 5) IS NULL", True),
    ("zip_with(array[1], array['a'], (n, s) -> s)", ["a"]),
    # Maps.
    ("map(array['a', 'b'], array[1, 2])", {"a": 1, "b": 2}),
    ("cardinality(map(array['a'], array[1]))", 1),
    ("element_at(map(array['a'], array[1]), 'b')", None),
    ("map_keys(map(array['a'], array[1]))", ["a"]),
    ("map_values(map(array['a'], array[1]))", [1]),
    ("map_concat(map(array['a'], array[1]), map(array['a'], array[2]))", {"a": 2}),
    ("map_concat(map(array['a'], array[1]), null)", None),
    ("map_filter(map(array['a', 'b'], array[1, 2]), (k, v) -> k = 'a' OR v > 5)", {"a": 1}),
    ("transform_values(map(array['a'], array[1]), (k, v) -> k || cast(v as varchar))", {"a": "a1"}),
]

AGGREGATED = [
    ("count(x)", 3),
    ("count(*)", 4),
    ("count(DISTINCT y)", 2),
    ("count_if(x > 1)", 2),
    ("sum(x)", 6),
    ("sum(DISTINCT z)", Decimal("3.0")),
    ("avg(x)", 2.0),
    ("avg(z)", Decimal("1.3")),
    ("min(y)", "a"),
    ("max(x)", 3),
    ("min_by(y, x)", "a"),
    ("max_by(x, y) FILTER (WHERE x IS NULL)", None),
    # The row of the greatest z has a null x, and that is the answer.
    ("max_by(x, z)", None),
    ("arbitrary(y) FILTER (WHERE x = 1)", "a"),
    ("any_value(y) FILTER (WHERE x = 3)", "b"),
    ("array_agg(x ORDER BY x DESC)", [3, 2, 1, None]),
    ("array_agg(x ORDER BY x NULLS FIRST)", [None, 1, 2, 3]),
    ("array_agg(DISTINCT y ORDER BY y)", ["a", "b"]),
    ("array_agg(x) FILTER (WHERE x > 5)", None),
    ("map_agg(x, y) FILTER (WHERE x < 3)", {1: "a", 2: "a"}),
    ("histogram(y)", {"a": 2, "b": 2}),
    ("bool_and(x > 0)", True),
    ("every(x > 1)", False),
    ("bool_or(x > 2)", True),
    ("approx_distinct(y)", 2),
    ("approx_distinct(y, 0.01)", 2),
    ("approx_percentile(x, 0.5)", 2),
    ("approx_percentile(cast(x as double), 0.5)", 2.0),
    ("stddev(x)", 1.0),
    ("stddev_samp(x) FILTER (WHERE x = 1)", None),
    ("stddev_pop(x) FILTER (WHERE x = 1)", 0.0),
    ("variance(x)", 1.0),
    ("var_samp(x)", 1.0),
    ("var_pop(x) FILTER (WHERE x < 3)", 0.25),
    ("covar_samp(x, x)", 1.0),
    ("covar_pop(x, x) FILTER (WHERE x < 3)", 0.25),
    ("corr(x, x)", 1.0),
    ("corr(x, x) FILTER (WHERE x = 1)", None),
    ("regr_slope(x * 2, x)", 2.0),
    ("regr_intercept(x * 2 + 1, x)", 1.0),
    ("listagg(y, ',') WITHIN GROUP (ORDER BY y DESC)", "b,b,a,a"),
    ("max(x) - min(x)", 2),
    ("sum(x) / count(*)", 1),
]
_ROWS = "FROM (VALUES (1, 'a', 1.0), (2, 'a', 1.0), (3, 'b', 1.0), (null, 'b', 2.0)) AS t(x, y, z)"

WINDOWS = [
    ("row_number() OVER (ORDER BY x)", [1, 2, 3]),
    ("rank() OVER (ORDER BY y)", [1, 1, 3]),
    ("dense_rank() OVER (ORDER BY y)", [1, 1, 2]),
    ("percent_rank() OVER (ORDER BY x)", [0.0, 0.5, 1.0]),
    ("cume_dist() OVER (ORDER BY y)", [2 / 3, 2 / 3, 1.0]),
    ("ntile(2) OVER (ORDER BY x)", [1, 1, 2]),
    ("lag(x) OVER (ORDER BY x)", [None, 1, 2]),
    ("lag(x, 2, 0) OVER (ORDER BY x)", [0, 0, 1]),
    ("lead(x, 1) OVER (ORDER BY x)", [2, 3, None]),
    ("first_value(x) OVER (ORDER BY x)", [1, 1, 1]),
    ("last_value(x) OVER (ORDER BY x)", [1, 2, 3]),
    ("nth_value(x, 2) OVER (ORDER BY x)", [None, 2, 2]),
    ("first_value(z) IGNORE NULLS OVER (ORDER BY x)", [None, 5, 5]),
    ("lag(z) IGNORE NULLS OVER (ORDER BY x)", [None, None, 5]),
    ("last_value(z) RESPECT NULLS OVER (ORDER BY x)", [None, 5, None]),
    ("sum(x) OVER (PARTITION BY y)", [3, 3, 3]),
    ("sum(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)", [1, 3, 5]),
    ("avg(x * 1.0) OVER (ORDER BY x)", [Decimal("1.0"), Decimal("1.5"), Decimal("2.0")]),
    ("max_by(y, x) OVER ()", ["b", "b", "b"]),
    ("count(*) FILTER (WHERE y = 'a') OVER ()", [2, 2, 2]),
    ("sum(x) OVER w", [1, 3, 6]),
]


@pytest.mark.parametrize(("expression", "expected"), SCALARS)
def test_scalar_function(expression, expected):
    assert value(expression) == expected


@pytest.mark.parametrize(("expression", "expected"), AGGREGATED)
def test_aggregate(expression, expected):
    assert value(expression, _ROWS) == expected


@pytest.mark.parametrize(("expression", "expected"), WINDOWS)
def test_window_function(expression, expected):
    rows = ask(
        f"SELECT {expression} FROM (VALUES (1, 'a', null), (2, 'a', 5), (3, 'b', null)) "
        "AS t(x, y, z) WINDOW w AS (ORDER BY x) ORDER BY x"
    )
    assert [row[0] for row in rows] == expected


def test_grouping_says_what_a_set_left_out():
    rows = ask(
        "SELECT y, grouping(y), sum(x) FROM (VALUES (1, 'a'), (2, 'b')) AS t(x, y) "
        "GROUP BY GROUPING SETS ((y), ()) ORDER BY 1"
    )
    assert rows == [("a", 0, 1), ("b", 0, 2), (None, 1, 3)]


def test_a_function_is_translated_in_one_way():
    tables = [[*FUNCTIONS], [*SPECIAL_FUNCTIONS], [*AGGREGATES], [*WINDOW_FUNCTIONS]]
    assert len(FUNCTIONS_BY_NAME) == sum(map(len, tables))


def test_every_function_of_the_allow_list_has_an_example():
    examples = " ".join(example[0] for example in (*SCALARS, *AGGREGATED, *WINDOWS))
    elsewhere = {"row", "grouping"}
    called = set(re.findall(r"(\w+)\"?\(", examples))
    assert set(FUNCTIONS_BY_NAME) - called - elsewhere == set()
