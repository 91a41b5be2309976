"""An answer before it is sent: a value that faults can change into another."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Content = Union[bytes, Path]
"""What a served file holds: its bytes, or where they are."""

_CHUNK = 1 << 18
_STATUSES = {status.value for status in HTTPStatus}
_BODILESS = (204, 304)


@dataclass(frozen=True)
class Answer:
    """What a server sends.

    Attributes:
        status: of the answer; None hangs up without any.
        headers: all but Date and Content-Length; one that is given here is sent in their place.
        length: the Content-Length that is announced, bytes.
        body: its parts. Where their sum is not the length, the connection is closed after them.
        head: the bytes that are sent in place of status line and headers; the connection is closed
            after the answer.
        delay: seconds to wait before anything is sent.
        reset: ends with a reset of the connection, not in order.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int = 0
    body: Iterable[bytes] = ()
    head: Iterable[bytes] | None = None
    delay: float = 0.0
    reset: bool = False


def whole(status: int, body: bytes, headers: Mapping[str, str]) -> Answer:
    """An answer that is what it says it is."""
    return Answer(status, headers, len(body), (body,))


def head_of(answer: Answer) -> bytes:
    """The status line and the headers of an answer that has a status."""
    code = answer.status or 0
    phrase = HTTPStatus(code).phrase if code in _STATUSES else ""
    headers = {"Date": formatdate(usegmt=True)}
    if code not in _BODILESS:
        headers["Content-Length"] = str(answer.length)
    lines = [f"{name}: {value}" for name, value in {**headers, **answer.headers}.items()]
    return "\r\n".join([f"HTTP/1.1 {code} {phrase}", *lines, "", ""]).encode("latin-1")


def page(status: int, body: bytes) -> Answer:
    """An HTML page."""
    return whole(status, body, {"Content-Type": "text/html"})


def size_of(content: Content) -> int:
    """Bytes."""
    return content.stat().st_size if isinstance(content, Path) else len(content)


def parts_of(content: Content, start: int, stop: int) -> Iterator[bytes]:
    """The bytes from ``start`` to before ``stop``, in parts; a big file is never held whole."""
    if isinstance(content, bytes):
        for place in range(start, stop, _CHUNK):
            yield content[place : min(place + _CHUNK, stop)]
        return
    with content.open("rb") as stream:
        stream.seek(start)
        while start < stop and (part := stream.read(min(_CHUNK, stop - start))):
            start += len(part)
            yield part
