"""Writes the index that series of a survey are found by, from their titles and further words.

The same entries give the same bytes. Memory is bounded by the segment (``index_format``), not by
the survey: documents are compressed and written as they come, postings when a segment is full.
"""

from __future__ import annotations

import zlib
from array import array
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from glue_jobs.labels import index_format as layout
from glue_jobs.labels.index_scores import (
    LIVING,
    MOST,
    NATIONAL,
    is_national,
    named_country,
    names_a_part,
    static_score,
    usual_forms,
)
from glue_jobs.labels.index_words import QUIET_WORDS, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_LONGEST = (1 << 16) - 1
_CODE_BYTES = 8


class Entry(NamedTuple):
    """A series as the index takes it.

    Attributes:
        series_id: entries come in the order of it.
        title: what it is called.
        words: further words to find it by, such as those of its codes that the title leaves out.
        frequency: ``monthly``, ``quarterly``, ``semiannual``, ``annual``, or empty.
        seasonal: ``S`` for adjusted, ``U`` for not adjusted, or empty.
        last_year: the year of its last observation; 0 where it has none.
        last_period: the period of it, ``M09``; or empty.
        score: points added to its own, for whoever knows more of it; may be negative.
    """

    series_id: str
    title: str
    words: str = ""
    frequency: str = ""
    seasonal: str = ""
    last_year: int = 0
    last_period: str = ""
    score: int = 0


def write_index(path: Path, survey: str, entries: Iterable[Entry]) -> None:
    """Writes the index of a survey.

    Args:
        path: the file; one that is there is replaced.
        survey: the survey's code.
        entries: its series, in the order of their ids.

    Raises:
        ValueError: they are in another order, or one is there twice.
    """
    numbered = _in_order(entries)
    with path.open("wb") as stream:
        stream.write(layout.MAGIC)
        directory = []
        while batch := _Segment(survey, stream, islice(numbered, layout.SEGMENT)):
            directory.append(batch.finish())
        offset, stored = stream.tell(), b"".join(directory)
        stream.write(stored)
        code = survey.encode().ljust(_CODE_BYTES, b"\0")
        stream.write(layout.TRAILER.pack(offset, zlib.crc32(stored), code, layout.MAGIC))


def _in_order(entries: Iterable[Entry]) -> Iterator[Entry]:
    before = ""
    for entry in entries:
        if entry.series_id <= before:
            raise ValueError(f"{entry.series_id} comes after {before}")
        before = entry.series_id
        yield entry


class _Segment:
    """A segment in the making: its documents are written, the rest is kept until it is full."""

    def __init__(self, survey: str, stream: BinaryIO, entries: Iterable[Entry]) -> None:
        self._stream, self._usual = stream, usual_forms(survey)
        self._start = stream.tell()
        self._in_title: dict[str, array[int]] = defaultdict(_no_series)
        self._elsewhere: dict[str, array[int]] = defaultdict(_no_series)
        self._scores, self._years = array("h"), array("H")
        self._countries, self._parts = array("B"), array("B")
        self._names = [""]
        self._blocks = array("I", [0])
        self._write_documents(entries)

    def __len__(self) -> int:
        return len(self._scores)

    def _write_documents(self, entries: Iterable[Entry]) -> None:
        block: list[str] = []
        for place, entry in enumerate(entries):
            self._note(place, entry)
            block.append(_document(entry))
            if len(block) == layout.BLOCK:
                self._write_block(block)
                block = []
        if block:
            self._write_block(block)

    def _write_block(self, documents: list[str]) -> None:
        self._stream.write(zlib.compress("\n".join(documents).encode(), 6))
        self._blocks.append(self._stream.tell() - self._start)

    def _note(self, place: int, entry: Entry) -> None:
        """Keeps what postings and ranks are made of."""
        title = set(words_of(entry.title))
        words = set(words_of(entry.words)) - title
        self._note_place(entry, title | words)
        words |= {f"={entry.frequency}", f"={entry.seasonal}"} - {"="}
        for lists, found in ((self._in_title, title), (self._elsewhere, words)):
            for word in found:
                lists[word].append(place)
        score = entry.score + static_score(
            entry.series_id, entry.title, entry.frequency, entry.seasonal, self._usual
        )
        self._scores.append(max(min(score, MOST), 0))
        self._years.append(entry.last_year)

    def _note_place(self, entry: Entry, found: set[str]) -> None:
        """Keeps whether a series names the country, and how, and whether it names a part of it."""
        name = named_country(entry.title, entry.words)
        if name not in self._names:
            self._names.append(name)
        self._countries.append(self._names.index(name))
        self._parts.append(names_a_part(entry.title, found))

    def finish(self) -> bytes:
        """Writes the rest of it; returns its record for the directory."""
        newest = max(self._years)
        self._add_living_and_national(newest)
        lengths = self._lengths()
        places = _ranked(self._scores, lengths)
        ranks = array("I", bytes(4 * len(places)))
        for rank, place in enumerate(places):
            ranks[place] = rank
        texts, words = self._write_postings(ranks)
        sections = (
            layout.to_bytes(self._blocks),
            texts,
            words,
            layout.to_bytes(array("H", (lengths[place] for place in places))),
            bytes(self._scores[place] for place in places),
            layout.to_bytes(places),
        )
        record = [layout.SEGMENT_HEAD.pack(len(places), newest, self._start)]
        for section in sections:
            offset = self._stream.tell()
            record.append(layout.SECTION.pack(offset, len(section), zlib.crc32(section)))
            self._stream.write(section)
        return b"".join(record)

    def _add_living_and_national(self, newest: int) -> None:
        """Adds the points that only all series together tell."""
        naming = len(self) - self._countries.count(0)
        for place, year in enumerate(self._years):
            score = self._scores[place]
            if year >= max(newest - 1, 1):
                score += LIVING
            if is_national(
                names_country=self._countries[place] > 0,
                names_part=self._parts[place] > 0,
                naming=naming,
                series=len(self),
            ):
                score += NATIONAL
            self._scores[place] = min(score, MOST)

    def _lengths(self) -> array[int]:
        """How much each title says: the weights of its words, so that common ones hardly count.

        What the country is called counts nothing: a title without a place is as good.
        """
        lengths = array("I", bytes(4 * len(self)))
        countries = [frozenset(words_of(name)) for name in self._names]
        of_countries = frozenset().union(*countries)
        for word in self._in_title.keys() - QUIET_WORDS:
            places = self._in_title[word]
            weight = layout.title_weight(len(places), len(self))
            if word in of_countries:
                for place in places:
                    if word not in countries[self._countries[place]]:
                        lengths[place] += weight
            elif weight:
                for place in places:
                    lengths[place] += weight
        return array("H", (min(length, _LONGEST) for length in lengths))

    def _write_postings(self, ranks: array[int]) -> tuple[bytes, bytes]:
        """Writes the postings of every word; returns the words, and a record for each."""
        texts, records = bytearray(), bytearray()
        for word in sorted({*self._in_title, *self._elsewhere}):
            offset, checksum, counts = self._stream.tell(), 0, []
            for lists in (self._in_title, self._elsewhere):
                places = lists.pop(word, _no_series())
                stored = _postings(places, ranks)
                checksum = zlib.crc32(stored, checksum)
                counts.append(len(places))
                self._stream.write(stored)
            records += layout.WORD.pack(len(texts), *counts, checksum, offset)
            texts += word.encode()
        return bytes(texts), bytes(records)


def _no_series() -> array[int]:
    return array("I")


def _ranked(scores: array[int], lengths: array[int]) -> array[int]:
    """The places in the order of rank: best score first, then the title that says least."""
    alike: dict[int, array[int]] = {}
    for place, (score, length) in enumerate(zip(scores, lengths)):
        key = (MOST - score << 16) + length
        if key in alike:
            alike[key].append(place)
        else:
            alike[key] = array("I", (place,))
    ranked = array("I")
    for key in sorted(alike):
        ranked += alike[key]
    return ranked


def _postings(places: array[int], ranks: array[int]) -> bytes:
    if not layout.is_bits(len(places), len(ranks)):
        return layout.to_bytes(array("I", sorted(ranks[place] for place in places)))
    bits = bytearray(layout.bits_size(len(ranks)))
    for place in places:
        rank = ranks[place]
        bits[rank >> 3] |= 1 << (rank & 7)
    return bytes(bits)


def _document(entry: Entry) -> str:
    """What is shown of a series, in one line."""
    texts = (entry.series_id, entry.title, entry.frequency, entry.seasonal, entry.last_period)
    line = "\t".join((*texts, str(entry.last_year)))
    if line.count("\t") == len(texts) and "\n" not in line:
        return line
    return "\t".join((*(" ".join(text.split()) for text in texts), str(entry.last_year)))
