"""A landing that is ended goes on where it stopped, and takes no more room than it needs."""

from __future__ import annotations

import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest

from glue_jobs.errors import OutOfTime, StorageFailure
from glue_jobs.sources.bls import arriving
from glue_jobs.sources.bls.manifest import load_survey
from labor_lake.verification import verify
from tests.faults.lake import DATA_FILE, SURVEY_PATH, Lake, body_of, change_file
from tests.faults.places import BACKENDS, Places, cloud
from tests.simulator.faults import Status
from tests.simulator.upstream import Upstream

LARGEST = f"{SURVEY_PATH}pr.data.1.AllData"
NOTE = "raw/bls/pr/_arrived.json"


@pytest.fixture(params=BACKENDS)
def lake(request, tmp_path):
    """A lake with nothing in it."""
    with cloud(request.param), Upstream.sample() as upstream:
        yield Lake(Places(request.param, tmp_path).new(), upstream)


@pytest.fixture
def ended(lake):
    """A first landing that failed at its largest file, which comes last."""
    lake.upstream.script(LARGEST, Status(404), times=2)
    assert lake.land_bls().exit_code == 5
    assert lake.upstream.unplayed == []
    lake.upstream.clear_log()
    return lake


def fetched(lake: Lake) -> list[str]:
    return [path for path in lake.asked() if path != SURVEY_PATH]


def test_it_has_landed_nothing_and_is_no_damage(ended):
    assert load_survey(ended.storage, "pr").files == {}
    assert ended.build().summary["releases"]["pr"] == {"changed": False, "release": None}
    found = verify(ended.run())
    assert (found.problems, found.left_over) == ([], [])


def test_the_next_run_fetches_the_rest_alone(ended):
    done = ended.land_bls()
    assert done.failures == ()
    assert fetched(ended) == [LARGEST]
    assert len(done.summary["surveys"]["pr"]["stored"]) == 12
    assert ended.storage.stat(NOTE) is None
    for name in ended.upstream.surveys["pr"]:
        assert ended.place.body(f"raw/bls/pr/{name}") == body_of(ended.upstream, name)
    ended.check()
    ended.upstream.clear_log()
    assert ended.land_bls().summary["changed"] is False
    assert ended.asked() == [SURVEY_PATH]


def test_a_file_that_has_changed_since_is_fetched_again(ended):
    changed = body_of(ended.upstream, "pr.class") + b"9\tNew\t0\tT\t3\r\n"
    change_file(ended.upstream, "pr.class", changed)
    assert ended.land_bls().failures == ()
    assert sorted(fetched(ended)) == [f"{SURVEY_PATH}pr.class", LARGEST]
    assert ended.place.body("raw/bls/pr/pr.class") == changed


def test_a_note_that_names_other_bytes_is_not_believed(ended):
    body = ended.place.body(NOTE)
    sha256 = ended.read_json(NOTE)["files"]["pr.class"]["sha256"]
    ended.storage.put(NOTE, body.replace(sha256.encode(), b"0" * 64))
    assert ended.land_bls().failures == ()
    assert sorted(fetched(ended)) == [f"{SURVEY_PATH}pr.class", LARGEST]
    ended.check()


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b'{"survey": "ap", "files": {}}'], ids=ascii)
def test_a_note_that_cannot_be_read_costs_downloads_and_no_more(body, ended):
    ended.storage.put(NOTE, body)
    assert ended.land_bls().failures == ()
    assert len(fetched(ended)) == 12
    ended.check()


def test_small_files_come_first_and_a_large_one_alone(lake, monkeypatch):
    monkeypatch.setattr(arriving, "DOWNLOADS_AT_ONCE", 4)
    monkeypatch.setattr(arriving, "SCRATCH_BYTES", 20_000)
    on_way: list[int] = []
    most = [0]
    has_room = arriving._has_room

    def watch(listed, running):
        on_way[:] = [one.size for one in running]
        answer = has_room(listed, running)
        if answer:
            most[0] = max(most[0], sum(on_way) + listed.size)
        return answer

    monkeypatch.setattr(arriving, "_has_room", watch)
    assert lake.land_bls().failures == ()
    sizes = {name: len(body_of(lake.upstream, name)) for name in lake.upstream.surveys["pr"]}
    assert most[0] <= max(20_000, *sizes.values())
    names = [path.rpartition("/")[2] for path in fetched(lake)]
    assert names[-2:] == sorted(sizes, key=lambda name: sizes[name])[-2:]


def test_room_is_looked_for_before_anything_is_downloaded(lake, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=40_000))
    done = lake.land_bls()
    assert (type(done.error), done.exit_code) == (StorageFailure, 7)
    assert "158.3 kB are to be landed, and" in done.told
    assert "has room for 40.0 kB; nothing was downloaded" in done.told
    assert "Free 118.3 kB more" in done.told
    assert fetched(lake) == []


def test_after_the_time_limit_no_file_is_begun_and_the_next_run_goes_on(lake):
    # The clock is asked once for the survey, and then before each file.
    seconds = iter([0.0] * 6 + [3600.0] * 10)
    run = replace(lake.run(time_limit=3600.0), started=0.0, clock=lambda: next(seconds))
    done = lake.do("land_bls", run)
    assert (type(done.error), done.exit_code) == (OutOfTime, 5)
    assert "The time limit of 1 hour was reached" in done.told
    begun = fetched(lake)
    assert len(begun) == 5
    lake.upstream.clear_log()
    assert lake.land_bls(time_limit=3600.0).failures == ()
    assert len(fetched(lake)) == 12 - 5
    assert not set(begun) & set(fetched(lake))


def test_what_a_file_failed_with_is_told_rather_than_the_time_limit(lake):
    names = sorted(lake.upstream.surveys["pr"], key=lambda name: len(body_of(lake.upstream, name)))
    lake.upstream.script(f"{SURVEY_PATH}{names[0]}", Status(403))
    seconds = iter([0.0] * 5 + [3600.0] * 10)
    run = replace(lake.run(time_limit=3600.0), started=0.0, clock=lambda: next(seconds))
    assert lake.do("land_bls", run).exit_code == 7


def test_after_the_time_limit_no_survey_is_begun(lake):
    lake.upstream.surveys["cu"] = {f"cu{DATA_FILE[2:]}": lake.upstream.surveys["pr"][DATA_FILE]}
    run = replace(lake.run(time_limit=60.0, surveys=("pr", "cu")), started=-60.0, clock=lambda: 0)
    done = lake.do("land_bls", run)
    assert done.exit_code == 5
    assert done.summary["surveys"].keys() == {"pr", "cu"}
    assert "The time limit of 1 minute was reached" in done.told
    assert lake.asked() == []
