"""What a rewrite once lost: NOT, and other words that change what the node around them means."""

from __future__ import annotations

import pytest

from tests.athena_sql.test_translation import ask, failure, refusal, value

STRINGS = "FROM (VALUES 'a', null, 'b', 'a%') AS t(x)"


def chosen(condition: str) -> list[object]:
    return [row[0] for row in ask(f"SELECT x {STRINGS} WHERE {condition} ORDER BY x")]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("x LIKE 'a'", ["a"]),
        ("x NOT LIKE 'a'", ["a%", "b"]),
        ("NOT x LIKE 'a'", ["a%", "b"]),
        ("NOT x NOT LIKE 'a'", ["a"]),
        ("x LIKE 'a!%' ESCAPE '!'", ["a%"]),
        ("x NOT LIKE 'a!%' ESCAPE '!'", ["a", "b"]),
        ("NOT x NOT LIKE 'a!%' ESCAPE '!'", ["a%"]),
        ("(x NOT LIKE 'a') IS NULL", [None]),
        ("x NOT LIKE null", []),
        ("x NOT IN ('a', 'b')", ["a%"]),
        ("x NOT IN ('a', null)", []),
        ("x NOT BETWEEN 'a' AND 'a%'", ["b"]),
        ("x IS NOT NULL AND NOT x = 'a'", ["a%", "b"]),
        ("x IS NOT DISTINCT FROM null", [None]),
        ("x IS DISTINCT FROM 'a'", ["a%", "b", None]),
        ("NOT x IS DISTINCT FROM 'a'", ["a"]),
        ("NOT EXISTS (SELECT 1 FROM footnotes WHERE code = x)", ["a", "a%", "b", None]),
        ("x NOT IN (SELECT code FROM footnotes)", ["a", "a%", "b"]),
        ("x <> ALL (SELECT code FROM footnotes)", ["a", "a%", "b"]),
        ("NOT x = ANY (SELECT 'a')", ["a%", "b"]),
    ],
)
def test_not(condition, expected):
    assert chosen(condition) == expected


@pytest.mark.parametrize(
    ("pattern", "character", "expected"),
    [("a!%", "!", True), ("a%!%", "!", True), ("a!!%", "!", False), ("%%", "%", False)],
)
def test_an_escape_in_a_pattern_that_is_computed(pattern, character, expected):
    rows = f"FROM (VALUES '{pattern}') AS t(p)"
    assert value(f"'a%' LIKE p ESCAPE '{character}'", rows) is expected
    assert value(f"'a%' NOT LIKE p ESCAPE '{character}'", rows) is not expected


@pytest.mark.parametrize("pattern", ["a!bc", "abc!", "!"])
def test_an_escape_before_a_letter_is_an_error(pattern):
    assert f"the pattern '{pattern}' with ESCAPE '!'" in refusal(
        f"SELECT 'abc' LIKE '{pattern}' ESCAPE '!'"
    )
    assert "must be followed by %, _ or itself" in failure(
        f"SELECT 'abc' LIKE p ESCAPE '!' FROM (VALUES '{pattern}') AS t(p)"
    )


def test_an_escape_of_two_characters_is_an_error():
    assert "an ESCAPE of more or less than one" in refusal("SELECT 'a' LIKE 'a' ESCAPE '!!'")
    assert "ESCAPE must be one character" in failure(
        "SELECT 'a' LIKE p ESCAPE '!!' FROM (VALUES 'a') AS t(p)"
    )


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("sum(month)", "bigint"),
        ("count(*)", "bigint"),
        ("count(DISTINCT month)", "bigint"),
        ("avg(price)", "decimal(10,2)"),
        ("max(series_id)", "varchar"),
        ("sum(value) FILTER (WHERE month > 100)", "double"),
        ("max(cast('a' as varchar(3)))", "varchar(3)"),
        ("array_agg(month ORDER BY month)", "array(integer)"),
        ("max_by(series_id, month)", "varchar"),
    ],
)
def test_typeof_an_aggregate_is_one_row(expression, kind):
    assert ask(f"SELECT typeof({expression}) FROM series") == [(kind,)]


def test_typeof_an_aggregate_in_having_and_order():
    assert ask(
        "SELECT series_id, typeof(count(*)) FROM series GROUP BY series_id"
        " HAVING typeof(count(*)) = 'bigint' ORDER BY typeof(count(*)), 1 DESC"
    ) == [("B", "bigint"), ("A", "bigint")]


def test_typeof_evaluates_its_argument():
    assert "Division by zero" in failure("SELECT typeof(1 / month - 1 / month / 0) FROM series")


@pytest.mark.parametrize("expression", ["split('a', ',')", "x", "array[x]", "max(x)", "'a' || 'b'"])
def test_typeof_does_not_guess_the_length_of_a_computed_string(expression):
    assert "does not know the length in typeof" in refusal(
        f"SELECT typeof({expression}) FROM (SELECT upper('a') AS x) AS t"
    )


def test_group_by_distinct():
    counted = "SELECT month, count(*) FROM series GROUP BY"
    assert ask(f"{counted} DISTINCT month ORDER BY 1") == [(-7, 1), (7, 1)]
    assert ask(f"{counted} ALL month ORDER BY 1") == [(-7, 1), (7, 1)]
    assert "GROUP BY DISTINCT with ROLLUP" in refusal(f"{counted} DISTINCT ROLLUP (month), month")
