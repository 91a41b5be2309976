"""information_schema: which tables and columns there are, as a query reads it.

Athena knows of every database in its catalog, a ``Schema`` of one. So a query has to ask for that
one, ``WHERE table_schema = '...'``, and its answer is complete.
Source: a real Trino 476 (2026-11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from athena_sql.errors import UnsupportedSQL
from athena_sql.nodes import aliased, call, name, number, plain_cast, text, untranslated
from athena_sql.types import BIGINT, VARCHAR, AthenaType, parse_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from athena_sql.names import Columns
    from athena_sql.schema import Schema

_SCHEMA = "information_schema"
_CATALOG = "awsdatacatalog"
_OF_A_TABLE = ("table_catalog", "table_schema", "table_name")
_COLUMNS: dict[str, tuple[tuple[str, AthenaType], ...]] = {
    "tables": tuple((title, VARCHAR) for title in (*_OF_A_TABLE, "table_type")),
    "columns": (
        *((title, VARCHAR) for title in (*_OF_A_TABLE, "column_name")),
        ("ordinal_position", BIGINT),
        *((title, VARCHAR) for title in ("column_default", "is_nullable", "data_type")),
    ),
}
# One text holds all rows: DuckDB reads it at once, where thousands of VALUES take it long.
_BETWEEN_ROWS, _BETWEEN_CELLS = "\x1e", "\x1f"


def is_information(table: exp.Expr) -> bool:
    """Whether a table of a FROM is one of information_schema."""
    return isinstance(table, exp.Table) and table.db.lower() == _SCHEMA


def information(schema: Schema, table: str) -> tuple[exp.Expr, Columns]:
    """The DuckDB query that stands for such a table, and its columns.

    Raises:
        UnsupportedSQL: it is not made here.
    """
    if table not in _COLUMNS:
        raise untranslated(f"{_SCHEMA}.{table}", hint="Use information_schema.tables or .columns.")
    if table not in schema.remembered:
        rows = _tables(schema) if table == "tables" else _columns(schema)
        schema.remembered[table] = _BETWEEN_ROWS.join(map(_BETWEEN_CELLS.join, rows))
    rows_of_text = call("string_split", VARCHAR, text(schema.remembered[table]), _mark(30))
    row = call("unnest", VARCHAR, rows_of_text)
    cells = aliased(call("string_split", VARCHAR, row, _mark(31)), "cells")
    several = exp.GT(this=call("len", BIGINT, exp.Column(this=name("cells"))), expression=number(1))
    query = exp.Select(
        expressions=[_cell(place, *one) for place, one in enumerate(_COLUMNS[table], 1)],
        where=exp.Where(this=several),
    )
    inner = exp.Subquery(this=exp.Select(expressions=[cells]), alias=exp.TableAlias(this=name("t")))
    query.set("from_", exp.From(this=inner))
    return query, list(_COLUMNS[table])


def _mark(code: int) -> exp.Expr:
    return call("chr", VARCHAR, number(code))


def _cell(place: int, title: str, kind: AthenaType) -> exp.Expr:
    cell = call("list_extract", VARCHAR, exp.Column(this=name("cells")), number(place))
    value = call("nullif", VARCHAR, cell, text(""))
    return aliased(value if kind == VARCHAR else plain_cast(value, kind), title)


def _tables(schema: Schema) -> Iterator[tuple[str, ...]]:
    for table, is_view in sorted(schema.listed().items()):
        yield _CATALOG, schema.database, table, "VIEW" if is_view else "BASE TABLE"


def _columns(schema: Schema) -> Iterator[tuple[str, ...]]:
    kinds: dict[str, str] = {}
    # One that turns out not to be readable has no columns.
    for table in (one for one in sorted(schema) if one in schema):
        for place, (title, written) in enumerate(schema.written(table).items(), 1):
            if written not in kinds:
                kinds[written] = str(parse_type(written))
            name_and_place = title.lower(), str(place)
            yield _CATALOG, schema.database, table, *name_and_place, "", "YES", kinds[written]


def refuse_other_databases(select: exp.Select, database: str) -> None:
    """Refuses a SELECT from information_schema that asks for more than the one database.

    Raises:
        UnsupportedSQL: it does, or may do.
    """
    joins = (join.this for join in select.args.get("joins") or ())
    relations = [part.this for part in (select.args.get("from_"),) if part is not None]
    asked = [part for part in (*relations, *joins) if is_information(part)]
    if not asked:
        return
    where = select.args.get("where")
    wanted = dict(_asked_databases(where.this)) if where is not None else {}
    for table in asked:
        named = wanted.get(table.alias_or_name.lower(), wanted.get("") if len(asked) == 1 else None)
        if named != database:
            raise UnsupportedSQL(
                "The local engine knows one database, and information_schema tells of all.",
                hint=f"Write WHERE table_schema = '{database}'.",
            )


def _asked_databases(condition: exp.Expr) -> Iterator[tuple[str, str]]:
    """The relations for which a condition names the database, each with it."""
    if isinstance(condition, (exp.And, exp.Paren)):
        for child in condition.iter_expressions():
            yield from _asked_databases(child)
    if isinstance(condition, exp.EQ):
        for one, other in ((condition.left, condition.right), (condition.right, condition.left)):
            constant = isinstance(other, exp.Literal) and other.is_string
            if isinstance(one, exp.Column) and one.name.lower() == "table_schema" and constant:
                yield one.table.lower(), other.name
