"""What Trino's protocol tells of an answer, as Arrow has it: types from their names, exact values.

The protocol writes as text what JSON has no kind for: decimals, dates, times, intervals, bytes in
base64, NaN. Arrow reads most of these texts itself, with all their digits.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Callable
from zoneinfo import ZoneInfo

import pyarrow as pa

from glue_jobs.errors import UnsupportedSQL
from glue_jobs.tables.types import arrow_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SIZED = re.compile(r"(timestamp|time)(?:\((\d+)\))?( with time zone)?")
_DAYS = re.compile(r"(-?)(\d+) (\d+):(\d+):(\d+)\.(\d+)")
_MONTHS = re.compile(r"(-?)(\d+)-(\d+)")
_MOMENT = re.compile(r"([+-]?\d+-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?)?) (\S+)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_DAY_INTERVAL, _MONTH_INTERVAL = "interval day to second", "interval year to month"
_OPENING, _CLOSING = "(", ")"

_Read = Callable[[Any], Any]


@dataclass(frozen=True)
class Kind:
    """A type of Trino's.

    Attributes:
        arrow: what Arrow calls it.
        read: a value of the protocol, never null, as ``staged`` takes it.
        staged: what Arrow takes ``read``'s values as, before it casts them.
    """

    arrow: pa.DataType
    read: _Read | None = None
    staged: pa.DataType | None = None


def kind_of(name: str) -> Kind:
    """A type by the name that Trino gives it, ``array(decimal(18,6))``."""
    head, arguments = _taken_apart(name)
    if head == "array":
        return _array(kind_of(arguments[0]))
    if head == "map":
        return _map(kind_of(arguments[0]), kind_of(arguments[1]))
    if head == "row":
        return _row(arguments)
    return _plain(name)


def column(kind: Kind, values: Sequence[Any]) -> pa.Array:
    """One column of a page of an answer.

    Raises:
        UnsupportedSQL: a value is outside of what Arrow holds.
    """
    read = kind.read
    given = [None if one is None else read(one) for one in values] if read else values
    try:
        array = pa.array(given, kind.staged or kind.arrow)
        return array.cast(kind.arrow) if kind.staged else array
    except (pa.ArrowException, OverflowError) as error:
        raise UnsupportedSQL(
            f"The answer has a value that does not fit into {kind.arrow}.",
            hint="Cast it to varchar to see it.",
        ) from error


def zone_in(values: Sequence[Any]) -> str:
    """The zone that a column of moments is shown in: that of its first value; else UTC."""
    for value in values:
        found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
        if found:
            return found[2]
    return "UTC"


def in_zone(kind: Kind, zone: str) -> Kind:
    """A type of moments, shown in a zone."""
    return Kind(pa.timestamp(kind.arrow.unit, zone), kind.read, kind.staged)


def _plain(name: str) -> Kind:
    sized = _SIZED.fullmatch(name)
    if sized:
        return _of_time(*sized.groups())
    if name in _PLAIN:
        return _PLAIN[name]
    known = arrow_type(name)
    if known is not None and pa.types.is_decimal(known):
        return Kind(known, staged=pa.string())
    # A varchar of a length is text, and so is the text of what Arrow has no type for.
    return Kind(known if known is not None else pa.string())


def _of_time(what: str, digits: str | None, zoned: str | None) -> Kind:
    """A time of day or a timestamp; as fine as Trino says, to the nanosecond."""
    precision = int(digits or 3)
    unit = "ms" if precision <= 3 else "us" if precision <= 6 else "ns"
    if what == "time":
        if zoned or unit == "ns":
            return Kind(pa.string())
        return Kind(pa.time64("us"), time.fromisoformat)
    if zoned:
        return Kind(pa.timestamp(unit, "UTC"), _read_moment, pa.string())
    return Kind(pa.timestamp(unit), staged=pa.string())


def _array(part: Kind) -> Kind:
    return Kind(pa.list_(part.arrow), lambda value: _several(part, value))


def _map(key: Kind, part: Kind) -> Kind:
    """Keys are text in the protocol, whatever their type."""
    key_of = _from_text(key)

    def read(value: dict[str, Any]) -> list[tuple[Any, Any]]:
        keys = [key_of(one) for one in value]
        return list(zip(_several(key, keys), _several(part, list(value.values()))))

    return Kind(pa.map_(key.arrow, part.arrow), read)


def _row(arguments: Sequence[str]) -> Kind:
    names, kinds = [], []
    for place, argument in enumerate(arguments):
        name, kind = _field(argument, place)
        names.append(name)
        kinds.append(kind)

    def read(value: Sequence[Any]) -> dict[str, Any]:
        return {name: _one(kind, part) for name, kind, part in zip(names, kinds, value)}

    fields = [pa.field(name, kind.arrow) for name, kind in zip(names, kinds)]
    return Kind(pa.struct(fields), read)


def _field(argument: str, place: int) -> tuple[str, Kind]:
    """A field of a row: ``name type``, ``"a name" type``, or a type alone."""
    quoted = re.fullmatch(r'"((?:[^"]|"")*)" (.+)', argument)
    if quoted:
        return quoted[1].replace('""', '"'), kind_of(quoted[2])
    named = re.fullmatch(r"([a-z_]\w*) (.+)", argument)
    if named and argument not in (_DAY_INTERVAL, _MONTH_INTERVAL):
        return named[1], kind_of(named[2])
    return f"field{place}", kind_of(argument)


def _one(kind: Kind, value: Any) -> Any:
    return column(kind, [value])[0].as_py() if value is not None else None


def _several(kind: Kind, values: Sequence[Any]) -> list[Any]:
    if kind.staged is not None:
        taken: list[Any] = column(kind, values).to_pylist()
        return taken
    return [None if one is None else kind.read(one) if kind.read else one for one in values]


def _from_text(kind: Kind) -> _Read:
    """What makes a key from its text."""
    if pa.types.is_integer(kind.arrow):
        return int
    if pa.types.is_boolean(kind.arrow):
        return "true".__eq__
    return lambda text: text


def _taken_apart(name: str) -> tuple[str, list[str]]:
    """A type's name and its arguments: of ``map(varchar,bigint)`` map, varchar, bigint."""
    head, opening, rest = name.partition(_OPENING)
    if not opening or not rest.endswith(_CLOSING):
        return name, []
    return head, list(_arguments(rest[:-1]))


def _arguments(text: str) -> Iterator[str]:
    """What stands between commas that are in no brackets and in no quotes."""
    depth, start, quoted = 0, 0, False
    for place, char in enumerate(text):
        quoted ^= char == '"'
        if quoted:
            continue
        depth += (char == _OPENING) - (char == _CLOSING)
        if char == "," and not depth:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()


def _read_interval(text: str) -> pa.MonthDayNano:
    days = _DAYS.fullmatch(text)
    if days:
        sign = -1 if days[1] else 1
        hours, minutes, seconds = (int(days[place]) for place in (3, 4, 5))
        nanoseconds = (hours * 60 + minutes) * 60 + seconds
        nanoseconds = nanoseconds * 10**9 + int(days[6].ljust(9, "0"))
        return pa.MonthDayNano([0, sign * int(days[2]), sign * nanoseconds])
    months = _MONTHS.fullmatch(text)
    if months is None:
        raise UnsupportedSQL(f"Trino gives {text[:40]!r} as an interval.")
    size = int(months[2]) * 12 + int(months[3])
    return pa.MonthDayNano([-size if months[1] else size, 0, 0])


def _read_moment(text: str) -> str:
    """A moment with the offset that its zone has then, which Arrow can read."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise UnsupportedSQL(f"Trino gives {text[:40]!r} as a timestamp.")
    clock, zone = found.groups()
    if _OFFSET.fullmatch(zone):
        return clock + zone
    if zone == "UTC":
        return clock + "Z"
    moment = datetime.fromisoformat(clock[:19]).replace(tzinfo=ZoneInfo(zone))
    offset = moment.strftime("%z")
    return f"{clock}{offset[:3]}:{offset[3:]}"


_PLAIN = {
    "date": Kind(pa.date32(), staged=pa.string()),
    "double": Kind(pa.float64(), float),
    "real": Kind(pa.float32(), float),
    "varbinary": Kind(pa.binary(), base64.b64decode),
    "unknown": Kind(pa.null()),
    _DAY_INTERVAL: Kind(pa.month_day_nano_interval(), _read_interval),
    _MONTH_INTERVAL: Kind(pa.month_day_nano_interval(), _read_interval),
}
