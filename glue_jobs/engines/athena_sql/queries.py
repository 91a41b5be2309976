"""The translation of a query: SELECT, set operations, VALUES, WITH.

Every SELECT gets a scope from its FROM; then each of its expressions is translated in it. Columns
are said with their relation and outputs with their Athena name (``_col0`` for one without), so that
DuckDB, which looks names up by rules of its own, has nothing left to decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from glue_jobs.engines.athena_sql.aggregates import named_window, ordered
from glue_jobs.engines.athena_sql.comparisons import boolean
from glue_jobs.engines.athena_sql.expressions import ExpressionTranslator
from glue_jobs.engines.athena_sql.names import Columns, Relation, Scope
from glue_jobs.engines.athena_sql.nodes import name, not_in_athena, type_of, typed
from glue_jobs.engines.athena_sql.parameters import placeholder
from glue_jobs.engines.athena_sql.refusals import refusal, refuse_other_parts
from glue_jobs.engines.athena_sql.relations import (
    FromTranslator,
    TypedSchema,
    table_alias,
    value_rows,
)
from glue_jobs.engines.athena_sql.types import NESTED, AthenaType, common_type
from glue_jobs.errors import UnsupportedSQL, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TAIL = ("order", "limit", "offset", "with_")


class QueryTranslator:
    """Translates the queries of one statement."""

    def __init__(self, schema: TypedSchema, database: str) -> None:
        self._schema = schema
        self._database = database

    def translate(self, query: exp.Expr, outside: Scope | None = None) -> tuple[exp.Expr, Columns]:
        """The DuckDB query, and the names and types of its columns.

        Args:
            query: as it was parsed; it is not changed.
            outside: the WITHs in sight, and in ``outer`` the query whose columns may be named.
        """
        outside = outside or Scope({})
        withs, ctes = self._withs(query, outside)
        inside = Scope(ctes, outside.outer)
        if isinstance(query, exp.Select):
            translated, columns = self._select(query, inside)
        elif isinstance(query, exp.SetOperation):
            translated, columns = self._set_operation(query, inside)
        elif isinstance(query, exp.Subquery):
            translated, columns = self._bracketed(query, inside)
        elif isinstance(query, exp.Values):
            translated, columns = self._values(query, inside)
        else:
            raise refusal(query)
        if withs is not None:
            translated.set("with_", withs)
        return translated, columns

    def _inner(self, query: exp.Expr, around: Scope) -> tuple[exp.Expr, list[AthenaType]]:
        """A query inside an expression, whose columns it may name."""
        translated, columns = self.translate(query, Scope(around.ctes, around))
        return _unwrapped(translated), [kind for _, kind in columns]

    def _withs(
        self, query: exp.Expr, outside: Scope
    ) -> tuple[exp.With | None, Mapping[str, Columns]]:
        node = query.args.get("with_")
        if node is None:
            return None, outside.ctes
        if node.args.get("recursive"):
            raise UnsupportedSQL(
                "The local engine does not translate WITH RECURSIVE: Athena stops after ten steps."
            )
        ctes = dict(outside.ctes)
        translated = []
        for cte in node.expressions:
            if not isinstance(cte, exp.CTE):
                raise refusal(cte)
            refuse_other_parts(cte, "this", "alias")
            inner, columns = self.translate(cte.this, Scope(ctes, outside.outer))
            alias = cte.args["alias"]
            names = [part.name.lower() for part in alias.args.get("columns") or ()]
            if names and len(names) != len(columns):
                raise UsageError(f"{alias.name} has {len(columns)} columns, not {len(names)}.")
            if names:
                columns = [(new, kind) for new, (_, kind) in zip(names, columns)]
            title = alias.name.lower()
            ctes[title] = columns
            translated.append(exp.CTE(this=inner, alias=table_alias(title, names)))
        return exp.With(expressions=translated), ctes

    def _select(self, node: exp.Select, scope: Scope) -> tuple[exp.Expr, Columns]:
        refuse_other_parts(
            node,
            *("expressions", "from_", "joins", "where", "group", "having", "windows", "distinct"),
            *_TAIL,
        )
        if not node.expressions:
            raise UsageError("A SELECT names at least one column.")
        expressions = ExpressionTranslator(scope, self._inner)
        select = exp.Select()
        if node.args.get("from_") is not None:
            relations = FromTranslator(
                self._schema, self._database, scope, expressions, self.translate
            )
            select.set("from_", relations.first(node.args["from_"]))
            select.set("joins", [relations.join(join) for join in node.args.get("joins") or ()])
        if node.args.get("where") is not None:
            select.set("where", exp.Where(this=boolean(expressions, node.args["where"].this)))
        outputs = _projections(node, scope, expressions)
        select.set(
            "expressions", [exp.alias_(value, title, quoted=True) for title, value in outputs]
        )
        if node.args.get("distinct") is not None:
            refuse_other_parts(node.args["distinct"])
            select.set("distinct", exp.Distinct())
        if node.args.get("group") is not None:
            select.set("group", _group(node.args["group"], expressions))
        if node.args.get("having") is not None:
            select.set("having", exp.Having(this=boolean(expressions, node.args["having"].this)))
        windows = [named_window(expressions, part) for part in node.args.get("windows") or ()]
        select.set("windows", windows)
        _set_tail(select, node, expressions, outputs)
        return select, [(title, type_of(value)) for title, value in outputs]

    def _set_operation(self, node: exp.SetOperation, scope: Scope) -> tuple[exp.Expr, Columns]:
        """UNION, INTERSECT, EXCEPT: like columns only; named as the first query names them."""
        refuse_other_parts(node, "this", "expression", "distinct", *_TAIL)
        left, columns = self.translate(node.this, Scope(scope.ctes, scope.outer))
        right, others = self.translate(node.expression, Scope(scope.ctes, scope.outer))
        if len(columns) != len(others):
            raise not_in_athena(f"{node.key.upper()} of {len(columns)} and {len(others)} columns")
        outputs: list[tuple[str, exp.Expr]] = []
        for (title, kind), (_, other) in zip(columns, others):
            both = common_type(kind, other)
            if both is None:
                raise not_in_athena(
                    f"{kind} and {other} in one column of {node.key.upper()}", hint="Cast one."
                )
            outputs.append((title, typed(exp.Column(this=name(title)), both)))
        result = type(node)(this=left, expression=right, distinct=bool(node.args.get("distinct")))
        expressions = ExpressionTranslator(Scope({}), self._inner)
        _set_tail(result, node, expressions, outputs)
        return result, [(title, type_of(value)) for title, value in outputs]

    def _bracketed(self, node: exp.Subquery, scope: Scope) -> tuple[exp.Expr, Columns]:
        refuse_other_parts(node, "this", *_TAIL)
        inner, columns = self.translate(node.this, Scope(scope.ctes, scope.outer))
        result = exp.Subquery(this=inner)
        outputs = [(title, typed(exp.Column(this=name(title)), kind)) for title, kind in columns]
        _set_tail(result, node, ExpressionTranslator(Scope({}), self._inner), outputs)
        return result, columns

    def _values(self, node: exp.Values, scope: Scope) -> tuple[exp.Expr, Columns]:
        """VALUES as a query of its own: SELECT * FROM (VALUES ...), to name its columns."""
        refuse_other_parts(node, "expressions", *_TAIL)
        rows, columns = value_rows(ExpressionTranslator(scope, self._inner), node)
        relation = Relation("_values", columns)
        values = exp.Values(
            expressions=rows, alias=table_alias("_values", [title for title, _ in columns])
        )
        inside = Scope(scope.ctes, None, [relation])
        outputs = inside.all_columns()
        select = exp.Select(
            expressions=[exp.alias_(value, title, quoted=True) for title, value in outputs]
        )
        select.set("from_", exp.From(this=values))
        _set_tail(select, node, ExpressionTranslator(inside, self._inner), outputs)
        return select, columns


def _unwrapped(query: exp.Expr) -> exp.Expr:
    """A query without the brackets around the whole of it, for where brackets follow anyway."""
    while isinstance(query, exp.Subquery) and set(query.args) == {"this"}:
        query = query.this
    return query


def _projections(
    node: exp.Select, scope: Scope, expressions: ExpressionTranslator
) -> list[tuple[str, exp.Expr]]:
    """The output columns, * written out, each with the name that Athena gives it."""
    outputs: list[tuple[str, exp.Expr]] = []
    for item in node.expressions:
        if isinstance(item, exp.Star):
            refuse_other_parts(item)
            outputs.extend(scope.all_columns())
        elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            refuse_other_parts(item.this)
            outputs.extend(scope.all_columns(item.table.lower()))
        elif isinstance(item, exp.Alias):
            outputs.append((item.alias.lower(), expressions.visit(item.this)))
        else:
            value = expressions.visit(item)
            field = item.expression if isinstance(item, exp.Dot) else item
            named = isinstance(item, (exp.Column, exp.Dot))
            outputs.append((field.name.lower() if named else f"_col{len(outputs)}", value))
    return outputs


def _group(node: exp.Expr, expressions: ExpressionTranslator) -> exp.Group:
    refuse_other_parts(node, "expressions")
    return exp.Group(expressions=[_group_item(item, expressions) for item in node.expressions])


def _group_item(item: exp.Expr, expressions: ExpressionTranslator) -> exp.Expr:
    """A column, a number of one, ROLLUP, CUBE or GROUPING SETS. Athena knows no alias here."""
    if isinstance(item, (exp.Rollup, exp.Cube, exp.GroupingSets, exp.Tuple)):
        parts = [_group_item(part, expressions) for part in item.expressions]
        return type(item)(expressions=parts)
    if isinstance(item, exp.Paren):
        return exp.Paren(this=_group_item(item.this, expressions))
    if isinstance(item, exp.Literal) and not item.is_string and item.name.isdigit():
        if not isinstance(item.parent, exp.Group):
            raise not_in_athena("a column's number inside ROLLUP, CUBE or GROUPING SETS")
        return exp.Literal.number(item.name)
    return expressions.visit(item)


def _set_tail(
    result: exp.Expr,
    node: exp.Expr,
    expressions: ExpressionTranslator,
    outputs: list[tuple[str, exp.Expr]],
) -> None:
    """ORDER BY, OFFSET and LIMIT."""
    if node.args.get("order") is not None:
        distinct = isinstance(node, exp.Select) and node.args.get("distinct") is not None
        result.set("order", _order(node.args["order"], expressions, outputs, distinct=distinct))
    offset, limit = node.args.get("offset"), node.args.get("limit")
    if offset is not None:
        refuse_other_parts(offset, "expression")
        result.set("offset", exp.Offset(expression=_count(offset.expression)))
    if isinstance(limit, exp.Fetch):
        refuse_other_parts(limit, "direction", "count", "limit_options")
        options = limit.args.get("limit_options")
        if options is not None:
            refuse_other_parts(options, "rows")
        count = limit.args.get("count") or exp.Literal.number(1)
        result.set("limit", exp.Limit(expression=_count(count)))
    elif limit is not None:
        refuse_other_parts(limit, "expression")
        if limit.expression.name.upper() != "ALL":
            result.set("limit", exp.Limit(expression=_count(limit.expression)))


def _count(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Placeholder):
        return placeholder(node)
    if isinstance(node, exp.Literal) and node.name.isdigit():
        return exp.Literal.number(node.name)
    raise not_in_athena(f"{node.sql(dialect='trino')} as a number of rows")


def _order(
    node: exp.Expr,
    expressions: ExpressionTranslator,
    outputs: list[tuple[str, exp.Expr]],
    *,
    distinct: bool,
) -> exp.Order:
    """ORDER BY: an output column first, by name or number, then what FROM offers."""
    refuse_other_parts(node, "expressions")
    titles = [title for title, _ in outputs]
    expressions.outputs = {title: value for title, value in outputs if titles.count(title) == 1}
    items = []
    for item in node.expressions:
        place = _output_place(item.this, titles)
        if place is None:
            (translated,) = ordered(expressions, exp.Order(expressions=[item]))
            if distinct and translated.this not in [value for _, value in outputs]:
                raise not_in_athena("SELECT DISTINCT with ORDER BY of what is not selected")
            items.append(translated)
            continue
        if type_of(outputs[place][1]).name in NESTED:
            raise UnsupportedSQL(f"The local engine does not order by the nested {titles[place]}.")
        items.append(
            exp.Ordered(
                this=exp.Literal.number(place + 1),
                desc=item.args.get("desc"),
                nulls_first=bool(item.args.get("nulls_first")),
            )
        )
    expressions.outputs = {}
    return exp.Order(expressions=items)


def _output_place(node: exp.Expr, titles: list[str]) -> int | None:
    """Which output column an item of ORDER BY names, counted from 0; None if it is none."""
    if isinstance(node, exp.Literal) and node.name.isdigit() and not node.is_string:
        place = int(node.name) - 1
        if not 0 <= place < len(titles):
            raise UsageError(f"There is no column {node.name} to order by.")
        return place
    if isinstance(node, exp.Column) and not node.table and titles.count(node.name.lower()) == 1:
        return titles.index(node.name.lower())
    return None
