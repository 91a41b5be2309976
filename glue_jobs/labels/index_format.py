"""The layout of an index file, which the writer and the reader share.

::

    magic                                         8 bytes
    segments, each of 262,144 series at most:
        documents                                 blocks of 64 series, each compressed
        blocks                                    where each block begins, and where the last ends
        postings                                  of each word: which series have it
        texts, words                              the words, sorted, and a record for each
        lengths, scores, places                   of each series, the best one first
    directory                                     a record for each segment
    trailer                                       where the directory is; its checksum; the magic

Numbers are little-endian. A series has two numbers in its segment: its *place*, in the order of
series ids, says which block has it; its *rank*, in the order of how likely it is what people look
for, is what postings name, so that the first bits of any answer are the best ones. The postings of
a word that more than a 32nd of the series have are bits, of others numbers of 32 bits. A word has
two lists: of the series whose title has it, and of those that have it only elsewhere.

Segments bound the memory of writer and reader, however many series a survey has.
"""

from __future__ import annotations

import math
import struct
import sys
from array import array
from typing import TYPE_CHECKING, NamedTuple

from glue_jobs.errors import IntegrityFailure

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"LLFIND01"
"""Its number is raised when the layout or the folding of words changes."""

BLOCK = 64
SEGMENT = 1 << 18

# A list costs 32 bits a series that has the word, bits cost one for each series.
SPARSE = 32

SECTIONS = ("blocks", "texts", "words", "lengths", "scores", "places")
SECTION = struct.Struct("<QII")
SEGMENT_HEAD = struct.Struct("<IIQ")
WORD = struct.Struct("<IIIIQ")
TRAILER = struct.Struct("<QI8s8s")

WEIGHT_UNIT = 16
"""Of a word's weight: a word that half of the titles have weighs this much."""

_NUMBERS = {1: "B", 2: "H", 4: "I"}


class WordRecord(NamedTuple):
    """Where a word's postings are.

    Attributes:
        text: where the word begins among the texts.
        in_title: how many series have it in their title.
        elsewhere: how many have it elsewhere only.
        checksum: CRC-32 of the postings.
        offset: where the postings begin in the file.
    """

    text: int
    in_title: int
    elsewhere: int
    checksum: int
    offset: int


def list_size(count: int, series: int) -> int:
    """How many bytes a list of postings takes."""
    return bits_size(series) if is_bits(count, series) else count * 4


def is_bits(count: int, series: int) -> bool:
    """Whether a word's series are stored as bits."""
    return count * SPARSE > series


def bits_size(series: int) -> int:
    """How many bytes a bit for each series takes."""
    return (series + 7) // 8


def title_weight(count: int, series: int) -> int:
    """How much a word says that so many of a segment's titles have: none that all have."""
    return round(WEIGHT_UNIT * math.log2(series / count)) if count else 0


def to_bytes(numbers: array[int]) -> bytes:
    """Numbers as they are in the file."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


def from_bytes(stored: bytes | memoryview, size: int) -> array[int]:
    """Numbers of so many bytes each, as they are in the file."""
    numbers = array(_NUMBERS[size])
    numbers.frombytes(stored)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def damage(path: Path, what: str) -> IntegrityFailure:
    """The failure of whoever reads a file that is not as it was written."""
    return IntegrityFailure(
        f"The search index {path.name} is damaged: {what}.",
        hint="`lake verify --repair` makes it again.",
    )
