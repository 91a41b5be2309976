"""The translation as others see it: names, types, views, references.

The other files of this name ask with ``ask``, ``value``, ``failure`` and ``refusal``, over the two
small tables that are set up here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb
import pytest

from athena_sql import (
    SESSION_SETTINGS,
    Schema,
    athena_type,
    table_references,
    translate,
)
from athena_sql.errors import AthenaSQLError, InvalidSQL, UnsupportedSQL
from athena_sql.types import INTERVALS, AthenaType, parse_type
from glue_jobs.reports.answers import text_rows, typed_schema

SCHEMA = Schema(
    "labor_lake",
    {
        "series": {
            "series_id": "string",
            "year": "smallint",
            "month": "int",
            "big": "bigint",
            "value": "double",
            "rate": "decimal(38,6)",
            "price": "decimal(10,2)",
            "released": "date",
            "retrieved": "timestamp",
            "final": "boolean",
            "months": "array<int>",
            "tags": "array<string>",
            "notes": "map<string,int>",
            "place": "struct<state:string,code:int>",
            "places": "array<struct<state:string,code:int>>",
        },
        "footnotes": {"series_id": "string", "code": "string"},
    },
)
_TABLES = (
    """CREATE TABLE series AS SELECT * FROM (VALUES
    ('A', 2020::SMALLINT, 7, 10::BIGINT, 2.5::DOUBLE, 1.5::DECIMAL(38, 6), 3.25::DECIMAL(10, 2),
     DATE '2018-01-31', TIMESTAMP '2018-01-31 10:00:00.25', true, [1, 2], ['x', 'y'],
     MAP {'k': 1}, {'state': 'OH', 'code': 39}, [{'state': 'OH', 'code': 39}]),
    ('B', 2021::SMALLINT, -7, 20::BIGINT, -2.5::DOUBLE, NULL, 0.10::DECIMAL(10, 2),
     DATE '2018-02-28', TIMESTAMP '2018-02-28 09:00:00', false, [3], [],
     MAP {'k': 2, 'l': 3}, {'state': 'NY', 'code': 36}, NULL)
    ) AS t(series_id, year, month, big, value, rate, price, released, retrieved, final, months,
           tags, notes, place, places)""",
    "CREATE TABLE footnotes AS SELECT * FROM (VALUES ('A', 'p'), ('C', 'r')) AS t(series_id, code)",
)


def connection() -> Any:
    """A DuckDB connection as the engine has it, with two small tables."""
    made = duckdb.connect()
    for statement in (*SESSION_SETTINGS, *_TABLES):
        made.execute(statement)
    return made


_CONNECTION = connection()


def ask(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """The rows for a query of Athena, once their types are seen to be Athena's."""
    translation = translate(sql, SCHEMA)
    values = dict(zip(translation.parameters, parameters))
    cursor = _CONNECTION.execute(translation.sql, values)
    names = [column[0] for column in cursor.description]
    told = translation.types
    assert list(told) == list(dict.fromkeys(names))
    for name, kind in (column[:2] for column in cursor.description):
        if names.count(name) == 1:
            assert _bare(parse_type(str(kind))) == _bare(parse_type(told[name])), (sql, name)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def value(expression: str, source: str = "") -> Any:
    """What one expression gives, over the first series if it names a column."""
    rows = ask(f"SELECT {expression} {source}")
    assert len(rows) == 1
    return rows[0][0]


def shown(expression: str, source: str = "") -> tuple[str, str]:
    """Athena's type of one expression, and its value as it is printed."""
    translation = translate(f"SELECT {expression} {source}", SCHEMA)
    relation = _CONNECTION.sql(translation.sql)
    read = getattr(relation, "to_arrow_reader", None) or relation.fetch_record_batch
    reader = read(100)  # DuckDB 1.4 has the older name alone
    schema = typed_schema(reader.schema, translation.columns, translation.zones)
    _, ((text,),) = text_rows(reader.read_all().cast(schema))
    ((_, kind),) = translation.columns
    return kind, text


def failure(sql: str) -> str:
    """What DuckDB says when the translated query fails, as it must."""
    with pytest.raises(duckdb.Error) as raised:
        ask(sql)
    return str(raised.value)


def refusal(sql: str) -> str:
    """What the translation says when it refuses, as it must; its kind goes with what it says."""
    with pytest.raises(AthenaSQLError) as raised:
        translate(sql, SCHEMA)
    said = str(raised.value)
    assert raised.value.line >= (1 if sql.strip() else 0)
    if said.startswith("Athena "):
        assert isinstance(raised.value, InvalidSQL)
    if said.startswith("The local engine does not"):
        assert isinstance(raised.value, UnsupportedSQL)
    return said


def moment(text: str) -> datetime:
    """A timestamp without a zone, as DuckDB gives it."""
    return datetime.fromisoformat(text)


def _bare(kind: AthenaType) -> AthenaType:
    """A type without what DuckDB does not keep: lengths, precisions, what a null is."""
    if kind.name in ("array", "map"):
        return AthenaType(kind.name, tuple(_bare(part) for part in kind.arguments))
    if kind.name == "row":
        return AthenaType("row", tuple(("", _bare(part)) for _, part in kind.arguments))
    if kind.name == "decimal":
        return AthenaType("decimal", kind.arguments[1:])
    if kind.name == "unknown":
        return AthenaType("integer")
    return AthenaType("interval" if kind.name in INTERVALS else kind.name)


A = "FROM series WHERE series_id = 'A'"
B = "FROM series WHERE series_id = 'B'"


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("sum(month)", "bigint"),
        ("sum(year)", "bigint"),
        ("sum(price)", "decimal(38,2)"),
        ("sum(value)", "double"),
        ("avg(month)", "double"),
        ("avg(price)", "decimal(10,2)"),
        ("count(*)", "bigint"),
        ("max(series_id)", "varchar"),
        ("year + 1", "integer"),
        ("month + big", "bigint"),
        ("price * 2", "decimal(20,2)"),
        ("price + rate", "decimal(38,6)"),
        ("retrieved", "timestamp(3)"),
        ("months", "array(integer)"),
    ],
)
def test_types_are_athena_s(expression, kind):
    suffix = " GROUP BY year, month, big, price, rate, retrieved, months"
    assert list(translate(f"SELECT {expression} FROM series{suffix}", SCHEMA).types.values()) == [
        kind
    ]


@pytest.mark.parametrize(
    "name",
    [
        "footnotes",
        "labor_lake.footnotes",
        "awsdatacatalog.labor_lake.footnotes",
        '"Labor_Lake"."FOOTNOTES"',
    ],
)
def test_the_lake_s_own_database_and_catalog_may_be_said(name):
    assert ask(f"SELECT code FROM {name} WHERE footnotes.series_id = 'A'") == [("p",)]


def test_the_database_is_a_parameter():
    other = Schema("other", {"footnotes": {"code": "string"}})
    assert '"footnotes"' in translate("SELECT code FROM other.footnotes", other).sql


def test_another_database_is_refused():
    message = refusal("SELECT code FROM other.footnotes")
    assert message == "There is no database other here; this one is labor_lake."


@pytest.mark.parametrize("column", ["$path", "$file_size", "$file_modified_time"])
def test_hidden_columns_are_refused(column):
    assert (
        refusal(f'SELECT "{column}" FROM series')
        == f'The local engine has no hidden column "{column}".'
    )


def test_a_hidden_table_is_refused():
    assert 'no hidden table "series$partitions"' in refusal('SELECT * FROM "series$partitions"')


def test_parameters_survive_in_their_order():
    rows = ask("SELECT series_id FROM series WHERE month > ? AND price < ? LIMIT 5", -10, 1)
    assert rows == [("B",)]


def test_a_view_is_created_under_its_bare_name():
    made = translate(
        "CREATE OR REPLACE VIEW labor_lake.v AS SELECT count(*) AS n FROM series;", SCHEMA
    )
    assert (
        made.sql == 'CREATE OR REPLACE VIEW "v" AS SELECT COUNT(*) AS "n" FROM "series" AS "series"'
    )


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", set()),
        (
            "SELECT * FROM labor_lake.Series s JOIN footnotes f ON s.series_id = f.series_id",
            {"series", "footnotes"},
        ),
        ("WITH a AS (SELECT * FROM series), b AS (SELECT * FROM a) SELECT * FROM b", {"series"}),
        ("WITH series AS (SELECT * FROM series) SELECT * FROM series", {"series"}),
        ("WITH a AS (SELECT 1) SELECT * FROM labor_lake.a", {"a"}),
        (
            "SELECT (SELECT max(code) FROM footnotes) FROM series WHERE 1 IN (SELECT 1 FROM v)",
            {"series", "footnotes", "v"},
        ),
        ("CREATE OR REPLACE VIEW v AS SELECT * FROM series", {"series"}),
        ("SELECT * FROM UNNEST(ARRAY[1]) AS t(x)", set()),
        ("SHOW TABLES", set()),
    ],
)
def test_table_references(sql, expected):
    assert table_references(sql, "labor_lake") == expected


@pytest.mark.parametrize(
    ("duckdb_name", "athena_name"),
    [
        ("VARCHAR", "string"),
        ("INTEGER", "int"),
        ("SMALLINT", "smallint"),
        ("FLOAT", "float"),
        ("DECIMAL(38,6)", "decimal(38,6)"),
        ("TIMESTAMP", "timestamp"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp with time zone"),
        ("INTEGER[]", "array<int>"),
        ("MAP(VARCHAR, BIGINT)", "map<string,bigint>"),
        ('STRUCT(a INTEGER, "b c" VARCHAR[])', "struct<a:int,b c:array<string>>"),
        ("BLOB", "binary"),
    ],
)
def test_athena_type(duckdb_name, athena_name):
    assert athena_type(duckdb_name) == athena_name


def test_a_type_that_athena_does_not_have_is_refused():
    with pytest.raises(UnsupportedSQL, match="does not know the type UNION"):
        athena_type("UNION(a INTEGER)")
