"""Reads what the lake wrote as JSON into dataclasses, and holds every field to its type and form.

A disk rots, and a person edits: JSON that can be parsed may still have a number where a name
belongs, or a name that leads out of the lake. So a field's annotation is what its value must be,
``Annotated[str, form]`` for one that becomes part of a key, a name or a query; ``form`` is a
predicate. Every field must be there and no other may be, so that a changed letter in a field's name
is found, too; only a field with the metadata ``ADDED_LATER`` may be missing, in what an older
version of the lake wrote, and has its default then.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import Annotated, Any, Callable, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from glue_jobs.errors import IntegrityFailure
from glue_jobs.timestamps import from_release, from_text, release_name, to_text

_Class = TypeVar("_Class")
_Result = TypeVar("_Result")

ADDED_LATER = MappingProxyType({"added_later": True})
"""Metadata of a field that a document of an older version may lack."""

NOT_STORED = MappingProxyType({"not_stored": True})
"""Metadata of a field that is in no document."""


def _is_moment(text: str) -> bool:
    return to_text(from_text(text)) == text < _END_OF_TIME


def _is_release(text: str) -> bool:
    return release_name(from_release(text)) == text < _END_OF_TIME


# Python knows no moment after it, and a vintage that comes later than another is put after it.
_END_OF_TIME = "9999"

# Whoever adds a few of them up stays within the 64 bits that DuckDB, Glue and Parquet have.
Count = Annotated[int, lambda number: 0 <= number < 1 << 53]
Sha256 = Annotated[str, re.compile(r"[0-9a-f]{64}").fullmatch]
Moment = Annotated[str, _is_moment]
MomentOrNone = Annotated[str, lambda text: not text or _is_moment(text)]
Release = Annotated[str, _is_release]


def read_document(body: bytes, read: Callable[[Any], _Result], told: str) -> _Result:
    """Reads a document from its bytes.

    Args:
        body: UTF-8 without a byte order mark.
        read: makes of the parsed JSON what it stands for, or raises ``ValueError``.
        told: what is said of bytes that are no such document, ``current/pr.json is not …``.

    Raises:
        IntegrityFailure: these bytes are none.
    """
    try:
        document = json.loads(
            body.decode(), object_pairs_hook=_without_repetition, parse_constant=_refuse
        )
        return read(document)
    # Brackets in brackets, some thousands deep, exhaust the parser's stack.
    except (ValueError, RecursionError):
        raise IntegrityFailure(
            told, hint="`lake verify --repair` brings back what it can."
        ) from None


def read_as(cls: type[_Class], document: Any) -> _Class:
    """A dataclass from a JSON object that has its fields.

    Raises:
        ValueError: a field is missing, unknown, or not of its type and form.
    """
    if not isinstance(document, dict):
        raise ValueError(f"{cls.__name__} is not an object")
    readers, missing = _fields(cls)  # type: ignore[arg-type]  # a class is hashable
    if not missing <= document.keys() <= readers.keys():
        raise ValueError(f"{cls.__name__} has other fields")
    return cls(**{name: readers[name](value) for name, value in document.items()})


def to_json(document: Mapping[str, Any]) -> bytes:
    """A document as the lake writes it: sorted, indented, the same bytes for the same content."""
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


@cache
def _fields(cls: Any) -> tuple[dict[str, Callable[[Any], Any]], frozenset[str]]:
    """What reads each field that a document may have, and which it must have."""
    hints = get_type_hints(cls, include_extras=True)
    stored = {
        field.name: field for field in dataclasses.fields(cls) if "not_stored" not in field.metadata
    }
    missing = {name for name, field in stored.items() if "added_later" not in field.metadata}
    return {name: _reader(hints[name]) for name in stored}, frozenset(missing)


# A manifest may name a thousand files: an annotation is taken apart once, not for each value.
@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """What makes of a value what an annotation says, lists as tuples, or raises ``ValueError``."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return partial(_formed, _reader(arguments[0]), arguments[1:])
    if dataclasses.is_dataclass(hint):
        return partial(read_as, hint)  # type: ignore[arg-type]
    if origin is tuple:
        return partial(_entries, _reader(arguments[0]))
    if origin is Mapping:
        return partial(_by_key, *map(_reader, arguments))
    return partial(_exactly, hint)


def _formed(read: Callable[[Any], Any], forms: tuple[Callable[[Any], Any], ...], value: Any) -> Any:
    made = read(value)
    if not all(form(made) for form in forms):
        raise _unfit(value)
    return made


def _entries(read: Callable[[Any], Any], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _unfit(value)
    return tuple(map(read, value))


def _by_key(
    read_key: Callable[[Any], Any], read: Callable[[Any], Any], value: Any
) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise _unfit(value)
    return {read_key(name): read(of_it) for name, of_it in value.items()}


def _exactly(kind: Any, value: Any) -> Any:
    # Not isinstance: true is an int to Python.
    if kind is not Any and kind is not type(value):
        raise _unfit(value)
    if kind is str:
        value.encode()  # half of a surrogate pair is text to JSON and to nobody else
    return value


def _unfit(value: Any) -> ValueError:
    return ValueError(f"{ascii(value)[:40]} is not what belongs there")


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a name is there twice")
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
