"""Many lakes that begin alike and have the same work to do, each for one fault."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from glue_jobs.commands.vacuum import vacuum
from glue_jobs.errors import LakeError
from tests.faults.lake import Lake
from tests.faults.places import begin_of
from tests.faults.small_survey import serve_release

if TYPE_CHECKING:
    from glue_jobs.sample.upstream import Upstream
    from glue_jobs.storage.protocol import Storage
    from tests.faults.places import Place, Places

WORKS = ("first-run", "next-run", "vacuum")
"""A run on an empty lake; one on a lake that lacks a release; a vacuum after that."""

_LATER = datetime(2100, 1, 1, tzinfo=timezone.utc)


class LakesAlike:
    """Lakes that all begin alike, while upstream serves the release that they shall have."""

    def __init__(self, places: Places, upstream: Upstream, work: str) -> None:
        """Prepares.

        Args:
            places: where they lie.
            upstream: nothing is served yet.
            work: one of ``WORKS``.
        """
        self.places = places
        self.upstream = upstream
        self.work = work
        self.number = 1 if work == "first-run" else 2
        self._begin = None
        serve_release(upstream, 1)
        if work != "first-run":
            begin = Lake(places.new(), upstream, allow_removals=1)
            assert begin.run_all() == []
            serve_release(upstream, 2)
            if work == "vacuum":
                assert begin.run_all() == []
                for left in (
                    "curated/pr/20250101T000000Z-0badcafe/x",
                    "history/pr/0001-0badcafe/left",
                ):
                    begin.storage.put(left, b"a killed run's")
            self._begin = begin_of(begin.place)

    def new(self) -> Lake:
        return Lake(self.places.new(self._begin), self.upstream, allow_removals=1)

    def do(self, lake: Lake, storage: Storage | None = None) -> list[LakeError]:
        """Does the work, on another storage than the lake's own if one is given."""
        return do_work(self.work, lake, storage or lake.storage)

    def undisturbed(self) -> Lake:
        """A lake after the work."""
        lake = self.new()
        assert self.do(lake) == []
        return lake


def do_work(work: str, lake: Lake, storage: Storage) -> list[LakeError]:
    """Runs, or vacuums; returns the failures."""
    if work != "vacuum":
        return lake.run_all(replace(lake.run(), storage=storage))
    try:
        return vacuum(storage, _LATER).failures
    except LakeError as error:
        return [error]


def lake_at(place: Place, upstream: Upstream) -> Lake:
    """A lake as they are, in a place that another process has made."""
    return Lake(place, upstream, allow_removals=1)
