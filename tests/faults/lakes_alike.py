"""Many lakes that begin alike and have the same work to do, each for one fault."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from glue_jobs.errors import LakeError
from labor_lake.commands.vacuum import vacuum
from tests.faults.lake import Lake
from tests.faults.places import begin_of
from tests.faults.small_survey import OTHERS, serve_others, serve_release
from tests.simulator.faults import Status

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Storage
    from tests.faults.places import Place, Places
    from tests.simulator.upstream import Upstream

WORKS = ("first-run", "next-run", "vacuum")
"""A run on an empty lake; one on a lake that lacks a release; a vacuum after that."""

SEVERAL = "several-surveys"
"""A run on a lake of three surveys that lacks a release of each, while BLS denies one of them."""

DENIED = OTHERS[0]

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
        self._serve(1)
        if work != "first-run":
            begin = lake_at(places.new(), upstream, work)
            assert begin.run_all() == []
            self._serve(2)
            if work == SEVERAL:
                upstream.script(f"/pub/time.series/{DENIED}/", Status(404), times=10**6)
            if work == "vacuum":
                assert begin.run_all() == []
                for left in (
                    "curated/pr/20250101T000000Z-0badcafe/x",
                    "history/pr/0001-0badcafe/left",
                ):
                    begin.storage.put(left, b"a killed run's")
            self._begin = begin_of(begin.place)

    def _serve(self, number: int) -> None:
        serve_release(self.upstream, number)
        if self.work == SEVERAL:
            serve_others(self.upstream, number)

    def new(self) -> Lake:
        return lake_at(self.places.new(self._begin), self.upstream, self.work)

    def do(self, lake: Lake, storage: Storage | None = None) -> list[LakeError]:
        """Does the work, on another storage than the lake's own if one is given."""
        return do_work(self.work, lake, storage or lake.storage)

    def undisturbed(self) -> Lake:
        """A lake after the work."""
        lake = self.new()
        assert self.do(lake) == []
        return lake


def do_work(work: str, lake: Lake, storage: Storage) -> list[LakeError]:
    """Runs, or vacuums; returns the failures, without those of the survey that is denied."""
    if work != "vacuum":
        failures = lake.run_all(replace(lake.run(), storage=storage))
        return [one for one in failures if work != SEVERAL or not is_denied(one)]
    try:
        return vacuum(storage, _LATER).failures
    except LakeError as error:
        return [error]


def is_denied(failure: LakeError) -> bool:
    """Whether that is what BLS answers for the survey that it denies."""
    return f"the survey {DENIED}" in str(failure)


def lake_at(place: Place, upstream: Upstream, work: str) -> Lake:
    """A lake for some work, in a place that may have been made by another process."""
    several: dict[str, object] = {"surveys": ("pr", *OTHERS)} if work == SEVERAL else {}
    return Lake(place, upstream, allow_removals=1, **several)
