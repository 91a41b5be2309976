"""What a scripted upstream can do wrong, each a value that tells a server how to answer.

A step answers one request in place of the normal service, unless ``times`` says more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Mapping

FOREVER = 1 << 30


@dataclass(frozen=True)
class Reply:
    """Another answer: a status, headers and a body of its own."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1


@dataclass(frozen=True)
class CutShort:
    """Announces the whole body and closes the connection after some bytes of it."""

    after: int
    times: int = 1


@dataclass(frozen=True)
class Reset:
    """Announces the whole body and resets the connection after some bytes of it."""

    after: int
    times: int = 1


@dataclass(frozen=True)
class Stall:
    """Accepts the request and answers nothing until the client gives up."""

    times: int = 1


@dataclass(frozen=True)
class Drip:
    """Sends the body a few bytes at a time, with a pause between, until the client gives up."""

    every_seconds: float
    times: int = 1


@dataclass(frozen=True)
class Replaced:
    """Serves the file, and has another content in its place from then on."""

    body: bytes
    times: int = 1


Step = Union[Reply, CutShort, Reset, Stall, Drip, Replaced]

BLOCK_PAGE = (
    b"<!DOCTYPE html><html><head><title>Access Denied</title></head><body><h1>Access Denied</h1>"
    + b"<p>You do not have permission to access this page with an automated program.</p>" * 14
    + b"</body></html>"
)
"""What BLS answers to who names no e-mail address; about 1.3 kB."""
