"""From a figure on the site to the line of BLS's file that it was read from.

Whoever shows a figure cites it, and gets the place on a page of its survey's traces where release,
file, line and hash stand. When all is cited, each vintage that was cited is read once, held against
its hash. A vintage that is large is left out: `lake trace` finds one figure of it.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from glue_jobs.errors import LakeError
from glue_jobs.storage.recorded import version_of
from labor_lake.tracing import find_lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from glue_jobs.catalog.pointers import Pointer, Vintage
    from glue_jobs.storage.protocol import Storage
    from labor_lake.tracing import Trace

_LARGE = 100_000_000
"""Bytes of a vintage that are too many to read for some figures."""


class Cited(NamedTuple):
    """One observation of one vintage of a data file."""

    survey: str
    source: str
    release: str
    series_id: str
    year: int
    period: str


@dataclass
class Citations:
    """What was cited, and where it was found.

    Attributes:
        pointers: by survey.
    """

    pointers: Mapping[str, Pointer]
    _wanted: dict[Vintage, set[tuple[str, str, str]]] = field(
        default_factory=lambda: defaultdict(set)
    )
    _survey_of: dict[Vintage, str] = field(default_factory=dict)
    _found: dict[Cited, Trace] = field(default_factory=dict)

    def cite(self, ones: Iterable[Cited]) -> tuple[Cited, ...]:
        """Remembers observations that a figure on the site was made of."""
        cited = tuple(ones)
        for one in cited:
            vintage = self._vintage(one)
            if vintage is not None:
                self._survey_of[vintage] = one.survey
                self._wanted[vintage].add((one.series_id, str(one.year), one.period))
        return cited

    def look_up(self, storage: Storage) -> dict[str, LakeError]:
        """Reads every vintage that was cited.

        Returns:
            By survey why a vintage of it cannot be read, such as other bytes than were landed; its
            figures lead nowhere.
        """
        failures: dict[str, LakeError] = {}
        for vintage, keys in self._wanted.items():
            try:
                self._look_up(storage, vintage, keys)
            except LakeError as error:
                failures[self._survey_of[vintage]] = error
        return failures

    def _look_up(self, storage: Storage, vintage: Vintage, keys: set[tuple[str, str, str]]) -> None:
        version = version_of(storage, vintage.key, vintage.sha256)
        stored = storage.stat(vintage.key, version)
        if stored and stored.size > _LARGE:
            return
        survey = self._survey_of[vintage]
        for (series_id, year, period), trace in find_lines_of(storage, vintage, keys).items():
            cited = Cited(survey, vintage.source, vintage.release, series_id, int(year), period)
            self._found[cited] = trace

    def place_of(self, cited: Iterable[Cited]) -> tuple[str, str]:
        """Survey and anchor, on its page of traces, of the first that was found; or blanks."""
        for one in cited:
            if one in self._found:
                return one.survey, anchor_of(one)
        return "", ""

    def found_in(self, survey: str) -> list[tuple[Vintage, list[tuple[str, Trace]]]]:
        """What was found of a survey: by vintage, the anchor and the trace of each line."""
        by_vintage: dict[Vintage, list[tuple[str, Trace]]] = defaultdict(list)
        for cited, trace in self._found.items():
            vintage = self._vintage(cited)
            if cited.survey == survey and vintage is not None:
                by_vintage[vintage].append((anchor_of(cited), trace))
        return [
            (vintage, sorted(by_vintage[vintage], key=lambda one: one[1].line))
            for vintage in sorted(by_vintage, key=lambda one: (one.source, one.release))
        ]

    def _vintage(self, one: Cited) -> Vintage | None:
        return self._vintages.get((one.survey, one.source, one.release))

    @cached_property
    def _vintages(self) -> dict[tuple[str, str, str], Vintage]:
        """By survey, data file and release."""
        return {
            (survey, vintage.source, vintage.release): vintage
            for survey, pointer in self.pointers.items()
            for vintage in pointer.history
        }


def anchor_of(cited: Cited) -> str:
    """The name of a trace on its page: in words, or a hash where a browser could not read them."""
    words = "-".join(f"{part}" for part in cited[1:])
    if re.fullmatch(r"[A-Za-z0-9._-]+", words):
        return words
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]
