"""U22: what upstream dates into the future lands never, or only as far as clocks may differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.raw_zone import vintage_of
from glue_jobs.sources.bls.listing import ListedFile, is_as_listed
from glue_jobs.sources.bls.manifest import load_survey, save_survey
from glue_jobs.sources.bls.site import ListingOutdated, check_time
from glue_jobs.sources.protocol import Landed, RawObject
from tests.faults.lake import DATA_FILE, NEXT_RELEASE, SURVEY_PATH, body_of, change_file
from tests.faults.places import BACKENDS
from tests.faults.table import fault
from tests.lakes import NOW
from tests.simulator.faults import Headers

if TYPE_CHECKING:
    from tests.faults.lake import Lake

FILE = SURVEY_PATH + DATA_FILE

both_backends = pytest.mark.parametrize("backend", BACKENDS)


def release_of(lake: Lake) -> str:
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    return pointer.release


def written(moment: datetime) -> Headers:
    return Headers({"Last-Modified": format_datetime(moment, usegmt=True)})


@both_backends
@fault("U22")
def test_a_file_and_its_listing_that_agree_on_a_time_to_come_are_not_landed(lake):
    before, pointed = lake.noted(), lake.pointed()
    far = datetime(2100, 6, 1, 12, 30, tzinfo=timezone.utc)
    change_file(lake.upstream, DATA_FILE, body_of(lake.upstream, DATA_FILE) + b"\r\n", far)
    lake.upstream.clear_log()
    done = lake.land_bls()
    assert (done.exit_code, type(done.error)) == (5, ListingOutdated)
    assert "with the time 2100-06-01T08:30, which is still to come" in done.told
    assert "Check the clock of this machine, which says 2026-09-05T06:00:00Z" in done.told
    assert lake.asked(FILE) == []
    assert lake.noted() == before
    assert lake.build().failures == ()
    assert lake.pointed() == pointed


@both_backends
@fault("U22")
@pytest.mark.parametrize("year", [2100, 9998])
def test_a_lake_that_took_such_a_time_gets_the_right_one_again(year, lake):
    """As runs before this rule did: the release was named 2100, and each later one was older."""
    manifest = load_survey(lake.storage, "pr")
    named = replace(manifest.files[DATA_FILE], last_modified=f"{year}-12-31T23:59:59Z")
    save_survey(lake.storage, "pr", replace(manifest, files={**manifest.files, DATA_FILE: named}))
    assert lake.build().failures == ()
    assert release_of(lake) == f"{year}1231T235959Z"
    assert lake.run_all() == []
    assert load_survey(lake.storage, "pr").files[DATA_FILE].last_modified == "2025-09-04T12:30:00Z"
    assert release_of(lake) == "20250904T123000Z"
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    assert {vintage.release for vintage in pointer.history} == {"20250904T123000Z"}
    assert len(lake.asked(FILE)) == 1
    lake.upstream.clear_log()
    assert lake.run_all() == []
    assert lake.asked(FILE) == []
    lake.check()


@both_backends
@fault("U22")
@pytest.mark.parametrize(
    "off",
    [timedelta(hours=-1), timedelta(0), timedelta(seconds=59), timedelta(hours=1, seconds=59)],
    ids=str,
)
def test_a_clock_change_and_the_seconds_that_a_listing_leaves_out_are_no_contradiction(off, behind):
    lake, _ = behind
    lake.upstream.script(FILE, written(NEXT_RELEASE + off))
    assert lake.land_bls().failures == ()
    landed = load_survey(lake.storage, "pr").files[DATA_FILE]
    assert landed.last_modified == (NEXT_RELEASE + off).strftime("%Y-%m-%dT%H:%M:%SZ")
    lake.upstream.clear_log()
    assert lake.land_bls().summary["changed"] is False
    assert lake.asked() == [SURVEY_PATH]


@pytest.mark.parametrize(
    ("off", "agrees"),
    [
        (timedelta(hours=-1, seconds=-1), False),
        (timedelta(hours=-1), True),
        (timedelta(hours=1, seconds=59), True),
        (timedelta(hours=1, minutes=1), False),
    ],
    ids=str,
)
def test_how_far_a_file_s_time_may_be_from_the_listing_s(off, agrees):
    assert is_as_listed(NEXT_RELEASE + off, "2025-12-09T08:30") is agrees


def test_a_listing_may_be_two_days_ahead_of_this_clock_as_it_may_be_a_day_off():
    listed = ListedFile("pr.class", 102, "2026-09-07T02:00")  # in Eastern time, of NOW in two days
    check_time(listed, NOW)
    with pytest.raises(ListingOutdated, match="still to come"):
        check_time(listed, NOW - timedelta(seconds=1))


def test_a_vintage_that_is_dated_into_the_future_is_named_by_when_it_was_seen():
    landed = Landed(
        name=DATA_FILE,
        sha256="ab" * 32,
        released_at="2100-01-01T00:00:00Z",
        retrieved_at="2026-09-05T06:00:00Z",
        objects=(RawObject(f"raw/bls/pr/{DATA_FILE}", 1, "ab" * 32, "1"),),
    )
    first = vintage_of(landed, None)
    assert first.release == "20260905T060000Z"
    assert vintage_of(landed, first).release == "20260905T060001Z"
