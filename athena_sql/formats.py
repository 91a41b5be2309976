"""format('%s-%05d', ...): Java's printf, put together piece by piece.

Source: https://docs.oracle.com/en/java/javase/24/docs/api/java.base/java/util/Formatter.html, and a
real Trino 476 (2026-11).
"""

from __future__ import annotations

import re

from sqlglot import exp

from athena_sql.errors import UnsupportedSQL
from athena_sql.nodes import (
    ANY_NUMBER,
    SpecialFunction,
    Translator,
    call,
    literal_text,
    number,
    plain_cast,
    text,
    type_of,
    typed,
    untranslated,
)
from athena_sql.types import BIGINT, DATE, FLOATS, INTEGERS, REAL, VARCHAR, AthenaType

_FORMAT = re.compile(
    r"%(?P<flags>[-+ ,0]*)(?P<width>\d*)(?:\.(?P<digits>\d+))?(?P<kind>[sdfxX%])|[^%]+"
)
_PLAIN = (*INTEGERS, "varchar", "boolean", "decimal")
# Flags that Athena refuses, or that are not translated, by the kind of a place.
_FLAGS = {"s": "-", "d": "-+ ,0", "f": "-+ ,0", "x": "-0", "X": "-0"}
_MOST_DIGITS = 20


def format_text(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The pattern with its places filled."""
    pattern = literal_text(node.expressions[0], "the pattern of format")
    arguments = iter([translator.visit(argument) for argument in node.expressions[1:]])
    pieces: list[exp.Expr] = []
    position = 0
    while position < len(pattern):
        match = _FORMAT.match(pattern, position)
        if match is None:
            raise UnsupportedSQL(
                f"The local engine does not translate the format '{pattern}'.",
                hint="Use %s, %d, %05d, %,d, %.2f and widths.",
            )
        position = match.end()
        kind = match.group("kind")
        if kind is None:
            pieces.append(text(match.group()))
        elif kind == "%":
            pieces.append(text("%"))
        else:
            value = next(arguments, None)
            if value is None:
                raise untranslated(f"format '{pattern}' with fewer arguments than places")
            pieces.append(_filled(match, value))
    if next(arguments, None) is not None:
        raise untranslated(f"format '{pattern}' with more arguments than places")
    # An empty string first keeps a format of one place a string.
    return call("concat", VARCHAR, text(""), *pieces)


def _filled(match: re.Match[str], value: exp.Expr) -> exp.Expr:
    """One place of a format, filled."""
    kind, flags, digits = match.group("kind"), match.group("flags"), match.group("digits")
    own = type_of(value)
    if set(flags) - set(_FLAGS[kind]) or len(set(flags)) != len(flags) or {"-", "0"} <= set(flags):
        raise UnsupportedSQL(f"The local engine does not translate {match.group()} in format.")
    if int(digits or 0) > _MOST_DIGITS or (digits and kind != "f"):
        raise UnsupportedSQL(f"The local engine does not translate {match.group()} in format.")
    if kind == "d" and own.name in INTEGERS:
        shown = _signed(value, _grouped(call("abs", own, _wide(value)), flags), match)
    elif kind in "xX" and own.name in INTEGERS:
        shown = _zero_padded(text(""), call("to_hex", VARCHAR, plain_cast(value, BIGINT)), match)
        shown = shown if kind == "X" else call("lower", VARCHAR, shown)
    elif kind == "s":
        shown = _as_text(value, match)
    elif kind == "f" and own.name in ("double", "decimal"):
        shown = _signed(value, _grouped(_fixed(value, int(digits or 6)), flags), match)
        shown = _unless_special(value, shown, flags) if own.name == "double" else shown
    else:
        raise _untranslated_place(match, own)
    # Java cuts the word null to the digits, too.
    missing = text("null"[: int(digits)] if digits else "null")
    return _padded(call("coalesce", VARCHAR, shown, missing), flags, match.group("width"))


def _untranslated_place(match: re.Match[str], own: AthenaType) -> UnsupportedSQL:
    return UnsupportedSQL(
        f"The local engine does not translate {match.group()} of {own} in format.",
        hint="Use %s for strings, %d for whole numbers, %.2f for doubles and decimals.",
    )


def _as_text(value: exp.Expr, match: re.Match[str]) -> exp.Expr:
    own = type_of(value)
    if own.name in FLOATS:
        macro = "athena_plain_real_text" if own == REAL else "athena_plain_number_text"
        return call(macro, VARCHAR, value)
    if own.name not in _PLAIN and own != DATE:
        raise _untranslated_place(match, own)
    return plain_cast(value, VARCHAR)


def _wide(value: exp.Expr) -> exp.Expr:
    """A whole number whose least value has a magnitude, too."""
    return typed(
        exp.Cast(this=value, to=exp.DataType.build("HUGEINT", dialect="duckdb")), type_of(value)
    )


def _grouped(magnitude: exp.Expr, flags: str) -> exp.Expr:
    """The digits of a number, in threes where a comma is among the flags."""
    shown = plain_cast(magnitude, VARCHAR)
    return call("athena_grouped", VARCHAR, shown) if "," in flags else shown


def _fixed(value: exp.Expr, digits: int) -> exp.Expr:
    """The magnitude, rounded half up in decimal as Java does; C rounds the binary value."""
    magnitude = plain_cast(call("abs", type_of(value), value.copy()), VARCHAR)
    return plain_cast(magnitude, AthenaType("decimal", (38, digits)))


def _signed(value: exp.Expr, magnitude: exp.Expr, match: re.Match[str]) -> exp.Expr:
    """The digits behind the sign, which stays when they round to zero: -0.001 is -0.00."""
    flags = match.group("flags")
    sign = call(
        "athena_sign",
        VARCHAR,
        plain_cast(value.copy(), VARCHAR),
        text("+" if "+" in flags else " " if " " in flags else ""),
    )
    return _zero_padded(sign, magnitude, match)


def _zero_padded(sign: exp.Expr, digits: exp.Expr, match: re.Match[str]) -> exp.Expr:
    if "0" not in match.group("flags"):
        return typed(exp.Paren(this=exp.DPipe(this=sign, expression=digits)), VARCHAR)
    width = number(int(match.group("width") or 0))
    return call("athena_zero_padded", VARCHAR, sign, digits, width)


def _unless_special(value: exp.Expr, shown: exp.Expr, flags: str) -> exp.Expr:
    """NaN and infinity are words; with flags for their sign they are refused when they come."""
    macro = "athena_finite_text" if set(flags) - {"-", ","} else "athena_unless_special"
    return call(macro, VARCHAR, value.copy(), shown)


def _padded(shown: exp.Expr, flags: str, width: str) -> exp.Expr:
    """Filled up to a width with blanks, in front or behind."""
    if not width:
        return shown
    name = "athena_padded_right" if "-" in flags else "athena_padded_left"
    return call(name, VARCHAR, shown, number(int(width)))


FORMAT_FUNCTIONS: dict[str, SpecialFunction] = {
    "format": SpecialFunction(format_text, 2, ANY_NUMBER),
}
