"""The functions of Athena that one signature and one DuckDB function or macro describe.

This is the allow list: a function that is neither here nor in ``special``,
``times`` or ``aggregates`` is refused by name. Each line was checked against Trino's
documentation and source, and has a test. Left out on purpose, because DuckDB's answer is not
Athena's: ``reverse`` of a string (code points there, what a reader sees as one letter here),
``cbrt`` (another last digit), ``levenshtein_distance`` (counts bytes here), ``skewness`` and
``kurtosis`` (other corrections), everything random but ``random()`` itself.

Source: https://trino.io/docs/current/functions.html (2026-11).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Sequence
from typing import Callable

from sqlglot import exp

from athena_sql.nodes import (
    call,
    name,
    operand,
    paren,
    plain_cast,
    type_of,
    typed,
)
from athena_sql.signatures import Signature, signature
from athena_sql.types import BIGINT, BOOLEAN, DOUBLE, INTEGER, AthenaType

Arguments = Sequence[exp.Expr]
Maker = Callable[[Arguments, AthenaType], exp.Expr]


def _operator(kind: type[exp.Binary]) -> Maker:
    """A function that is an operator in DuckDB."""

    def make(arguments: Arguments, result: AthenaType) -> exp.Expr:
        node = kind(this=operand(arguments[0]), expression=operand(arguments[1]))
        return plain_cast(node, result)

    return make


def _quotient_of_logarithms(arguments: Arguments, result: AthenaType) -> exp.Expr:
    """Athena: log(b, x) is ln(x) / ln(b), to the last digit."""
    base, value = (call("ln", DOUBLE, argument) for argument in arguments)
    return typed(exp.Paren(this=exp.Div(this=value, expression=base)), result)


def _matches(macro: str) -> Maker:
    """A macro over the truth values that a lambda gives for an array's elements."""

    def make(arguments: Arguments, result: AthenaType) -> exp.Expr:
        truths = call("list_transform", AthenaType("array", (BOOLEAN,)), *arguments)
        return call(macro, result, truths)

    return make


def _none_match(arguments: Arguments, result: AthenaType) -> exp.Expr:
    return paren(typed(exp.Not(this=_matches("athena_any_true")(arguments, result)), result))


def _zip_with(arguments: Arguments, result: AthenaType) -> exp.Expr:
    """Athena goes on to the end of the longer array; the shorter one gives nulls.

    The index takes the name of the lambda's first parameter, which nothing else bears.
    """
    left, right, function = arguments
    index, second = function.expressions
    elements = {index.name: left, second.name: right}
    body = _replaced(
        function.this,
        lambda node: call(
            "list_extract", type_of(node), elements[node.name].copy(), exp.Column(this=index.copy())
        ),
        elements,
    )
    lengths = [call("len", BIGINT, side.copy()) for side in (left, right)]
    # A null array makes its length null, and so the whole: greatest() would pass over it.
    longest = exp.Case(
        ifs=[exp.If(this=exp.GT(this=lengths[0], expression=lengths[1]), true=lengths[0].copy())],
        default=exp.Add(
            this=lengths[1].copy(),
            expression=exp.Mul(this=lengths[0].copy(), expression=exp.Literal.number(0)),
        ),
    )
    positions = call("generate_series", result, exp.Literal.number(1), longest)
    return call("list_transform", result, positions, exp.Lambda(this=body, expressions=[index]))


def _replaced(
    body: exp.Expr,
    replacement: Callable[[exp.Expr], exp.Expr],
    parameters: Container[str],
) -> exp.Expr:
    """A lambda's body with its parameters replaced: they are the columns without a table."""
    return body.transform(
        lambda node: (
            replacement(node)
            if isinstance(node, exp.Column) and not node.table and node.name in parameters
            else node
        )
    )


def _map_filter(arguments: Arguments, result: AthenaType) -> exp.Expr:
    return _entries(arguments, result, "list_filter")


def _transform_values(arguments: Arguments, result: AthenaType) -> exp.Expr:
    return _entries(arguments, result, "list_transform")


def _entries(arguments: Arguments, result: AthenaType, step: str) -> exp.Expr:
    """A function on a map, done on the array of its entries and put together again."""
    source, function = arguments
    entry = function.expressions[0]
    parts = {
        parameter.name: part for parameter, part in zip(function.expressions, ("key", "value"))
    }
    body = _replaced(
        function.this, lambda node: _field(entry, parts[node.name], type_of(node)), parts
    )
    if step == "list_transform":
        pairs = (("key", _field(entry, "key", result.arguments[0])), ("value", body))
        body = exp.Struct(
            expressions=[exp.PropertyEQ(this=name(part), expression=node) for part, node in pairs]
        )
    changed = exp.Lambda(this=body, expressions=[entry])
    return call(
        "map_from_entries",
        result,
        call(step, result, call("map_entries", result, source), changed),
    )


def _field(entry: exp.Expr, part: str, kind: AthenaType) -> exp.Expr:
    return call("struct_extract", kind, exp.Column(this=entry.copy()), exp.Literal.string(part))


def _cast(callee: str) -> Maker:
    """A DuckDB function whose answer has another type there."""

    def make(arguments: Arguments, result: AthenaType) -> exp.Expr:
        to = exp.DataType.build(str(result), dialect="trino")
        return typed(exp.Cast(this=call(callee, result, *arguments), to=to), result)

    return make


def _narrow(callee: str, position: int) -> Maker:
    """A DuckDB function that takes an integer where Athena's takes a bigint."""

    def make(arguments: Arguments, result: AthenaType) -> exp.Expr:
        narrowed = list(arguments)
        narrowed[position] = plain_cast(narrowed[position], INTEGER)
        return call(callee, result, *narrowed)

    return make


_TABLE: tuple[tuple[str, str | Maker], ...] = (
    # Numbers.
    ("abs(N) -> N", "abs"),
    ("sqrt(double) -> double", "sqrt"),
    ("exp(double) -> double", "exp"),
    ("ln(double) -> double", "ln"),
    ("log10(double) -> double", "log10"),
    ("log(double, double) -> double", _quotient_of_logarithms),
    ("power(double, double) -> double", "pow"),
    ("pow(double, double) -> double", "pow"),
    ("degrees(double) -> double", "degrees"),
    ("radians(double) -> double", "radians"),
    ("sin(double) -> double", "sin"),
    ("cos(double) -> double", "cos"),
    ("tan(double) -> double", "tan"),
    ("asin(double) -> double", "asin"),
    ("acos(double) -> double", "acos"),
    ("atan(double) -> double", "atan"),
    ("atan2(double, double) -> double", "atan2"),
    ("pi() -> double", "pi"),
    ("e() -> double", lambda _, kind: call("exp", kind, exp.Literal.number(1))),
    ("random() -> double", "random"),
    ("rand() -> double", "random"),
    ("is_nan(double) -> boolean", "isnan"),
    ("is_finite(double) -> boolean", "isfinite"),
    ("is_infinite(double) -> boolean", "isinf"),
    ("bitwise_and(bigint, bigint) -> bigint", _operator(exp.BitwiseAnd)),
    ("bitwise_or(bigint, bigint) -> bigint", _operator(exp.BitwiseOr)),
    ("bitwise_xor(bigint, bigint) -> bigint", _cast("xor")),
    # Strings.
    ("length(varchar) -> bigint", "length"),
    ("upper(varchar) -> varchar", "athena_upper"),
    ("lower(varchar) -> varchar", "lower"),
    ("trim(varchar) -> varchar", "athena_trim"),
    ("ltrim(varchar) -> varchar", "athena_ltrim"),
    ("rtrim(varchar) -> varchar", "athena_rtrim"),
    ("trim(varchar, varchar) -> varchar", "trim"),
    ("ltrim(varchar, varchar) -> varchar", "ltrim"),
    ("rtrim(varchar, varchar) -> varchar", "rtrim"),
    ("substr(varchar, bigint) -> varchar", "athena_substr"),
    ("substr(varchar, bigint, bigint) -> varchar", "athena_substr"),
    ("substring(varchar, bigint) -> varchar", "athena_substr"),
    ("substring(varchar, bigint, bigint) -> varchar", "athena_substr"),
    ("strpos(varchar, varchar) -> bigint", "strpos"),
    ("starts_with(varchar, varchar) -> boolean", "starts_with"),
    ("replace(varchar, varchar, varchar) -> varchar", "athena_replace"),
    (
        "replace(varchar, varchar) -> varchar",
        lambda args, kind: call("athena_replace", kind, *args, exp.Literal.string("")),
    ),
    ("split(varchar, varchar) -> array(varchar)", "athena_split"),
    ("split_part(varchar, varchar, bigint) -> varchar", "athena_split_part"),
    ("translate(varchar, varchar, varchar) -> varchar", "translate"),
    ("lpad(varchar, bigint, varchar) -> varchar", _narrow("lpad", 1)),
    ("rpad(varchar, bigint, varchar) -> varchar", _narrow("rpad", 1)),
    ("chr(bigint) -> varchar", _narrow("chr", 0)),
    ("concat_ws(varchar, varchar...) -> varchar", "concat_ws"),
    # Dates and timestamps. What takes a unit or a pattern is in athena_times.
    ("year(timestamp) -> bigint", "year"),
    ("quarter(timestamp) -> bigint", "quarter"),
    ("month(timestamp) -> bigint", "month"),
    ("week(timestamp) -> bigint", "week"),
    ("week_of_year(timestamp) -> bigint", "week"),
    ("day(timestamp) -> bigint", "day"),
    ("day_of_month(timestamp) -> bigint", "day"),
    ("day_of_week(timestamp) -> bigint", "isodow"),
    ("dow(timestamp) -> bigint", "isodow"),
    ("day_of_year(timestamp) -> bigint", "dayofyear"),
    ("doy(timestamp) -> bigint", "dayofyear"),
    ("year_of_week(timestamp) -> bigint", "isoyear"),
    ("yow(timestamp) -> bigint", "isoyear"),
    ("hour(timestamp) -> bigint", "hour"),
    ("minute(timestamp) -> bigint", "minute"),
    ("second(timestamp) -> bigint", "second"),
    ("last_day_of_month(timestamp) -> date", "last_day"),
    ("to_unixtime(timestamp) -> double", "epoch"),
    # Arrays.
    ("cardinality(array(T)) -> bigint", "len"),
    ("contains(array(T), T) -> boolean", "athena_contains"),
    ("element_at(array(T), bigint) -> T", "athena_element_at"),
    ("array_distinct(array(T)) -> array(T)", "athena_array_distinct"),
    ("array_max(array(T)) -> T", "athena_array_max"),
    ("array_min(array(T)) -> T", "athena_array_min"),
    ("array_position(array(T), T) -> bigint", "athena_array_position"),
    ("array_remove(array(T), T) -> array(T)", "athena_array_remove"),
    ("array_intersect(array(T), array(T)) -> array(T)", "athena_array_intersect"),
    ("array_except(array(T), array(T)) -> array(T)", "athena_array_except"),
    ("array_union(array(T), array(T)) -> array(T)", "athena_array_union"),
    ("arrays_overlap(array(T), array(T)) -> boolean", "athena_arrays_overlap"),
    ("array_join(array(varchar), varchar) -> varchar", "athena_array_join"),
    ("array_join(array(varchar), varchar, varchar) -> varchar", "athena_array_join"),
    (
        "array_sort(array(T)) -> array(T)",
        lambda args, kind: call(
            "list_sort", kind, *args, exp.Literal.string("ASC"), exp.Literal.string("NULLS LAST")
        ),
    ),
    ("reverse(array(T)) -> array(T)", "list_reverse"),
    ("flatten(array(array(T))) -> array(T)", "flatten"),
    ("slice(array(T), bigint, bigint) -> array(T)", "athena_slice"),
    ("transform(array(T), function(T, U)) -> array(U)", "list_transform"),
    ("filter(array(T), function(T, boolean)) -> array(T)", "list_filter"),
    ("any_match(array(T), function(T, boolean)) -> boolean", _matches("athena_any_true")),
    ("all_match(array(T), function(T, boolean)) -> boolean", _matches("athena_all_true")),
    ("none_match(array(T), function(T, boolean)) -> boolean", _none_match),
    ("zip_with(array(T), array(U), function(T, U, R)) -> array(R)", _zip_with),
    # Maps.
    ("cardinality(map(K, V)) -> bigint", _cast("cardinality")),
    ("element_at(map(K, V), K) -> V", "athena_map_element"),
    ("map_keys(map(K, V)) -> array(K)", "map_keys"),
    ("map_values(map(K, V)) -> array(V)", "map_values"),
    ("map_concat(map(K, V), map(K, V)) -> map(K, V)", "athena_map_concat"),
    ("map_filter(map(K, V), function(K, V, boolean)) -> map(K, V)", _map_filter),
    ("transform_values(map(K, V), function(K, V, R)) -> map(K, R)", _transform_values),
)

FUNCTIONS: dict[str, list[tuple[Signature, str | Maker]]] = defaultdict(list)
for _line, _callee in _TABLE:
    _signature = signature(_line)
    FUNCTIONS[_signature.name].append((_signature, _callee))


def make_call(callee: str | Maker, arguments: Arguments, result: AthenaType) -> exp.Expr:
    """The DuckDB expression for a call that a signature matched."""
    if isinstance(callee, str):
        return call(callee, result, *arguments)
    return callee(arguments, result)
