"""CAST and TRY_CAST.

DuckDB reads strings generously (``' 12'``, ``'1_000'``, ``'12.5'`` as 13) and rounds doubles half
to even; Athena does neither. So a string passes a macro first that lets through only what Athena
reads, and a double is rounded before it becomes a whole number.

Refused: a double or real as varchar. Trino changed it to ``1.64E1`` in 2022, and Athena's engine
follows Trino at a distance that is not documented.
Source: https://github.com/trinodb/trino/pull/10657 (2026-11).
"""

from __future__ import annotations

import re

from sqlglot import exp

from athena_sql.errors import UnsupportedSQL
from athena_sql.guard import reads
from athena_sql.nodes import (
    Rewrite,
    Translator,
    call,
    number,
    plain_cast,
    text,
    type_of,
    typed,
    untranslated,
)
from athena_sql.types import (
    DOUBLE,
    FLOATS,
    INTEGERS,
    NUMBERS,
    TIMESTAMP,
    UNKNOWN,
    VARCHAR,
    ZONED,
    AthenaType,
    parse_type,
)

_TEXT_MACROS = {
    **dict.fromkeys(INTEGERS, "athena_integer_text"),
    **dict.fromkeys(FLOATS, "athena_float_text"),
    "decimal": "athena_decimal_text",
    "boolean": "athena_boolean_text",
    "date": "athena_date_text",
    "timestamp": "athena_timestamp_text",
}
# Athena passes over white space around these; around decimals and truth values it does not.
_TRIMMED = (*INTEGERS, "date", "timestamp")
# What both read alike, so that a date that is written out needs no macro.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP_FORMATS = {
    0: "%Y-%m-%d %H:%M:%S",
    3: "%Y-%m-%d %H:%M:%S.%g",
    6: "%Y-%m-%d %H:%M:%S.%f",
}
# From, to: where DuckDB's cast is Athena's.
_SAME = {
    *((a, b) for a in (*INTEGERS, "boolean") for b in (*NUMBERS, "boolean")),
    *(("decimal", b) for b in NUMBERS),
    *((a, b) for a in FLOATS for b in FLOATS),
    *((a, "varchar") for a in (*INTEGERS, "decimal", "boolean", "date")),
    ("date", "timestamp"),
    ("timestamp", "date"),
    ("timestamp", ZONED),
    ("date", ZONED),
}
_TARGETS = (*NUMBERS, "boolean", "varchar", "date", "timestamp", ZONED, "array", "map")


@reads(exp.Cast, "this", "to")
@reads(exp.TryCast, "this", "to", safe=True)
def cast(translator: Translator, node: exp.Expr) -> exp.Expr:
    """CAST(x AS type), type 'text' and TRY_CAST(x AS type)."""
    kind = parse_type(_written(node.args["to"]))
    safe = isinstance(node, exp.TryCast)
    if node.args["to"].is_type("decimal") and not node.args["to"].expressions:
        raise UnsupportedSQL(
            "The local engine cannot tell DECIMAL '1.5' from CAST('1.5' AS decimal).",
            hint="Write the precision and scale: CAST(x AS decimal(38, 0)).",
        )
    if kind.name == "row":
        return _row(translator, node.this, kind)
    return convert(translator.visit(node.this), kind, safe=safe)


@reads(exp.DataType, "this", "expressions", "nested")
@reads(exp.DataTypeParam, "this")
@reads(exp.ColumnDef, "this", "kind")
@reads(exp.Interval, "unit")
@reads(exp.IntervalSpan, "this", "expression")
def _written(node: exp.Expr) -> str:
    """A type as Athena spells it, once every part of it is known to be one."""
    for part in node.iter_expressions():
        if not isinstance(part, (exp.Identifier, exp.Literal, exp.Var)):
            _written(part)
    return node.sql(dialect="trino")


def convert(node: exp.Expr, kind: AthenaType, *, safe: bool = False) -> exp.Expr:
    """The value as another type, or an error (null if it is safe) where it is none.

    Raises:
        UnsupportedSQL: Athena has no such cast, or DuckDB cannot do it as Athena does.
    """
    # The value of a ? is text, and Athena reads text by rules of its own.
    own = VARCHAR if isinstance(node, exp.Placeholder) else type_of(node)
    if kind.name not in _TARGETS:
        raise _no_cast(own, kind)
    same = kind.name != "varchar" and (own.name, kind.name) in _SAME
    if own in (UNKNOWN, kind) or same:
        return plain_cast(node, kind, safe=safe)
    if kind.name in ("array", "map"):
        return _elements(node, kind, safe=safe)
    if own.name == "varchar":
        return _from_text(node, kind, safe=safe)
    if kind.name == "varchar":
        return _to_text(node, kind)
    if own.name in FLOATS:
        return _from_float(node, kind, safe=safe)
    return _from_moment(node, kind, safe=safe)


def _no_cast(own: AthenaType, kind: AthenaType, hint: str = "") -> UnsupportedSQL:
    return UnsupportedSQL(f"The local engine does not cast {own} to {kind}.", hint=hint)


def _from_text(node: exp.Expr, kind: AthenaType, *, safe: bool) -> exp.Expr:
    """Athena reads strings strictly, and cuts one to the length of varchar(n)."""
    if kind.name == "varchar":
        if not kind.arguments:
            return typed(exp.Paren(this=node), kind)
        return call("left", kind, node, number(kind.arguments[0]))
    if kind.name not in _TEXT_MACROS:
        raise _no_cast(type_of(node), kind)
    if kind.name == "date" and isinstance(node, exp.Literal) and _DATE.fullmatch(node.name):
        return plain_cast(node, kind, safe=safe)
    if kind.name in _TRIMMED:
        node = call("athena_trim", VARCHAR, node)
    read = plain_cast(call(_TEXT_MACROS[kind.name], VARCHAR, node), kind, safe=safe)
    return call("athena_milliseconds", kind, read) if kind.name == "timestamp" else read


def _to_text(node: exp.Expr, kind: AthenaType) -> exp.Expr:
    own = type_of(node)
    if kind.arguments:
        raise _no_cast(own, kind, hint="Cast to varchar first.")
    if own.name in FLOATS:
        raise UnsupportedSQL(
            f"The local engine does not cast {own} to varchar: "
            "versions of Athena write it differently.",
            hint="Cast it to decimal(p, s) first, or write format('%.2f', x).",
        )
    if own.name == "timestamp" and own.arguments[0] in _TIMESTAMP_FORMATS:
        return call("strftime", VARCHAR, node, text(_TIMESTAMP_FORMATS[own.arguments[0]]))
    if (own.name, "varchar") not in _SAME:
        raise _no_cast(own, kind)
    return plain_cast(node, kind)


def _from_float(node: exp.Expr, kind: AthenaType, *, safe: bool) -> exp.Expr:
    if kind.name in INTEGERS:
        return plain_cast(call("round", DOUBLE, node), kind, safe=safe)
    if kind.name == "decimal":
        # Athena goes through the shortest text of the double: 1.005 is 1.01 as decimal(3, 2).
        return plain_cast(plain_cast(node, VARCHAR), kind, safe=safe)
    raise _no_cast(type_of(node), kind)


def _from_moment(node: exp.Expr, kind: AthenaType, *, safe: bool) -> exp.Expr:
    own = type_of(node)
    if own.name == ZONED and kind.name in ("date", "timestamp"):
        return plain_cast(local_time(node), kind, safe=safe)
    same = own.name == kind.name in ("timestamp", ZONED)
    if same and own.arguments[0] <= kind.arguments[0] and own.arguments[1:] == kind.arguments[1:]:
        return typed(exp.Paren(this=node), kind)
    raise _no_cast(own, kind)


def local_time(node: exp.Expr) -> exp.Expr:
    """What the clock shows in the timestamp's zone: Athena keeps the zone, DuckDB does not."""
    own = type_of(node)
    if own.name != ZONED:
        return node
    zone = own.arguments[1] if len(own.arguments) > 1 else "UTC"
    return call("timezone", TIMESTAMP, text(zone), node)


def _elements(node: exp.Expr, kind: AthenaType, *, safe: bool) -> exp.Expr:
    """An array or map as another one, where every part casts as DuckDB would."""
    own = type_of(node)
    pairs = zip(own.arguments, kind.arguments)
    plain = all(a in (b, UNKNOWN) or (a.name, b.name) in _SAME for a, b in pairs)
    if own.name != kind.name or not plain:
        raise _no_cast(own, kind, hint="Cast the elements: transform(a, x -> CAST(x AS ...)).")
    return plain_cast(node, kind, safe=safe)


def _row(translator: Translator, node: exp.Expr, kind: AthenaType) -> exp.Expr:
    """CAST(ROW(1, 'a') AS ROW(n integer, s varchar)) names the fields of a row."""
    parts = _row_parts(node) if isinstance(node, exp.Anonymous) else None
    if parts is None:
        raise UnsupportedSQL(
            "The local engine casts to row(...) only what ROW(...) makes.",
            hint="Write CAST(ROW(a, b) AS ROW(x integer, y varchar)).",
        )
    if len(parts) != len(kind.arguments):
        raise untranslated("a row cast to one with another number of fields")
    values = [translator.visit(value) for value in parts]
    fields = [
        exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=convert(value, part))
        for value, (name, part) in zip(values, kind.arguments)
    ]
    return typed(exp.Struct(expressions=fields), kind)


@reads(exp.Anonymous, "this", "expressions")
def _row_parts(node: exp.Expr) -> list[exp.Expr] | None:
    """What ROW(...) is made of; None for another function."""
    return node.expressions if node.name.lower() == "row" else None


CASTS: dict[type[exp.Expr], Rewrite] = {exp.Cast: cast, exp.TryCast: cast}
