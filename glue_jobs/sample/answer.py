"""An answer before it is sent: a value that faults can change into another."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Content = Union[bytes, Path]
"""What a served file holds: its bytes, or where they are."""

_CHUNK = 1 << 18


@dataclass(frozen=True)
class Answer:
    """What a server sends.

    Attributes:
        status: of the answer; None hangs up without any.
        headers: all but Content-Length.
        length: the Content-Length that is announced, bytes.
        body: its parts. Where their sum is not the length, the connection is closed after them.
        delay: seconds to wait before anything is sent.
        reset: ends with a reset of the connection, not in order.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int = 0
    body: Iterable[bytes] = ()
    delay: float = 0.0
    reset: bool = False


def whole(status: int, body: bytes, headers: Mapping[str, str]) -> Answer:
    """An answer that is what it says it is."""
    return Answer(status, headers, len(body), (body,))


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
