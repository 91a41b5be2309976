"""Makers of DuckDB expressions for functions that are more than a call under another name.

Each takes the translated arguments of a call that a signature matched, and its type.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Callable

from sqlglot import exp

from athena_sql.nodes import (
    as_row,
    call,
    each,
    name,
    operand,
    paren,
    plain_cast,
    type_of,
    typed,
    untranslated,
)
from athena_sql.types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    FLOATS,
    INTEGER,
    NESTED,
    UNKNOWN,
    AthenaType,
)

Arguments = Sequence[exp.Expr]
Maker = Callable[[Arguments, AthenaType], exp.Expr]


def operator(kind: type[exp.Binary]) -> Maker:
    """A function that is an operator in DuckDB."""

    def make(arguments: Arguments, result: AthenaType) -> exp.Expr:
        node = kind(this=operand(arguments[0]), expression=operand(arguments[1]))
        return plain_cast(node, result)

    return make


def quotient_of_logarithms(arguments: Arguments, result: AthenaType) -> exp.Expr:
    """Athena: log(b, x) is ln(x) / ln(b), to the last digit."""
    base, value = (call("ln", DOUBLE, argument) for argument in arguments)
    return typed(exp.Paren(this=exp.Div(this=value, expression=base)), result)


def matches(macro: str) -> Maker:
    """A macro over the truth values that a lambda gives for an array's elements."""

    def make(arguments: Arguments, result: AthenaType) -> exp.Expr:
        truths = call("list_transform", AthenaType("array", (BOOLEAN,)), *arguments)
        return call(macro, result, truths)

    return make


def none_match(arguments: Arguments, result: AthenaType) -> exp.Expr:
    """No element fulfils the condition."""
    return paren(typed(exp.Not(this=matches("athena_any_true")(arguments, result)), result))


def zip_with(arguments: Arguments, result: AthenaType) -> exp.Expr:
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


def map_filter(arguments: Arguments, result: AthenaType) -> exp.Expr:
    """The entries that fulfil a condition."""
    return _entries(arguments, result, "list_filter")


def transform_values(arguments: Arguments, result: AthenaType) -> exp.Expr:
    """The same keys, each with what a function makes of its entry."""
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


def map_entries(arguments: Arguments, result: AthenaType) -> exp.Expr:
    """Rows without names in Athena; DuckDB's have the names key and value."""
    key, value = type_of(arguments[0]).arguments
    own = AthenaType("array", (AthenaType("row", (("key", key), ("value", value))),))
    return each(call("map_entries", own, *arguments), result, _renamed)


def _entries_of(rows: exp.Expr) -> exp.Expr:
    """Rows of two fields as DuckDB's entries of a map."""
    (row,) = type_of(rows).arguments
    pairs = zip(("key", "value"), (part for _, part in row.arguments))
    return each(rows, AthenaType("array", (AthenaType("row", tuple(pairs)),)), _renamed)


def _renamed(row: exp.Expr, kind: AthenaType) -> exp.Expr:
    return as_row(row, kind, lambda field, _: field)


def map_from_entries(arguments: Arguments, result: AthenaType) -> exp.Expr:
    """A map of rows of two fields; a null among them is an error."""
    entries = call("athena_no_null", UNKNOWN, _entries_of(arguments[0]))
    return call("map_from_entries", result, entries)


def multimap_from_entries(arguments: Arguments, result: AthenaType) -> exp.Expr:
    """A map of rows of two fields, each key with a list of its values."""
    entries = call("athena_no_null", UNKNOWN, _entries_of(arguments[0]))
    return call("athena_multimap", result, entries)


def _field(entry: exp.Expr, part: str, kind: AthenaType) -> exp.Expr:
    return call("struct_extract", kind, exp.Column(this=entry.copy()), exp.Literal.string(part))


def cast(callee: str) -> Maker:
    """A DuckDB function whose answer has another type there."""

    def make(arguments: Arguments, result: AthenaType) -> exp.Expr:
        to = exp.DataType.build(str(result), dialect="trino")
        return typed(exp.Cast(this=call(callee, result, *arguments), to=to), result)

    return make


def narrow(callee: str, position: int) -> Maker:
    """A DuckDB function that takes an integer where Athena's takes a bigint."""

    def make(arguments: Arguments, result: AthenaType) -> exp.Expr:
        narrowed = list(arguments)
        narrowed[position] = plain_cast(narrowed[position], INTEGER)
        return call(callee, result, *narrowed)

    return make


def by_value(macro: str, of_doubles: str) -> Maker:
    """Macros that compare an array's elements; among doubles there may be NaN."""

    def make(arguments: Arguments, result: AthenaType) -> exp.Expr:
        (element,) = type_of(arguments[0]).arguments
        if element.name in NESTED:
            raise untranslated(
                f"{macro} of values of type {element.name}",
                hint="Nulls inside them count otherwise in Athena.",
            )
        called = of_doubles if element.name in FLOATS else macro
        return call(f"athena_{called}", result, *arguments)

    return make


def special_double(value: str) -> Maker:
    """NaN or infinity, which DuckDB reads in a text."""
    return lambda _, result: plain_cast(exp.Literal.string(value), result)


def digest(callee: str) -> Maker:
    """A hash: bytes in Athena, hexadecimal digits in DuckDB."""
    return lambda arguments, result: call("unhex", result, call(callee, result, *arguments))


def part_of_interval(size: int, most: int = 0) -> Maker:
    """How many units of so many milliseconds an interval has, beside those that are larger."""

    def make(arguments: Arguments, result: AthenaType) -> exp.Expr:
        whole = call("epoch_ms", BIGINT, *arguments)
        units: exp.Expr = exp.IntDiv(this=whole, expression=exp.Literal.number(size))
        if most:
            units = exp.Mod(this=exp.Paren(this=units), expression=exp.Literal.number(most))
        return typed(exp.Paren(this=units), result)

    return make
