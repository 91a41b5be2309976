"""Functions on moments: zones, seconds since 1970, and ISO 8601.

Source: https://trino.io/docs/current/functions/datetime.html (2026-11).
"""

from __future__ import annotations

import re

from sqlglot import exp

from athena_sql.casts import convert
from athena_sql.guard import reads
from athena_sql.moments import moment_of
from athena_sql.nodes import (
    SpecialFunction,
    Translator,
    call,
    literal_text,
    not_in_athena,
    plain_cast,
    text,
    type_of,
    typed,
    untranslated,
)
from athena_sql.types import (
    COMPUTED,
    DATE,
    DOUBLE,
    NUMBERS,
    TIMESTAMP,
    TIMESTAMP_ZONED,
    VARCHAR,
    ZONED,
    AthenaType,
)
from athena_sql.zones import UTC, instant, local_time, zone_named, zone_of, zoned_type

# Joda reads weeks, days of the year and more, too; they are refused.
_ISO_TIMESTAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2}(?:T\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?)?)"
    r"((?<!-\d\d-\d\d)(?:Z|[+-]\d{2}(?::?\d{2})?))?"
)


@reads(exp.AtTimeZone, "this", "zone")
def at_time_zone(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The operator: x AT TIME ZONE 'zone'."""
    moment = moment_of(translator, node.this, "AT TIME ZONE")
    if type_of(moment) == DATE:
        raise not_in_athena("a date AT TIME ZONE", hint="Cast it to timestamp.")
    return _shown_in(moment, node.args["zone"])


def at_timezone(translator: Translator, node: exp.Expr) -> exp.Expr:
    """The same as the operator AT TIME ZONE."""
    moment_node, zone_node = node.expressions
    return _shown_in(moment_of(translator, moment_node, "at_timezone"), zone_node)


def _shown_in(moment: exp.Expr, zone_node: exp.Expr) -> exp.Expr:
    """The same moment, shown elsewhere: the zone goes into the type, for who asks the clock.

    A timestamp without a zone counts as UTC, Athena's session zone.
    """
    zone = zone_named(literal_text(zone_node, "the zone of AT TIME ZONE"))
    kind = type_of(moment)
    if kind.name != ZONED:
        shown = moment if kind.arguments else plain_cast(moment, AthenaType("timestamp", (0,)))
        moment = instant(shown, UTC)
    return typed(exp.Paren(this=moment), zoned_type(type_of(moment).arguments[0], zone))


def with_timezone(translator: Translator, node: exp.Expr) -> exp.Expr:
    """A timestamp without a zone, as what a clock in that zone shows."""
    local_node, zone_node = node.expressions
    local = translator.visit(local_node)
    if type_of(local).name != "timestamp":
        raise untranslated(f"with_timezone of {type_of(local)}")
    return instant(local, zone_named(literal_text(zone_node, "the zone of with_timezone")))


def from_iso8601_timestamp(translator: Translator, node: exp.Expr) -> exp.Expr:
    """A timestamp with the offset that stands in the text; of a text that is computed, UTC."""
    value = translator.visit(node.expressions[0])
    if type_of(value).name != "varchar":
        raise untranslated("from_iso8601_timestamp of anything but a string")
    zone = UTC
    if isinstance(value, exp.Literal):
        found = _ISO_TIMESTAMP.fullmatch(value.name)
        if found is None:
            raise untranslated(
                f"'{value.name}' in from_iso8601_timestamp",
                hint="Write it as 2024-05-07T13:04:05Z.",
            )
        value, zone = text(found[1]), zone_named(found[2] or UTC)
    return instant(call("athena_iso_timestamp", TIMESTAMP, value), zone)


def from_unixtime(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Seconds since 1970 as a timestamp to the millisecond, in UTC or the zone that is named."""
    seconds_node, *zone_nodes = node.expressions
    zone = zone_named(literal_text(zone_nodes[0], "the zone")) if zone_nodes else UTC
    seconds = translator.visit(seconds_node)
    if type_of(seconds).name not in NUMBERS:
        raise untranslated(f"{type_of(seconds)} in from_unixtime")
    moment = call("to_timestamp", TIMESTAMP_ZONED, plain_cast(seconds, DOUBLE))
    return call("athena_milliseconds", zoned_type(3, zone), moment)


def to_unixtime(translator: Translator, node: exp.Expr) -> exp.Expr:
    """Seconds since 1970 up to a moment, whatever its zone; without one it counts as UTC."""
    return call("epoch", DOUBLE, moment_of(translator, node.expressions[0], "to_unixtime"))


def to_iso8601(translator: Translator, node: exp.Expr) -> exp.Expr:
    """A date as 2024-05-07, a timestamp as 2024-05-07T13:04:05.123 with Z or its offset."""
    moment = moment_of(translator, node.expressions[0], "to_iso8601")
    kind = type_of(moment)
    if kind == DATE:
        return plain_cast(moment, COMPUTED)
    zone = zone_of(kind)
    if "/" in zone:
        raise untranslated(f"to_iso8601 in the zone {zone}", hint="Take AT TIME ZONE 'UTC'.")
    local = typed(local_time(moment), AthenaType("timestamp", kind.arguments[:1]))
    shown = call("replace", COMPUTED, convert(local, VARCHAR), text(" "), text("T"))
    if kind.name != ZONED:
        return shown
    offset = text("Z" if zone == UTC else zone)
    return typed(exp.Paren(this=exp.DPipe(this=shown, expression=offset)), COMPUTED)


ZONE_FUNCTIONS: dict[str, SpecialFunction] = {
    "at_timezone": SpecialFunction(at_timezone, 2),
    "with_timezone": SpecialFunction(with_timezone, 2),
    "from_iso8601_timestamp": SpecialFunction(from_iso8601_timestamp, 1),
    "to_iso8601": SpecialFunction(to_iso8601, 1),
    "from_unixtime": SpecialFunction(from_unixtime, 1, 2),
    "to_unixtime": SpecialFunction(to_unixtime, 1),
}
