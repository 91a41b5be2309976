"""Time zones: a timestamp's clock in its zone, and the moment that a clock there shows.

Athena keeps a zone with each value, DuckDB keeps the moment alone. So the zone stands in the type,
where it is known; what asks for the clock of values with various zones is refused.

Where clocks are put back, a time comes twice. Athena takes the one with the offset of the timestamp
that it was made of; else the earlier if it is written out; else what Joda takes (``time_macros``).
Source: https://trino.io/docs/current/functions/datetime.html and a real Trino 476 (2026-11).
"""

from __future__ import annotations

import re

from sqlglot import exp

from athena_sql.errors import InvalidSQL, UnsupportedSQL
from athena_sql.nodes import call, number, text, type_of, typed, untranslated
from athena_sql.types import TIMESTAMP_ZONED, VARIOUS, ZONED, AthenaType

UTC = "UTC"
# Etc/GMT+5 and the like are offsets under another name, which Athena shows as such.
_REGION = re.compile(r"(?!Etc/)[A-Z][A-Za-z]+(/[A-Z][A-Za-z_-]+)+")
_OFFSET = re.compile(r"([+-])(\d\d)(?::?(\d\d))?")
_ZONED_TEXT = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2}(?: \d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?)?)"
    r"( *Z| *[+-]\d\d(?::?\d\d)?| +[A-Za-z].*| *)"
)
_UTC_NAMES = (UTC, "Z", "GMT", "Etc/UTC", "+00:00")
_FARTHEST_MINUTES = 14 * 60


def zone_named(written: str) -> str:
    """A zone's name as Athena shows it: a region, an offset such as +05:30, or UTC.

    Raises:
        UnsupportedSQL: it is none that both engines are known to read alike.
    """
    if written in _UTC_NAMES:
        return UTC
    offset = _OFFSET.fullmatch(written)
    if offset is not None and 0 < abs(_minutes(written)) <= _FARTHEST_MINUTES:
        return f"{offset[1]}{offset[2]}:{offset[3] or '00'}"
    if offset is None and _REGION.fullmatch(written):
        return written
    raise UnsupportedSQL(
        f"The local engine does not know the time zone '{written}'.",
        hint="Use a name such as America/New_York, or an offset such as +05:30.",
    )


def zoned_type(precision: int, zone: str) -> AthenaType:
    """The type of timestamps of which all are in that zone."""
    return AthenaType(ZONED, (precision,) if zone == UTC else (precision, zone))


def zone_of(kind: AthenaType) -> str:
    """The zone of a timestamp's type; one without a zone counts as UTC, Athena's session zone.

    Raises:
        UnsupportedSQL: its values are in various zones.
    """
    zone = str(kind.arguments[1]) if kind.name == ZONED and len(kind.arguments) > 1 else UTC
    if zone == VARIOUS:
        raise UnsupportedSQL(
            "The local engine does not know in which of several zones a timestamp is.",
            hint="Put all into one: x AT TIME ZONE 'UTC'.",
        )
    return zone


def local_time(node: exp.Expr) -> exp.Expr:
    """What the clock shows in the timestamp's zone, as a timestamp without one."""
    kind = type_of(node)
    if kind.name != ZONED:
        return node
    zone, local = zone_of(kind), AthenaType("timestamp", kind.arguments[:1])
    if not _OFFSET.fullmatch(zone):
        return call("timezone", local, text(zone), node)
    shown = call("timezone", local, text(UTC), node)
    return typed(exp.Paren(this=exp.Add(this=shown, expression=_interval(zone))), local)


def instant(local: exp.Expr, zone: str) -> exp.Expr:
    """The moment at which a clock in that zone shows a timestamp, which has none."""
    kind = zoned_type(type_of(local).arguments[0], zone)
    if zone == UTC:
        return call("timezone", kind, text(UTC), local)
    if _OFFSET.fullmatch(zone):
        moved = exp.Paren(this=exp.Sub(this=local, expression=_interval(zone)))
        return call("timezone", kind, text(UTC), moved)
    return call("athena_instant", kind, local, text(zone))


def moved_in_zone(moment: exp.Expr, step: exp.Expr) -> exp.Expr:
    """The moment at which the clock in the timestamp's zone shows so much more."""
    kind = type_of(moment)
    zone = zone_of(kind)
    if _OFFSET.fullmatch(zone):
        local = local_time(moment)
        moved = typed(exp.Paren(this=exp.Add(this=local, expression=step)), type_of(local))
        return instant(moved, zone)
    return call("athena_moved_in_zone", kind, moment, text(zone), step)


def truncated_in_zone(unit: str, moment: exp.Expr) -> exp.Expr:
    """The moment at which the unit began on the clock in the timestamp's zone."""
    kind = type_of(moment)
    zone = zone_of(kind)
    if not _OFFSET.fullmatch(zone):
        return call("athena_trunc_in_zone", kind, text(unit), moment, text(zone))
    local = local_time(moment)
    return instant(call("date_trunc", type_of(local), text(unit), local), zone)


def zoned_parts(written: str) -> tuple[str, str]:
    """A timestamp's text, taken apart into what the clock shows and its zone, UTC if it has none.

    Raises:
        InvalidSQL: it is no timestamp.
    """
    found = _ZONED_TEXT.fullmatch(written)
    if found is None:
        raise InvalidSQL(f"'{written}' is not a timestamp with a time zone.")
    return found[1], zone_named(found[2].strip() or UTC)


def refuse_hidden_zone(title: str, kind: AthenaType) -> None:
    """Refuses a column that has zones inside its values, where nobody would see them.

    Raises:
        UnsupportedSQL: it has.
    """
    for part in _parts(kind):
        if part.name == ZONED and len(part.arguments) > 1:
            raise untranslated(
                f"the zone {part.arguments[1]} inside of {title}", hint="Cast it to varchar."
            )


def _parts(kind: AthenaType) -> list[AthenaType]:
    inner = [part[1] if isinstance(part, tuple) else part for part in kind.arguments]
    kinds = [part for part in inner if isinstance(part, AthenaType)]
    return [*kinds, *(deep for part in kinds for deep in _parts(part))]


def _minutes(offset: str) -> int:
    found = _OFFSET.fullmatch(offset)
    assert found is not None  # noqa: S101 (only called with offsets)
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return -minutes if found[1] == "-" else minutes


def _interval(offset: str) -> exp.Expr:
    return call("to_minutes", TIMESTAMP_ZONED, number(_minutes(offset)))
