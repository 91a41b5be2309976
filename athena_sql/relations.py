"""The FROM clause: tables, subqueries, VALUES, UNNEST and joins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from sqlglot import exp

from athena_sql.comparisons import boolean, compare
from athena_sql.errors import InvalidSQL, UnsupportedSQL
from athena_sql.guard import reads
from athena_sql.information import information, is_information
from athena_sql.names import Columns, Relation, Scope, nearest
from athena_sql.nodes import (
    call,
    column,
    name,
    not_in_athena,
    number,
    together,
    type_of,
    typed,
    untranslated,
)
from athena_sql.refusals import refusal, unknown_function
from athena_sql.types import BIGINT, FLOATS, AthenaType, named_fields

if TYPE_CHECKING:
    from athena_sql.expressions import ExpressionTranslator
    from athena_sql.schema import Schema

QueryTranslation = Callable[[exp.Expr, Scope], tuple[exp.Expr, Columns]]

CATALOG = "awsdatacatalog"


def table_name(table: exp.Table, database: str) -> str:
    """The name of a table, without its database and catalog before it.

    Raises:
        UnsupportedSQL: it is in another database, or no table at all.
    """
    if not isinstance(table.this, exp.Identifier):
        called = table.this.name if isinstance(table.this, exp.Anonymous) else table.this.key
        raise unknown_function(called.lower(), "", known=False)
    catalog, named = table.catalog.lower(), table.db.lower()
    if catalog not in ("", CATALOG) or named not in ("", database):
        raise UnsupportedSQL(
            f"There is no database {'.'.join(part for part in (catalog, named) if part)} here"
            f"{f'; this one is {database}' if database else ''}.",
            hint=f"Write {table.name}.",
        )
    if "$" in table.name:
        raise UnsupportedSQL(
            f'The local engine has no hidden table "{table.name}".',
            hint="SHOW PARTITIONS lists a table's partitions.",
        )
    return table.name.lower()


class FromTranslator:
    """Translates the FROM clause of one SELECT and fills the scope with it."""

    def __init__(
        self,
        schema: Schema,
        scope: Scope,
        expressions: ExpressionTranslator,
        queries: QueryTranslation,
    ) -> None:
        self._schema = schema
        self._scope = scope
        self._expressions = expressions
        self._queries = queries

    @reads(exp.From, "this")
    def first(self, node: exp.Expr) -> exp.From:
        """FROM with its first relation."""
        relation, translated = self._relation(node.this, lateral=False)
        self._scope.add(relation)
        return exp.From(this=translated)

    @reads(exp.Join, "this", "kind", "side", "on", "using", "method")
    def join(self, node: exp.Expr) -> exp.Join:
        """A further relation, with what it is joined by."""
        kind, side = str(node.args.get("kind") or ""), str(node.args.get("side") or "")
        if node.args.get("method") or kind not in ("", "INNER", "OUTER", "CROSS"):
            raise UnsupportedSQL(
                f"The local engine does not translate {node.args.get('method') or kind} JOIN.",
                hint="Write JOIN ... ON or USING.",
            )
        _refuse_condition(node)
        relation, translated = self._relation(node.this, lateral=True)
        join = exp.Join(this=translated, kind=kind or None, side=side or None)
        using = [part.name.lower() for part in node.args.get("using") or ()]
        if using:
            join.set("using", [name(part) for part in using])
            self._merge(using, relation, side)
        else:
            self._scope.add(relation)
        if node.args.get("on") is not None:
            join.set("on", boolean(self._expressions, node.args["on"]))
        return join

    def _merge(self, using: list[str], relation: Relation, side: str) -> None:
        """USING makes one column of two: of the side that has it where the other may not."""
        merged = {}
        for key in using:
            left = self._scope.column([key])
            right = next(
                (column(relation.alias, *part) for part in relation.columns if part[0] == key), None
            )
            if right is None:
                raise InvalidSQL(f"There is no column {key} in {relation.alias} to join by.")
            compare(exp.EQ, left, right)
            (left, right), kind = together([left, right], "USING")
            if kind.name in FLOATS:
                raise UnsupportedSQL("The local engine does not join by doubles with USING.")
            both = {"RIGHT": right, "FULL": call("coalesce", kind, left, right)}
            merged[key] = both.get(side, left)
        for other in (*self._scope.relations, relation):
            other.columns = [part for part in other.columns if part[0] not in using]
        self._scope.add(relation)
        self._scope.merged = {
            **merged,
            **{k: v for k, v in self._scope.merged.items() if k not in merged},
        }

    def _relation(self, node: exp.Expr, *, lateral: bool) -> tuple[Relation, exp.Expr]:
        if isinstance(node, exp.Table):
            return self._table(node)
        if isinstance(node, exp.Subquery):
            return self._subquery(node)
        if isinstance(node, exp.Values):
            return self._values(node)
        if isinstance(node, exp.Unnest):
            return self._unnest(node, lateral=lateral)
        if isinstance(node, exp.Lateral):
            return self._lateral(node)
        raise refusal(node)

    def _alias(self, node: exp.Expr) -> tuple[str, list[str]]:
        """The alias and its column names; made up where there is none, to say columns with."""
        alias = node.args.get("alias")
        given, names = ("", []) if alias is None else alias_parts(alias)
        return given or f"_relation{len(self._scope.relations) + 1}", names

    @reads(exp.Table, "this", "db", "catalog", "alias")
    def _table(self, node: exp.Table) -> tuple[Relation, exp.Expr]:
        if is_information(node):
            return self._information(node)
        wanted = table_name(node, self._schema.database)
        columns: Columns | None = None if node.db else _copied(self._scope.ctes.get(wanted))
        if columns is None and wanted in self._schema:
            columns = self._schema.columns(wanted)
        if columns is None:
            raise InvalidSQL(
                f"There is no table or view {wanted}.",
                hint=nearest(wanted, self._schema) or "SHOW TABLES lists them.",
                word=wanted,
            )
        alias, names = self._alias(node) if node.args.get("alias") else (wanted, [])
        relation = Relation(alias, _renamed(columns, names, alias))
        is_cte = not node.db and wanted in self._scope.ctes
        if not is_cte and wanted in self._schema and not names:
            relation.hidden = self._schema.hidden(wanted)
        return relation, exp.Table(this=name(wanted), alias=table_alias(alias, names))

    @reads(exp.Table, "this", "db", "catalog", "alias")
    def _information(self, node: exp.Table) -> tuple[Relation, exp.Expr]:
        """A table of information_schema, made of what the schema knows."""
        query, columns = information(self._schema, node.name.lower())
        alias, names = self._alias(node) if node.args.get("alias") else (node.name.lower(), [])
        relation = Relation(alias, _renamed(columns, names, alias))
        return relation, exp.Subquery(this=query, alias=table_alias(alias, names))

    @reads(exp.Subquery, "this", "alias")
    def _subquery(self, node: exp.Subquery) -> tuple[Relation, exp.Expr]:
        if not isinstance(node.this, exp.Query):
            raise UnsupportedSQL("The local engine does not translate a join in brackets.")
        alias, names = self._alias(node)
        query, columns = self._queries(node.this, Scope(self._scope.ctes, self._scope.outer))
        relation = Relation(alias, _renamed(columns, names, alias))
        return relation, exp.Subquery(this=query, alias=table_alias(alias, names))

    @reads(exp.Lateral, "this", "alias", view=False, outer=False, ordinality=False)
    def _lateral(self, node: exp.Lateral) -> tuple[Relation, exp.Expr]:
        """LATERAL (SELECT ...): it may name what stands before it."""
        if not isinstance(node.this, exp.Subquery):
            raise refusal(node)
        alias, names = self._alias(node)
        query, columns = self._queries(node.this, Scope(self._scope.ctes, self._scope))
        query = unwrapped(query)
        relation = Relation(alias, _renamed(columns, names, alias))
        translated = exp.Lateral(this=exp.Subquery(this=query), alias=table_alias(alias, names))
        return relation, translated

    @reads(exp.Values, "expressions", "alias")
    def _values(self, node: exp.Values) -> tuple[Relation, exp.Expr]:
        alias, names = self._alias(node)
        rows, columns = value_rows(self._expressions, node)
        columns = _renamed(columns, names, alias)
        translated = exp.Values(
            expressions=rows, alias=table_alias(alias, [part[0] for part in columns])
        )
        return Relation(alias, columns), translated

    @reads(exp.Unnest, "expressions", "alias", "offset")
    def _unnest(self, node: exp.Unnest, *, lateral: bool) -> tuple[Relation, exp.Expr]:
        """UNNEST of arrays, of an array of rows and of maps, side by side, the shorter ones padded.

        DuckDB unnests in a SELECT, each list by its own UNNEST, and pads them alike.
        """
        alias, names = self._alias(node)
        lists: list[tuple[exp.Expr, AthenaType]] = []
        lengths = []
        for part in node.expressions:
            value = self._expressions.visit(part)
            pieces = _unnested(value)
            lists.extend(pieces)
            lengths.append(
                call("coalesce", BIGINT, call("len", BIGINT, pieces[0][0].copy()), number(0))
            )
        columns = [(f"_col{i}", kind) for i, (_, kind) in enumerate(lists)]
        if node.args.get("offset"):
            longest = call("greatest", BIGINT, *lengths)
            lists.append((call("generate_series", BIGINT, number(1), longest), BIGINT))
            ordinal = node.args["offset"]
            columns.append(("ordinality", BIGINT))
            names = [*names, ordinal.name.lower()] if isinstance(ordinal, exp.Identifier) else names
        columns = _renamed(columns, names, alias)
        selected = [
            exp.alias_(exp.Anonymous(this="unnest", expressions=[values]), title, quoted=True)
            for (values, _), (title, _) in zip(lists, columns)
        ]
        query = exp.Subquery(this=exp.Select(expressions=selected))
        if lateral:
            return Relation(alias, columns), exp.Lateral(this=query, alias=table_alias(alias, []))
        query.set("alias", table_alias(alias, []))
        return Relation(alias, columns), query


def _refuse_condition(node: exp.Expr) -> None:
    """Joins of which DuckDB takes a condition that Athena does not."""
    on = node.args.get("on")
    conditioned = on is not None or bool(node.args.get("using"))
    if node.args.get("kind") == "CROSS" and conditioned:
        raise untranslated("CROSS JOIN with ON or USING")
    if isinstance(node.this, exp.Unnest) and conditioned:
        if not (isinstance(on, exp.Boolean) and on.this):
            raise untranslated("a join with UNNEST on anything but TRUE")
        if node.args.get("side") in ("RIGHT", "FULL"):
            raise untranslated("RIGHT and FULL JOIN with UNNEST")


@reads(exp.TableAlias, "this", "columns")
def alias_parts(node: exp.Expr) -> tuple[str, list[str]]:
    """The name that an alias gives, and its column names."""
    return node.name.lower(), [part.name.lower() for part in node.args.get("columns") or ()]


def unwrapped(query: exp.Expr) -> exp.Expr:
    """A query without the brackets around the whole of it, for where brackets follow anyway."""
    while isinstance(query, exp.Subquery) and set(query.args) == {"this"}:
        query = query.this
    return query


def _copied(columns: Columns | None) -> Columns | None:
    return None if columns is None else list(columns)


def _renamed(columns: Columns, names: list[str], alias: str) -> Columns:
    if names and len(names) != len(columns):
        raise InvalidSQL(f"{alias} has {len(columns)} columns, but {len(names)} names for them.")
    return [(new, kind) for new, (_, kind) in zip(names, columns)] if names else columns


def table_alias(alias: str, names: list[str]) -> exp.TableAlias:
    """AS alias (names)."""
    return exp.TableAlias(this=name(alias), columns=[name(part) for part in names])


def value_rows(expressions: ExpressionTranslator, node: exp.Expr) -> tuple[list[exp.Expr], Columns]:
    """The rows of a VALUES, every column of one type, and its columns' types."""
    rows = [[expressions.visit(value) for value in _row_values(row)] for row in node.expressions]
    if any(len(row) == 1 and type_of(row[0]).name == "row" for row in rows):
        raise untranslated("VALUES of a row, which has a column for each field", hint="Drop ROW.")
    if len({len(row) for row in rows}) != 1:
        raise not_in_athena("VALUES with rows of different lengths")
    together_by_column = [together(list(values), "VALUES") for values in zip(*rows)]
    columns = [(f"_col{i}", kind) for i, (_, kind) in enumerate(together_by_column)]
    tuples: list[exp.Expr] = [
        exp.Tuple(expressions=list(values))
        for values in zip(*(values for values, _ in together_by_column))
    ]
    return tuples, columns


@reads(exp.Tuple, "expressions")
def _row_values(row: exp.Expr) -> list[exp.Expr]:
    values: list[exp.Expr] = row.expressions
    return values


def _unnested(value: exp.Expr) -> list[tuple[exp.Expr, AthenaType]]:
    """The lists that an array or map is unnested as, each with its elements' type."""
    kind = type_of(value)
    if kind.name == "map":
        return [
            (call(function, kind, value.copy()), part)
            for function, part in zip(("map_keys", "map_values"), kind.arguments)
        ]
    if kind.name != "array":
        raise untranslated(f"UNNEST of {kind}")
    (element,) = kind.arguments
    if element.name != "row":
        return [(value, element)]
    parameter = typed(exp.Column(this=name("unnested")), element)
    return [
        (
            call(
                "list_transform",
                AthenaType("array", (part,)),
                value.copy(),
                exp.Lambda(
                    this=call("struct_extract", part, parameter.copy(), exp.Literal.string(field)),
                    expressions=[name("unnested")],
                ),
            ),
            part,
        )
        for field, (_, part) in named_fields(element)
    ]
