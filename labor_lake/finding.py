"""Finds series by words, in the index files that a build has made.

A query is taken apart into terms: a word, or several that mean something together
(``everyday.py``). A series meets a term by its title, by its further words, or since its survey is
about it. It is found if it meets all terms; where none does, those that meet most are. The best
come first: how well the terms are met, how much of the title they are, and how likely the series is
what people look for (``glue_jobs/labels/index_scores.py``).
"""

from __future__ import annotations

import heapq
import math
import re
from dataclasses import dataclass, field
from functools import cache, reduce
from itertools import combinations
from operator import and_, or_
from typing import TYPE_CHECKING, NamedTuple

from glue_jobs.labels.facts import GIANTS
from glue_jobs.labels.index_reading import ranks_in
from glue_jobs.labels.index_scores import LIVING
from glue_jobs.labels.index_words import words_of
from glue_jobs.sources.bls.known_surveys import known_surveys
from labor_lake.everyday import Meaning, longest_phrase, meaning_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from glue_jobs.labels.index_reading import Index, Listed, Postings, Segment
    from glue_jobs.sources.bls.known_surveys import Survey

# How well a series meets a term. That its survey is named so counts nearly as much as its title: of
# `consumer price index`, no title of the survey says anything.
_BY_TITLE, _BY_WORDS, _BY_DESCRIPTION = 1.0, 0.85, 0.5

# In points as those of ``index_scores``: a term by title instead of nothing, a title that is
# nothing but the query instead of one in which it drowns, a survey that an everyday word means.
_MET, _COVERED, _MEANT = 100, 100, 60

# And a part of the title, between two commas or the like, that is a term and nothing else.
_WHOLE_PART = 40
_PARTS = re.compile(r"[^\w\s]+(?=\s|\w)|\b(?:in|for|of)\b")

_READ = 60
"""The titles of so many are read, to be sorted once more."""

# Of each segment so many are looked at: its best by score, which is the order of the postings.
_LOOKED_AT = 200

# Years that a survey may be behind the lake's newest one, and still count as being published.
_YEARS_BEHIND = 4

_MOST_TERMS = 10
"""Of a longer query the rest is left out: subsets of terms are tried where none meets all."""


class Found(NamedTuple):
    """A series that was found.

    Attributes:
        survey: the survey's code.
        series_id: its id.
        title: what it is called.
        frequency: ``monthly``, ``quarterly``, ``semiannual``, ``annual``, or empty.
        seasonal: ``S`` for adjusted, ``U`` for not adjusted, or empty.
        last_period: of its last observation, ``2025-M09``; empty where it has none.
        missed: what of the query it does not meet.
    """

    survey: str
    series_id: str
    title: str
    frequency: str
    seasonal: str
    last_period: str
    missed: tuple[str, ...] = ()


class _Term(NamedTuple):
    """What a series must meet, as it was typed, and what it means."""

    text: str
    phrase: tuple[str, ...]
    meaning: Meaning


@dataclass
class _Met:
    """Which series of a segment meet a term: sets of ranks, as the bits of a number."""

    by_title: int = 0
    by_words: int = 0
    by_description: int = 0
    weights: list[tuple[int, bytes]] = field(default_factory=list)

    def weight(self, rank: int) -> int:
        """How much of a title the term is, in its best meaning."""
        return max((weight for weight, ranks in self.weights if _has(ranks, rank)), default=0)


@dataclass(frozen=True)
class _Part:
    """A segment, and what of it meets each term."""

    index: Index
    segment: Segment
    chosen: int
    met: list[_Met]
    is_meant: bool


class _Candidate(NamedTuple):
    """A series that may be shown: in the order in which they are sorted, no two are alike."""

    points: float
    part_number: int
    rank: int
    part: _Part


def is_searched(code: str, words: str, survey: str = "") -> bool:
    """Whether a survey is searched for a query: a giant only where it is named.

    Args:
        code: the survey's.
        words: the query.
        survey: the one that is asked for, if any.
    """
    if survey:
        return code == survey
    return code not in GIANTS or code in words.lower().split()


def find(
    indexes: Iterable[Index],
    words: str,
    *,
    survey: str = "",
    frequency: str = "",
    seasonal: str = "",
    limit: int = 20,
) -> list[Found]:
    """Finds series, the best first.

    Args:
        indexes: of the surveys.
        words: the query; the id of a series finds that series.
        survey: the only survey that is searched.
        frequency: the only one that is wanted: ``monthly``, ``quarterly``, and so on.
        seasonal: ``S`` or ``U``, if only such series are wanted.
        limit: how many at most.

    Raises:
        IntegrityFailure: an index is damaged.
    """
    searched = [one for one in indexes if is_searched(one.survey, words, survey)]
    by_id, rest = _find_ids(searched, words)
    terms = _terms_of(rest)[:_MOST_TERMS]
    if not terms:
        return by_id[:limit]
    filters = [f"={one}" for one in (frequency, seasonal) if one]
    parts = [_part(index, one, terms, filters) for index in searched for one in index.segments]
    newest = max((index.newest for index in searched), default=0)
    found = {one.series_id: one for one in by_id}
    best = heapq.nsmallest(max(limit, _READ), _candidates(parts, len(terms), newest))
    for one in _sort_by_title([(one.points, _found(one, terms)) for one in best], terms):
        found.setdefault(one.series_id, one)
    return list(found.values())[:limit]


def _find_ids(indexes: Sequence[Index], words: str) -> tuple[list[Found], str]:
    """The series whose ids are among the words, and the other words."""
    found, rest = [], []
    for word in words.split():
        series_id = word.strip(",;").upper()
        own = [index for index in indexes if index.survey == series_id[:2].lower()]
        listed = own[0].with_id(series_id) if own and len(series_id) > 4 else None
        if listed:
            found.append(_shown(own[0].survey, listed))
        else:
            rest.append(word)
    return found, " ".join(rest)


def _terms_of(words: str) -> list[_Term]:
    """Takes a query apart; the longest phrase that has a meaning goes first."""
    typed = [(one, chunk) for chunk in words.split() for one in words_of(chunk)]
    terms: dict[tuple[str, ...], _Term] = {}
    begin = 0
    while begin < len(typed):
        for size in range(min(longest_phrase(), len(typed) - begin), 0, -1):
            part = typed[begin : begin + size]
            phrase = tuple(word for word, _ in part)
            meaning = meaning_of(phrase)
            if meaning or size == 1:
                text = " ".join(dict.fromkeys(chunk.strip(",.;:?!") for _, chunk in part))
                terms.setdefault(phrase, _Term(text, phrase, meaning or Meaning((phrase,), ())))
                begin += size
                break
    return list(terms.values())


def _part(index: Index, segment: Segment, terms: list[_Term], filters: list[str]) -> _Part:
    """Looks up in a segment what meets each term, and what the filters leave."""
    known: dict[str, Postings] = {}

    def postings(word: str) -> Postings:
        if word not in known:
            known[word] = segment.postings(word)
        return known[word]

    everything = (1 << segment.series) - 1
    named, described = _words_of_survey(index.survey)
    chosen = reduce(and_, (postings(one).all for one in filters), everything)
    met = []
    for term in terms:
        own = _Met()
        for words in term.meaning.alternatives:
            each = [postings(word) for word in words]
            in_title = reduce(and_, (one.title for one in each))
            anywhere = [one.all for one in each]
            by_words = [
                everything if word in named else ranks for word, ranks in zip(words, anywhere)
            ]
            by_description = [
                everything if word in described else ranks for word, ranks in zip(words, by_words)
            ]
            own.by_title |= in_title
            own.by_words |= reduce(and_, by_words)
            own.by_description |= reduce(and_, by_description)
            if in_title:
                size = (segment.series + 7) // 8
                weight = sum(one.weight for one in each)
                own.weights.append((weight, in_title.to_bytes(size, "little")))
        met.append(own)
    is_meant = any(index.survey in term.meaning.surveys for term in terms)
    return _Part(index, segment, chosen, met, is_meant)


@cache
def _surveys() -> Mapping[str, Survey]:
    return known_surveys()


@cache
def _words_of_survey(code: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words of a survey's name, and those of what it is about: words of all its series."""
    survey = _surveys().get(code)
    if survey is None:
        return frozenset((code,)), frozenset()
    return frozenset((code, *words_of(survey.name))), frozenset(words_of(survey.description))


def _candidates(parts: list[_Part], terms: int, newest: int) -> Iterator[_Candidate]:
    """The series that meet all terms, or else as many as any does."""
    weights = [1.0] * terms
    for count in range(terms, 0, -1):
        found = False
        for number, part in enumerate(parts):
            titled, complete = _meeting(part, count)
            found = found or complete != 0
            best = [*ranks_in(titled, _LOOKED_AT), *ranks_in(complete & ~titled, _LOOKED_AT)]
            for rank in best:
                points = _points(part, rank, weights, newest)
                yield _Candidate(-points, number, rank, part)
        if found:
            return
        weights = _rarities(parts, terms)


def _rarities(parts: list[_Part], terms: int) -> list[float]:
    """How much each term says, where not all are met: what few series meet says more."""
    series = sum(part.segment.series for part in parts)
    meeting = [
        sum(part.met[term].by_description.bit_count() for part in parts) for term in range(terms)
    ]
    return [math.log2(1 + series / count) if count else 0.0 for count in meeting]


def _meeting(part: _Part, count: int) -> tuple[int, int]:
    """The series that meet so many of the terms: by their title alone; in any way."""
    chosen = [
        (
            reduce(and_, (one.by_title for one in subset)),
            reduce(and_, (one.by_description for one in subset)),
        )
        for subset in combinations(part.met, count)
    ]
    titled = reduce(or_, (one for one, _ in chosen))
    complete = reduce(or_, (one for _, one in chosen))
    return titled & part.chosen, complete & part.chosen


def _points(part: _Part, rank: int, weights: list[float], newest: int) -> float:
    """How good an answer a series is, by what the index says of it without its title."""
    levels = [weight * _level(one, rank) for weight, one in zip(weights, part.met)]
    length = part.segment.lengths[rank]
    said = sum(one.weight(rank) for one in part.met)
    covered = min(said / length, 1.0) if length else 0.5
    points = part.segment.scores[rank] + _MET * sum(levels) / sum(weights) + _COVERED * covered
    points += _MEANT if part.is_meant else 0
    return points - (LIVING if part.index.newest < newest - _YEARS_BEHIND else 0)


def _level(met: _Met, rank: int) -> float:
    """How well a series meets a term."""
    if met.by_title >> rank & 1:
        return _BY_TITLE
    if met.by_words >> rank & 1:
        return _BY_WORDS
    return _BY_DESCRIPTION if met.by_description >> rank & 1 else 0.0


def _sort_by_title(found: list[tuple[float, Found]], terms: list[_Term]) -> list[Found]:
    """Sorts the best ones again, now that their titles are read."""
    asked = [word for term in terms for word in term.phrase]

    def points(scored: tuple[float, Found]) -> float:
        parts = {tuple(words_of(part)) for part in _PARTS.split(scored[1].title)} - {()}
        said = sum(len(part) for part in parts if _is_run(part, asked))
        meant = sum(
            len(term.phrase)
            for term in terms
            if not parts.isdisjoint(set(term.meaning.alternatives) - {term.phrase})
        )
        return scored[0] - _WHOLE_PART * min(max(said, meant) / len(asked), 1.0)

    return [one for _, one in sorted(found, key=points)]


def _is_run(part: tuple[str, ...], words: list[str]) -> bool:
    """Whether words stand in a query one after the other."""
    begins = range(len(words) - len(part) + 1)
    return any(tuple(words[begin : begin + len(part)]) == part for begin in begins)


def _has(ranks: bytes, rank: int) -> bool:
    return bool(ranks[rank >> 3] >> (rank & 7) & 1)


def _found(candidate: _Candidate, terms: list[_Term]) -> Found:
    part, rank = candidate.part, candidate.rank
    missed = [term.text for term, met in zip(terms, part.met) if not met.by_description >> rank & 1]
    return _shown(part.index.survey, part.segment.at_rank(rank), tuple(missed))


def _shown(survey: str, listed: Listed, missed: tuple[str, ...] = ()) -> Found:
    period = f"{listed.last_year}-{listed.last_period}".rstrip("-") if listed.last_year else ""
    return Found(
        survey,
        listed.series_id,
        listed.title,
        listed.frequency,
        listed.seasonal,
        period,
        missed,
    )
