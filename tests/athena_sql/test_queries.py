"""Whole queries: names, joins, grouping, order, set operations; and statements that are none."""

from __future__ import annotations

import pytest

from athena_sql import CreateView, Query, Show, parse, translate
from tests.athena_sql.test_translation import SCHEMA, ask, failure

_NUMBERS = "(VALUES (1, 'a'), (2, 'b'), (3, null)) AS t(n, s)"
_OTHERS = "(VALUES (1, 'x'), (4, 'y')) AS u(n, o)"
_DAYS = (
    "SELECT count(*) OVER (ORDER BY d RANGE BETWEEN interval '1' day PRECEDING AND CURRENT ROW) "
    "FROM (VALUES date '2020-01-01', date '2020-01-02', date '2020-01-04') AS t(d) ORDER BY d"
)

ROWS = [
    ("a comment", "-- why\nSELECT 1 /* and how */ AS one;", [(1,)]),
    ("nulls last, up", f"SELECT s FROM {_NUMBERS} ORDER BY s", [("a",), ("b",), (None,)]),
    ("nulls last, down", f"SELECT s FROM {_NUMBERS} ORDER BY s DESC", [("b",), ("a",), (None,)]),
    ("nulls first", f"SELECT s FROM {_NUMBERS} ORDER BY s NULLS FIRST", [(None,), ("a",), ("b",)]),
    (
        "order by an output before an input",
        f"SELECT -n AS n FROM {_NUMBERS} ORDER BY n",
        [(-3,), (-2,), (-1,)],
    ),
    (
        "an output inside an expression",
        f"SELECT -n AS n FROM {_NUMBERS} ORDER BY n * -1",
        [(-1,), (-2,), (-3,)],
    ),
    (
        "order by what is not selected",
        f"SELECT s FROM {_NUMBERS} ORDER BY n DESC LIMIT 1",
        [(None,)],
    ),
    ("offset before limit", f"SELECT n FROM {_NUMBERS} ORDER BY n OFFSET 1 LIMIT 1", [(2,)]),
    ("fetch first", f"SELECT n FROM {_NUMBERS} ORDER BY n FETCH FIRST 2 ROWS ONLY", [(1,), (2,)]),
    ("limit all", f"SELECT n FROM {_NUMBERS} ORDER BY n LIMIT ALL", [(1,), (2,), (3,)]),
    (
        "group by number",
        f"SELECT n % 2, count(*) FROM {_NUMBERS} GROUP BY 1 ORDER BY 1",
        [(0, 1), (1, 2)],
    ),
    (
        "group by a column, not its alias",
        f"SELECT upper(s) AS s, count(*) FROM {_NUMBERS} WHERE n < 3 GROUP BY s ORDER BY 1",
        [("A", 1), ("B", 1)],
    ),
    ("having", f"SELECT n % 2 AS odd FROM {_NUMBERS} GROUP BY n % 2 HAVING count(*) > 1", [(1,)]),
    (
        "rollup",
        f"SELECT s, sum(n) FROM {_NUMBERS} WHERE n < 3 GROUP BY ROLLUP (s) ORDER BY 2",
        [("a", 1), ("b", 2), (None, 3)],
    ),
    (
        "cube",
        f"SELECT count(*) FROM {_NUMBERS} GROUP BY CUBE (n, s) ORDER BY 1 DESC LIMIT 1",
        [(3,)],
    ),
    ("distinct", f"SELECT DISTINCT n > 1 FROM {_NUMBERS} ORDER BY 1", [(False,), (True,)]),
    (
        "star over using: its column first",
        f"SELECT * FROM (VALUES ('a', 1)) AS t(s, n) JOIN {_OTHERS} USING (n)",
        [(1, "a", "x")],
    ),
    (
        "full join using",
        f"SELECT n, s, o FROM {_NUMBERS} FULL JOIN {_OTHERS} USING (n) ORDER BY n",
        [(1, "a", "x"), (2, "b", None), (3, None, None), (4, None, "y")],
    ),
    (
        "right join using",
        f"SELECT n, o FROM {_NUMBERS} RIGHT JOIN {_OTHERS} USING (n) ORDER BY n",
        [(1, "x"), (4, "y")],
    ),
    (
        "left join on",
        f"SELECT t.n, u.o FROM {_NUMBERS} LEFT JOIN {_OTHERS} ON t.n = u.n ORDER BY 1",
        [(1, "x"), (2, None), (3, None)],
    ),
    ("cross join", f"SELECT count(*) FROM {_NUMBERS} CROSS JOIN {_OTHERS}", [(6,)]),
    ("comma", f"SELECT o FROM {_NUMBERS}, {_OTHERS} WHERE t.n = u.n", [("x",)]),
    (
        "lateral",
        f"SELECT n, m FROM {_NUMBERS} CROSS JOIN LATERAL (SELECT n * 9 AS m) ORDER BY n LIMIT 1",
        [(1, 9)],
    ),
    ("table star", f"SELECT u.*, t.s FROM {_NUMBERS} JOIN {_OTHERS} ON t.n = u.n", [(1, "x", "a")]),
    (
        "exists, with the outer query's column",
        f"SELECT n FROM {_NUMBERS} WHERE EXISTS (SELECT 1 FROM {_OTHERS} WHERE u.n = t.n)",
        [(1,)],
    ),
    (
        "scalar query",
        f"SELECT (SELECT max(o) FROM {_OTHERS} WHERE u.n = t.n) FROM {_NUMBERS} ORDER BY n",
        [("x",), (None,), (None,)],
    ),
    ("in a query", f"SELECT n FROM {_NUMBERS} WHERE n IN (SELECT n FROM {_OTHERS})", [(1,)]),
    (
        "not in, with a null",
        f"SELECT n FROM {_NUMBERS} WHERE 'z' NOT IN (SELECT s FROM {_NUMBERS})",
        [],
    ),
    (
        "any and all",
        f"SELECT n FROM {_NUMBERS} WHERE n = ANY (SELECT n FROM {_OTHERS}) OR n > ALL (SELECT 2)",
        [(1,), (3,)],
    ),
    ("union", "SELECT 1 AS a UNION SELECT 1 UNION ALL SELECT 2 ORDER BY a", [(1,), (2,)]),
    ("union of unlike numbers", "SELECT 1 UNION ALL SELECT 2.5 ORDER BY 1", [(1,), (2.5,)]),
    ("intersect", f"SELECT n FROM {_NUMBERS} INTERSECT SELECT n FROM {_OTHERS}", [(1,)]),
    ("except", f"SELECT n FROM {_NUMBERS} EXCEPT SELECT n FROM {_OTHERS} ORDER BY 1", [(2,), (3,)]),
    ("brackets with a tail", "(SELECT 2 AS a UNION ALL SELECT 1) ORDER BY a LIMIT 1", [(1,)]),
    (
        "with",
        "WITH a AS (SELECT 1 AS n), b (m) AS (SELECT n + 1 FROM a) SELECT n, m FROM a, b",
        [(1, 2)],
    ),
    (
        "with named as the table it reads",
        "WITH footnotes AS (SELECT code FROM footnotes) SELECT * FROM footnotes ORDER BY 1",
        [("p",), ("r",)],
    ),
    (
        "with inside a query",
        "SELECT n FROM (WITH a AS (SELECT 5 AS n) SELECT n FROM a) AS q",
        [(5,)],
    ),
    ("values", "VALUES (1, 'a'), (2, 'b') ORDER BY 1 DESC", [(2, "b"), (1, "a")]),
    ("case-insensitive names", 'SELECT T."N" FROM (SELECT 1 AS n) AS t', [(1,)]),
    ("a keyword as a name", 'SELECT "order" FROM (SELECT 1 AS "order") AS t', [(1,)]),
    (
        "like with an escape",
        "SELECT 'a%b' LIKE 'a#%b' ESCAPE '#', 'axb' LIKE 'a#%b' ESCAPE '#', 'a\\b' LIKE 'a\\b'",
        [(True, False, True)],
    ),
    (
        "case",
        "SELECT CASE 1 WHEN 2 THEN 'a' ELSE 'b' END, CASE WHEN null THEN 1 END",
        [("b", None)],
    ),
    (
        "named windows",
        f"SELECT sum(n) OVER w FROM {_NUMBERS} WINDOW w AS (ORDER BY n DESC) ORDER BY 1",
        [(3,), (5,), (6,)],
    ),
    (
        "a window over nulls",
        f"SELECT n, row_number() OVER (ORDER BY s DESC) FROM {_NUMBERS} ORDER BY 1",
        [(1, 2), (2, 1), (3, 3)],
    ),
    (
        "a frame of days",
        _DAYS,
        [(1,), (2,), (1,)],
    ),
    ("quoted strings", "SELECT 'it''s', '\\n'", [("it's", "\\n")]),
]


@pytest.mark.parametrize(
    ("sql", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_query(sql, expected):
    rows = ask(sql)
    assert (rows if "ORDER BY" in sql.upper() else sorted(rows)) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT Month, 1 + 1, count(*) AS N FROM series GROUP BY month", ["month", "_col1", "n"]),
        ("SELECT place.State FROM series", ["state"]),
        ("VALUES (1, 2)", ["_col0", "_col1"]),
        ("SELECT * FROM footnotes", ["series_id", "code"]),
        ("SELECT 1 AS a UNION SELECT 2 AS b", ["a"]),
    ],
)
def test_columns_are_named_as_in_athena(sql, expected):
    assert list(translate(sql, SCHEMA).types) == expected


def test_a_scalar_query_of_two_rows_is_an_error():
    assert "More than one row" in failure("SELECT (SELECT n FROM (VALUES 1, 2) AS t(n))")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SHOW TABLES", Show("tables")),
        ("show tables in labor_lake", Show("tables", database="labor_lake")),
        ("SHOW TABLES IN `labor_lake` 'p*';", Show("tables", database="labor_lake", pattern="p*")),
        (
            "SHOW VIEWS IN labor_lake LIKE 'best*'",
            Show("views", database="labor_lake", pattern="best*"),
        ),
        ("-- all\nSHOW DATABASES", Show("databases")),
        ("SHOW SCHEMAS", Show("databases")),
        ("SHOW COLUMNS IN Series", Show("columns", "series")),
        ("SHOW COLUMNS FROM labor_lake.series", Show("columns", "series", "labor_lake")),
        ("SHOW COLUMNS IN series IN labor_lake", Show("columns", "series", "labor_lake")),
        ("DESCRIBE series", Show("describe", "series")),
        ("DESC FORMATTED `labor_lake`.`series`", Show("describe", "series", "labor_lake")),
        ("SHOW PARTITIONS series", Show("partitions", "series")),
        ("SHOW CREATE VIEW awsdatacatalog.labor_lake.v", Show("create view", "v", "labor_lake")),
        ("SHOW CREATE TABLE series", Show("create table", "series")),
    ],
)
def test_statements_that_the_catalog_answers(sql, expected):
    assert parse(sql) == expected


def test_a_query_is_a_query():
    assert isinstance(parse("WITH a AS (SELECT 1) SELECT * FROM a"), Query)


@pytest.mark.parametrize(
    ("words", "replace"), [("CREATE VIEW", False), ("create or replace view", True)]
)
def test_a_view_s_definition(words, replace):
    view = parse(f"{words} labor_lake.Best AS SELECT 1")
    assert isinstance(view, CreateView)
    assert (view.table.name, view.replace) == ("Best", replace)
