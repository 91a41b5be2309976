"""What the lake learns of a survey's releases."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from glue_jobs.catalog.pointers import Pointer, Vintage
from labor_lake.release_calendar import Expected, expect


def pointer(*releases: str) -> Pointer:
    history = tuple(
        Vintage(f"pr.data.{at % 2}", release, "0" * 64, "raw/bls/pr/x", 1, 0, 0)
        for at, release in enumerate(releases)
    )
    return Pointer("pr", max(releases), "curated/pr/x/", {}, "", history)


MONTHLY = ("20250103T133000Z", "20250103T134500Z", "20250207T133000Z", "20250307T133000Z")
NEWEST = datetime(2025, 3, 7, 13, 30, tzinfo=timezone.utc)


def test_the_next_release_comes_as_long_after_the_newest_as_is_usual():
    told = expect(pointer(*MONTHLY), NEWEST)
    assert told == Expected(3, 31, "08:30", "2025-04-07", is_late=False)


def test_it_is_late_when_none_before_took_so_long():
    longest = timedelta(days=35)
    assert not expect(pointer(*MONTHLY), NEWEST + longest).is_late
    assert expect(pointer(*MONTHLY), NEWEST + longest + timedelta(days=4)).is_late


def test_of_two_releases_nobody_can_tell_when_the_next_one_comes():
    told = expect(pointer(*MONTHLY[:3]), NEWEST + timedelta(days=900))
    assert (told.seen, told.due, told.is_late) == (2, None, False)
