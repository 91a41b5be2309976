"""information_schema, and columns that * does not mean."""

from __future__ import annotations

import duckdb
import pytest

from athena_sql import SESSION_SETTINGS, Described, Schema, table_references, translate
from athena_sql.errors import AthenaSQLError, InvalidSQL
from tests.athena_sql.test_translation import ask, refusal

HERE = "table_schema = 'labor_lake'"


def told(sql: str, schema: Schema) -> list[tuple[object, ...]]:
    """The rows for a query that needs no table."""
    connection = duckdb.connect()
    for setting in SESSION_SETTINGS:
        connection.execute(setting)
    rows: list[tuple[object, ...]] = connection.execute(translate(sql, schema).sql).fetchall()
    return rows


def test_the_tables_of_the_database():
    assert ask(f"SELECT * FROM information_schema.tables WHERE {HERE} ORDER BY table_name") == [
        ("awsdatacatalog", "labor_lake", "footnotes", "BASE TABLE"),
        ("awsdatacatalog", "labor_lake", "series", "BASE TABLE"),
    ]
    name = "awsdatacatalog.information_schema.TABLES"
    assert ask(f"SELECT count(*) FROM {name} t WHERE 'labor_lake' = t.table_schema") == [(2,)]


def test_a_view_is_told_from_a_table():
    schema = Schema("labor_lake", {"t": {"n": "int"}})
    asked = f"SELECT table_name, table_type FROM information_schema.tables WHERE {HERE} ORDER BY 1"
    assert told(asked, schema) == [("t", "BASE TABLE")]
    schema.add("V", {"n": "int"}, view=True)
    assert told(asked, schema) == [("t", "BASE TABLE"), ("v", "VIEW")]
    schema.add("v", {"n": "int"})
    assert told(asked, schema) == [("t", "BASE TABLE"), ("v", "BASE TABLE")]


class Shelf:
    """A catalog that notes what it describes; it lists a view that cannot be read."""

    def __init__(self) -> None:
        self.described: list[str] = []

    def listed(self) -> dict[str, bool]:
        return {"one": False, "other": False, "broken": True}

    def describe(self, table: str) -> Described | None:
        self.described.append(table)
        return Described({"Id": "int"}, {"$path": "string"}) if table in ("one", "other") else None


def test_a_table_of_a_catalog_is_described_when_a_statement_first_reads_it():
    shelf = Shelf()
    schema = Schema("labor_lake", {"own": {"n": "int"}}, shelf)
    asked = f"SELECT table_name FROM information_schema.tables WHERE {HERE} ORDER BY 1"
    assert told(asked, schema) == [("broken",), ("one",), ("other",), ("own",)]
    assert shelf.described == []
    for _ in range(2):
        found = translate("WITH other AS (SELECT 1 AS x) SELECT * FROM one, other, own", schema)
        assert found.columns == (("Id", "integer"), ("x", "integer"), ("n", "integer"))
        assert found.tables == {"one", "own"}
    assert shelf.described == ["one"]
    assert translate('SELECT "$path" FROM other', schema).types == {"$path": "varchar"}
    with pytest.raises(InvalidSQL, match="no table or view broken") as refused:
        translate("SELECT * FROM broken", schema)
    assert refused.value.word == "broken"
    asked = (
        f"SELECT table_name, column_name FROM information_schema.columns WHERE {HERE} ORDER BY 1"
    )
    assert sorted(told(asked, schema)) == [("one", "id"), ("other", "id"), ("own", "n")]


def test_the_columns_of_a_table():
    rows = ask(
        "SELECT column_name, ordinal_position, column_default, is_nullable, data_type"
        f" FROM information_schema.columns WHERE table_name = 'series' AND {HERE}"
        " ORDER BY ordinal_position"
    )
    assert rows[:3] == [
        ("series_id", 1, None, "YES", "varchar"),
        ("year", 2, None, "YES", "smallint"),
        ("month", 3, None, "YES", "integer"),
    ]
    assert [row[-1] for row in rows[5:]] == [
        "decimal(38,6)",
        "decimal(10,2)",
        "date",
        "timestamp(3)",
        "boolean",
        "array(integer)",
        "array(varchar)",
        "map(varchar, integer)",
        "row(state varchar, code integer)",
        "array(row(state varchar, code integer))",
    ]


def test_both_joined():
    assert ask(
        "SELECT c.table_name, count(*) FROM information_schema.tables t"
        " JOIN information_schema.columns AS c ON c.table_name = t.table_name"
        " WHERE c.table_schema = 'labor_lake' AND (t.table_schema = 'labor_lake')"
        " GROUP BY 1 ORDER BY 1"
    ) == [("footnotes", 2), ("series", 15)]


def test_a_schema_without_tables():
    asked = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'empty'"
    assert told(asked, Schema("empty")) == [(0,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM information_schema.tables WHERE table_schema = 'other'",
        f"SELECT * FROM information_schema.tables WHERE {HERE} OR true",
        f"SELECT * FROM information_schema.tables WHERE NOT {HERE}",
        "SELECT * FROM information_schema.tables WHERE table_schema <> 'labor_lake'",
        (
            "SELECT * FROM information_schema.tables a, information_schema.tables b"
            " WHERE a.table_schema = 'labor_lake'"
        ),
    ],
)
def test_what_asks_for_other_databases_is_refused(sql):
    assert refusal(sql).startswith("The local engine knows one database")


def test_its_other_tables_are_refused():
    message = refusal("SELECT * FROM information_schema.views WHERE table_schema = 'labor_lake'")
    assert message == "The local engine does not translate information_schema.views."


def test_a_view_does_not_keep_what_there_is_now():
    message = refusal(f"CREATE VIEW v AS SELECT * FROM information_schema.tables WHERE {HERE}")
    assert message == "The local engine does not keep information_schema in a view."


def test_it_is_no_table_that_a_statement_reads():
    sql = "SELECT * FROM information_schema.tables t JOIN footnotes f ON f.code = t.table_name"
    assert table_references(sql, "labor_lake") == {"footnotes"}


@pytest.fixture
def files():
    schema = Schema("labor_lake")
    schema.add("data", {"n": "int"}, {"$path": "string"})
    schema.add("other", {"n": "int"})
    connection = duckdb.connect()
    connection.execute("CREATE TABLE data AS SELECT 1 AS n, 'a.parquet' AS \"$path\"")
    connection.execute("CREATE TABLE other AS SELECT 1 AS n")

    def asked(sql: str) -> list[tuple[object, ...]]:
        translation = translate(sql, schema)
        rows: list[tuple[object, ...]] = connection.execute(translation.sql).fetchall()
        return [tuple(name for name, _ in translation.columns), *rows]

    return asked


def test_a_hidden_column_is_there_for_who_names_it(files):
    assert files("SELECT * FROM data") == [("n",), (1,)]
    assert files('SELECT "$path" FROM data') == [("$path",), ("a.parquet",)]
    joined = files('SELECT d."$path", d.n FROM data d, other o WHERE d.n = o.n')
    assert joined == [("$path", "n"), ("a.parquet", 1)]
    assert files('SELECT count(DISTINCT "$PATH") FROM data JOIN other USING (n)')[1] == (1,)


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT "$path" FROM other',
        'SELECT "$file_size" FROM data',
        'SELECT "$path" FROM (SELECT * FROM data) AS t',
        'WITH data AS (SELECT 1 AS n) SELECT "$path" FROM data',
        'SELECT "$path" FROM data AS t(a)',
    ],
)
def test_where_it_is_not_a_hidden_column_is_refused(sql, files):
    with pytest.raises(AthenaSQLError, match="no hidden column"):
        files(sql)


def test_a_hidden_column_of_two_tables_is_ambiguous(files):
    with pytest.raises(InvalidSQL, match="ambiguous"):
        files('SELECT "$path" FROM data a, data b')
