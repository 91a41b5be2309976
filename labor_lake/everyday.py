"""What people call things that BLS calls otherwise: `payrolls`, `jobless`, `inflation`.

``everyday.tsv`` has a line for each: the words, what else they may mean (each meaning is enough),
and the surveys that are meant by them, which come before others. Words stand for themselves, too.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from glue_jobs.labels.index_words import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Words = tuple[str, ...]

_TABLE = Path(__file__).with_name("everyday.tsv")


class Meaning(NamedTuple):
    """What words may mean.

    Attributes:
        alternatives: each a set of words that must be met together; any of them is enough.
        surveys: codes of the surveys that are meant.
    """

    alternatives: tuple[Words, ...]
    surveys: tuple[str, ...]


def meaning_of(words: Words) -> Meaning | None:
    """What words of a query mean together, or None where they are just words."""
    return _meanings().get(words)


def longest_phrase() -> int:
    """How many words the longest phrase has that has a meaning."""
    return max(map(len, _meanings()))


@cache
def _meanings() -> Mapping[Words, Meaning]:
    meanings = {}
    for line in _TABLE.read_text("utf-8").splitlines()[1:]:
        text, alternatives, surveys = line.split("\t")
        words = tuple(words_of(text))
        each = [_parse(one.strip()) for one in alternatives.split("|")]
        meanings[words] = Meaning(tuple(dict.fromkeys([words, *each])), tuple(surveys.split()))
    return meanings


def _parse(text: str) -> Words:
    """A meaning; one such as `=S` is what the index notes of a series besides its words."""
    return (text,) if text.startswith("=") else tuple(dict.fromkeys(words_of(text)))
