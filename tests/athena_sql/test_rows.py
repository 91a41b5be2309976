"""Rows without names: (a, b) and ROW(a, b); answers of a real Trino 476."""

from __future__ import annotations

import pytest

from tests.athena_sql.test_translation import A, ask, refusal, shown, value

PAIRS = "(VALUES (1, null), (1, null), (null, null), (1, 2)) AS t(a, b)"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("(1, 2) = (1, 2)", True),
        ("(1, 2) = row(1, 2)", True),
        ("((1, 2)) = (1, 2)", True),
        ("(1, null) = (1, 2)", None),
        ("(1, null) = (2, null)", False),
        ("(1, 2) <> (1, 3)", True),
        ("(1, null) <> (2, null)", True),
        ("(1, null) <> (1, null)", None),
        ("(nan(), 1) = (nan(), 1)", False),
        ("(1, 2) = null", None),
        ("(1, (2, 3)) = (1, (2, 3))", True),
        ("(1, 2) IN ((1, 2), (3, 4))", True),
        ("(1, 2) IN (row(3, 4))", False),
        ("(1, null) IN ((1, 2))", None),
        ("(1, 2) IN ((3, 4), (1, null))", None),
        ("(1, 2) NOT IN ((3, 4))", True),
        ("(1, 2) IN ((1, 2.5), (1, 2e0))", True),
        ("(nan(), 1) IN ((nan(), 1))", False),
        ("(1, 2) IS NULL", False),
        ("row(null, null) IS NULL", False),
        ("1 IN (VALUES 2, null)", None),
        ("1 NOT IN (VALUES 2)", True),
    ],
)
def test_rows_are_compared_field_by_field(condition, expected):
    assert value(condition) is expected


def test_rows_of_a_table_among_rows():
    found = ask(
        "SELECT series_id FROM series WHERE (year, series_id) IN ((2020, 'A'), (2021, 'A'))"
    )
    assert found == [("A",)]
    assert ask("SELECT count(*) FROM series WHERE place = (place.state, place.code)") == [(2,)]
    assert ask("SELECT count(*) FROM series WHERE cast(null as row(a integer)) = row(1)") == [(0,)]


def test_rows_are_counted_by_their_fields_and_nulls_are_alike():
    assert ask(f"SELECT count(DISTINCT (a, b)), count((a, b)) FROM {PAIRS}") == [(3, 4)]
    assert ask(f"SELECT count(DISTINCT row(a, b)) FROM {PAIRS}") == [(3,)]
    rows = "(VALUES 0e0, -0e0, nan(), nan()) AS t(x)"
    assert ask(f"SELECT count(DISTINCT (x, 1)) FROM {rows}") == [(2,)]
    assert len(ask(f"SELECT DISTINCT (a, b) FROM {PAIRS}")) == 3
    assert ask(f"SELECT count(*) FROM {PAIRS} GROUP BY (a, b) ORDER BY 1") == [(1,), (1,), (2,)]


@pytest.mark.parametrize(
    ("expression", "kind", "expected"),
    [
        ("(1, 'a')", "row(integer, varchar(1))", "{field0=1, field1=a}"),
        ("row(null, 1)", "row(unknown, integer)", "{field0=null, field1=1}"),
        ("row(1, 'a')[2]", "varchar(1)", "a"),
        ("place[2]", "integer", "39"),
        ("places[1][1]", "varchar", "OH"),
        ("if(true, (1, 'a'), (2.5, 'bcd'))", "row(decimal(11,1), varchar(3))", None),
        ("coalesce(null, (1, 2))", "row(integer, integer)", "{field0=1, field1=2}"),
        (
            "array[(1, 'a'), (2, 'bcd')]",
            "array(row(integer, varchar(3)))",
            "[{field0=1, field1=a}, {field0=2, field1=bcd}]",
        ),
        ("cast((1, 2) as row(bigint, varchar))", "row(bigint, varchar)", "{field0=1, field1=2}"),
        ("cast(place as row(s varchar, c double))", "row(s varchar, c double)", "{s=OH, c=39.0}"),
        (
            "cast(cast(null as row(a integer)) as row(x varchar))",
            "row(x varchar)",
            "",
        ),
        (
            "cast(array[(1, 2)] as array(row(a varchar, b double)))",
            "array(row(a varchar, b double))",
            "[{a=1, b=2.0}]",
        ),
        ("try_cast(row('x') as row(n integer))", "row(n integer)", ""),
        ("cast(row(1, 2.5) as row(a bigint, b double)).b", "double", "2.5"),
        (
            "map_entries(map(array['a'], array[1]))",
            "array(row(varchar(1), integer))",
            "[{field0=a, field1=1}]",
        ),
        ("typeof(row(1, 'a'))", "varchar", "row(integer, varchar(1))"),
        ("transform(array[(1, 2)], x -> x[2])", "array(integer)", "[2]"),
        ("filter(array[(1, 2), (3, 4)], x -> x[1] > 1)[1][2]", "integer", "4"),
        ("reduce(array[(1, 2)], 0, (s, x) -> s + x[2], s -> s)", "integer", "2"),
    ],
)
def test_a_row_s_type_and_text(expression, kind, expected):
    told, text = shown(expression, A if "place" in expression else "")
    assert told == kind
    assert expected is None or text == expected


def test_unnest_makes_columns_of_a_row():
    rows = "UNNEST(array[(1, 'x'), null, (2, 'y')])"
    assert ask(f"SELECT a, b FROM {rows} AS t(a, b) ORDER BY a") == [
        (1, "x"),
        (2, "y"),
        (None, None),
    ]


def test_rows_of_other_names_are_not_brought_together_by_them():
    named = "cast(row(3, 4) as row(a integer, b integer))"
    assert "UNION of row(integer, integer) and row(a integer, b integer)" in refusal(
        f"SELECT (1, 2) UNION ALL SELECT {named}"
    )
    assert ask("SELECT x[2] FROM (SELECT (1, 2) AS x UNION ALL SELECT (3, 4)) AS t ORDER BY 1") == [
        (2,),
        (4,),
    ]
    rows = f"(VALUES (1, (1, 2)), (2, {named})) AS t(a, b)"
    assert ask(f"SELECT b[1] FROM {rows} ORDER BY 1") == [(1,), (3,)]
    assert value(f"if(true, (1, 2), {named})[1] + array[(1, 2), {named}][2][2]") == 5


def test_a_field_of_a_computed_row_gives_no_name():
    named = ask("SELECT place.code, cast(row(1) as row(a integer)).a FROM series WHERE month = 7")
    assert named == [(39, 1)]
    assert "There is no column a here" in refusal(
        "SELECT a FROM (SELECT cast(row(1) as row(a integer)).a) AS t"
    )
