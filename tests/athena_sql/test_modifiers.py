"""Words that change what a clause means: each is answered as Trino answers, or refused by name.

What Trino answers is taken from its documentation and grammar.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.athena_sql.test_translation import ask, refusal, value

LIST = "listagg(DISTINCT x, ',') WITHIN GROUP (ORDER BY x DESC)"
CUT = "listagg(code, ',' ON OVERFLOW TRUNCATE) WITHIN GROUP (ORDER BY code)"
NUMBERS = "(VALUES 1, 1, null, 2) AS t(x)"
PAIRS = "(VALUES (1, 2), (1, 3)) AS t(x, y)"
JOINED = "(VALUES 1, 2) AS a(x) FULL JOIN (VALUES 2, 3) AS b(x) USING (x)"
DAYS = "(VALUES date '2020-01-01', date '2020-01-02', date '2020-01-04') AS t(d)"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"SELECT ALL x FROM {NUMBERS} WHERE x = 1", [1, 1]),
        (f"SELECT DISTINCT x FROM {NUMBERS} WHERE x = 1", [1]),
        ("SELECT 1 UNION DISTINCT SELECT 1", [1]),
        ("SELECT 1 UNION ALL SELECT 1", [1, 1]),
        (f"SELECT x FROM {NUMBERS} INTERSECT ALL SELECT * FROM (VALUES 1, 1)", [1, 1]),
        (f"SELECT x FROM {NUMBERS} INTERSECT SELECT * FROM (VALUES 1, 1)", [1]),
        (f"SELECT x FROM {NUMBERS} EXCEPT ALL SELECT 1 ORDER BY x", [1, 2, None]),
        (f"SELECT x FROM {NUMBERS} EXCEPT DISTINCT SELECT 1 ORDER BY x", [2, None]),
        ("SELECT 1 UNION SELECT 2 INTERSECT SELECT 3", [1]),
        ("(SELECT 1 UNION SELECT 2) INTERSECT SELECT 3", []),
        (f"SELECT x FROM {NUMBERS} ORDER BY x NULLS FIRST", [None, 1, 1, 2]),
        (f"SELECT x FROM {NUMBERS} ORDER BY x DESC", [2, 1, 1, None]),
        (f"SELECT x FROM {NUMBERS} ORDER BY x DESC NULLS FIRST", [None, 2, 1, 1]),
        (f"SELECT x FROM {NUMBERS} ORDER BY x FETCH FIRST ROW ONLY", [1]),
        (f"SELECT x FROM {NUMBERS} ORDER BY x OFFSET 2 ROWS FETCH NEXT 1 ROW ONLY", [2]),
        (f"SELECT x FROM {NUMBERS} ORDER BY x OFFSET 3 LIMIT ALL", [None]),
        (f"SELECT count(ALL x) FROM {NUMBERS}", [3]),
        (f"SELECT count(DISTINCT x) FILTER (WHERE x < 2) FROM {NUMBERS}", [1]),
        (f"SELECT array_agg(x ORDER BY x DESC NULLS FIRST) FROM {NUMBERS}", [[None, 2, 1, 1]]),
        (f"SELECT array_agg(DISTINCT x ORDER BY x DESC) FROM {NUMBERS}", [[2, 1, None]]),
        (f"SELECT array_agg(x) FILTER (WHERE x > 1) FROM {NUMBERS}", [[2]]),
        (
            f"SELECT {LIST} FILTER (WHERE x <> 'c') FROM (VALUES 'a', 'b', 'a', 'c', null) AS t(x)",
            ["b,a"],
        ),
        (
            f"SELECT lag(x) IGNORE NULLS OVER (ORDER BY x NULLS FIRST) FROM {NUMBERS} LIMIT 2",
            [None] * 2,
        ),
        (f"SELECT lag(x) RESPECT NULLS OVER (ORDER BY x DESC) FROM {NUMBERS} OFFSET 3", [1]),
        (
            f"SELECT count(*) OVER (ORDER BY d RANGE INTERVAL '1' DAY PRECEDING) FROM {DAYS}",
            [1, 2, 1],
        ),
        (
            f"SELECT count(*) OVER (ORDER BY d GROUPS 1 PRECEDING) FROM {DAYS} ORDER BY d",
            [1, 2, 2],
        ),
        (
            f"SELECT sum(x) OVER (w ROWS 1 PRECEDING) FROM {NUMBERS} WINDOW w AS (ORDER BY x)",
            [1, 2, 3, 2],
        ),
        (
            f"SELECT count(*) FROM {PAIRS} GROUP BY ROLLUP (x), CUBE (y) ORDER BY 1",
            [1, 1, 1, 1, 2, 2],
        ),
        (f"SELECT count(*) FROM {PAIRS} GROUP BY ROLLUP ((x, y)) ORDER BY 1", [1, 1, 2]),
        (f"SELECT count(*) FROM {PAIRS} GROUP BY (x, y)", [1, 1]),
        (f"SELECT count(*) FROM {PAIRS} GROUP BY ()", [2]),
        (
            f"SELECT grouping(x, y) FROM {PAIRS} GROUP BY GROUPING SETS ((x), (y), ()) ORDER BY 1",
            [1, 2, 2, 3],
        ),
        (
            f"SELECT x FROM {JOINED} ORDER BY 1",
            [1, 2, 3],
        ),
        (
            "SELECT e FROM (VALUES 1) a LEFT JOIN UNNEST(slice(ARRAY[1], 1, 0)) u(e) ON true",
            [None],
        ),
        ("SELECT x FROM (VALUES 1, null, 3) AS t(x) WHERE NOT (x BETWEEN 2 AND 5)", [1]),
        ("SELECT x FROM (VALUES 1, null, 3) AS t(x) WHERE x NOT IN (SELECT null)", []),
    ],
)
def test_answered(sql, expected):
    assert [row[0] for row in ask(sql)] == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 NOT BETWEEN 2 AND 0", True),
        ("null NOT BETWEEN 1 AND 2", None),
        ("NOT NOT true", True),
        ("true AND NOT false OR false", True),
        ("(1 = 1) = true", True),
        ("(1 IS NULL) IS NOT NULL", True),
        ("1 = SOME (SELECT 1)", True),
        ("1 <> ALL (SELECT 2)", True),
        ("CASE null WHEN null THEN 1 ELSE 2 END", 2),
        ("CASE WHEN null THEN 1 ELSE 2.5 END", Decimal("2.5")),
        ("nullif(1, 1.0)", None),
        ("transform(array['a', null], x -> x NOT LIKE 'a')", [False, None]),
        ("map_filter(map(array['a', 'b'], array[1, 2]), (k, v) -> k NOT LIKE 'a')", {"b": 2}),
        ("trim(BOTH 'x' FROM 'xax')", "a"),
        ("trim(TRAILING FROM ' a ')", " a"),
        ("trim(LEADING 'x' FROM 'xax')", "ax"),
        ("substring('hello' FROM 2 FOR 3)", "ell"),
        ("position('b' IN 'abc')", 2),
        ("extract(DAY_OF_WEEK FROM date '2020-02-03')", 1),
        ("date '2020-01-31' + INTERVAL -'1' MONTH", date(2019, 12, 31)),
        ("date '2020-01-31' - INTERVAL '1' DAY * 2", date(2020, 1, 29)),
        ("typeof(-2147483648)", "integer"),
        ("typeof(2147483648)", "bigint"),
        ("-9223372036854775808", -9223372036854775808),
        ("1.e2", 100.0),
        (".5", Decimal("0.5")),
        ("array[1] || 2", [1, 2]),
        ("0 || array[1]", [0, 1]),
        ("array[1] || cast(null as integer)", None),
        ("cast(null as integer) || array[1]", None),
        ("array[1] || 2.5 || 3", [Decimal(1), Decimal("2.5"), Decimal(3)]),
        ("replace('abc', '', '-')", "-a-b-c-"),
        ("replace('', '', '-')", "-"),
        ("replace('abc', '')", "abc"),
        ("cast(' 12 ' as bigint)", 12),
        ("cast('  2024-05-07  ' as date)", date(2024, 5, 7)),
        ("try_cast(' 1.5' as decimal(5,1))", None),
        ("try_cast(' true' as boolean)", None),
    ],
)
def test_answered_expression(expression, expected):
    assert value(expression) == expected


def test_a_key_that_comes_twice_in_map_agg_keeps_its_first_value():
    rows = (
        "(VALUES ('b', 1, 1), ('a', 2, 2), ('b', 3, 3), (null, 4, 4), ('c', null, 5)) AS t(k, v, n)"
    )
    assert ask(f"SELECT map_agg(k, v) FROM {rows}") == [({"b": 1, "a": 2, "c": None},)]
    assert ask(f"SELECT map_keys(map_agg(k, v)) FROM {rows}") == [(["b", "a", "c"],)]
    assert ask(f"SELECT map_agg(k, v) FROM {rows} WHERE n > 9") == [(None,)]
    running = f"SELECT map_agg(k, v) OVER (ORDER BY n) FROM {rows} ORDER BY n LIMIT 3"
    assert ask(running) == [({"b": 1},), ({"b": 1, "a": 2},), ({"b": 1, "a": 2},)]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1 NOT BETWEEN SYMMETRIC 2 AND 0", "does not translate BETWEEN SYMMETRIC"),
        ("SELECT true IS NOT TRUE", "IS with anything but NULL"),
        ("SELECT true IS UNKNOWN", "does not translate IS UNKNOWN"),
        ("SELECT true IS NOT UNKNOWN", "does not translate IS UNKNOWN"),
        ("SELECT 'a' NOT ILIKE 'b'", "Athena has no ILIKE"),
        ("SELECT 'a' NOT SIMILAR TO 'b'", "SIMILAR TO"),
        ("SELECT 'a' LIKE ANY (VALUES 'a')", "does not translate ANY"),
        ("SELECT 'a' LIKE 'a' ESCAPE NULL", "ESCAPE NULL"),
        ("SELECT 1 = ANY (array[1])", "ANY and ALL over anything but a query"),
        ("SELECT 1 = 1 = true", "Two comparisons in a row need brackets"),
        ("SELECT 1 = 1 IS NULL", "Two comparisons in a row need brackets"),
        ("SELECT 1 IS NULL = true", "Two comparisons in a row need brackets"),
        ("SELECT 1 = NOT true", "Two comparisons in a row need brackets"),
        ("SELECT 1 IN (1) IN (true)", "two comparisons in a row"),
        ("SELECT 'a' LIKE 'a' LIKE 'b'", "two comparisons in a row"),
        ("SELECT true && true", "Athena has no &&"),
        ("SELECT 1 <=> 1", "Athena has no <=>"),
        ("SELECT 1 UNION BY NAME SELECT 1", "set operations BY NAME or CORRESPONDING"),
        ("SELECT 1 UNION ALL BY NAME SELECT 1", "set operations BY NAME or CORRESPONDING"),
        ("SELECT 1 AS a UNION CORRESPONDING SELECT 1 AS a", "BY NAME or CORRESPONDING"),
        (f"SELECT x FROM {PAIRS} GROUP BY DISTINCT CUBE (x, y)", "GROUP BY DISTINCT with ROLLUP"),
        (f"SELECT x FROM {PAIRS} GROUP BY x WITH ROLLUP", "ROLLUP in GROUP"),
        (f"SELECT x FROM {NUMBERS} LIMIT 1, 2", "Athena has no LIMIT n, m"),
        (f"SELECT x FROM {NUMBERS} LIMIT 1 + 1", "1 + 1 as a number of rows"),
        (f"SELECT x, FROM {NUMBERS}", "a comma with nothing behind it"),
        (f"SELECT sum(x) OVER (ROWS 1 PRECEDING EXCLUDE TIES) FROM {NUMBERS}", "EXCLUDE"),
        (
            f"SELECT rank() OVER (ORDER BY x ROWS 1 PRECEDING) FROM {NUMBERS}",
            "rank with a window frame",
        ),
        (
            f"SELECT rank() FILTER (WHERE true) OVER (ORDER BY x) FROM {NUMBERS}",
            "Athena does not accept FILTER with OVER",
        ),
        (f"SELECT lag(x, -1) OVER (ORDER BY x) FROM {NUMBERS}", "-1 as a number of rows in lag"),
        (f"SELECT nth_value(x, 0) OVER (ORDER BY x) FROM {NUMBERS}", "0 as a number of rows"),
        (f"SELECT max(x) IGNORE NULLS FROM {NUMBERS}", "IGNORE NULLS or RESPECT NULLS here"),
        (f"SELECT first_value(x IGNORE NULLS) OVER () FROM {NUMBERS}", "IGNORE NULLS or RESPECT"),
        (f"SELECT array_agg(DISTINCT x ORDER BY y) FROM {PAIRS}", "in the order of something else"),
        (f"SELECT approx_distinct(DISTINCT x) FROM {NUMBERS}", "approx_distinct(DISTINCT ...)"),
        (
            f"SELECT approx_percentile(x, 0.5) WITHIN GROUP (ORDER BY x) FROM {NUMBERS}",
            "WITHINGROUP",
        ),
        (
            f"SELECT {CUT} FROM footnotes",
            "ON OVERFLOW TRUNCATE",
        ),
        ("SELECT format('%s', 'a', count(*)) FROM series", "with more arguments than places"),
        ('SELECT "if"(true, 1, 2, 3)', "if with 4 arguments"),
        ("SELECT current_timestamp(6)", "does not know whether current_timestamp"),
        ("SELECT 1_000", "the constant 1_000"),
        ("SELECT 0b101", "the constant 0b101"),
        ("SELECT 0x1F", "hexadecimal or binary constants"),
        ("SELECT 'a' 'b'", "does not translate CONCAT"),
        ("SELECT n'a'", "does not translate NATIONAL"),
        ("SELECT INTERVAL 1 DAY", "does not translate INTERVAL 1"),
        ("SELECT INTERVAL '1 day'", "does not translate INTERVAL 1 day"),
        ("SELECT INTERVAL '1-2' DAY TO HOUR", "does not translate INTERVAL '1-2' DAY TO HOUR"),
        ("SELECT cast(1 AS float)", "cannot read this as Athena's SQL"),
        ("SELECT cast(1 AS string)", "cannot read this as Athena's SQL"),
        ("SELECT cast('1' AS date FORMAT 'YYYY')", "does not translate STRTODATE"),
        ("SELECT 1 FROM series JOIN footnotes", "A JOIN needs ON or USING"),
        ("SELECT 1 FROM series LEFT JOIN footnotes", "A JOIN needs ON or USING"),
        ("SELECT 1 FROM series CROSS JOIN footnotes ON true", "CROSS JOIN with ON or USING"),
        (
            "SELECT 1 FROM series LEFT JOIN UNNEST(months) AS u(m) ON m = 1",
            "UNNEST on anything but",
        ),
        ("SELECT json_object('a': 1, 'b': 'x')", "does not translate JSON_OBJECT"),
        ("SELECT json_array(1, 'a')", "does not translate JSON_ARRAY"),
        ("WITH t AS MATERIALIZED (SELECT 1) SELECT * FROM t", "MATERIALIZED in CTE"),
        ("SELECT * FROM footnotes FOR UPDATE", "FOR UPDATE"),
        ("SELECT AS STRUCT 1", "KIND in SELECT"),
    ],
)
def test_refused(sql, message):
    assert message in refusal(sql)


@pytest.mark.parametrize(
    "expression",
    [
        "truncate(2.789, month)",
        "count(DISTINCT month) OVER ()",
        "json_object('a': 1)",
        "round(1.5, 1, 2)",
        "cast(1 as json)",
        "max(month, year)",
        "codepoint(series_id)",
        "INTERVAL '' DAY",
    ],
)
def test_what_athena_may_answer_is_not_said_to_be_unknown_to_it(expression):
    said = refusal(f"SELECT {expression} FROM series")
    assert said.startswith("The local engine ")
    assert "Athena does not" not in said
    assert "Athena has no" not in said
