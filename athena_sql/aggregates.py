"""Aggregates and window functions: what each of them is in DuckDB.

An aggregate's answer may need more around it than a call (a sum of integers is a bigint in Athena,
a hugeint in DuckDB) or two calls in it (the average of decimals). So each is built by a function
that gets its arguments and ``over``, which puts the FILTER and the OVER of the query on a call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

from sqlglot import exp

from athena_sql.nodes import (
    call,
    name,
    number,
    plain_cast,
    text,
    type_of,
)
from athena_sql.operators import scaled
from athena_sql.signatures import Signature, signature
from athena_sql.types import (
    BIGINT,
    DOUBLE,
    INTEGERS,
    REAL,
    UNKNOWN,
    AthenaType,
)

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
    entries = over(call("list", kind, entry))
    return call(
        "athena_map_in_order", kind, _first_by_key(call("athena_entries_by_key", kind, entries))
    )


def _first_by_key(entries: exp.Expr) -> exp.Expr:
    """Of sorted entries the first of each key: Athena keeps it, DuckDB makes two an error.

    A list of one lets the entries be computed once. It is no macro, since DuckDB has to know what
    the entries are to look into them from within a lambda.
    """
    listed, entry, place = (exp.Column(this=name(part)) for part in ("s", "e", "i"))
    before = exp.Sub(this=place, expression=exp.Literal.number(1))
    earlier = call("list_extract", UNKNOWN, listed.copy(), before)
    keys = [call("struct_extract", UNKNOWN, part, text("key")) for part in (earlier, entry)]
    is_first = exp.Or(
        this=exp.EQ(this=place.copy(), expression=exp.Literal.number(1)),
        expression=exp.NullSafeNEQ(this=keys[0], expression=keys[1]),
    )
    each = exp.Lambda(this=is_first, expressions=[name("e"), name("i")])
    firsts = exp.Lambda(this=call("list_filter", UNKNOWN, listed, each), expressions=[name("s")])
    one = exp.Array(expressions=[entries])
    return call("list_extract", UNKNOWN, call("list_transform", UNKNOWN, one, firsts), number(1))


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
