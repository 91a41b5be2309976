"""The types of Athena.

A type is a name and its arguments: ``decimal(10, 2)`` has the arguments 10 and 2,
``array(varchar)`` another type, ``row(a integer)`` pairs of a field's name and type. Athena's DDL
(``string``, ``struct<a:int>``), its queries (``varchar``, ``row(a integer)``) and DuckDB
(``INTEGER[]``, ``STRUCT(a INTEGER)``) spell them differently; ``parse_type`` reads all three.

Source: https://trino.io/docs/current/language/types.html (2026-11), for the coercions as well.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

from athena_sql.errors import UnsupportedSQL


@dataclass(frozen=True)
class AthenaType:
    """A type of Athena; ``str()`` spells it as Athena's ``typeof`` does.

    Attributes:
        name: what comes before the brackets, lower case.
        arguments: whole numbers, types, or (field, type) pairs for a row, whose field is empty
            where it has no name. A timestamp with a zone has the zone behind its precision, unless
            that is UTC.
    """

    name: str
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        if not self.arguments or self.arguments == ("computed",):
            return self.name
        if self.name == ZONED:
            return f"timestamp({self.arguments[0]}) with time zone"
        if self.name == "row":
            fields = (f"{name} {kind}" if name else str(kind) for name, kind in self.arguments)
            return f"row({', '.join(fields)})"
        separator = "," if self.name == "decimal" else ", "
        return f"{self.name}({separator.join(str(a) for a in self.arguments)})"


ZONED = "timestamp with time zone"
# Athena keeps a zone with each value, DuckDB does not; here it is known where all values have one.
VARIOUS = "various zones"
UNKNOWN = AthenaType("unknown")
BOOLEAN = AthenaType("boolean")
TINYINT = AthenaType("tinyint")
INTEGER = AthenaType("integer")
BIGINT = AthenaType("bigint")
REAL = AthenaType("real")
DOUBLE = AthenaType("double")
VARCHAR = AthenaType("varchar")
# A string that a function made: Athena works out a length for its type, which is not done here.
COMPUTED = AthenaType("varchar", ("computed",))
DATE = AthenaType("date")
TIMESTAMP = AthenaType("timestamp", (3,))
TIMESTAMP_ZONED = AthenaType(ZONED, (3,))
DAYS = AthenaType("interval day to second")
MONTHS = AthenaType("interval year to month")

INTEGERS = ("tinyint", "smallint", "integer", "bigint")
FLOATS = ("real", "double")
NUMBERS = (*INTEGERS, "decimal", *FLOATS)
TEMPORALS = ("date", "timestamp", ZONED)
INTERVALS = (DAYS.name, MONTHS.name)
NESTED = ("array", "map", "row")

# How many digits an integer type needs as a decimal.
_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}

_SPELLINGS = {
    "string": "varchar",
    "text": "varchar",
    "int": "integer",
    "int1": "tinyint",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float": "real",
    "bool": "boolean",
    "numeric": "decimal",
    "struct": "row",
    "list": "array",
    "blob": "varbinary",
    "binary": "varbinary",
    "null": "unknown",
    "timestamp_ms": "timestamp",
    "timestamp_ns": "timestamp",
    "timestamp_s": "timestamp",
    "hugeint": "decimal",
}
_SIMPLE = frozenset(
    (
        *NUMBERS,
        "boolean",
        "varchar",
        "char",
        "varbinary",
        "date",
        "time",
        "timestamp",
        "unknown",
        "json",
        "uuid",
        *INTERVALS,
    )
)
_BEHIND_A_TYPE = (",", ")", "(", "<", ">", "[", "with", "without")
_TOKEN = re.compile(r'\s*("[^"]+"|[\w$]+|[()<>,:\[\]])')


@functools.lru_cache(maxsize=4096)
def parse_type(text: str, variables: frozenset[str] = frozenset()) -> AthenaType:
    """Reads a type as Athena's DDL, Athena's queries or DuckDB spell it.

    Args:
        text: such as ``string``, ``decimal(38,6)``, ``array<int>``, ``INTEGER[]``.
        variables: names that stand for a type where a signature is read, such as ``t`` or ``k``.

    Raises:
        UnsupportedSQL: it is not a type that the local engine knows.
    """
    tokens = _TOKEN.findall(text)
    if _TOKEN.sub("", text).strip():
        raise UnsupportedSQL(f"The local engine does not know the type {text}.")
    reader = _TypeReader(text, tokens, variables)
    kind = reader.read()
    if reader.tokens:
        raise UnsupportedSQL(f"The local engine does not know the type {text}.")
    return kind


class _TypeReader:
    """Reads one type from the front of a list of tokens."""

    def __init__(self, text: str, tokens: list[str], variables: frozenset[str]) -> None:
        self.text = text
        self.variables = variables
        self.tokens = [token if token.startswith('"') else token.lower() for token in tokens]

    def read(self) -> AthenaType:
        name = self._next()
        name = _SPELLINGS.get(name, name)
        if name == "interval":
            kind = self._interval()
        elif name in NESTED or (name == "function" and self.variables):
            kind = AthenaType(name, self._brackets(named=name == "row"))
        elif name in _SIMPLE or name in self.variables:
            numbers = self._brackets(named=False) if self.tokens[:1] == ["("] else ()
            kind = self._simple(name, numbers)
        else:
            raise UnsupportedSQL(f"The local engine does not know the type {self.text}.")
        while self.tokens[:2] == ["[", "]"]:
            del self.tokens[:2]
            kind = AthenaType("array", (kind,))
        return kind

    def _next(self) -> str:
        if not self.tokens:
            raise UnsupportedSQL(f"The local engine does not know the type {self.text}.")
        return self.tokens.pop(0)

    def _interval(self) -> AthenaType:
        words = " ".join(["interval", *self.tokens[:3]])
        if words in INTERVALS:
            del self.tokens[:3]
            return AthenaType(words)
        return DAYS

    def _simple(self, name: str, numbers: tuple[Any, ...]) -> AthenaType:
        if self.tokens[:3] in (["with", "time", "zone"], ["without", "time", "zone"]):
            name = ZONED if self.tokens[0] == "with" else name
            del self.tokens[:3]
        defaults: dict[str, tuple[int, ...]] = {"decimal": (38, 0), "timestamp": (3,), ZONED: (3,)}
        if name == "decimal" and len(numbers) == 1:
            numbers = (*numbers, 0)
        return AthenaType(name, numbers or defaults.get(name, ()))

    def _brackets(self, *, named: bool) -> tuple[Any, ...]:
        if self._next() not in ("(", "<"):
            raise UnsupportedSQL(f"The local engine does not know the type {self.text}.")
        arguments: list[Any] = []
        while True:
            if named:
                arguments.append(self._field())
            elif self.tokens[:1] and self.tokens[0].isdigit():
                arguments.append(int(self._next()))
            else:
                arguments.append(self.read())
            if self._next() != ",":
                return tuple(arguments)

    def _field(self) -> tuple[str, AthenaType]:
        """A row's field: with a name in front, or only a type."""
        if self.tokens[1:2] and self.tokens[1] in _BEHIND_A_TYPE:
            return "", self.read()
        field = self._next().strip('"')
        if self.tokens[:1] == [":"]:
            self._next()
        return field, self.read()


def as_decimal(kind: AthenaType) -> AthenaType:
    """The decimal type that holds every value of an integer type; a decimal stays itself."""
    return AthenaType("decimal", (_DIGITS[kind.name], 0)) if kind.name in _DIGITS else kind


def decimal(precision: int, scale: int) -> AthenaType:
    """A decimal type, cut to the 38 digits that Athena has."""
    return AthenaType("decimal", (min(38, precision), scale))


def common_type(left: AthenaType, right: AthenaType) -> AthenaType | None:
    """The type both can be coerced to without being asked, or None where Athena has none."""
    if left == right or UNKNOWN in (left, right):
        return right if left == UNKNOWN else left
    names = {left.name, right.name}
    for family, common in (
        (NUMBERS, _common_number),
        (("varchar",), _common_text),
        (TEMPORALS, _common_moment),
        (("array",), _common_parts),
        (("map",), _common_parts),
        (("row",), _common_fields),
    ):
        if names <= set(family):
            return common(left, right)
    return None


def _common_text(left: AthenaType, right: AthenaType) -> AthenaType:
    if not (left.arguments and right.arguments):
        return VARCHAR
    if COMPUTED in (left, right):
        return COMPUTED
    return max(left, right, key=lambda kind: int(kind.arguments[0]))


def _common_moment(left: AthenaType, right: AthenaType) -> AthenaType | None:
    names = {left.name, right.name}
    precision = max(kind.arguments[0] for kind in (left, right) if kind.arguments)
    if ZONED not in names:
        return AthenaType("timestamp", (precision,))
    zones = {kind.arguments[1:] if kind.name == ZONED else () for kind in (left, right)}
    return AthenaType(ZONED, (precision, *(zones.pop() if len(zones) == 1 else (VARIOUS,))))


def _common_parts(left: AthenaType, right: AthenaType) -> AthenaType | None:
    parts = tuple(common_type(a, b) for a, b in zip(left.arguments, right.arguments))
    return None if None in parts else AthenaType(left.name, parts)


def _common_fields(left: AthenaType, right: AthenaType) -> AthenaType | None:
    """Fields by their place; a name stays where both have it."""
    if len(left.arguments) != len(right.arguments):
        return None
    fields = []
    for (name, kind), (other, other_kind) in zip(left.arguments, right.arguments):
        both = common_type(kind, other_kind)
        if both is None:
            return None
        fields.append((name if name == other else "", both))
    return AthenaType("row", tuple(fields))


def _common_number(left: AthenaType, right: AthenaType) -> AthenaType:
    names = {left.name, right.name}
    for name in ("double", "real"):
        if name in names:
            return AthenaType(name)
    if "decimal" in names:
        (p1, s1), (p2, s2) = as_decimal(left).arguments, as_decimal(right).arguments
        scale = max(s1, s2)
        return decimal(max(p1 - s1, p2 - s2) + scale, scale)
    return max(left, right, key=lambda kind: INTEGERS.index(kind.name))


def has_unknown_length(kind: AthenaType) -> bool:
    """Whether Athena names a length in the type, or in a part of it, that is not known here."""
    parts = (part[1] if isinstance(part, tuple) else part for part in kind.arguments)
    return kind == COMPUTED or any(
        isinstance(part, AthenaType) and has_unknown_length(part) for part in parts
    )


def coerces(kind: AthenaType, target: AthenaType) -> bool:
    """Whether Athena turns a value of one type into another without being asked."""
    if target.name == "varchar":
        return kind.name in ("varchar", "unknown")
    return common_type(kind, target) == target


def named_fields(row: AthenaType) -> list[tuple[str, tuple[str, AthenaType]]]:
    """A row's fields, each behind the name that it has in DuckDB, as Athena shows it."""
    return [(field[0] or f"field{place}", field) for place, field in enumerate(row.arguments)]


def duckdb_type(kind: AthenaType) -> str:
    """The type as DuckDB spells it."""
    names = {
        "real": "FLOAT",
        ZONED: "TIMESTAMPTZ",
        "varbinary": "BLOB",
        "unknown": "INTEGER",
        **dict.fromkeys(INTERVALS, "INTERVAL"),
    }
    if kind.name == "array":
        return f"{duckdb_type(kind.arguments[0])}[]"
    if kind.name == "map":
        key, value = (duckdb_type(part) for part in kind.arguments)
        return f"MAP({key}, {value})"
    if kind.name == "row":
        fields = (f'"{name}" {duckdb_type(part)}' for name, (_, part) in named_fields(kind))
        return f"STRUCT({', '.join(fields)})"
    if kind.name == "decimal":
        return f"DECIMAL({kind.arguments[0]}, {kind.arguments[1]})"
    return names.get(kind.name, kind.name.upper())


def athena_type(duckdb: str) -> str:
    """The name that Athena's catalog gives a column of a DuckDB type.

    Args:
        duckdb: what DuckDB's ``DESCRIBE`` says, such as ``VARCHAR`` or ``DECIMAL(38,6)``.

    Returns:
        The name as schemas write it: ``string``, ``int``, ``array<int>``.

    Raises:
        UnsupportedSQL: Athena has no such type.
    """
    return _ddl(parse_type(duckdb))


def _ddl(kind: AthenaType) -> str:
    names = {"varchar": "string", "integer": "int", "real": "float", "varbinary": "binary"}
    if kind.name == "row":
        return f"struct<{','.join(f'{field}:{_ddl(part)}' for field, part in kind.arguments)}>"
    if kind.name in ("array", "map"):
        return f"{kind.name}<{','.join(_ddl(part) for part in kind.arguments)}>"
    if kind.name == "decimal":
        return f"decimal({kind.arguments[0]},{kind.arguments[1]})"
    return names.get(kind.name, kind.name)
