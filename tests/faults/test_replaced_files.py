"""U6: BLS replaces a file while it is downloaded, or its servers disagree for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from glue_jobs.errors import UpstreamUnavailable
from glue_jobs.sources.bls.site import ListingOutdated
from labor_lake.sample.answer import Answer
from labor_lake.sample.bls_service import UpstreamFile, answer_bls
from tests.faults.lake import (
    CONTACT,
    DATA_FILE,
    NEXT_RELEASE,
    SURVEY_PATH,
    body_of,
    change_file,
    observation,
)
from tests.faults.places import BACKENDS
from tests.faults.table import fault
from tests.simulator.faults import ReplaceDuring, Step

if TYPE_CHECKING:
    from tests.faults.lake import Lake
    from tests.simulator.faults import Stage
    from tests.simulator.upstream import Upstream

FILE = SURVEY_PATH + DATA_FILE

pytestmark = [fault("U6"), pytest.mark.parametrize("backend", BACKENDS)]


@dataclass(frozen=True)
class ServedFrom(Step):
    """From this listing on, another server answers, which has this data file."""

    upstream: Upstream
    file: UpstreamFile

    def change(self, answer: Answer, stage: Stage) -> Answer:
        self.upstream.surveys["pr"][DATA_FILE] = self.file
        return answer_bls(
            self.upstream.surveys, SURVEY_PATH, {"User-Agent": CONTACT}, line_breaks=False
        )


class StillServed(Step):
    """A server that lags behind the others still has the file of before."""

    def __init__(self, file: UpstreamFile, *, status: int) -> None:
        self.file = file
        self.status = status

    def change(self, answer: Answer, stage: Stage) -> Answer:
        served = answer_bls(
            {"pr": {DATA_FILE: self.file}}, FILE, {"User-Agent": CONTACT}, line_breaks=False
        )
        return served if self.status == 200 else Answer(304, served.headers)


def landed(lake: Lake) -> bytes:
    """The data file as it lies in the raw zone."""
    with lake.storage.open(f"raw/bls/pr/{DATA_FILE}") as stream:
        return stream.read()


@pytest.mark.parametrize("status", [200, 304], ids=["U6-lagging-200", "U6-lagging-304"])
def test_a_server_that_lags_behind_the_listing_is_not_believed(status, lake):
    old = lake.upstream.surveys["pr"][DATA_FILE]
    before = lake.noted()
    new = body_of(lake.upstream, DATA_FILE).replace(b" 2.6", b" 9.9")
    change_file(lake.upstream, DATA_FILE, new)
    lake.upstream.script(FILE, StillServed(old, status=status), forever=True)
    done = lake.land_bls()
    assert type(done.error) is ListingOutdated
    assert "of 2025-12-09T08:30 but sends the one of 2025-09-04T12:30:00Z" in done.told
    assert lake.noted() == before
    lake.upstream.clear_script()
    assert lake.land_bls().failures == ()
    assert landed(lake) == new


class TestU6:
    """A file is replaced while it is downloaded."""

    NEWER = NEXT_RELEASE + timedelta(hours=2)

    def test_its_new_content_is_fetched_in_the_same_run(self, behind):
        lake, _ = behind
        newer = body_of(lake.upstream, DATA_FILE) + observation("PRS88003203", "2026", "Q02", "1.6")
        lake.upstream.script(FILE, ReplaceDuring(newer, self.NEWER))
        done = lake.land_bls()
        assert done.failures == ()
        assert landed(lake) == newer
        assert len(lake.asked(FILE)) == 2
        lake.check()

    def test_a_mixture_of_the_listed_size_is_not_landed(self, behind):
        lake, _ = behind
        newer = body_of(lake.upstream, DATA_FILE).replace(b"2.6", b"9.9")
        lake.upstream.script(FILE, ReplaceDuring(newer, self.NEWER))
        assert lake.land_bls().failures == ()
        assert landed(lake) == newer
        lake.check()

    def test_a_release_that_goes_on_is_left_for_later(self, behind):
        lake, _ = behind
        before = lake.noted()
        body = body_of(lake.upstream, DATA_FILE)
        for number in (1, 2):
            moment = self.NEWER + timedelta(minutes=number)
            lake.upstream.script(
                FILE, ReplaceDuring(body.replace(b"2.6", b"9.%d" % number), moment)
            )
        done = lake.land_bls()
        assert type(done.error) is UpstreamUnavailable
        assert "BLS is changing the files of pr" in done.told
        assert "Run again in some minutes" in done.told
        assert lake.noted() == before
        assert lake.land_bls().failures == ()
        assert b"9.2" in landed(lake)
        lake.check()

    def test_servers_that_disagree_by_turns_are_not_mixed(self, behind):
        """The listing goes forth and back between two servers, and the file with it."""
        lake, _ = behind
        one = lake.upstream.surveys["pr"][DATA_FILE]
        body = body_of(lake.upstream, DATA_FILE).replace(b"2.6", b"9.9")
        other = UpstreamFile(body, self.NEWER)
        lake.upstream.script(
            SURVEY_PATH, *(ServedFrom(lake.upstream, file) for file in (one, other, one))
        )
        assert lake.land_bls().failures == ()
        lake.check()
        assert lake.upstream.unplayed == []
        assert landed(lake) == one.body
