"""Every function that is let through, with what Trino's documentation says it gives.

``ask`` also compares the type that DuckDB gives with the one that Athena has.
"""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from athena_sql.aggregates import AGGREGATES, WINDOW_FUNCTIONS
from athena_sql.allow_list import FUNCTIONS_BY_NAME
from athena_sql.functions import FUNCTIONS
from athena_sql.special import SPECIAL_FUNCTIONS
from tests.athena_sql.scalars import SCALARS
from tests.athena_sql.test_translation import ask, value

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
    ("multimap_agg(y, x) FILTER (WHERE z = 1.0)", {"a": [1, 2], "b": [3]}),
    ("reduce_agg(x, 0, (s, e) -> s + e, (s, t) -> s + t)", 6),
    ("reduce_agg(x, 0, (s, e) -> s + e, (s, t) -> s + t) FILTER (WHERE x > 5)", None),
    ("round(skewness(x * x), 6)", 0.2948),
    ("kurtosis(x)", None),
    ("bitwise_and_agg(x)", 0),
    ("bitwise_or_agg(x)", 3),
    ("histogram(y)", {"a": 2, "b": 2}),
    ("bool_and(x > 0)", True),
    ("every(x > 1)", False),
    ("bool_or(x > 2)", True),
    ("approx_distinct(y)", 2),
    ("approx_distinct(y, 0.01)", 2),
    ("approx_percentile(x, 0.5)", 2),
    ("approx_percentile(x, array[0.5, 1.0])", [2, 3]),
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
