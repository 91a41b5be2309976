"""Arithmetic on numbers and strings: what Athena means by its operators.

Each function takes the translation and a node as it was parsed, and gives the DuckDB expression.
"""

from __future__ import annotations

from sqlglot import exp

from athena_sql.errors import UnsupportedSQL
from athena_sql.guard import reads
from athena_sql.intervals import interval
from athena_sql.moments import time_arithmetic
from athena_sql.nodes import (
    Rewrite,
    Translator,
    call,
    common,
    not_in_athena,
    operand,
    paren,
    plain_cast,
    together,
    type_of,
    typed,
    untranslated,
    widened,
)
from athena_sql.types import (
    BIGINT,
    COMPUTED,
    INTEGER,
    INTEGERS,
    INTERVALS,
    NUMBERS,
    TEMPORALS,
    UNKNOWN,
    AthenaType,
    as_decimal,
    common_type,
    decimal,
)

_SIGNS = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}


@reads((exp.Add, exp.Sub, exp.Mul, exp.Mod), "this", "expression")
@reads(exp.Div, "this", "expression", typed=True, safe=False)
def arithmetic(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Numbers by Athena's rules; dates and timestamps with intervals."""
    assert isinstance(node, exp.Binary)  # noqa: S101 (the registry says so)
    sides = [translator.visit(node.left), translator.visit(node.right)]
    return combine(type(node), sides[0], sides[1])


def combine(operator: type[exp.Binary], left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """The operator on two translated operands."""
    kinds = [type_of(left), type_of(right)]
    if any(kind.name in (*TEMPORALS, *INTERVALS) for kind in kinds):
        return time_arithmetic(operator, left, right)
    known = [kind for kind in kinds if kind != UNKNOWN]
    sign = _SIGNS[operator]
    if any(kind.name not in NUMBERS for kind in known):
        raise not_in_athena(f"{kinds[0]} {sign} {kinds[1]}")
    if len(known) < 2 and operator in (exp.Div, exp.Mod):
        raise UnsupportedSQL(
            f"The local engine has to know the types on both sides of {sign}.",
            hint="Cast the parameter or null to the type that is meant.",
        )
    kind = common([left, right], sign)
    if kind.name == "decimal":
        return _decimal_arithmetic(operator, left, right)
    operands = [widened(operand, kind) for operand in (left, right)]
    if operator is exp.Div and kind.name in INTEGERS:
        return typed(exp.IntDiv(this=operands[0], expression=divisor(operands[1])), kind)
    if operator is exp.Mod and kind.name in INTEGERS:
        return typed(exp.Mod(this=operands[0], expression=divisor(operands[1])), kind)
    return typed(operator(this=operands[0], expression=operands[1]), kind)


def divisor(node: exp.Expr) -> exp.Expr:
    """Athena: a zero divisor is an error. DuckDB: null. A constant but zero needs no check."""
    if isinstance(node, exp.Literal) and float(node.this) != 0:
        return node
    kind = type_of(node)
    # A constant 0 is a tinyint next to the failing cast, if nobody says otherwise.
    typed_node = plain_cast(node, kind) if isinstance(node, exp.Literal) else node
    return call("athena_divisor", kind, typed_node)


def _decimal_arithmetic(operator: type[exp.Binary], left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Athena: exact, of documented precision and scale. DuckDB: a double when divided.

    Source: https://trino.io/docs/current/functions/decimal.html (2026-11).
    """
    kinds = [as_decimal(type_of(side)) for side in (left, right)]
    if UNKNOWN in kinds:
        return typed(operator(this=left, expression=right), kinds[kinds[0] == UNKNOWN])
    (p1, s1), (p2, s2) = (kind.arguments for kind in kinds)
    scale = max(s1, s2)
    if operator is exp.Div:
        kind = decimal(p1 + s2 + max(0, s2 - s1), scale)
        power = typed(exp.Literal.number(10 ** (scale - s1 + s2)), BIGINT)
        factor = exp.Cast(this=power, to=exp.DataType.build("HUGEINT", dialect="duckdb"))
        return scaled(call("athena_divide_decimals", kind, left, right, factor), kind)
    if operator is exp.Mul:
        kind = decimal(p1 + p2, s1 + s2)
    elif operator is exp.Mod:
        kind = decimal(min(p1 - s1, p2 - s2) + scale, scale)
        right = divisor(right)
    else:
        kind = decimal(max(p1 - s1, p2 - s2) + scale + 1, scale)
    if kind.arguments[1] > 38:
        raise untranslated("a product of more than 38 decimal places")
    return typed(operator(this=left, expression=right), kind)


def scaled(whole: exp.Expr, kind: AthenaType) -> exp.Expr:
    """A decimal type's value, from the whole number that it is without its point."""
    scale = kind.arguments[1]
    if scale:
        unit = exp.Literal.number(f"0.{'0' * (scale - 1)}1")
        whole = exp.Mul(this=whole, expression=unit)
    return plain_cast(whole, kind)


@reads(exp.Neg, "this")
def negation(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Minus a number or an interval. A sign before a constant belongs to it."""
    constant = _negative_constant(node.this)
    if constant is not None:
        return constant
    operand = translator.visit(node.this)
    kind = type_of(operand)
    if kind.name not in (*NUMBERS, *INTERVALS, "unknown"):
        raise untranslated(f"- {kind}")
    return typed(exp.Neg(this=operand), kind)


def _negative_constant(node: exp.Expr) -> exp.Expr | None:
    """-2147483648 is an integer, though 2147483648 is a bigint; so at the end of bigint."""
    if not isinstance(node, exp.Literal) or node.is_string or not node.name.isdigit():
        return None
    value = int(node.name)
    if value not in (2**31, 2**63):
        return None
    return typed(exp.Neg(this=exp.Literal.number(value)), INTEGER if value == 2**31 else BIGINT)


@reads(exp.DPipe, "this", "expression", safe=False)
def concatenation(translator: Translator, node: exp.Expr) -> exp.Expr:
    """||: the same for strings and for arrays; a number has to be cast in Athena."""
    parts: list[exp.Expr] = []
    left = node
    while isinstance(left, exp.DPipe):
        left, right = _sides(left)
        parts.insert(0, translator.visit(right))
    parts.insert(0, translator.visit(left))
    by_twos = any(type_of(part).name == "array" or isinstance(part, exp.Null) for part in parts)
    if not by_twos:
        return joined(parts, "||")
    result = parts[0]
    for part in parts[1:]:
        result = joined([result, part], "||")
    return result


@reads(exp.DPipe, "this", "expression", safe=False)
def _sides(node: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    return node.this, node.expression


def joined(nodes: list[exp.Expr], what: str) -> exp.Expr:
    """Strings or arrays put one after the other, null if one of them is."""
    kinds = [type_of(node).name for node in nodes if not isinstance(node, exp.Null)]
    if len(nodes) == 2 and kinds == ["varchar"]:
        return _joined_with_null(nodes)
    if len(nodes) == 2:
        nodes = _with_element_as_array(nodes)
    for node in nodes:
        if isinstance(node, exp.Null):
            # Athena takes 'a' || NULL for arrays; the answer is null, and of that type.
            raise untranslated(f"an untyped NULL in {what}", hint="Write CAST(NULL AS varchar).")
        if type_of(node).name not in ("varchar", "varbinary", "array", "unknown"):
            raise not_in_athena(f"{type_of(node)} in {what}", hint="Cast it to varchar.")
    nodes, kind = together(nodes, what)
    result = nodes[0]
    for node in nodes[1:]:
        result = exp.DPipe(this=result, expression=node)
    plain = COMPUTED if kind.name == "varchar" else kind
    if any(node.find(exp.Null) for node in nodes):
        # DuckDB 1.4 forgets the type of what is null from the start.
        return plain_cast(result, plain)
    return paren(typed(result, plain))


def _joined_with_null(nodes: list[exp.Expr]) -> exp.Expr:
    """Null; Athena takes a bare null for an array, and the string for an element of it."""
    (kind,) = (type_of(node) for node in nodes if not isinstance(node, exp.Null))
    return plain_cast(exp.Null(), AthenaType("array", (kind,)))


def _with_element_as_array(nodes: list[exp.Expr]) -> list[exp.Expr]:
    """The || of an array and an element: the element, null or not, becomes an array of one."""
    kinds = [type_of(node) for node in nodes]
    for place, array in ((1, kinds[0]), (0, kinds[1])):
        element = kinds[place]
        if array.name != "array" or element.name == "array":
            continue
        if element == UNKNOWN or common_type(array.arguments[0], element) is None:
            raise untranslated(f"{kinds[0]} || {kinds[1]}", hint="Cast the element.")
        kind = AthenaType("array", (element,))
        one = typed(exp.Array(expressions=[nodes[place]]), kind)
        if not isinstance(nodes[place].unnest(), exp.Literal):
            # Athena: a null makes the whole null.
            given = exp.Not(this=exp.Is(this=operand(nodes[place].copy()), expression=exp.Null()))
            one = typed(exp.Case(ifs=[exp.If(this=given, true=one)]), kind)
        return [nodes[0], one] if place else [one, nodes[1]]
    return nodes


@reads(exp.Paren, "this")
def bracketed(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Brackets."""
    return paren(translator.visit(node.this))


ARITHMETIC: dict[type[exp.Expr], Rewrite] = {
    **dict.fromkeys(_SIGNS, arithmetic),
    exp.Neg: negation,
    exp.Interval: interval,
    exp.DPipe: concatenation,
    exp.Paren: bracketed,
}
