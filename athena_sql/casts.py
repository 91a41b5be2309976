"""CAST and TRY_CAST.

DuckDB reads strings generously (``' 12'``, ``'1_000'``, ``'12.5'`` as 13) and rounds doubles half
to even; Athena does neither. So a string passes a macro first that lets through only what Athena
reads, and a double is rounded before it becomes a whole number. As text a double is ``1.64E1``, a
timestamp has as many digits as its type.
"""

from __future__ import annotations

import re

from sqlglot import exp

from athena_sql.errors import UnsupportedSQL
from athena_sql.guard import reads
from athena_sql.nodes import (
    Rewrite,
    Translator,
    as_row,
    call,
    each,
    not_in_athena,
    number,
    plain_cast,
    text,
    type_of,
    typed,
    untranslated,
)
from athena_sql.types import (
    COMPUTED,
    DAYS,
    DOUBLE,
    FLOATS,
    INTEGERS,
    INTERVALS,
    MONTHS,
    NESTED,
    NUMBERS,
    REAL,
    TIMESTAMP,
    UNKNOWN,
    VARCHAR,
    ZONED,
    AthenaType,
    parse_type,
)
from athena_sql.zones import UTC, instant, local_time, zone_of, zoned_parts, zoned_type

_TEXT_MACROS = {
    **dict.fromkeys(INTEGERS, "athena_integer_text"),
    **dict.fromkeys(FLOATS, "athena_float_text"),
    "decimal": "athena_decimal_text",
    "boolean": "athena_boolean_text",
    "date": "athena_date_text",
    "timestamp": "athena_timestamp_text",
    ZONED: "athena_utc_text",
}
# Athena passes over white space around these; around decimals and truth values it does not.
_TRIMMED = (*INTEGERS, "date", "timestamp")
# What both read alike, so that a date that is written out needs no macro.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGITS_OF_DUCKDB = 6
_DIGITS_OF_TEXT = 12
# From, to: where DuckDB's cast is Athena's.
_SAME = {
    *((a, b) for a in (*INTEGERS, "boolean") for b in (*NUMBERS, "boolean")),
    *(("decimal", b) for b in NUMBERS),
    *((a, b) for a in FLOATS for b in FLOATS),
    *((a, "varchar") for a in (*INTEGERS, "decimal", "boolean", "date")),
    ("date", "timestamp"),
    ("timestamp", "date"),
    ("date", ZONED),
}
_MOMENTS = ("timestamp", ZONED)
_AS_TEXT = {
    "double": "athena_double_as_text",
    "real": "athena_real_as_text",
    DAYS.name: "athena_day_interval_text",
    MONTHS.name: "athena_month_interval_text",
}
_TARGETS = (
    *(*NUMBERS, "boolean", "varchar", "date", *_MOMENTS, *NESTED),
    *(*INTERVALS, "varbinary"),  # of a null only
)


@reads(exp.Cast, "this", "to")
@reads(exp.TryCast, "this", "to", safe=True)
def cast(translator: Translator, node: exp.Expr) -> exp.Expr:
    """CAST(x AS type), type 'text' and TRY_CAST(x AS type)."""
    kind = parse_type(_written(node.args["to"]))
    return convert(translator.visit(node.this), kind, safe=isinstance(node, exp.TryCast))


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
    if kind.name in _MOMENTS and kind.arguments[0] > _DIGITS_OF_DUCKDB:
        raise UnsupportedSQL("The local engine keeps six digits of a second.")
    same = kind.name != "varchar" and (own.name, kind.name) in _SAME
    if own in (UNKNOWN, kind) or same:
        return plain_cast(node, kind, safe=safe)
    if kind.name in NESTED:
        return _nested(node, kind, safe=safe)
    if own.name == "varchar":
        return _from_text(node, kind, safe=safe)
    if kind.name == "varchar":
        return _to_text(node, kind, safe=safe)
    if own.name in FLOATS:
        return _from_float(node, kind, safe=safe)
    return _from_moment(node, kind)


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
    written = node.name if isinstance(node, exp.Literal) else ""
    if kind.name == ZONED and written:
        return _zoned_constant(written, kind)
    if kind.name == "date" and _DATE.fullmatch(written):
        return plain_cast(node, kind, safe=safe)
    if kind.name in _TRIMMED:
        node = call("athena_trim", VARCHAR, node)
    to = TIMESTAMP if kind.name == ZONED else kind
    read = plain_cast(call(_TEXT_MACROS[kind.name], VARCHAR, node), to, safe=safe)
    if kind.name not in _MOMENTS:
        return read
    digits = len(written.partition(".")[2].rstrip()) if written else _DIGITS_OF_TEXT
    read = _rounded(typed(read, AthenaType("timestamp", (digits,))), kind.arguments[0])
    return instant(read, UTC) if kind.name == ZONED else read


def _zoned_constant(written: str, kind: AthenaType) -> exp.Expr:
    """A timestamp with the zone that it is written with."""
    clock, zone = zoned_parts(written)
    local = _from_text(text(clock), AthenaType("timestamp", kind.arguments), safe=False)
    if "/" in zone:
        return call("athena_shown_instant", zoned_type(kind.arguments[0], zone), local, text(zone))
    return instant(local, zone)


def _to_text(node: exp.Expr, kind: AthenaType, *, safe: bool) -> exp.Expr:
    """As text; in a varchar(n) that is too short it is an error (null if it is safe)."""
    own = type_of(node)
    if own.name in _AS_TEXT:
        shown = call(_AS_TEXT[own.name], VARCHAR, node)
    elif own.name in _MOMENTS:
        shown = _moment_as_text(node)
    elif (own.name, "varchar") in _SAME:
        shown = plain_cast(node, VARCHAR)
    elif own.name in NESTED:
        raise not_in_athena(f"a cast of {own} to varchar")
    else:
        raise _no_cast(own, kind)
    if kind.arguments and kind != COMPUTED:
        # Of other types Athena's error is one of its own, which TRY_CAST may let through.
        null_instead = safe and own.name in (*NUMBERS, "date")
        macro = "athena_text_if_it_fits" if null_instead else "athena_fitting_text"
        return call(macro, kind, shown, number(kind.arguments[0]))
    return shown


def _moment_as_text(node: exp.Expr) -> exp.Expr:
    """With as many digits of a second as the type has, and the zone."""
    kind = type_of(node)
    digits = min(kind.arguments[0], _DIGITS_OF_DUCKDB)
    pattern = "%Y-%m-%d %H:%M:%S" + (".%f" if digits else "")
    shown = call("strftime", VARCHAR, local_time(node), text(pattern))
    if 0 < digits < _DIGITS_OF_DUCKDB:
        shown = call("left", VARCHAR, shown, number(digits - _DIGITS_OF_DUCKDB))
    if kind.name == ZONED:
        with_zone = exp.DPipe(this=shown, expression=text(f" {zone_of(kind)}"))
        shown = typed(exp.Paren(this=with_zone), VARCHAR)
    return shown


def _from_float(node: exp.Expr, kind: AthenaType, *, safe: bool) -> exp.Expr:
    if kind.name in INTEGERS:
        return plain_cast(call("round", DOUBLE, node), kind, safe=safe)
    if kind.name == "decimal":
        # Athena goes through the shortest text of the double: 1.005 is 1.01 as decimal(3, 2).
        if type_of(node) == REAL:
            node = call("athena_shortest_real", DOUBLE, node)
        return plain_cast(plain_cast(node, VARCHAR), kind, safe=safe)
    raise _no_cast(type_of(node), kind)


def _from_moment(node: exp.Expr, kind: AthenaType) -> exp.Expr:
    """A timestamp, with a zone or without, as another or as a date."""
    own = type_of(node)
    if own.name not in _MOMENTS or kind.name not in ("date", *_MOMENTS):
        raise _no_cast(own, kind)
    if kind.name == "date":
        return plain_cast(local_time(node), kind)
    if kind.name == "timestamp":
        return _rounded(local_time(node), kind.arguments[0])
    if own.name == ZONED:
        return _rounded(node, kind.arguments[0])
    return instant(_rounded(node, kind.arguments[0]), UTC)


def _rounded(node: exp.Expr, digits: int) -> exp.Expr:
    """A timestamp with so many digits of a second: Athena rounds what is cut off."""
    own = type_of(node)
    kind = AthenaType(own.name, (digits, *own.arguments[1:]))
    if own.arguments[0] <= digits or digits == _DIGITS_OF_DUCKDB:
        return typed(exp.Paren(this=node), kind)
    unit = 10 ** (_DIGITS_OF_DUCKDB - digits)
    return call("athena_rounded_time", kind, node, number(unit))


def _nested(node: exp.Expr, kind: AthenaType, *, safe: bool) -> exp.Expr:
    """An array, map or row as another one, part by part; null as a whole if it is safe."""
    own = type_of(node)
    if own.name != kind.name:
        raise _no_cast(own, kind)
    if kind.name == "row":
        if len(own.arguments) != len(kind.arguments):
            raise not_in_athena(f"a cast of {own} to {kind}")
        made = as_row(node, kind, convert)
    elif all(_is_plain(a, b) for a, b in zip(own.arguments, kind.arguments)):
        return plain_cast(node, kind, safe=safe)
    elif kind.name == "array":
        made = each(node, kind, convert)
    else:
        made = _entries(node, kind)
    return _tried(made, kind) if safe else made


def _tried(made: exp.Expr, kind: AthenaType) -> exp.Expr:
    """Null where a part fails; a double that fails here alone would be null, too."""
    if any(called.name == _AS_TEXT["double"] for called in made.find_all(exp.Anonymous)):
        raise untranslated(f"TRY_CAST of doubles to {kind}", hint="Write CAST.")
    return call("try", kind, made)


def _is_plain(own: AthenaType, kind: AthenaType) -> bool:
    """Whether parts cast as DuckDB would cast them with the whole."""
    unbounded = kind == VARCHAR and own.name == "varchar"
    same = kind.name != "varchar" and (own.name, kind.name) in _SAME
    return own in (kind, UNKNOWN) or unbounded or same


def _entries(node: exp.Expr, kind: AthenaType) -> exp.Expr:
    """A map as another one, entry by entry."""
    parts = zip(("key", "value"), type_of(node).arguments)
    as_rows = AthenaType("array", (AthenaType("row", tuple(parts)),))
    wanted = AthenaType("array", (AthenaType("row", tuple(zip(("key", "value"), kind.arguments))),))
    entries = each(call("map_entries", as_rows, node), wanted, convert)
    return call("map_from_entries", kind, entries)


CASTS: dict[type[exp.Expr], Rewrite] = {exp.Cast: cast, exp.TryCast: cast}
