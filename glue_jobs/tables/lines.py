"""Cuts a stream into lines, which end with CRLF, LF or CR, in bounded memory."""

from __future__ import annotations

import io
from itertools import cycle
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from glue_jobs.errors import QualityFailure
from glue_jobs.tables.header import MOST_FIRST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 2 << 20
_ENDS = (b"\n", b"\r")


def look_ahead(stream: BinaryIO) -> tuple[bytes, BinaryIO]:
    """The bytes that a first line may have, and a stream that still begins with them.

    A landed file is hashed as it is read, so it is read once, and in order.
    """
    start = stream.read(MOST_FIRST_BYTES + 2)
    rejoined = io.BufferedReader(_Rejoined(start, stream), BLOCK_BYTES)
    return start, cast("BinaryIO", rejoined)


def find_lines(
    stream: BinaryIO, word: bytes, size: int = BLOCK_BYTES
) -> Iterator[tuple[int, bytes]]:
    """The lines that hold a word somewhere, without their ends, and their numbers from 1 on.

    Args:
        stream: what to search.
        word: one byte at least, of which none ends a line.
        size: of a block, in bytes.

    Raises:
        QualityFailure: a line is longer than a block.
    """
    number = 1
    for buffer, end in blocks_of(stream, size):
        start, found = 0, buffer.find(word, 0, end)
        while found >= 0:
            first = max(buffer.rfind(mark, start, found) for mark in _ENDS) + 1 or start
            number += _count_ends(buffer, start, first)
            stops = (buffer.find(mark, found, end) for mark in _ENDS)
            start, stop = first, min((stop for stop in stops if stop >= 0), default=end)
            yield number, bytes(buffer[start:stop])
            found = buffer.find(word, stop, end)
        number += _count_ends(buffer, start, end)


def number_lines(stream: BinaryIO, size: int = BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
    """Every line without its end, and its number from 1 on.

    Args:
        stream: what to read.
        size: of a block, in bytes.

    Raises:
        QualityFailure: a line is longer than a block.
    """
    number = 0
    for buffer, end in blocks_of(stream, size):
        for line in bytes(buffer[:end]).splitlines():
            number += 1
            yield number, line


def _count_ends(buffer: bytearray, start: int, stop: int) -> int:
    """How many lines end in a part of a block that begins with a line."""
    by_letter = sum(buffer.count(mark, start, stop) for mark in _ENDS)
    return by_letter - buffer.count(b"\r\n", start, stop)


def blocks_of(
    stream: BinaryIO, size: int = BLOCK_BYTES, *, skip: int = 0, buffers: int = 1
) -> Iterator[tuple[bytearray, int]]:
    """Cuts a stream into blocks of whole lines; where they are cut depends on its bytes only.

    Yields a few buffers again and again, and the end of the block in each: to allocate a new one
    for every block would cost as much as to order the rows.

    Args:
        stream: what to cut.
        size: of a buffer, in bytes.
        skip: bytes to leave out at its start; fewer than a block has.
        buffers: how many there are; a block is overwritten when so many more are asked for.

    Raises:
        QualityFailure: a line is longer than a block.
    """
    turns = cycle([bytearray(size) for _ in range(buffers)])
    buffer = next(turns)
    view = memoryview(buffer)
    kept = 0
    if skip:
        end = _fill(stream, view)
        kept = max(end - skip, 0)
        view[:kept] = view[end - kept : end]
    while True:
        end = kept + _fill(stream, view[kept:])
        if end < size:
            if end:
                yield buffer, end
            return
        # A CR at the very end may be the first half of a CRLF.
        cut = max(buffer.rfind(b"\n"), buffer.rfind(b"\r", 0, size - 1)) + 1
        if not cut:
            raise _too_long(size)
        yield buffer, cut
        kept = size - cut
        before, buffer = view, next(turns)
        view = memoryview(buffer)
        view[:kept] = before[cut:]


class _Rejoined(io.RawIOBase):
    """Bytes that were read from a stream, and then the rest of it."""

    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        self._start = memoryview(start)
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._start:
            return int(self._stream.readinto(buffer))  # type: ignore[attr-defined]
        count = min(len(self._start), len(buffer))
        buffer[:count], self._start = self._start[:count], self._start[count:]
        return count


def _too_long(size: int) -> QualityFailure:
    return QualityFailure(f"A line is longer than {size} bytes: this is not a flat file.")


def _fill(stream: BinaryIO, view: memoryview) -> int:
    """Reads until the view is full or the stream ends; a stream may give less at a time."""
    filled = 0
    while filled < len(view):
        count = stream.readinto(view[filled:])  # type: ignore[attr-defined]
        if not count:
            break
        filled += count
    return filled
