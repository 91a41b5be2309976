"""Gives every series of a survey a title of its own.

1. BLS's title, where no other series of the survey has it.
2. Else a title of words: measure and subject, and of who, where and how whatever is not the whole
   (a code of zeros: all ages, all sizes).
3. Where that is another series' title too, with the words in which those series differ.
4. Where they differ in no words, with the series' id in brackets.

Which way a series is named is found in passes over the series file that hold 10 bytes a series:
the hash of its title, the way, and whether another series has that title. Of a survey with more
series than ``MOST_TOLD_APART`` each gets all its words at once, and titles may repeat.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from operator import eq
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from glue_jobs.labels.facts import ALWAYS, OTHER_RANK, PARENT, ROLES, TECHNICAL, WHO
from glue_jobs.labels.joins import stem_of
from glue_jobs.labels.words import only_where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glue_jobs.labels.words import SeriesFile

MOST_TOLD_APART = 8_000_000
"""Series of a survey; `cs` has about 15 million, which would take 135 MB and as many passes."""

_MOST_DIFFERING = 100_000
"""Series whose differing words are looked for; of more, each gets all its words."""

_BUCKETS = 16
_SEPARATOR = ", "
_BLS, _SHORT, _DIFFERING, _ALL = range(4)
_IN_BRACKETS = 8
_PLAIN = bytes(way & ~_IN_BRACKETS for way in range(256))
"""Each way without brackets."""


@dataclass
class Counts:
    """How many titles of a survey differ: BLS's, with words, and with ids in brackets."""

    series: int = 0
    by_bls: int = 0
    by_words: int = 0
    at_last: int = 0


@dataclass(frozen=True)
class _Part:
    """A part of a title.

    Attributes:
        code: the series file's column.
        role: what the code is of the series.
        rank: its place in the title.
    """

    code: str
    role: str
    rank: int


@dataclass
class Titles:
    """The titles of one survey's series, once ``find`` has found how each is named.

    Attributes:
        counts: how many differ.
        warnings: sentences for the summary.
    """

    series: SeriesFile
    counts: Counts = field(default_factory=Counts)
    warnings: list[str] = field(default_factory=list)
    _ways: bytearray = field(default_factory=bytearray)
    _differing: dict[int, str] = field(default_factory=dict)
    _untitled: int = 0

    def __post_init__(self) -> None:
        """Puts the parts of a title in their order."""
        codes = [one for one in self.series.columns if one in self.series.words or _is_code(one)]
        parts = [_part_of(code) for code in codes]
        self._parts = sorted(parts, key=lambda part: part.rank)

    def find(self, survey: str) -> None:
        """Finds how each series of a survey is named."""
        self.counts.series = count = self.series.count
        if count > MOST_TOLD_APART:
            self._ways = bytearray([_ALL]) * count
            self.warnings.append(f"The titles of {survey} may repeat: it has {count:,} series.")
            return
        self._ways = bytearray(count)
        hashes = array("q", bytes(8 * count))
        repeated = bytearray(b"\1") * count
        if self.series.has_titles:
            repeated = self._hash(hashes, repeated)
            self.counts.by_bls = _count_distinct(hashes) - self._untitled
        for way in (_SHORT, _DIFFERING):
            repeated = self._name_otherwise(repeated, way, hashes)
        self.counts.by_words = _count_distinct(hashes) - self._untitled
        self.counts.at_last = count
        chosen = int.from_bytes(repeated, "little") * _IN_BRACKETS
        ways = int.from_bytes(self._ways, "little") | chosen
        self._ways = bytearray(ways.to_bytes(count, "little"))

    def of(self, batch: pa.RecordBatch, start: int) -> list[str]:
        """The titles of some series that stand in the file from a place on."""
        ids = batch.column("series_id").to_pylist()
        ways = self._ways[start : start + len(ids)]
        plain = ways.translate(_PLAIN)
        named = {way: self._named(batch, start, way) for way in set(plain)}
        # One way for all, as nearly always, needs no look at each.
        (titles,) = (
            named.values()
            if len(named) == 1
            else ([named[way][at] for at, way in enumerate(plain)],)
        )
        return [
            (f"{title} [{series_id}]" if way & _IN_BRACKETS else title) if title else series_id
            for title, series_id, way in zip(titles, ids, ways)
        ]

    def _named(self, batch: pa.RecordBatch, start: int, way: int) -> list[str | None]:
        if way == _DIFFERING:
            return [self._differing.get(row) for row in range(start, start + len(batch))]
        if way == _BLS:
            if not self.series.has_titles:
                return [None] * len(batch)
            return [one or None for one in batch.column("series_title").to_pylist()]
        return self._composed(batch, leaves_out=way == _SHORT)

    def _composed(self, batch: pa.RecordBatch, *, leaves_out: bool) -> list[str | None]:
        columns = [
            self._left_out(batch, part, texts) if leaves_out else texts
            for part, texts in self._texts(batch)
        ]
        # Arrow gives fewer rows than it gets where all that is joined in one is null.
        start = pa.array([""] * len(batch), pa.string())
        joined = pc.binary_join_element_wise(start, *columns, _SEPARATOR, null_handling="skip")
        return [one[len(_SEPARATOR) :] or None for one in joined.to_pylist()]

    def _texts(self, batch: pa.RecordBatch) -> Iterator[tuple[_Part, pa.Array]]:
        """The words of each part; the code itself where the mapping file does not have it."""
        for part in self._parts:
            words = self.series.words.get(part.code)
            texts = words.of(batch) if words else pa.nulls(len(batch), pa.string())
            codes = batch.column(part.code).cast(pa.string())
            name = part.code.rpartition("_")[0].replace("_", " ") or part.code
            # A code that has no words is a word of its own.
            spelled = pc.binary_join_element_wise(name, codes, " ")
            lacking = pc.and_(pc.is_null(texts), pc.invert(_is_whole(codes)))
            yield part, pc.coalesce(texts, only_where(spelled, lacking))

    def _left_out(self, batch: pa.RecordBatch, part: _Part, texts: pa.Array) -> pa.Array:
        """The words of a part where a short title has them."""
        if part.role in ALWAYS:
            return texts
        if part.role in (PARENT, TECHNICAL):
            return pa.nulls(len(batch), pa.string())
        return only_where(texts, pc.invert(_is_whole(batch.column(part.code).cast(pa.string()))))

    def _name_otherwise(self, repeated: bytearray, way: int, hashes: array[int]) -> bytearray:
        """Names series in another way; returns those whose title is not theirs alone."""
        count = repeated.count(1)
        if not count:
            return repeated
        if way == _DIFFERING and count > _MOST_DIFFERING:
            way = _ALL
        if way == _DIFFERING:
            self._find_differing(repeated)
        self._ways = _with(self._ways, repeated, way)
        return self._hash(hashes, repeated)

    def _hash(self, hashes: array[int], asked: bytearray) -> bytearray:
        """Notes the hashes of all titles; returns which of some rows others have too."""
        start = self._untitled = 0
        untitled = bytearray(len(asked))
        for batch in self.series.read():
            titles, ids = self.of(batch, start), batch.column("series_id").to_pylist()
            hashes[start : start + len(batch)] = array("q", map(hash, titles))
            own = bytearray(map(eq, titles, ids))
            self._untitled += own.count(1)
            untitled[start : start + len(batch)] = own
            start += len(batch)
        repeated = _repeated(hashes, asked)
        lacking = int.from_bytes(untitled, "little") & int.from_bytes(asked, "little")
        both = int.from_bytes(repeated, "little") | lacking
        return bytearray(both.to_bytes(len(asked), "little"))

    def _find_differing(self, repeated: bytearray) -> None:
        """Adds to titles that repeat the words in which their series differ."""
        alike: dict[str, list[tuple[int, list[str | None]]]] = {}
        for place, title, words in self._rows(repeated):
            alike.setdefault(title, []).append((place, words))
        for group in alike.values():
            differ = [len(set(values)) > 1 for values in zip(*(words for _, words in group))]
            for row, words in group:
                self._differing[row] = self._with_those(words, differ)

    def _with_those(self, words: list[str | None], differ: list[bool]) -> str:
        """The words that a short title has, and those in which it differs, in their order."""
        count = len(self._parts)
        short, everything = words[:count], words[count:]
        chosen = [
            everything[place] if differ[count + place] else short[place] for place in range(count)
        ]
        return _SEPARATOR.join(one for one in chosen if one)

    def _rows(self, chosen: bytearray) -> Iterator[tuple[int, str, list[str | None]]]:
        """Of some series: its place, its short title, and all its words, short ones first."""
        start = 0
        for batch in self.series.read():
            own = list(_places(chosen[start : start + len(batch)]))
            start += len(batch)
            if not own:
                continue
            part_of_batch = batch.take(pa.array(own))
            titles = self._composed(part_of_batch, leaves_out=True)
            pairs = list(self._texts(part_of_batch))
            short = [self._left_out(part_of_batch, part, texts) for part, texts in pairs]
            columns = [one.to_pylist() for one in [*short, *(texts for _, texts in pairs)]]
            for place, title, *words in zip(own, titles, *columns):
                yield start - len(batch) + place, title or "", words


def _is_code(column: str) -> bool:
    return column.endswith("_code")


def _part_of(code: str) -> _Part:
    role, rank = ROLES.get(stem_of(code), (WHO, OTHER_RANK))
    return _Part(code, role, rank)


def _is_whole(codes: pa.Array) -> pa.Array:
    """Whether a code of zeros alone, or none, says that nothing is singled out."""
    return pc.fill_null(pc.match_substring_regex(codes, "^0*$"), True)


def _repeated(hashes: array[int], asked: bytearray) -> bytearray:
    """Which of some rows have a hash that another row has too; looked for a sixteenth at a time."""
    every = pa.array(hashes, pa.int64())
    bucket = pc.bit_wise_and(every, _BUCKETS - 1)
    found = bytearray(len(asked))
    for number in range(_BUCKETS):
        places = pc.indices_nonzero(pc.equal(bucket, number))
        own = every.take(places)
        counts = own.value_counts()
        many = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
        for row in places.filter(pc.is_in(own, value_set=many)).to_pylist():
            found[row] = 1
    both = int.from_bytes(found, "little") & int.from_bytes(asked, "little")
    return bytearray(both.to_bytes(len(asked), "little"))


def _with(ways: bytearray, chosen: bytearray, way: int) -> bytearray:
    """Ways of which some, whose flag is 1, are another one: as one long number, which is quick."""
    flags = int.from_bytes(chosen, "little")
    changed = int.from_bytes(ways, "little") & ~(flags * 255) | flags * way
    return bytearray(changed.to_bytes(len(ways), "little"))


def _places(flags: bytearray) -> Iterator[int]:
    """Where the ones are."""
    place = flags.find(1)
    while place >= 0:
        yield place
        place = flags.find(1, place + 1)


def _count_distinct(hashes: array[int]) -> int:
    return int(pc.count_distinct(pa.array(hashes, pa.int64())).as_py())
