"""Which function a call means: signatures as Trino's documentation writes them, and their matching.

``contains(array(T), T) -> boolean`` is read once. A call's argument types are matched against every
signature of its name; the one that needs the fewest coercions wins, as in Athena. A capital letter
stands for any type, ``N`` for any number; ``function(T, U)`` takes a ``T`` and gives a ``U``;
``varchar...`` repeats.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from athena_sql.types import (
    COMPUTED,
    NUMBERS,
    UNKNOWN,
    VARCHAR,
    ZONED,
    AthenaType,
    coerces,
    common_type,
    parse_type,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_VARIABLES = frozenset("tukvsrn")
_SIGNATURE = re.compile(r"(\w+)\((.*)\) -> (.+)")

# A precision more or less does not choose another function.
_ANY_ARGUMENTS = ("varchar", "timestamp")
_COERCED_TEMPORALS = {"timestamp": ("date", ZONED)}

Bindings = dict[str, AthenaType]


@dataclass(frozen=True)
class Signature:
    """One meaning of a function's name.

    Attributes:
        name: lower case.
        parameters: types, with variables among them.
        variadic: whether the last parameter may come any number of times, from once up.
        result: the type of what it gives, with variables.
    """

    name: str
    parameters: tuple[AthenaType, ...]
    variadic: bool
    result: AthenaType


def signature(line: str) -> Signature:
    """Reads ``name(type, type...) -> type``."""
    match = _SIGNATURE.fullmatch(line)
    if match is None:
        raise ValueError(f"not a signature: {line}")
    name, parameters, result = match.groups()
    variadic = parameters.endswith("...")
    listed = parse_type(f"function({parameters.rstrip('.')})", _VARIABLES) if parameters else None
    return Signature(
        name,
        listed.arguments if listed else (),
        variadic,
        parse_type(result, _VARIABLES),
    )


def match_arguments(
    wanted: Signature, kinds: Sequence[AthenaType | None]
) -> tuple[int, Bindings] | None:
    """Tries the types of a call's arguments against a signature.

    Args:
        wanted: the signature.
        kinds: the arguments' types, None for a lambda, whose type is not known yet.

    Returns:
        How many arguments have to be coerced, and what the variables stand for; None if it is not
        this function.
    """
    parameters = spread(wanted, len(kinds))
    if len(parameters) != len(kinds):
        return None
    bindings: Bindings = {}
    coerced = 0
    for parameter, kind in zip(parameters, kinds):
        if (kind is None) != (parameter.name == "function"):
            return None
        if kind is None:
            continue
        if not _fits(parameter, kind, bindings):
            return None
        coerced += parameter.name not in _VARIABLES and parameter.name != kind.name
    return coerced, bindings


def spread(wanted: Signature, count: int) -> tuple[AthenaType, ...]:
    """The parameters for so many arguments, the last one repeated where it may be."""
    missing = count - len(wanted.parameters)
    if wanted.variadic and missing > 0:
        return wanted.parameters + wanted.parameters[-1:] * missing
    return wanted.parameters


def _fits(parameter: AthenaType, kind: AthenaType, bindings: Bindings) -> bool:
    if parameter.name in _VARIABLES:
        return _bind(parameter.name, kind, bindings)
    if kind == UNKNOWN:
        return True
    if parameter.name in ("array", "map", "row"):
        wanted, given = (_parts(part) for part in (parameter, kind))
        return (
            kind.name == parameter.name
            and len(wanted) == len(given)
            and all(_fits(part, own, bindings) for part, own in zip(wanted, given))
        )
    if parameter.name in _ANY_ARGUMENTS:
        return kind.name in (parameter.name, *_COERCED_TEMPORALS.get(parameter.name, ()))
    return coerces(kind, parameter)


def _parts(kind: AthenaType) -> list[AthenaType]:
    """The types in a type; of a row those of its fields."""
    return [part[1] if kind.name == "row" else part for part in kind.arguments]


def _bind(variable: str, kind: AthenaType, bindings: Bindings) -> bool:
    both = common_type(bindings.get(variable, UNKNOWN), kind)
    if both is None or (variable == "n" and both.name not in (*NUMBERS, "unknown")):
        return False
    bindings[variable] = both
    return True


def bind_result(pattern: AthenaType, kind: AthenaType, bindings: Bindings) -> bool:
    """Takes up what a lambda gave; says whether it fits what the other arguments said."""
    return _fits(pattern, kind, bindings)


def filled(pattern: AthenaType, bindings: Bindings) -> AthenaType:
    """The type with its variables replaced by what they stand for; a string in it is computed."""
    if pattern.name in _VARIABLES:
        return bindings.get(pattern.name, UNKNOWN)
    if pattern == VARCHAR:
        return COMPUTED
    if pattern.name in ("array", "map"):
        return AthenaType(pattern.name, tuple(filled(part, bindings) for part in pattern.arguments))
    if pattern.name == "row":
        parts = tuple((name, filled(part, bindings)) for name, part in pattern.arguments)
        return AthenaType("row", parts)
    return pattern
