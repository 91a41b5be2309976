"""The greatest and the least: n of them, of doubles with NaN, and by another column.

Answers of a real Trino 476.
"""

from __future__ import annotations

import math

import pytest

from tests.athena_sql.test_translation import ask, refusal, shown, value

NUMBERS = "FROM (VALUES 3, 1, null, 2, 2) AS t(x)"
DOUBLES = "FROM (VALUES nan(), 1e0, 2e0, infinity()) AS t(x)"
PAIRS = "FROM (VALUES (1, 'a'), (2, null), (3, 'c'), (null, 'd')) AS t(x, y)"
BY_DOUBLES = "FROM (VALUES ('a', nan()), ('b', 1e0), ('c', 2e0)) AS t(y, x)"
NAN = float("nan")


def alike(one: object, other: object) -> bool:
    """Whether two values are equal, NaN among them."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return one == other


@pytest.mark.parametrize(
    ("asked", "source", "kind", "expected"),
    [
        ("max(x, 3)", NUMBERS, "array(integer)", [3, 2, 2]),
        ("min(x, 3)", NUMBERS, "array(integer)", [1, 2, 2]),
        ("max(x, 10)", NUMBERS, "array(integer)", [3, 2, 2, 1]),
        ("max(x, 2) FILTER (WHERE x < 3)", NUMBERS, "array(integer)", [2, 2]),
        ("max(x, 3) FILTER (WHERE x > 5)", NUMBERS, "array(integer)", None),
        ("max(x, 3)", "FROM (VALUES cast(null as integer)) AS t(x)", "array(integer)", None),
        ("max(cast(x as decimal(3,1)), 1)", NUMBERS, "array(decimal(3,1))", None),
        ("max(x, 2)", "FROM (VALUES 'a', 'b', 'é') AS t(x)", "array(varchar(1))", ["é", "b"]),
        # Among doubles NaN comes last, from above as from below.
        ("max(x, 4)", DOUBLES, "array(double)", [math.inf, 2.0, 1.0, NAN]),
        ("min(x, 4)", DOUBLES, "array(double)", [1.0, 2.0, math.inf, NAN]),
        ("max(x)", DOUBLES, "double", math.inf),
        ("min(x)", DOUBLES, "double", 1.0),
        ("max(DISTINCT x)", DOUBLES, "double", math.inf),
        ("max(x) FILTER (WHERE is_nan(x))", DOUBLES, "double", NAN),
        ("max(x) FILTER (WHERE x > 9e99 AND x < 1)", DOUBLES, "double", None),
        ("max(cast(x as real))", DOUBLES, "real", math.inf),
        ("max_by(y, x)", BY_DOUBLES, "varchar(1)", "c"),
        ("min_by(y, x)", BY_DOUBLES, "varchar(1)", "b"),
        ("max_by(y, x) FILTER (WHERE y = 'a')", BY_DOUBLES, "varchar(1)", "a"),
        ("max_by(y, x, 3)", BY_DOUBLES, "array(varchar(1))", ["c", "b", "a"]),
        ("min_by(y, x, 3)", BY_DOUBLES, "array(varchar(1))", ["b", "c", "a"]),
        ("max_by(y, x, 2)", PAIRS, "array(varchar(1))", ["c", None]),
        ("min_by(y, x, 2)", PAIRS, "array(varchar(1))", ["a", None]),
        ("max_by(y, x, 10)", PAIRS, "array(varchar(1))", ["c", None, "a"]),
        ("max_by(y, x, 2) FILTER (WHERE x > 5)", PAIRS, "array(varchar(1))", None),
        ("max_by((x, y), x)[1]", PAIRS, "integer", 3),
        ("typeof(max(x, 2))", NUMBERS, "varchar", "array(integer)"),
        ("approx_percentile(x, array[0.0, 1.0])", NUMBERS, "array(bigint)", [1, 3]),
        ("approx_percentile(x, array[0e0, 1e0])", NUMBERS, "array(bigint)", [1, 3]),
        ("approx_percentile(x, array[0.5]) FILTER (WHERE x > 5)", NUMBERS, "array(bigint)", None),
        ("approx_percentile(cast(x as real), 0.5)", NUMBERS, "real", 2.0),
        ("approx_percentile(cast(x as decimal(5,2)), 0.5)", NUMBERS, "real", 2.0),
        ("skewness(x)", "FROM (VALUES 1, 2, 4) AS t(x)", "double", 0.3818017741606063),
        ("skewness(x)", "FROM (VALUES 1, 2) AS t(x)", "double", None),
        ("skewness(x)", "FROM (VALUES 1, 1, 1) AS t(x)", "double", NAN),
        ("kurtosis(x)", "FROM (VALUES 1, 2, 4) AS t(x)", "double", None),
        ("kurtosis(x)", "FROM (VALUES 1, 1, 1, 1) AS t(x)", "double", NAN),
    ],
)
def test_extremes(asked, source, kind, expected):
    found = value(asked, source)
    if kind != "array(decimal(3,1))":
        assert alike(found, expected) or found == pytest.approx(expected)
    assert shown(asked, source)[0] == kind


def test_extremes_over_a_window():
    rows = "(VALUES (1, nan()), (2, 1e0), (3, nan())) AS t(i, x)"
    told = ask(f"SELECT max(x) OVER (ORDER BY i), min(x) OVER (ORDER BY i) FROM {rows} ORDER BY i")
    assert alike([list(row) for row in told], [[NAN, NAN], [1.0, 1.0], [1.0, 1.0]])
    running = ask("SELECT max(x, 2) OVER (ORDER BY x) FROM (VALUES 1, 2, 3) AS t(x) ORDER BY x")
    assert running == [([1],), ([2, 1],), ([3, 2],)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("greatest(1, 2.5, 3e0)", 3.0),
        ("greatest(nan(), 1e0)", 1.0),
        ("greatest(1e0, nan())", 1.0),
        ("least(2e0, nan(), 1e0)", 1.0),
        ("greatest(nan(), nan())", NAN),
        ("greatest(infinity(), nan())", math.inf),
        ("greatest(1e0, null)", None),
        ("greatest(null, nan())", None),
        ("greatest(real '1.1', 2)", 2.0),
        ("array_max(array[1e0, nan()])", 1.0),
        ("array_min(array[nan(), 1e0])", 1.0),
        ("array_max(array[nan()])", NAN),
        ("array_max(array[nan(), null])", None),
        ("contains(array[nan()], nan())", False),
        ("contains(array[nan(), null], nan())", None),
        ("contains(array[1e0, nan()], 1e0)", True),
        ("array_position(array[nan()], nan())", 0),
        ("array_position(array[nan(), 2e0], 2e0)", 2),
        ("array_remove(array[nan(), 1e0], nan())", [NAN, 1.0]),
        ("array_remove(array[nan(), 1e0], 1e0)", [NAN]),
        ("array_remove(array[1e0], cast(null as double))", None),
    ],
)
def test_nan_among_doubles(expression, expected):
    assert alike(value(expression), expected)


@pytest.mark.parametrize("function", ["covar_samp", "covar_pop", "corr", "regr_slope"])
def test_of_whole_numbers_two_columns_make_a_real(function):
    rows = "FROM (VALUES (1, 2e0), (2, 4e0)) AS t(x, y)"
    assert shown(f"{function}(x, x)", rows)[0] == "real"
    assert shown(f"{function}(x * 1.0, x)", rows)[0] == "real"
    assert shown(f"{function}(y, x)", rows)[0] == "double"


def test_the_type_of_the_greatest():
    assert shown("greatest(real '1.1', 2)")[0] == "real"
    assert shown("greatest(1, 2.5, 3e0)")[0] == "double"


def test_values_by_key():
    rows = "FROM (VALUES ('a', 1), ('b', 2), ('a', null), (null, 5), ('a', 1)) AS t(k, v)"
    told = shown("multimap_agg(k, v)", rows)
    assert told == ("map(varchar(1), array(integer))", "{a=[1, null, 1], b=[2]}")
    assert value("multimap_agg(k, v)", f"{rows} WHERE k = 'z'") is None
    assert shown("map_agg(k, v)", rows)[1] == "{a=1, b=2}"


def test_a_fold_over_rows():
    rows = "FROM (VALUES 1, 2, null, 3) AS t(x)"
    assert shown("reduce_agg(x, 0, (a, b) -> a + b, (a, b) -> a + b)", rows) == ("integer", "6")
    # Only values that are not null are taken in.
    assert value("reduce_agg(x, 0, (a, b) -> a + 1, (a, b) -> a + b)", rows) == 3
    assert value("reduce_agg(x, 0e0, (a, b) -> a + b, (a, b) -> a + b)", rows) == 6.0
    assert value("reduce_agg(x, 0, (a, b) -> a, (a, b) -> a)", f"{rows} WHERE x IS NULL") is None
    assert "another type" in refusal(
        f"SELECT reduce_agg(x, 0, (a, b) -> a + b, (a, b) -> 'a') {rows}"
    )
    assert "reduce_agg with 3 arguments" in refusal(
        f"SELECT reduce_agg(x, 0, (a, b) -> a + b) {rows}"
    )
