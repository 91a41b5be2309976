"""The translation of a query: SELECT, set operations, VALUES, WITH.

Every SELECT gets a scope from its FROM; then each of its expressions is translated in it. Columns
are said with their relation and outputs with their Athena name (``_col0`` for one without), so that
DuckDB, which looks names up by rules of its own, has nothing left to decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from athena_sql.aggregate_calls import (
    condition_of,
    in_direction,
    named_window,
    ordered,
    read_star,
)
from athena_sql.comparisons import boolean
from athena_sql.errors import AthenaSQLError, InvalidSQL, UnsupportedSQL
from athena_sql.expressions import ExpressionTranslator
from athena_sql.guard import reads
from athena_sql.information import refuse_other_databases
from athena_sql.marks import note_place
from athena_sql.names import Columns, Relation, Scope
from athena_sql.nodes import (
    aliased,
    has_row,
    is_name,
    name,
    not_in_athena,
    type_of,
    typed,
    untranslated,
)
from athena_sql.parameters import placeholder
from athena_sql.refusals import refusal
from athena_sql.relations import (
    FromTranslator,
    alias_parts,
    table_alias,
    unwrapped,
    value_rows,
)
from athena_sql.types import NESTED, AthenaType, common_type, duckdb_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from athena_sql.schema import Schema

_CLAUSES = (*("expressions", "from_", "joins", "where", "group", "having", "windows", "distinct"),)
_TAIL = ("order", "limit", "offset", "with_")


class QueryTranslator:
    """Translates the queries of one statement."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def translate(self, query: exp.Expr, outside: Scope | None = None) -> tuple[exp.Expr, Columns]:
        """The DuckDB query, and the names and types of its columns.

        Args:
            query: as it was parsed; it is not changed.
            outside: the WITHs in sight, and in ``outer`` the query whose columns may be named.
        """
        try:
            return self._translate(query, outside or Scope({}))
        except AthenaSQLError as error:
            note_place(error, query)
            raise

    def _translate(self, query: exp.Expr, outside: Scope) -> tuple[exp.Expr, Columns]:
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
        return unwrapped(translated), [kind for _, kind in columns]

    def _withs(
        self, query: exp.Expr, outside: Scope
    ) -> tuple[exp.With | None, Mapping[str, Columns]]:
        node = query.args.get("with_")
        return (None, outside.ctes) if node is None else self._ctes(node, outside)

    @reads(exp.With, "expressions")
    def _ctes(self, node: exp.Expr, outside: Scope) -> tuple[exp.With, Mapping[str, Columns]]:
        ctes = dict(outside.ctes)
        translated = [self._cte(cte, ctes, outside.outer) for cte in node.expressions]
        return exp.With(expressions=translated), ctes

    @reads(exp.CTE, "this", "alias")
    def _cte(self, node: exp.Expr, ctes: dict[str, Columns], outer: Scope | None) -> exp.CTE:
        """One query of a WITH; those behind it can read it."""
        inner, columns = self.translate(node.this, Scope(ctes, outer))
        title, names = alias_parts(node.args["alias"])
        if names and len(names) != len(columns):
            raise InvalidSQL(f"{title} has {len(columns)} columns, not {len(names)}.")
        if names:
            columns = [(new, kind) for new, (_, kind) in zip(names, columns)]
        ctes[title] = columns
        return exp.CTE(this=inner, alias=table_alias(title, names))

    @reads(exp.Select, *_CLAUSES, *_TAIL)
    def _select(self, node: exp.Select, scope: Scope) -> tuple[exp.Expr, Columns]:
        if not node.expressions:
            raise InvalidSQL("A SELECT names at least one column.")
        expressions = ExpressionTranslator(scope, self._inner)
        select = exp.Select()
        refuse_other_databases(node, self._schema.database)
        if node.args.get("from_") is not None:
            relations = FromTranslator(self._schema, scope, expressions, self.translate)
            select.set("from_", relations.first(node.args["from_"]))
            select.set("joins", [relations.join(join) for join in node.args.get("joins") or ()])
        if node.args.get("where") is not None:
            condition = boolean(expressions, condition_of(node.args["where"]))
            select.set("where", exp.Where(this=condition))
        outputs = _projections(node, scope, expressions)
        select.set("expressions", [aliased(value, title) for title, value in outputs])
        outputs = [(title.lower(), value) for title, value in outputs]
        if node.args.get("distinct") is not None:
            select.set("distinct", _distinct(node.args["distinct"]))
        if node.args.get("group") is not None:
            select.set("group", _group(node.args["group"], expressions))
        if node.args.get("having") is not None:
            condition = boolean(expressions, condition_of(node.args["having"]))
            select.set("having", exp.Having(this=condition))
        windows = [named_window(expressions, part) for part in node.args.get("windows") or ()]
        select.set("windows", windows)
        _set_tail(select, node, expressions, outputs)
        return select, [(title, type_of(value)) for title, value in outputs]

    @reads((exp.Union, exp.Intersect, exp.Except), "this", "expression", "distinct", *_TAIL)
    def _set_operation(self, node: exp.SetOperation, scope: Scope) -> tuple[exp.Expr, Columns]:
        """UNION, INTERSECT, EXCEPT: like columns only; named as the first query names them."""
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
            if has_row(both) and duckdb_type(kind) != duckdb_type(other):
                # DuckDB would bring the fields of rows together by their names.
                raise untranslated(f"{node.key.upper()} of {kind} and {other}", hint="Cast one.")
            outputs.append((title, typed(exp.Column(this=name(title)), both)))
        result = type(node)(this=left, expression=right, distinct=bool(node.args.get("distinct")))
        expressions = ExpressionTranslator(Scope({}), self._inner)
        _set_tail(result, node, expressions, outputs)
        return result, [(title, type_of(value)) for title, value in outputs]

    @reads(exp.Subquery, "this", *_TAIL)
    def _bracketed(self, node: exp.Subquery, scope: Scope) -> tuple[exp.Expr, Columns]:
        inner, columns = self.translate(node.this, Scope(scope.ctes, scope.outer))
        result = exp.Subquery(this=inner)
        outputs = [(title, typed(exp.Column(this=name(title)), kind)) for title, kind in columns]
        _set_tail(result, node, ExpressionTranslator(Scope({}), self._inner), outputs)
        return result, columns

    @reads(exp.Values, "expressions", *_TAIL)
    def _values(self, node: exp.Values, scope: Scope) -> tuple[exp.Expr, Columns]:
        """VALUES as a query of its own: SELECT * FROM (VALUES ...), to name its columns."""
        rows, columns = value_rows(ExpressionTranslator(scope, self._inner), node)
        relation = Relation("_values", columns)
        values = exp.Values(
            expressions=rows, alias=table_alias("_values", [title for title, _ in columns])
        )
        inside = Scope(scope.ctes, None, [relation])
        outputs = inside.all_columns()
        select = exp.Select(expressions=[aliased(value, title) for title, value in outputs])
        select.set("from_", exp.From(this=values))
        _set_tail(select, node, ExpressionTranslator(inside, self._inner), outputs)
        return select, columns


@reads(exp.Distinct)
def _distinct(_: exp.Expr) -> exp.Distinct:
    return exp.Distinct()


def _projections(
    node: exp.Select, scope: Scope, expressions: ExpressionTranslator
) -> list[tuple[str, exp.Expr]]:
    """The output columns, * written out, each with the name that Athena gives it."""
    outputs: list[tuple[str, exp.Expr]] = []
    for item in node.expressions:
        if isinstance(item, exp.Star):
            read_star(item)
            outputs.extend(scope.all_columns())
        elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            outputs.extend(scope.all_columns(_starred_table(item)))
        elif isinstance(item, exp.Alias):
            outputs.append(_titled(item, expressions))
        else:
            value = expressions.visit(item)
            field = item.expression if isinstance(item, exp.Dot) else item
            named = is_name(item)
            outputs.append((field.name.lower() if named else f"_col{len(outputs)}", value))
    return outputs


@reads(exp.Column, "this", "table")
def _starred_table(node: exp.Expr) -> str:
    """The t of t.*."""
    read_star(node.this)
    return str(node.args["table"].name).lower()


@reads(exp.Alias, "this", "alias")
def _titled(node: exp.Expr, expressions: ExpressionTranslator) -> tuple[str, exp.Expr]:
    """An output with its name: x AS title."""
    return node.alias.lower(), expressions.visit(node.this)


@reads(exp.Group, "expressions", "all")
def _group(node: exp.Expr, expressions: ExpressionTranslator) -> exp.Group:
    """GROUP BY; ALL before columns says nothing, DISTINCT (``all=False``) drops equal sets."""
    if not node.expressions:
        raise untranslated("GROUP BY ALL", hint="Name the columns.")
    items = [_group_item(item, expressions, inside=False) for item in node.expressions]
    several = any(isinstance(item, _SETS) for item in items)
    if node.args.get("all") is False and several:
        raise untranslated(
            "GROUP BY DISTINCT with ROLLUP, CUBE or GROUPING SETS",
            hint="Write the sets that are wanted as GROUPING SETS.",
        )
    return exp.Group(expressions=items)


_SETS = (exp.Rollup, exp.Cube, exp.GroupingSets)


def _group_item(item: exp.Expr, expressions: ExpressionTranslator, *, inside: bool) -> exp.Expr:
    """A column, a number of one, ROLLUP, CUBE or GROUPING SETS. Athena knows no alias here."""
    if isinstance(item, (*_SETS, exp.Tuple)):
        return _grouping_set(item, expressions)
    if isinstance(item, exp.Paren):
        return exp.Paren(this=_group_item(_in_brackets(item), expressions, inside=inside))
    if isinstance(item, exp.Literal) and not item.is_string and item.name.isdigit():
        if inside:
            raise untranslated("a column's number inside ROLLUP, CUBE or GROUPING SETS")
        return exp.Literal.number(item.name)
    return expressions.visit(item)


@reads((*_SETS, exp.Tuple), "expressions")
def _grouping_set(item: exp.Expr, expressions: ExpressionTranslator) -> exp.Expr:
    parts = [_group_item(part, expressions, inside=True) for part in item.expressions]
    return type(item)(expressions=parts)


@reads(exp.Paren, "this")
def _in_brackets(node: exp.Expr) -> exp.Expr:
    inner: exp.Expr = node.this
    return inner


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
        result.set("offset", exp.Offset(expression=_rows(offset)))
    count = None if limit is None else _rows(limit)
    if count is not None:
        result.set("limit", exp.Limit(expression=count))


@reads(exp.Fetch, "direction", "count", "limit_options")
@reads((exp.Limit, exp.Offset), "expression")
def _rows(node: exp.Expr) -> exp.Expr | None:
    """The number in LIMIT, OFFSET or FETCH FIRST; None for LIMIT ALL."""
    if isinstance(node, exp.Fetch):
        if node.args.get("limit_options") is not None:
            _refuse_options(node.args["limit_options"])
        return _count(node.args.get("count") or exp.Literal.number(1))
    if isinstance(node, exp.Limit) and isinstance(node.expression, exp.Var):
        if node.expression.name.upper() != "ALL":
            raise untranslated(f"LIMIT {node.expression.name}")
        return None
    return _count(node.expression)


@reads(exp.LimitOptions, "rows", percent=False, with_ties=False)
def _refuse_options(_: exp.Expr) -> None:
    """FETCH FIRST n ROWS ONLY; WITH TIES and PERCENT are refused by the declaration."""


def _count(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Placeholder):
        return placeholder(node)
    if isinstance(node, exp.Literal) and node.name.isdigit() and not node.is_string:
        return exp.Literal.number(node.name)
    raise untranslated(f"{node.sql(dialect='trino')} as a number of rows")


@reads(exp.Order, "expressions")
def _order(
    node: exp.Expr,
    expressions: ExpressionTranslator,
    outputs: list[tuple[str, exp.Expr]],
    *,
    distinct: bool,
) -> exp.Order:
    """ORDER BY: an output column first, by name or number, then what FROM offers."""
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
        items.append(in_direction(item, exp.Literal.number(place + 1)))
    expressions.outputs = {}
    return exp.Order(expressions=items)


def _output_place(node: exp.Expr, titles: list[str]) -> int | None:
    """Which output column an item of ORDER BY names, counted from 0; None if it is none."""
    if isinstance(node, exp.Literal) and node.name.isdigit() and not node.is_string:
        place = int(node.name) - 1
        if not 0 <= place < len(titles):
            raise InvalidSQL(f"There is no column {node.name} to order by.")
        return place
    if isinstance(node, exp.Column) and not node.table and titles.count(node.name.lower()) == 1:
        return titles.index(_plain_name(node))
    return None


@reads(exp.Column, "this")
def _plain_name(node: exp.Expr) -> str:
    return str(node.name).lower()
