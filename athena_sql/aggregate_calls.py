"""Calls of aggregates and window functions, with what may stand in and around them.

DISTINCT and ORDER BY stand in one, FILTER, IGNORE NULLS and OVER around it; WITHIN GROUP is
listagg's alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from athena_sql.aggregates import AGGREGATES, WINDOW_FUNCTIONS
from athena_sql.comparisons import boolean
from athena_sql.errors import UnsupportedSQL
from athena_sql.folds import fold
from athena_sql.guard import reads
from athena_sql.nodes import (
    Rewrite,
    Translator,
    call,
    name,
    not_in_athena,
    text,
    type_of,
    typed,
    untranslated,
)
from athena_sql.refusals import unknown_function
from athena_sql.signatures import filled, match_arguments
from athena_sql.types import BIGINT, NESTED, VARCHAR, AthenaType, common_type

if TYPE_CHECKING:
    from collections.abc import Sequence

_FRAMES = ("ROWS", "RANGE", "GROUPS")
# Only this one answers otherwise when its input comes in another order.
_ORDERED = ("array_agg",)
# The window functions that look at the frame; Athena refuses one for the others.
_FRAMED = ("first_value", "last_value", "nth_value")
_NULL_TREATMENTS: dict[str, type[exp.Func]] = {
    "first_value": exp.FirstValue,
    "last_value": exp.LastValue,
    "nth_value": exp.NthValue,
    "lag": exp.Lag,
    "lead": exp.Lead,
}


@dataclass(frozen=True)
class _Call:
    """A call of an aggregate or window function, taken out of what stood around it.

    Attributes:
        inner: the call itself, as it was parsed.
        condition: of FILTER, translated.
        window: of OVER, translated.
        ignores_nulls: whether IGNORE NULLS was said.
    """

    inner: exp.Expr
    condition: exp.Expr | None
    window: exp.Expr | None
    ignores_nulls: bool

    @property
    def function(self) -> str:
        """The function's name."""
        return self.inner.name.lower()

    def over(self, called: exp.Expr) -> exp.Expr:
        """A DuckDB call with the same around it."""
        result, kind = called, type_of(called)
        if self.ignores_nulls:
            # sqlglot puts IGNORE NULLS where DuckDB wants it for functions that it knows.
            known = _NULL_TREATMENTS[self.function]
            result = exp.IgnoreNulls(this=known.from_arg_list(result.expressions))
        if self.condition is not None:
            result = exp.Filter(this=result, expression=exp.Where(this=self.condition.copy()))
        if self.window is not None:
            window = self.window.copy()
            window.set("this", result)
            result = window
        return typed(result, kind)


@reads(exp.Anonymous, "this", "expressions")
def aggregate(translator: Translator, node: exp.Expr) -> exp.Expr:
    """A call with nothing around it."""
    return _built(translator, _Call(node, None, None, ignores_nulls=False))


@reads(exp.Window, "this", "partition_by", "order", "spec", "alias", "over")
def over_window(translator: Translator, node: exp.Expr) -> exp.Expr:
    """f(x) OVER (...), with FILTER or IGNORE NULLS before it."""
    return _peeled(translator, node.this, _window(translator, node))


@reads((exp.IgnoreNulls, exp.RespectNulls), "this")
@reads(exp.Filter, "this", "expression")
def around(translator: Translator, node: exp.Expr) -> exp.Expr:
    """f(x) with FILTER or IGNORE NULLS, and no window."""
    return _peeled(translator, node, None)


def _peeled(translator: Translator, node: exp.Expr, window: exp.Expr | None) -> exp.Expr:
    """The call, taken out of what stands around it."""
    condition, ignores_nulls = None, isinstance(node, exp.IgnoreNulls)
    if isinstance(node, (exp.IgnoreNulls, exp.RespectNulls)):
        node = _null_treated(node)
    if isinstance(node, exp.Filter) and window is not None:
        raise not_in_athena("FILTER with OVER", hint="Put an IF or a CASE into the function.")
    if isinstance(node, exp.Filter):
        condition, node = boolean(translator, _filter_condition(node)), node.this
    called = _Call(node, condition, window, ignores_nulls)
    if isinstance(node, exp.GroupConcat):
        return listagg(translator, node, called)
    if not isinstance(node, exp.Anonymous):
        raise untranslated(f"OVER or FILTER on {node.key}")
    return _built(translator, called)


@reads((exp.IgnoreNulls, exp.RespectNulls), "this")
def _null_treated(node: exp.Expr) -> exp.Expr:
    inner: exp.Expr = node.this
    called = inner.this if isinstance(inner, exp.Filter) else inner
    if called.name.lower() not in _NULL_TREATMENTS:
        raise untranslated("IGNORE NULLS or RESPECT NULLS here")
    return inner


@reads(exp.Filter, "this", "expression")
def _filter_condition(node: exp.Expr) -> exp.Expr:
    return condition_of(node.expression)


@reads((exp.Where, exp.Having), "this")
def condition_of(node: exp.Expr) -> exp.Expr:
    """What stands behind WHERE or HAVING."""
    inner: exp.Expr = node.this
    return inner


@reads(exp.Anonymous, "this", "expressions")
def _call_parts(node: exp.Expr) -> list[exp.Expr]:
    parts: list[exp.Expr] = node.expressions
    return parts


def _built(translator: Translator, called: _Call) -> exp.Expr:
    function, parts = called.function, _call_parts(called.inner)
    candidates = {**AGGREGATES, **WINDOW_FUNCTIONS}.get(function)
    if candidates is None:
        raise untranslated(f"OVER or FILTER with {function}")
    if function in WINDOW_FUNCTIONS:
        _refuse_window_function(function, parts, called)
    if function == "count" and [type(part) for part in parts] == [exp.Star]:
        read_star(parts[0])
        return called.over(typed(exp.Count(this=exp.Star()), BIGINT))
    if function == "reduce_agg":
        return _reduced(translator, parts, called)
    arguments = [_argument(translator, part, called) for part in parts]
    kinds = [type_of(argument) for argument in arguments]
    matches = [
        (match[0], filled(wanted.result, match[1]), builder)
        for wanted, builder in candidates
        if (match := match_arguments(wanted, kinds)) is not None
    ]
    if not matches:
        raise unknown_function(function, ", ".join(str(kind) for kind in kinds), known=True)
    _refuse_nested(function, kinds)
    _, result, builder = min(matches, key=lambda match: match[0])
    return builder(arguments, result, called.over)


def _reduced(translator: Translator, parts: Sequence[exp.Expr], called: _Call) -> exp.Expr:
    """A fold over the values that are not null; in one go, so nothing is put together."""
    if len(parts) != 4:
        raise untranslated(f"reduce_agg with {len(parts)} arguments")
    value, start = (translator.visit(part) for part in parts[:2])
    kind = AthenaType("array", (type_of(value),))
    values = call("athena_present", kind, called.over(call("list", kind, value)))
    total = fold(translator, values, start, parts[2])
    combined = translator.visit_lambda(parts[3], [type_of(total)] * 2)
    if common_type(type_of(combined), type_of(total)) is None:
        raise untranslated("reduce_agg that puts states together to another type")
    return total


@reads(exp.Star)
def read_star(_: exp.Expr) -> None:
    """A * with nothing behind it."""


def _refuse_window_function(function: str, parts: Sequence[exp.Expr], called: _Call) -> None:
    """What DuckDB answers and Athena refuses, or answers otherwise."""
    if called.window is None:
        raise untranslated(f"{function} without OVER")
    if called.window.args.get("spec") is not None and function not in _FRAMED:
        raise untranslated(f"{function} with a window frame")
    for part in parts if function == "ntile" else parts[1:2]:
        constant = isinstance(part, exp.Literal) and part.name.isdigit()
        if not constant or (int(part.name) == 0 and function not in ("lag", "lead")):
            raise untranslated(f"{part.sql(dialect='trino')} as a number of rows in {function}")


def _refuse_nested(function: str, kinds: list[AthenaType]) -> None:
    place = {"min": 0, "max": 0, "min_by": 1, "max_by": 1}.get(function)
    if place is not None and kinds[place].name in NESTED:
        raise UnsupportedSQL(f"The local engine does not order values of type {kinds[place]}.")


def _argument(translator: Translator, node: exp.Expr, called: _Call) -> exp.Expr:
    """An argument, perhaps DISTINCT, perhaps with ORDER BY."""
    if isinstance(node, (exp.Order, exp.Distinct)) and called.window is not None:
        raise untranslated(f"DISTINCT or ORDER BY in {called.function} with OVER")
    if isinstance(node, exp.Order):
        if called.function not in _ORDERED:
            raise untranslated(f"ORDER BY in {called.function}")
        inner, items = _in_order(translator, node, called)
        return typed(exp.Order(this=inner, expressions=items), type_of(inner))
    if isinstance(node, exp.Distinct):
        return _distinct(translator, node, called)
    return translator.visit(node)


@reads(exp.Distinct, "expressions")
def _distinct(translator: Translator, node: exp.Expr, called: _Call) -> exp.Expr:
    if called.function == "approx_distinct":
        raise untranslated("approx_distinct(DISTINCT ...)")
    if len(node.expressions) != 1:
        raise untranslated(f"{called.function}(DISTINCT ...) of several columns")
    inner = translator.visit(node.expressions[0])
    return typed(exp.Distinct(expressions=[inner]), type_of(inner))


@reads(exp.Order, "this", "expressions")
def _in_order(
    translator: Translator, node: exp.Expr, called: _Call
) -> tuple[exp.Expr, list[exp.Expr]]:
    """An argument and the order it comes in; of distinct ones, the order is by themselves."""
    inner = _argument(translator, node.this, called)
    items = [_ordered_item(translator, item) for item in node.expressions]
    if isinstance(inner, exp.Distinct) and any(item.this != inner.expressions[0] for item in items):
        raise untranslated(f"{called.function}(DISTINCT x) in the order of something else")
    return inner, items


@reads(exp.Order, "expressions")
def ordered(translator: Translator, order: exp.Expr) -> list[exp.Expr]:
    """ORDER BY items: nulls last in Athena, up or down, and said so."""
    return [_ordered_item(translator, item) for item in order.expressions]


def _ordered_item(translator: Translator, item: exp.Expr) -> exp.Expr:
    if not isinstance(item, exp.Ordered):
        raise untranslated("this ORDER BY")
    value = translator.visit(item.this)
    if type_of(value).name in NESTED:
        raise UnsupportedSQL(f"The local engine does not order values of {type_of(value)}.")
    return in_direction(item, value)


@reads(exp.Ordered, "this", "desc", "nulls_first")
def in_direction(item: exp.Expr, value: exp.Expr) -> exp.Expr:
    """A translated value in the direction that an item of ORDER BY says."""
    desc, first = item.args.get("desc"), bool(item.args.get("nulls_first"))
    return exp.Ordered(this=value, desc=desc, nulls_first=first)


@reads(exp.GroupConcat, "this", "separator", "on_overflow")
def listagg(translator: Translator, node: exp.Expr, called: _Call | None = None) -> exp.Expr:
    """LISTAGG with WITHIN GROUP (ORDER BY y): DuckDB's string_agg with the order inside."""
    called = called or _Call(node, None, None, ignores_nulls=False)
    if called.window is not None:
        raise untranslated("listagg with OVER")
    overflow = node.args.get("on_overflow")
    if overflow is not None and overflow.name.upper() != "ERROR":
        raise untranslated("ON OVERFLOW TRUNCATE in listagg")
    if not isinstance(node.this, exp.Order):
        raise untranslated("listagg without WITHIN GROUP (ORDER BY ...)")
    value, items = _in_order(translator, node.this, called)
    if type_of(value).name != "varchar":
        raise not_in_athena(f"{type_of(value)} in listagg", hint="Cast to varchar.")
    separator = node.args.get("separator")
    mark = translator.visit(separator) if separator is not None else text("")
    order = exp.Order(this=mark, expressions=items)
    return called.over(call("string_agg", VARCHAR, value, order))


@reads(exp.Window, "this", "partition_by", "order", "spec", "alias", "over")
def _window(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The window: its partition, order and frame."""
    parts: dict[str, list[exp.Expr] | exp.Expr | str] = {}
    alias = node.args.get("alias")
    if alias is not None:
        parts["alias"] = name(alias.name)
    if node.args.get("partition_by"):
        parts["partition_by"] = [translator.visit(part) for part in node.args["partition_by"]]
    if node.args.get("order"):
        parts["order"] = exp.Order(expressions=ordered(translator, node.args["order"]))
    spec = node.args.get("spec")
    if spec is not None:
        parts["spec"] = _frame(translator, spec)
    return exp.Window(over="OVER", **parts)


_SIDES = ("start", "end")


@reads(exp.WindowSpec, "kind", *_SIDES, *(f"{side}_side" for side in _SIDES))
def _frame(translator: Translator, spec: exp.Expr) -> exp.Expr:
    """ROWS, RANGE or GROUPS BETWEEN: the same."""
    frame = exp.WindowSpec(kind=spec.args["kind"])
    if str(spec.args["kind"]).upper() not in _FRAMES:
        raise untranslated("this window frame")
    for side in _SIDES:
        bound = spec.args.get(side)
        frame.set(side, translator.visit(bound) if isinstance(bound, exp.Expr) else bound)
        frame.set(f"{side}_side", spec.args.get(f"{side}_side"))
    return frame


def named_window(translator: Translator, node: exp.Expr) -> exp.Expr:
    """WINDOW w AS (...)."""
    window = _window(translator, node)
    window.set("this", name(node.name))
    window.args.pop("over", None)
    return window


AGGREGATE_NODES: dict[type[exp.Expr], Rewrite] = {
    exp.Window: over_window,
    exp.Filter: around,
    exp.IgnoreNulls: around,
    exp.RespectNulls: around,
    exp.GroupConcat: listagg,
}
