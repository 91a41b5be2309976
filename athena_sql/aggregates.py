"""Aggregates and window functions: what each of them is in DuckDB.

An aggregate's answer may need more around it than a call (a sum of integers is a bigint in Athena,
a hugeint in DuckDB) or two calls in it (the average of decimals). So each is built by a function
that gets its arguments and ``over``, which puts the FILTER and the OVER of the query on a call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

from sqlglot import exp

from athena_sql.intervals import milliseconds, months, of_milliseconds, of_months
from athena_sql.nodes import (
    call,
    name,
    not_in_athena,
    number,
    plain_cast,
    text,
    type_of,
    untranslated,
)
from athena_sql.operators import scaled
from athena_sql.signatures import Signature, signature
from athena_sql.types import (
    BIGINT,
    DAYS,
    DOUBLE,
    FLOATS,
    INTEGERS,
    MONTHS,
    REAL,
    UNKNOWN,
    AthenaType,
)

_MOST_VALUES = 10_000
_LENGTHS = {DAYS: (milliseconds, of_milliseconds), MONTHS: (months, of_months)}

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


def _interval_sum(arguments: Sequence[exp.Expr], kind: AthenaType, over: Over) -> exp.Expr:
    """DuckDB adds no intervals up, but their lengths."""
    length, made = _LENGTHS[kind]
    return made(over(call("sum", BIGINT, length(arguments[0]))))


def _interval_avg(arguments: Sequence[exp.Expr], kind: AthenaType, over: Over) -> exp.Expr:
    """Athena: to the millisecond or month, a half up."""
    length, made = _LENGTHS[kind]
    return made(call("athena_nearest", BIGINT, over(call("avg", DOUBLE, length(arguments[0])))))


def _avg(arguments: Sequence[exp.Expr], _: AthenaType, over: Over) -> exp.Expr:
    """Athena: the average of decimals is a decimal of the same type. DuckDB: a double."""
    own = type_of(arguments[0])
    if own.name != "decimal":
        result = over(call("avg", DOUBLE, *arguments))
        return plain_cast(result, REAL) if own == REAL else result
    total = over(call("sum", own, *arguments))
    rows = over(call("count", BIGINT, *(argument.copy() for argument in arguments)))
    return scaled(call("athena_average_decimals", own, total, rows), own)


def _extreme(callee: str) -> Builder:
    """Athena: NaN counts only where there is nothing else. DuckDB: it is above every number."""

    def build(arguments: Sequence[exp.Expr], kind: AthenaType, over: Over) -> exp.Expr:
        if kind.name not in FLOATS:
            return over(call(callee, kind, *arguments))
        (value,) = arguments
        # Whether each value comes once or more often says nothing here.
        value = value.expressions[0] if isinstance(value, exp.Distinct) else value
        numbers = over(call(callee, kind, call("athena_number", kind, value)))
        return call("coalesce", kind, numbers, over(call(callee, kind, value.copy())))

    return build


def _extreme_by(callee: str) -> Builder:
    """Athena: the row of the greatest y counts, its x null or not. DuckDB passes over a null x."""

    def build(arguments: Sequence[exp.Expr], kind: AthenaType, over: Over) -> exp.Expr:
        value, by, *count = arguments
        best = over(call(callee, kind, _boxed(value), _by_number(callee, by), *_counted(count)))
        return _values(best, kind) if count else call("struct_extract", kind, best, text("value"))

    return build


def _extremes(callee: str) -> Builder:
    """The n greatest or least, in their order."""

    def build(arguments: Sequence[exp.Expr], kind: AthenaType, over: Over) -> exp.Expr:
        value, count = arguments
        floats = type_of(value).name in FLOATS
        best = over(call(callee, kind, _by_number(callee, value), *_counted([count])))
        return _values(best, kind) if floats else best

    return build


def _boxed(value: exp.Expr) -> exp.Expr:
    return exp.Struct(expressions=[exp.PropertyEQ(this=name("value"), expression=value)])


def _values(boxes: exp.Expr, kind: AthenaType) -> exp.Expr:
    """What is in each box of a list."""
    box = exp.Column(this=name("box"))
    taken = exp.Lambda(
        this=call("struct_extract", UNKNOWN, box, text("value")), expressions=[name("box")]
    )
    return call("list_transform", kind, boxes, taken)


def _by_number(callee: str, value: exp.Expr) -> exp.Expr:
    """What is compared: NaN comes last among doubles, from below as from above."""
    if type_of(value).name not in FLOATS:
        return value
    macro = "athena_from_above" if callee.startswith("max") else "athena_from_below"
    return call(macro, UNKNOWN, value)


def _counted(counts: Sequence[exp.Expr]) -> Sequence[exp.Expr]:
    """The number of rows that are wanted, which DuckDB has to know beforehand."""
    for count in counts:
        if not isinstance(count, exp.Literal) or not count.name.isdigit():
            raise untranslated(f"{count.sql(dialect='duckdb')} as a number of values")
        if not 1 <= int(count.name) <= _MOST_VALUES:
            raise not_in_athena(f"{count.name} as a number of values", hint="Take 1 to 10000.")
    return counts


def _histogram(arguments: Sequence[exp.Expr], kind: AthenaType, over: Over) -> exp.Expr:
    """Athena: null where there is nothing to count. DuckDB: an empty map."""
    counts = plain_cast(over(call("histogram", kind, *arguments)), kind)
    return call("athena_not_empty_map", kind, counts)


def _multimap_agg(arguments: Sequence[exp.Expr], kind: AthenaType, over: Over) -> exp.Expr:
    pairs = zip(("key", "value"), arguments)
    entry = exp.Struct(
        expressions=[exp.PropertyEQ(this=name(part), expression=node) for part, node in pairs]
    )
    return call(
        "athena_multimap", kind, call("athena_keyed", UNKNOWN, over(call("list", kind, entry)))
    )


def _moment(callee: str, least: int) -> Builder:
    """Athena: null of too few values, NaN of values that are all the same."""

    def build(arguments: Sequence[exp.Expr], kind: AthenaType, over: Over) -> exp.Expr:
        value = over(call(callee, kind, *arguments))
        rows = over(call("count", BIGINT, *(argument.copy() for argument in arguments)))
        return call(f"athena_{callee}", kind, value, rows, number(least))

    return build


def _refuse_percentile(share: exp.Expr) -> None:
    while isinstance(share, (exp.Paren, exp.Cast)):
        share = share.this
    if not isinstance(share, exp.Literal):
        raise untranslated("a percentile that is computed", hint="Write it out.")
    if not 0 <= float(share.name) <= 1:
        raise not_in_athena(f"the percentile {share.name}")


def _percentile(arguments: Sequence[exp.Expr], kind: AthenaType, over: Over) -> exp.Expr:
    """An approximation, of one percentile or of an array of them; DuckDB wants constants."""
    value, wanted = arguments
    parts = wanted.expressions if isinstance(wanted, exp.Array) else [wanted]
    for part in parts:
        _refuse_percentile(part)
    shares = [plain_cast(part, REAL) for part in parts]
    listed = exp.Array(expressions=shares) if isinstance(wanted, exp.Array) else shares[0]
    if not shares:
        raise untranslated("approx_percentile of an empty array")
    return plain_cast(over(call("approx_quantile", kind, value, listed)), kind)


def _finite(callee: str) -> Builder:
    """Athena: null where there is no finite answer. DuckDB: NaN."""
    return lambda arguments, kind, over: call(
        "athena_finite", kind, over(call(callee, kind, *arguments))
    )


def _finite_real(callee: str) -> Builder:
    """The same as a real; DuckDB's is a double."""
    build = _finite(callee)
    return lambda arguments, kind, over: plain_cast(build(arguments, DOUBLE, over), kind)


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
    ("sum(interval day to second) -> interval day to second", _interval_sum),
    ("sum(interval year to month) -> interval year to month", _interval_sum),
    ("avg(N) -> double", _avg),
    ("avg(interval day to second) -> interval day to second", _interval_avg),
    ("avg(interval year to month) -> interval year to month", _interval_avg),
    ("min(T) -> T", _extreme("min")),
    ("min(T, bigint) -> array(T)", _extremes("min")),
    ("max(T) -> T", _extreme("max")),
    ("max(T, bigint) -> array(T)", _extremes("max")),
    ("min_by(T, U) -> T", _extreme_by("min_by")),
    ("min_by(T, U, bigint) -> array(T)", _extreme_by("min_by")),
    ("max_by(T, U) -> T", _extreme_by("max_by")),
    ("max_by(T, U, bigint) -> array(T)", _extreme_by("max_by")),
    ("arbitrary(T) -> T", _plain("any_value")),
    ("any_value(T) -> T", _plain("any_value")),
    ("array_agg(T) -> array(T)", _plain("array_agg")),
    ("map_agg(K, V) -> map(K, V)", _map_agg),
    ("multimap_agg(K, V) -> map(K, array(V))", _multimap_agg),
    ("histogram(T) -> map(T, bigint)", _histogram),
    # It is built where its functions can be translated, in ``aggregate_calls``.
    ("reduce_agg(T, S, function(S, T, S), function(S, S, S)) -> S", _plain("list_reduce")),
    ("bool_and(boolean) -> boolean", _plain("bool_and")),
    ("every(boolean) -> boolean", _plain("bool_and")),
    ("bool_or(boolean) -> boolean", _plain("bool_or")),
    ("approx_distinct(T) -> bigint", _count_distinct),
    ("approx_distinct(T, double) -> bigint", _count_distinct),
    ("approx_percentile(bigint, double) -> bigint", _percentile),
    ("approx_percentile(real, double) -> real", _percentile),
    ("approx_percentile(double, double) -> double", _percentile),
    ("approx_percentile(bigint, array(double)) -> array(bigint)", _percentile),
    ("approx_percentile(real, array(double)) -> array(real)", _percentile),
    ("approx_percentile(double, array(double)) -> array(double)", _percentile),
    ("skewness(double) -> double", _moment("skewness", 3)),
    ("kurtosis(double) -> double", _moment("kurtosis", 4)),
    ("bitwise_and_agg(bigint) -> bigint", _cast_to_result("bit_and")),
    ("bitwise_or_agg(bigint) -> bigint", _cast_to_result("bit_or")),
    ("stddev(double) -> double", _plain("stddev_samp")),
    ("stddev_samp(double) -> double", _plain("stddev_samp")),
    ("stddev_pop(double) -> double", _plain("stddev_pop")),
    ("variance(double) -> double", _plain("var_samp")),
    ("var_samp(double) -> double", _plain("var_samp")),
    ("var_pop(double) -> double", _plain("var_pop")),
    # Of whole numbers and decimals, too: Athena takes the first that it can turn them into.
    ("covar_samp(real, real) -> real", _cast_to_result("covar_samp")),
    ("covar_pop(real, real) -> real", _cast_to_result("covar_pop")),
    ("corr(real, real) -> real", _finite_real("corr")),
    ("regr_slope(real, real) -> real", _finite_real("regr_slope")),
    ("regr_intercept(real, real) -> real", _finite_real("regr_intercept")),
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
