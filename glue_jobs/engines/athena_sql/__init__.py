"""Athena SQL on DuckDB: one statement in, the DuckDB statement with the same answer out.

How a statement goes through:

1. ``parse`` tells what kind it is (``statements``). SHOW and DESCRIBE are small values that
   the engine answers from the catalog; what is neither a query nor a view is refused.
2. ``translate`` walks the query from the inside out. Each SELECT gets a scope from its FROM
   (``relations``, ``names``), then every expression in it is rebuilt for DuckDB
   (``expressions``), with its Athena type on it (``types``): the type decides what
   ``/`` means, or whether two things may be compared at all.
3. A construct is rebuilt only by a rewrite that knows it: operators (``operators``,
   ``comparisons``), casts (``casts``), functions of one line (``functions``)
   and of more (``special``, ``times``, ``regex``), aggregates
   (``aggregates``). What no rewrite knows is refused with its name (``refusals``), and so is
   whatever the rewrite of a node does not read (``guard``). Nothing gets through by looking alike.
4. DuckDB runs the result on a connection that has run ``SESSION_SETTINGS``: the settings and the
   macros that the translated text calls (``macros``).

What Athena refuses is mostly refused too, but not all of it: DuckDB is more generous with GROUP BY.

Known to differ, because the rewrite would cost more than it gives: NaN in ``min``, ``max`` and
``max_by`` (an error is not raised; DuckDB takes NaN for the greatest), the last digits of sums and
logarithms of doubles, which row ``arbitrary`` takes, and the order in which AND evaluates its sides
(``b <> 0 AND a / b > 1`` may fail where Athena happens not to; write a CASE or ``try``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

from glue_jobs.engines.athena_sql.deep import refuse_tall, with_room
from glue_jobs.engines.athena_sql.guard import refuse_unread
from glue_jobs.engines.athena_sql.headings import headings
from glue_jobs.engines.athena_sql.macros import SESSION_SETTINGS
from glue_jobs.engines.athena_sql.nodes import name
from glue_jobs.engines.athena_sql.queries import QueryTranslator
from glue_jobs.engines.athena_sql.relations import table_name
from glue_jobs.engines.athena_sql.statements import CreateView, Query, Statement, parse
from glue_jobs.engines.athena_sql.types import ZONED, athena_type, parse_type
from glue_jobs.errors import UnsupportedSQL

if TYPE_CHECKING:
    from glue_jobs.engines.athena_sql.names import Columns

__all__ = [
    "DATABASE",
    "SESSION_SETTINGS",
    "Schema",
    "Statement",
    "Translation",
    "athena_type",
    "output_types",
    "parse",
    "table_references",
    "translate",
    "translate_with_types",
]

# Table or view name -> column name -> Athena type, as the catalog spells it, in the table's order.
Schema = Mapping[str, Mapping[str, str]]

DATABASE = "labor_lake"


@dataclass(frozen=True)
class Translation:
    """A statement of Athena, said in DuckDB.

    Attributes:
        sql: one DuckDB statement.
        columns: the names, as they were written, and the types of its answer as Athena has them;
            two may bear one name.
    """

    sql: str
    columns: tuple[tuple[str, str], ...]


def translate(sql: str, schema: Schema, database: str = DATABASE) -> str:
    """The DuckDB statement that answers a statement of Athena as Athena would.

    Args:
        sql: one query, or one CREATE [OR REPLACE] VIEW. ``?`` stays what it is.
        schema: every table and view that it may read, with its columns in their order.
        database: the lake's name in the catalog; ``database.t`` and ``awsdatacatalog.database.t``
            are ``t``.

    Returns:
        One DuckDB statement. Its columns bear Athena's names in lower case, ``_col0`` for one
        without. It means what it says only on a connection that has run ``SESSION_SETTINGS``.

    Raises:
        UnsupportedSQL: a construct has no faithful translation; the message names it.
        UsageError: the statement is wrong in Athena too: syntax, an unknown table or column.
    """
    return translate_with_types(sql, schema, database).sql


@with_room
def translate_with_types(sql: str, schema: Schema, database: str = DATABASE) -> Translation:
    """The same with the columns of the answer; arguments and errors are those of ``translate``."""
    statement = parse(sql)
    tree, columns = _translated(statement, schema, database)
    if isinstance(statement, CreateView):
        view = exp.Table(this=name(table_name(statement.table, database)))
        tree = exp.Create(this=view, kind="VIEW", replace=statement.replace, expression=tree)
    refuse_tall(tree)
    try:
        translated = tree.sql(
            dialect="duckdb",
            copy=False,
            unsupported_level=ErrorLevel.RAISE,
            normalize_functions=False,
        )
    except SqlglotError as error:
        raise UnsupportedSQL(f"The local engine cannot say this in DuckDB: {error}") from error
    names = [title for title, _ in columns]
    if isinstance(statement, Query):
        names = headings(statement.tree, names, schema)
    return Translation(translated, tuple(zip(names, (str(kind) for _, kind in columns))))


@with_room
def output_types(sql: str, schema: Schema, database: str = DATABASE) -> dict[str, str]:
    """The columns that a query or view gives, with Athena's names of their types.

    The arguments and errors are those of ``translate``. The type of a bare parameter or null is
    ``unknown``.
    """
    _, columns = _translated(parse(sql), schema, database)
    return {title: str(kind) for title, kind in columns}


def _translated(statement: Statement, schema: Schema, database: str) -> tuple[exp.Expr, Columns]:
    if not isinstance(statement, (Query, CreateView)):
        raise UnsupportedSQL(f"{type(statement).__name__} is answered by the catalog, not by SQL.")
    typed_schema = {
        table.lower(): {field.lower(): parse_type(kind) for field, kind in fields.items()}
        for table, fields in schema.items()
    }
    tree, columns = QueryTranslator(typed_schema, database).translate(statement.tree)
    refuse_unread(statement.tree)
    for title, kind in columns:
        if kind.name == ZONED and len(kind.arguments) > 1:
            raise UnsupportedSQL(
                f"The local engine does not show {title} in the zone {kind.arguments[1]}.",
                hint="Cast it to timestamp, or use date_format.",
            )
    return tree, columns


@with_room
def table_references(sql: str, database: str = DATABASE) -> set[str]:
    """The tables and views that a query or a view's definition reads.

    Args:
        sql: one query, or one CREATE [OR REPLACE] VIEW.
        database: the lake's name in the catalog.

    Returns:
        Lower-case names without the database; names of WITH are not among them.

    Raises:
        UnsupportedSQL: it reads something that is no table of the lake.
        UsageError: it is no statement of Athena.
    """
    statement = parse(sql)
    if not isinstance(statement, (Query, CreateView)):
        return set()
    return _references(statement.tree, frozenset(), database)


def _references(node: exp.Expr, ctes: frozenset[str], database: str) -> set[str]:
    """The tables below a node, given the WITHs in sight of it."""
    if isinstance(node, exp.Table):
        wanted = table_name(node, database)
        return set() if wanted in ctes and not node.db else {wanted}
    found: set[str] = set()
    withs = node.args.get("with_")
    for cte in withs.expressions if withs is not None else ():
        found |= _references(cte.this, ctes, database)
        ctes |= {cte.alias.lower()}
    for child in node.iter_expressions():
        if child is not withs:
            found |= _references(child, ctes, database)
    return found
