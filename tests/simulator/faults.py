"""What a scripted upstream can do wrong; each step is a value that changes one answer.

In place of the answer       Status, Body, Listing, Redirect, HangUp
Before it                    Stall
In its head                  Headers, Head, DripHead, EndlessHead
In its body                  Truncate, Reset, WrongLength, Drip, Gzip, ReplaceDuring
Nothing, to let one pass     Normal
"""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import TYPE_CHECKING, ClassVar, Protocol

from labor_lake.sample.answer import Answer, Content, head_of, page, parts_of, size_of, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

_BLANKS = b" " * (1 << 20)
_GZIP_CONTAINER = 16 + zlib.MAX_WBITS
_DRIPS_PER_SECOND = 50


class Stage(Protocol):
    """What a step can do besides changing the answer."""

    def pause(self, seconds: float) -> None:
        """Waits; a server that closes meanwhile ends the connection."""

    def replace_file(self, body: Content, last_modified: datetime) -> None:
        """Puts another content in place of the file that was asked for."""


class Step(ABC):
    """One answer's fault.

    Attributes:
        in_body: the fault lies in the body, so that a HEAD does not use the step up.
    """

    in_body: ClassVar[bool] = False

    @abstractmethod
    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns what is sent in place of the normal answer."""


@dataclass(frozen=True)
class Normal(Step):
    """Serves as usual: lets a request pass before the next step."""

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the answer."""
        return answer


@dataclass(frozen=True)
class Status(Step):
    """Another status, with headers and a body of its own."""

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the other answer."""
        return whole(self.code, self.body, {"Content-Type": "text/html", **self.headers})


@dataclass(frozen=True)
class Body(Step):
    """Another body: HTML under status 200, an error object, junk."""

    content: bytes
    content_type: str = "text/html"
    status: int = 200

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the other answer."""
        return whole(self.status, self.content, {"Content-Type": self.content_type})


@dataclass(frozen=True)
class Listing(Step):
    """A listing of the script's own."""

    html: str

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the page."""
        return page(200, self.html.encode())


@dataclass(frozen=True)
class Redirect(Step):
    """Sends the client elsewhere."""

    location: str
    code: int = 302

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the redirect."""
        return Answer(self.code, {"Location": self.location})


@dataclass(frozen=True)
class HangUp(Step):
    """Resets the connection without any answer."""

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns no answer."""
        return Answer(None, reset=True)


@dataclass(frozen=True)
class Stall(Step):
    """Keeps silent for some seconds, then answers as usual."""

    seconds: float

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the answer, delayed."""
        return replace(answer, delay=self.seconds)


@dataclass(frozen=True)
class Headers(Step):
    """Other headers in an answer that is right otherwise.

    Attributes:
        changes: headers by name; None leaves one out that the answer has.
    """

    changes: Mapping[str, str | None]

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the answer with the other headers."""
        headers = {**answer.headers, **self.changes}
        kept = {name: value for name, value in headers.items() if value is not None}
        return replace(answer, headers=kept)


@dataclass(frozen=True)
class Head(Step):
    """Bytes of the script's own in place of status line and headers, before the usual body."""

    content: bytes

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the answer with the other head."""
        return replace(answer, head=(self.content,))


@dataclass(frozen=True)
class DripHead(Step):
    """Sends status line and headers at so many bytes per second."""

    bytes_per_second: int

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the answer, its head slowed down."""
        head = _dripping((head_of(answer),), self.bytes_per_second, stage)
        return replace(answer, head=head)


@dataclass(frozen=True)
class EndlessHead(Step):
    """Sends the same lines over and over, and never an answer.

    Attributes:
        lines: headers without end, say, or ``100 Continue``.
        start: what comes before them, once.
        per_second: how often they are sent; None: as fast as they are taken.
    """

    lines: bytes
    start: bytes = b""
    per_second: float | None = None

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns an answer without end."""
        return replace(answer, head=self._parts(stage))

    def _parts(self, stage: Stage) -> Iterator[bytes]:
        yield self.start
        for lines in repeat(self.lines):
            if self.per_second is not None:
                stage.pause(1 / self.per_second)
            yield lines


@dataclass(frozen=True)
class Truncate(Step):
    """Announces the whole body and closes the connection in order after some bytes of it."""

    after_bytes: int
    in_body: ClassVar[bool] = True

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the answer, cut."""
        return replace(answer, body=_cut(answer, self.after_bytes))


@dataclass(frozen=True)
class Reset(Step):
    """Announces the whole body and resets the connection after some bytes of it."""

    after_bytes: int
    in_body: ClassVar[bool] = True

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the answer, cut and reset."""
        return replace(answer, body=_cut(answer, self.after_bytes), reset=True)


@dataclass(frozen=True)
class WrongLength(Step):
    """Sends less or more than there is, or announces another length than it sends.

    Attributes:
        sent: bytes of body to send; what the file has not is filled with blanks. None: all.
        announced: the Content-Length. None: what is sent, so that only the listing tells.
    """

    sent: int | None = None
    announced: int | None = None
    in_body: ClassVar[bool] = True

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the answer with the other lengths."""
        sent = answer.length if self.sent is None else self.sent
        announced = sent if self.announced is None else self.announced
        return replace(answer, length=announced, body=_filled(answer.body, sent))


@dataclass(frozen=True)
class Drip(Step):
    """Sends the body at so many bytes per second."""

    bytes_per_second: int
    in_body: ClassVar[bool] = True

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the answer, slowed down."""
        return replace(answer, body=_dripping(answer.body, self.bytes_per_second, stage))


@dataclass(frozen=True)
class Gzip(Step):
    """Sends the body compressed, whatever the client asked for.

    Attributes:
        inflated_bytes: what it inflates to, the file's own bytes and then blanks: a bomb where it
            is large. None: the file's own bytes.
    """

    inflated_bytes: int | None = None
    in_body: ClassVar[bool] = True

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the answer, compressed."""
        size = answer.length if self.inflated_bytes is None else self.inflated_bytes
        squeeze = zlib.compressobj(wbits=_GZIP_CONTAINER)
        parts = [squeeze.compress(part) for part in _filled(answer.body, size)]
        body = b"".join([*parts, squeeze.flush()])
        headers = {**answer.headers, "Content-Encoding": "gzip"}
        return replace(answer, headers=headers, length=len(body), body=(body,))


@dataclass(frozen=True)
class ReplaceDuring(Step):
    """Has the file replaced while it is served: the first half is old, the second is new.

    Everything that is announced is the old file's; what comes after sees the new file.
    """

    new_body: Content
    new_last_modified: datetime
    in_body: ClassVar[bool] = True

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """Returns the mixed answer."""
        if answer.status != 200:
            raise ValueError(f"only a whole file can be replaced while served: {answer.status}")
        return replace(answer, body=self._mixed(answer, stage))

    def _mixed(self, answer: Answer, stage: Stage) -> Iterator[bytes]:
        half = answer.length // 2
        yield from _cut(answer, half)
        stage.replace_file(self.new_body, self.new_last_modified)
        yield from parts_of(self.new_body, half, min(answer.length, size_of(self.new_body)))


def _cut(answer: Answer, size: int) -> Iterator[bytes]:
    if size >= answer.length:
        raise ValueError(f"a body of {answer.length} bytes cannot be cut after {size}")
    return _first(answer.body, size)


def _first(parts: Iterable[bytes], size: int) -> Iterator[bytes]:
    for part in parts:
        yield part[:size]
        size -= len(part)
        if size <= 0:
            return


def _filled(parts: Iterable[bytes], size: int) -> Iterator[bytes]:
    for part in _first(parts, size):
        yield part
        size -= len(part)
    while size > 0:
        yield _BLANKS[:size]
        size -= len(_BLANKS)


def _dripping(parts: Iterable[bytes], bytes_per_second: int, stage: Stage) -> Iterator[bytes]:
    size = max(1, bytes_per_second // _DRIPS_PER_SECOND)
    for part in parts:
        for place in range(0, len(part), size):
            drop = part[place : place + size]
            yield drop
            stage.pause(len(drop) / bytes_per_second)
