"""Aggregates and window functions, with their FILTER, ORDER BY and OVER.

An aggregate's answer may need more around it than a call (a sum of integers is a bigint in Athena,
a hugeint in DuckDB) or two calls in it (the average of decimals). So each is built by a function
that gets its arguments and ``over``, which puts the FILTER and the OVER of the query on a call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable

from sqlglot import exp

from glue_jobs.engines.athena_sql.comparisons import boolean
from glue_jobs.engines.athena_sql.nodes import (
    Rewrite,
    Translator,
    call,
    name,
    not_in_athena,
    plain_cast,
    text,
    type_of,
    typed,
)
from glue_jobs.engines.athena_sql.operators import scaled
from glue_jobs.engines.athena_sql.refusals import unknown_function
from glue_jobs.engines.athena_sql.signatures import Signature, filled, match_arguments, signature
from glue_jobs.engines.athena_sql.types import (
    BIGINT,
    DOUBLE,
    INTEGERS,
    NESTED,
    REAL,
    VARCHAR,
    AthenaType,
)
from glue_jobs.errors import UnsupportedSQL

Over = Callable[[exp.Expr], exp.Expr]
Builder = Callable[[Sequence[exp.Expr], AthenaType, Over], exp.Expr]


def _plain(callee: str) -> Builder:
    """The same in DuckDB."""
    return lambda arguments, kind, over: over(call(callee, kind, *arguments))


def _cast_to_result(callee: str) -> Builder:
    """The same value; DuckDB's type is another. What does not fit is an error, as in Athena."""
    return lambda arguments, kind, over: plain_cast(over(call(callee, kind, *arguments)), kind)


def _sum(arguments: Sequence[exp.Expr], kind: AthenaType, over: Over) -> exp.Expr:
    """Athena: integers add up to a bigint, decimals to 38 digits of the same scale."""
    own = type_of(arguments[0])
    if own.name == "decimal":
        kind = AthenaType("decimal", (38, own.arguments[1]))
        return over(call("sum", kind, *arguments))
    if own.name in INTEGERS:
        return plain_cast(over(call("sum", BIGINT, *arguments)), BIGINT)
    return plain_cast(over(call("sum", own, *arguments)), REAL if own == REAL else DOUBLE)


def _avg(arguments: Sequence[exp.Expr], _: AthenaType, over: Over) -> exp.Expr:
    """Athena: the average of decimals is a decimal of the same type. DuckDB: a double."""
    own = type_of(arguments[0])
    if own.name != "decimal":
        result = over(call("avg", DOUBLE, *arguments))
        return plain_cast(result, REAL) if own == REAL else result
    total = over(call("sum", own, *arguments))
    rows = over(call("count", BIGINT, *(argument.copy() for argument in arguments)))
    return scaled(call("athena_average_decimals", own, total, rows), own)


def _extreme_by(callee: str) -> Builder:
    """Athena: the row of the greatest y counts, its x null or not. DuckDB passes over a null x."""

    def build(arguments: Sequence[exp.Expr], kind: AthenaType, over: Over) -> exp.Expr:
        boxed = exp.Struct(
            expressions=[exp.PropertyEQ(this=name("value"), expression=arguments[0])]
        )
        best = over(call(callee, kind, boxed, arguments[1]))
        return call("struct_extract", kind, best, text("value"))

    return build


def _finite(callee: str) -> Builder:
    """Athena: null where there is no finite answer. DuckDB: NaN."""
    return lambda arguments, kind, over: call(
        "athena_finite", kind, over(call(callee, kind, *arguments))
    )


def _count_distinct(arguments: Sequence[exp.Expr], kind: AthenaType, over: Over) -> exp.Expr:
    """approx_distinct counts exactly here: within Athena's error, and the same every time."""
    return over(call("count", kind, exp.Distinct(expressions=[arguments[0]])))


def _map_agg(arguments: Sequence[exp.Expr], kind: AthenaType, over: Over) -> exp.Expr:
    pairs = (("key", arguments[0]), ("value", arguments[1]))
    entry = exp.Struct(
        expressions=[exp.PropertyEQ(this=name(part), expression=node) for part, node in pairs]
    )
    return call("athena_map_of", kind, over(call("list", kind, entry)))


_AGGREGATES: tuple[tuple[str, Builder], ...] = (
    ("count(T) -> bigint", _plain("count")),
    ("count_if(boolean) -> bigint", _cast_to_result("count_if")),
    ("sum(N) -> N", _sum),
    ("avg(N) -> double", _avg),
    ("min(T) -> T", _plain("min")),
    ("max(T) -> T", _plain("max")),
    ("min_by(T, U) -> T", _extreme_by("min_by")),
    ("max_by(T, U) -> T", _extreme_by("max_by")),
    ("arbitrary(T) -> T", _plain("any_value")),
    ("any_value(T) -> T", _plain("any_value")),
    ("array_agg(T) -> array(T)", _plain("array_agg")),
    ("map_agg(K, V) -> map(K, V)", _map_agg),
    ("histogram(T) -> map(T, bigint)", _cast_to_result("histogram")),
    ("bool_and(boolean) -> boolean", _plain("bool_and")),
    ("every(boolean) -> boolean", _plain("bool_and")),
    ("bool_or(boolean) -> boolean", _plain("bool_or")),
    ("approx_distinct(T) -> bigint", _count_distinct),
    ("approx_distinct(T, double) -> bigint", _count_distinct),
    ("approx_percentile(bigint, double) -> bigint", _cast_to_result("approx_quantile")),
    ("approx_percentile(double, double) -> double", _cast_to_result("approx_quantile")),
    ("stddev(double) -> double", _plain("stddev_samp")),
    ("stddev_samp(double) -> double", _plain("stddev_samp")),
    ("stddev_pop(double) -> double", _plain("stddev_pop")),
    ("variance(double) -> double", _plain("var_samp")),
    ("var_samp(double) -> double", _plain("var_samp")),
    ("var_pop(double) -> double", _plain("var_pop")),
    ("covar_samp(double, double) -> double", _plain("covar_samp")),
    ("covar_pop(double, double) -> double", _plain("covar_pop")),
    ("corr(double, double) -> double", _finite("corr")),
    ("regr_slope(double, double) -> double", _finite("regr_slope")),
    ("regr_intercept(double, double) -> double", _finite("regr_intercept")),
)
_WINDOW_FUNCTIONS: tuple[tuple[str, Builder], ...] = (
    ("row_number() -> bigint", _plain("row_number")),
    ("rank() -> bigint", _plain("rank")),
    ("dense_rank() -> bigint", _plain("dense_rank")),
    ("percent_rank() -> double", _plain("percent_rank")),
    ("cume_dist() -> double", _plain("cume_dist")),
    ("ntile(bigint) -> bigint", _plain("ntile")),
    ("lag(T) -> T", _plain("lag")),
    ("lag(T, bigint) -> T", _plain("lag")),
    ("lag(T, bigint, T) -> T", _plain("lag")),
    ("lead(T) -> T", _plain("lead")),
    ("lead(T, bigint) -> T", _plain("lead")),
    ("lead(T, bigint, T) -> T", _plain("lead")),
    ("first_value(T) -> T", _plain("first_value")),
    ("last_value(T) -> T", _plain("last_value")),
    ("nth_value(T, bigint) -> T", _plain("nth_value")),
)


def _by_name(
    table: tuple[tuple[str, Builder], ...],
) -> dict[str, list[tuple[Signature, Builder]]]:
    result: dict[str, list[tuple[Signature, Builder]]] = {}
    for line, builder in table:
        read = signature(line)
        result.setdefault(read.name, []).append((read, builder))
    return result


AGGREGATES = _by_name(_AGGREGATES)
WINDOW_FUNCTIONS = _by_name(_WINDOW_FUNCTIONS)

_FRAMES = ("ROWS", "RANGE", "GROUPS")
# Only this one answers otherwise when its input comes in another order.
_ORDERED = ("array_agg",)
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


def aggregate(translator: Translator, node: exp.Expr) -> exp.Expr:
    """A call with whatever stands around it: FILTER (WHERE), IGNORE NULLS, OVER (...)."""
    inner, window, condition, ignores_nulls = node, None, None, False
    if isinstance(inner, exp.Window):
        window, inner = _window(translator, inner), inner.this
    if isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
        ignores_nulls, inner = isinstance(inner, exp.IgnoreNulls), inner.this
        if inner.name.lower() not in _NULL_TREATMENTS:
            raise not_in_athena("IGNORE NULLS or RESPECT NULLS here")
    if isinstance(inner, exp.Filter):
        condition, inner = boolean(translator, inner.expression.this), inner.this
    called = _Call(inner, condition, window, ignores_nulls)
    if isinstance(inner, exp.GroupConcat):
        return _listagg(translator, called)
    if not isinstance(inner, exp.Anonymous):
        raise UnsupportedSQL(f"The local engine does not translate OVER or FILTER on {inner.key}.")
    return _built(translator, called)


def _built(translator: Translator, called: _Call) -> exp.Expr:
    function, parts = called.function, called.inner.expressions
    if function in WINDOW_FUNCTIONS and called.window is None:
        raise not_in_athena(f"{function} without OVER")
    candidates = {**AGGREGATES, **WINDOW_FUNCTIONS}.get(function)
    if candidates is None:
        raise not_in_athena(f"OVER or FILTER with {function}")
    if function == "count" and [type(part) for part in parts] == [exp.Star]:
        return called.over(typed(exp.Count(this=exp.Star()), BIGINT))
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


def _refuse_nested(function: str, kinds: list[AthenaType]) -> None:
    ordered = function in ("min", "max") or (function in ("min_by", "max_by") and kinds[1:])
    if ordered and kinds[-1].name in NESTED:
        raise UnsupportedSQL(f"The local engine does not order values of type {kinds[-1]}.")


def _argument(translator: Translator, node: exp.Expr, called: _Call) -> exp.Expr:
    """An argument, perhaps DISTINCT, perhaps with ORDER BY."""
    if isinstance(node, (exp.Order, exp.Distinct)) and called.window is not None:
        raise not_in_athena(f"DISTINCT or ORDER BY in {called.function} with OVER")
    if isinstance(node, exp.Order):
        if called.function not in _ORDERED:
            raise UnsupportedSQL(
                f"The local engine does not translate ORDER BY in {called.function}."
            )
        inner = _argument(translator, node.this, called)
        return typed(exp.Order(this=inner, expressions=ordered(translator, node)), type_of(inner))
    if isinstance(node, exp.Distinct):
        if len(node.expressions) != 1:
            raise not_in_athena(f"{called.function}(DISTINCT ...) of several columns")
        inner = translator.visit(node.expressions[0])
        return typed(exp.Distinct(expressions=[inner]), type_of(inner))
    return translator.visit(node)


def ordered(translator: Translator, order: exp.Expr) -> list[exp.Expr]:
    """ORDER BY items: nulls last in Athena, up or down, and said so."""
    items = []
    for item in order.expressions:
        if not isinstance(item, exp.Ordered) or item.args.get("with_fill"):
            raise not_in_athena("this ORDER BY")
        value = translator.visit(item.this)
        if type_of(value).name in NESTED:
            raise UnsupportedSQL(f"The local engine does not order values of {type_of(value)}.")
        items.append(
            exp.Ordered(
                this=value,
                desc=item.args.get("desc"),
                nulls_first=bool(item.args.get("nulls_first")),
            )
        )
    return list(items)


def _listagg(translator: Translator, called: _Call) -> exp.Expr:
    """listagg(x, sep) WITHIN GROUP (ORDER BY y): DuckDB's string_agg with the order inside."""
    node = called.inner
    if called.window is not None:
        raise UnsupportedSQL("The local engine does not translate listagg with OVER.")
    if node.args.get("on_overflow") and node.args["on_overflow"].name.upper() != "ERROR":
        raise UnsupportedSQL("The local engine does not translate ON OVERFLOW TRUNCATE in listagg.")
    if not isinstance(node.this, exp.Order):
        raise not_in_athena("listagg without WITHIN GROUP (ORDER BY ...)")
    value = _argument(translator, node.this.this, called)
    if type_of(value).name != "varchar":
        raise not_in_athena(f"{type_of(value)} in listagg", hint="Cast to varchar.")
    separator = node.args.get("separator")
    mark = translator.visit(separator) if separator is not None else text("")
    order = exp.Order(this=mark, expressions=ordered(translator, node.this))
    return called.over(call("string_agg", VARCHAR, value, order))


def _window(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The window: its partition, order and frame."""
    parts: dict[str, list[exp.Expr] | exp.Expr | str] = {}
    if node.args.get("first") is not None:
        raise not_in_athena("this OVER")
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


def _frame(translator: Translator, spec: exp.Expr) -> exp.Expr:
    """ROWS, RANGE or GROUPS BETWEEN: the same."""
    frame = exp.WindowSpec(kind=spec.args["kind"])
    if spec.args.get("exclude") or str(spec.args["kind"]).upper() not in _FRAMES:
        raise not_in_athena("this window frame")
    for side in ("start", "end"):
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
    exp.Window: aggregate,
    exp.Filter: aggregate,
    exp.IgnoreNulls: aggregate,
    exp.RespectNulls: aggregate,
    exp.GroupConcat: aggregate,
}
