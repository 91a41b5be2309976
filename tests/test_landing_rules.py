"""What makes landing fetch a file, and what it notes of it: each test changes one fact upstream."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from glue_jobs.sources.bls.manifest import load_survey
from glue_jobs.timestamps import to_text
from labor_lake.sample.pages import ListedRow, listing
from tests.faults.lake import NEXT_RELEASE, SURVEY_PATH, Lake, body_of, change_file
from tests.faults.places import Place
from tests.lakes import NOW
from tests.simulator.faults import Body, Listing, Status, Step
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from glue_jobs.sources.bls.manifest import LandedFile
    from labor_lake.sample.answer import Answer
    from tests.simulator.faults import Stage

NAME = "pr.class"


@pytest.fixture
def lake(tmp_path):
    """A lake that has landed the excerpt, which upstream still serves."""
    with Upstream.sample() as upstream:
        lake = Lake(Place(str(tmp_path / "lake")), upstream)
        assert lake.land_bls().failures == ()
        upstream.clear_log()
        yield lake


def noted(lake: Lake) -> LandedFile:
    return load_survey(lake.storage, "pr").files[NAME]


def test_a_file_of_the_same_moment_but_another_size_is_fetched_whole(lake):
    """BLS has replaced it twice within a second; who asks for what is newer gets nothing."""
    served = lake.upstream.surveys["pr"][NAME]
    changed = body_of(lake.upstream, NAME) + b"9\tNew workers\t0\tT\t3\r\n"
    change_file(lake.upstream, NAME, changed, served.last_modified)
    assert lake.land_bls().failures == ()
    assert lake.place.body(f"raw/bls/pr/{NAME}") == changed
    assert noted(lake).bytes == len(changed)


def test_an_older_file_of_the_same_size_that_comes_back_is_fetched(lake):
    """A server calls it not modified since the one that the lake has."""
    served, old = lake.upstream.surveys["pr"][NAME], body_of(lake.upstream, NAME)
    change_file(lake.upstream, NAME, old.replace(b"Employees", b"Employers"), NEXT_RELEASE)
    assert lake.land_bls().failures == ()
    change_file(lake.upstream, NAME, old, served.last_modified)
    assert lake.land_bls().failures == ()
    assert lake.place.body(f"raw/bls/pr/{NAME}") == old
    assert len(lake.storage.versions(f"raw/bls/pr/{NAME}")) == 3


def test_bytes_are_noted_with_the_time_at_which_they_were_first_retrieved(lake):
    """Also of a file that BLS has touched since."""
    first = noted(lake)
    change_file(lake.upstream, NAME, body_of(lake.upstream, NAME), NEXT_RELEASE)
    assert first.retrieved_at == to_text(NOW)
    later = replace(lake.run(), now=lambda: NOW + timedelta(days=1))
    assert lake.do("land_bls", later).failures == ()
    assert noted(lake) == replace(
        first, listed_minute="2025-12-09T08:30", last_modified="2025-12-09T13:30:00Z"
    )


def test_a_file_that_went_out_of_sight_is_shown_again_though_nothing_is_new(lake):
    """As a run leaves it that was ended, or that lost a race."""
    body = lake.place.body(f"raw/bls/pr/{NAME}")
    lake.storage.delete(f"raw/bls/pr/{NAME}")
    assert lake.land_bls().summary["changed"] is False
    assert lake.place.body(f"raw/bls/pr/{NAME}") == body
    assert len(lake.storage.versions(f"raw/bls/pr/{NAME}")) == 1


def test_a_page_that_went_out_of_sight_is_shown_again_though_nothing_is_new(lake):
    assert lake.land_population().failures == ()
    (key,) = [path for path in lake.tree("raw/population", "raw") if path.endswith("_1.json")]
    body = lake.place.body(key)
    lake.storage.delete(key)
    assert lake.land_population().summary["changed"] is False
    assert lake.place.body(key) == body


def test_what_has_rotten_is_not_shown_again(lake):
    key = f"raw/bls/pr/{NAME}"
    lake.place.damage(key, "flip")
    lake.storage.delete(key)
    done = lake.land_bls()
    assert (done.exit_code, type(done.error).__name__) == (7, "IntegrityFailure")
    assert lake.storage.stat(key) is None


def test_a_listing_that_is_older_than_the_files_is_asked_for_again(lake):
    """As one of BLS's servers may give it out, minutes after a release."""
    rows = [
        ListedRow(name, len(body_of(lake.upstream, name)), file.last_modified)
        for name, file in lake.upstream.surveys["pr"].items()
    ]
    new = Lake(Place(f"{lake.place.uri}-2"), lake.upstream)
    changed = body_of(lake.upstream, NAME) + b"9\tNew\t0\tT\t3\r\n"
    change_file(lake.upstream, NAME, changed)
    lake.upstream.script(SURVEY_PATH, Listing(listing(SURVEY_PATH, rows).decode()))
    assert new.land_bls().failures == ()
    assert new.place.body(f"raw/bls/pr/{NAME}") == changed
    assert new.asked(SURVEY_PATH) == [SURVEY_PATH] * 3


def test_a_new_file_that_a_server_calls_not_modified_is_left_for_later(lake):
    before = lake.tree()
    change_file(lake.upstream, "pr.new", b"new_code\tnew_text\r\n1\tOne\r\n")
    lake.upstream.script(f"{SURVEY_PATH}pr.new", Status(304), forever=True)
    done = lake.land_bls()
    assert (done.exit_code, type(done.failures[0]).__name__) == (5, "UpstreamUnavailable")
    assert lake.tree() == before


class VanishMeanwhile(Step):
    """BLS takes half of its files away while one is downloaded."""

    def change(self, answer: Answer, stage: Stage) -> Answer:
        files = stage.upstream.surveys["pr"]  # type: ignore[attr-defined]
        for name in [name for name in files if name != NAME][:6]:
            del files[name]
        return answer


def test_files_that_vanish_during_a_landing_are_counted_like_those_before_it(lake):
    before = lake.noted()
    change_file(lake.upstream, NAME, body_of(lake.upstream, NAME) + b"9\tNew\t0\tT\t3\r\n")
    lake.upstream.script(f"{SURVEY_PATH}{NAME}", VanishMeanwhile())
    done = lake.land_bls()
    assert (done.exit_code, type(done.error).__name__) == (7, "GuardTripped")
    assert lake.noted() == before


def test_an_api_whose_pages_never_end_is_left_alone(lake):
    answer = json.loads(next(iter(lake.upstream.cubes.values())))
    answer["page"]["total"] = 99_999
    body = Body(json.dumps(answer).encode(), "application/json")
    lake.upstream.script("/tesseract/*", body, forever=True)
    assert lake.land_population().exit_code == 7
    assert len(lake.asked()) == 100


def test_a_job_has_changed_something_if_any_survey_has(lake):
    lake.upstream.surveys["cu"] = {
        name.replace("pr.", "cu."): file for name, file in lake.upstream.surveys["pr"].items()
    }
    done = lake.land_bls(surveys=("cu", "pr"))
    assert done.summary["surveys"]["pr"]["changed"] is False
    assert done.summary["changed"] is True
    assert [path for path in lake.asked() if path == SURVEY_PATH] == [SURVEY_PATH]
