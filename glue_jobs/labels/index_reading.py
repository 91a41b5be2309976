"""Reads index files: which series have a word, and what is shown of a series.

A file is mapped into memory, so that only what a search touches is read. What is read is checked:
sections and postings against their checksums, documents by the compression's own.
"""

from __future__ import annotations

import mmap
import re
import zlib
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from glue_jobs.labels import index_format as layout

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator
    from pathlib import Path

# What unpacks to more was not written by us: 64 titles take some 10 kB.
_LARGEST_BLOCK = 1 << 24

_SET = re.compile(rb"[^\0]", re.DOTALL)
_BITS = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))


class Listed(NamedTuple):
    """What the index shows of a series; the fields are those of ``Entry``."""

    series_id: str
    title: str
    frequency: str
    seasonal: str
    last_period: str
    last_year: int


class Postings(NamedTuple):
    """Which series have a word: sets of ranks, as the bits of a number.

    Attributes:
        title: those that have it in their title.
        all: those that have it anywhere.
        weight: how much the word says in a title.
    """

    title: int
    all: int
    weight: int


NOWHERE = Postings(0, 0, 0)


class Segment:
    """A part of an index with its own ranks.

    Attributes:
        series: how many it has.
        newest: the last year that one of them has an observation of.
    """

    def __init__(self, path: Path, content: mmap.mmap, record: bytes) -> None:
        """Takes the file and the segment's record in its directory."""
        self._path, self._content = path, content
        self.series, self.newest, self._start = layout.SEGMENT_HEAD.unpack_from(record)
        if not 0 < self.series <= layout.SEGMENT:
            raise layout.damage(path, "a segment has more series than any")
        at = layout.SEGMENT_HEAD.size
        self._sections = {
            name: layout.SECTION.unpack_from(record, at + number * layout.SECTION.size)
            for number, name in enumerate(layout.SECTIONS)
        }

    @cached_property
    def lengths(self) -> array[int]:
        """By rank: how much a title says."""
        return self._numbers("lengths", 2, self.series)

    @cached_property
    def scores(self) -> array[int]:
        """By rank: how likely a series is what people look for."""
        return self._numbers("scores", 1, self.series)

    def postings(self, word: str) -> Postings:
        """Which series have a word."""
        found = self._record(word.encode())
        if found is None:
            return NOWHERE
        sizes = [layout.list_size(count, self.series) for count in found[1:3]]
        stored = self._content[found.offset : found.offset + sum(sizes)]
        if zlib.crc32(stored) != found.checksum:
            raise layout.damage(self._path, f"the series of the word {word!r} are not as written")
        title = self._as_bits(stored[: sizes[0]], found.in_title)
        elsewhere = self._as_bits(stored[sizes[0] :], found.elsewhere)
        return Postings(title, title | elsewhere, layout.title_weight(found.in_title, self.series))

    def at_rank(self, rank: int) -> Listed:
        """What is shown of a series."""
        place = self._places[rank]
        if place >= self.series:
            raise layout.damage(self._path, "it names a series that it does not have")
        return self._listed(place // layout.BLOCK)[place % layout.BLOCK]

    def with_id(self, series_id: str) -> Listed | None:
        """The series with that id, or None where there is none."""
        low, high = 0, len(self._blocks) - 2
        while low < high:
            middle = (low + high + 1) // 2
            if self._listed(middle)[0].series_id <= series_id:
                low = middle
            else:
                high = middle - 1
        return next((one for one in self._listed(low) if one.series_id == series_id), None)

    @cached_property
    def _places(self) -> array[int]:
        return self._numbers("places", 4, self.series)

    @cached_property
    def _blocks(self) -> array[int]:
        return self._numbers("blocks", 4, (self.series - 1) // layout.BLOCK + 2)

    @cached_property
    def _texts(self) -> bytes:
        return self._section("texts")

    @cached_property
    def _words(self) -> bytes:
        return self._section("words")

    def _record(self, word: bytes) -> layout.WordRecord | None:
        low, high = 0, len(self._words) // layout.WORD.size
        while low < high:
            middle = (low + high) // 2
            if self._text(middle) < word:
                low = middle + 1
            else:
                high = middle
        if low == len(self._words) // layout.WORD.size or self._text(low) != word:
            return None
        return layout.WordRecord(*layout.WORD.unpack_from(self._words, low * layout.WORD.size))

    def _text(self, number: int) -> bytes:
        at, size = number * layout.WORD.size, layout.WORD.size
        begin = layout.WORD.unpack_from(self._words, at)[0]
        last = at + size == len(self._words)
        end = len(self._texts) if last else layout.WORD.unpack_from(self._words, at + size)[0]
        return self._texts[begin:end]

    def _as_bits(self, stored: bytes, count: int) -> int:
        if layout.is_bits(count, self.series):
            return int.from_bytes(stored, "little")
        bits = bytearray(layout.bits_size(self.series))
        for rank in layout.from_bytes(stored, 4):
            bits[rank >> 3] |= 1 << (rank & 7)
        return int.from_bytes(bits, "little")

    def _listed(self, block: int) -> list[Listed]:
        begin, end = (self._start + one for one in self._blocks[block : block + 2])
        try:
            unpacked = _unpack(self._content[begin:end])
            return [_parse(line) for line in unpacked.decode().split("\n")]
        except (zlib.error, ValueError):
            raise layout.damage(self._path, "what it says of some series is unreadable") from None

    def _section(self, name: str) -> bytes:
        offset, size, checksum = self._sections[name]
        stored = self._content[offset : offset + size]
        if len(stored) != size or zlib.crc32(stored) != checksum:
            raise layout.damage(self._path, f"its {name} are not as they were written")
        return stored

    def _numbers(self, name: str, size: int, count: int) -> array[int]:
        stored = self._section(name)
        if len(stored) != size * count:
            raise layout.damage(self._path, f"its {name} are not those of its series")
        return layout.from_bytes(stored, size)


class Index:
    """An index file, mapped into memory.

    Attributes:
        survey: whose.
        segments: its parts, in the order of series ids.
    """

    def __init__(self, path: Path) -> None:
        """Maps a file.

        Raises:
            IntegrityFailure: it is no index, or a damaged one.
            OSError: it cannot be read.
        """
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            if size < len(layout.MAGIC) + layout.TRAILER.size:
                raise layout.damage(path, "it is too short")
            self._content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        if self._content[: len(layout.MAGIC)] != layout.MAGIC:
            raise layout.damage(path, "it does not begin as an index of this version does")
        trailer = self._content[size - layout.TRAILER.size :]
        offset, checksum, code, magic = layout.TRAILER.unpack(trailer)
        directory = self._content[offset : size - layout.TRAILER.size]
        if magic != layout.MAGIC or zlib.crc32(directory) != checksum:
            raise layout.damage(path, "its end is not as it was written")
        self.survey = code.rstrip(b"\0").decode("ascii", "replace")
        record = layout.SEGMENT_HEAD.size + len(layout.SECTIONS) * layout.SECTION.size
        parts = range(0, len(directory), record)
        self.segments = [Segment(path, self._content, directory[at : at + record]) for at in parts]

    @property
    def newest(self) -> int:
        """The last year that one of its series has an observation of."""
        return max((segment.newest for segment in self.segments), default=0)

    def with_id(self, series_id: str) -> Listed | None:
        """The series with that id, or None where there is none."""
        found = (segment.with_id(series_id) for segment in self.segments)
        return next((one for one in found if one is not None), None)


def _unpack(stored: bytes) -> bytes:
    """A block, whole.

    Raises:
        zlib.error: it is damaged, or larger than any that is written.
    """
    unpacker = zlib.decompressobj()
    unpacked = unpacker.decompress(stored, _LARGEST_BLOCK)
    if not unpacker.eof:
        raise zlib.error("it does not end")
    return unpacked


def _parse(line: str) -> Listed:
    series_id, title, frequency, seasonal, last_period, last_year = line.split("\t")
    return Listed(series_id, title, frequency, seasonal, last_period, int(last_year))


def ranks_in(bits: int, most: int) -> Iterator[int]:
    """The best ranks of a set, the best one first."""
    stored = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    given = 0
    for found in _SET.finditer(stored):
        for bit in _BITS[stored[found.start()]]:
            yield found.start() * 8 + bit
            given += 1
            if given == most:
                return
