"""One statement of Athena, said in DuckDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

from athena_sql.deep import refuse_tall, with_room
from athena_sql.errors import AthenaSQLError, UnsupportedSQL
from athena_sql.guard import refuse_unread
from athena_sql.headings import headings
from athena_sql.information import is_information
from athena_sql.marks import mark_place
from athena_sql.nodes import name
from athena_sql.queries import QueryTranslator
from athena_sql.relations import table_name
from athena_sql.statements import CreateView, Query, Show, parse
from athena_sql.types import ZONED, AthenaType
from athena_sql.zones import UTC, refuse_hidden_zone, zone_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from athena_sql.schema import Schema


@dataclass(frozen=True)
class Translation:
    """A statement of Athena, said in DuckDB.

    Attributes:
        sql: one DuckDB statement; it means what it says only on a connection that has run
            ``SESSION_SETTINGS``, or ``SETTINGS`` and ``macros_in([sql])``. Its columns are in
            lower case, ``_col0`` where one has no name.
        columns: the names of its answer, as they were written, with Athena's names of their types;
            ``unknown`` is that of a bare parameter or null. Two may bear one name.
        parameters: the names that the values of its ``?`` are bound by, in their order.
        zones: for each column the zone in which its timestamps are shown, where that is not UTC;
            else an empty text. DuckDB gives the moments alone.
        tables: the tables and views that it reads, in lower case.
    """

    sql: str
    columns: tuple[tuple[str, str], ...]
    parameters: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    tables: frozenset[str] = frozenset()

    @property
    def types(self) -> Mapping[str, str]:
        """The types by column, in lower case: a view's part of a schema."""
        return {title.lower(): kind for title, kind in self.columns}


@with_room
def translate(statement: str | Query | CreateView | Show, schema: Schema) -> Translation:
    """The DuckDB statement that answers a statement of Athena as Athena would.

    Args:
        statement: one query, or one CREATE [OR REPLACE] VIEW, as text or parsed.
        schema: every table and view that it may read.

    Raises:
        UnsupportedSQL: a construct has no faithful translation; the message names it.
        InvalidSQL: the statement is wrong in Athena too: syntax, an unknown table or column.
    """
    parsed = parse(statement) if isinstance(statement, str) else statement
    if isinstance(parsed, Show):
        error = UnsupportedSQL("SHOW and DESCRIBE are answered by the catalog, not by SQL.")
        mark_place(error, statement if isinstance(statement, str) else "")
        raise error
    try:
        return _translated(parsed, schema)
    except AthenaSQLError as error:
        mark_place(error, parsed.sql)
        raise


def _translated(statement: Query | CreateView, schema: Schema) -> Translation:
    tree, columns = QueryTranslator(schema).translate(statement.tree)
    refuse_unread(statement.tree)
    zones = tuple(_shown_zone(title, kind) for title, kind in columns)
    if isinstance(statement, CreateView):
        if any(map(is_information, statement.tree.find_all(exp.Table))):
            raise UnsupportedSQL(
                "The local engine does not keep information_schema in a view.",
                hint="It would tell of the tables that there are now.",
            )
        if any(zones):
            raise UnsupportedSQL(
                "The local engine does not keep a zone in a view.",
                hint="Cast it to timestamp, or take AT TIME ZONE in the queries.",
            )
        view = exp.Table(this=name(table_name(statement.table, schema.database)))
        tree = exp.Create(this=view, kind="VIEW", replace=statement.replace, expression=tree)
    refuse_tall(tree)
    try:
        sql = tree.sql(
            dialect="duckdb",
            copy=False,
            unsupported_level=ErrorLevel.RAISE,
            normalize_functions=False,
        )
    except SqlglotError as error:
        raise UnsupportedSQL(f"The local engine cannot say this in DuckDB: {error}") from error
    titles = headings(statement.tree, [title for title, _ in columns], schema)
    types = (str(kind) for _, kind in columns)
    tables = frozenset(_references(statement.tree, frozenset(), schema.database))
    return Translation(sql, tuple(zip(titles, types)), statement.parameters, zones, tables)


def _shown_zone(title: str, kind: AthenaType) -> str:
    refuse_hidden_zone(title, kind)
    zone = zone_of(kind) if kind.name == ZONED else UTC
    return "" if zone == UTC else zone


@with_room
def table_references(sql: str, database: str = "") -> set[str]:
    """The tables and views that a query or a view's definition reads.

    Args:
        sql: one query, or one CREATE [OR REPLACE] VIEW.
        database: as in a ``Schema``.

    Returns:
        Lower-case names without the database; names of WITH are not among them.

    Raises:
        UnsupportedSQL: it reads something that is no table of the database.
        InvalidSQL: it is no statement of Athena.
    """
    statement = parse(sql)
    if isinstance(statement, Show):
        return set()
    return _references(statement.tree, frozenset(), database)


def _references(node: exp.Expr, ctes: frozenset[str], database: str) -> set[str]:
    """The tables below a node, given the WITHs in sight of it."""
    if isinstance(node, exp.Table):
        if is_information(node):
            return set()
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
