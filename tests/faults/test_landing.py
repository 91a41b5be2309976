"""What landing does when all is well: no request and no byte too many."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from glue_jobs.sources.bls.manifest import load_survey
from glue_jobs.sources.population.manifest import load_population
from labor_lake.sample import excerpt, population_service, render
from labor_lake.sample.pages import ListedRow, listing
from tests.captures import capture, needs_captures
from tests.faults.lake import (
    CONTACT,
    DATA_FILE,
    SURVEY_PATH,
    Lake,
    body_of,
    change_file,
    publish_next_release,
)
from tests.faults.places import Place
from tests.simulator.faults import Listing, Status, Step
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from labor_lake.sample.answer import Answer
    from tests.simulator.faults import Stage

CUBE = "acs_yg_total_population_1"
KEY = f"raw/bls/pr/{DATA_FILE}"


def times_of(lake: Lake) -> dict[str, int]:
    """When each file outside the run summaries was last written."""
    return {path: (lake.folder / path).stat().st_mtime_ns for path in lake.tree()}


def test_a_second_run_asks_once_per_survey_and_dataset_and_writes_its_summary_only(lake):
    before, times = lake.everything(), times_of(lake)
    assert lake.run_all() == []
    assert sorted(request.path.split("?")[0] for request in lake.upstream.requests) == [
        SURVEY_PATH,
        population_service.PATH,
    ]
    assert lake.everything() == before
    assert times_of(lake) == times
    assert sorted(lake.tree("runs")) == [
        f"runs/run-1/{job}.json" for job in ("build_tables", "land_bls", "land_population")
    ]
    for path in lake.tree("runs"):
        summary = lake.read_json(path)
        assert (summary["changed"], summary["exit_code"], summary["errors"]) == (False, 0, [])


def test_a_first_run_lists_before_and_after_and_fetches_each_file_once(new_lake):
    lake = new_lake
    done = lake.land_bls()
    files = [f"{SURVEY_PATH}{name}" for name in lake.upstream.surveys["pr"]]
    assert lake.asked()[0] == lake.asked()[-1] == SURVEY_PATH
    assert sorted(lake.asked()[1:-1]) == sorted(files)
    survey = done.summary["surveys"]["pr"]
    assert (survey["listed"], survey["fetched"], survey["changed"]) == (12, 12, True)
    assert sorted(survey["stored"]) == sorted(lake.upstream.surveys["pr"])
    sizes = [len(body_of(lake.upstream, name)) for name in lake.upstream.surveys["pr"]]
    assert survey["bytes"] == sum(sizes)


def test_raw_holds_what_was_served_byte_for_byte_and_says_where_from(lake):
    for name, file in load_survey(lake.storage, "pr").files.items():
        served = lake.upstream.surveys["pr"][name]
        assert (lake.folder / "raw/bls/pr" / name).read_bytes() == served.body
        assert file.last_modified == served.last_modified.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert file.retrieved_at == "2026-09-05T06:00:00Z"
        assert file.version.startswith("000001-")
    assert load_survey(lake.storage, "pr").files["pr.txt"].listed_minute == "2023-02-07T08:30"


def test_a_changed_file_is_fetched_and_stored_once_and_the_old_version_stays(lake):
    old, before = body_of(lake.upstream, DATA_FILE), lake.everything()
    publish_next_release(lake.upstream)
    done = lake.land_bls()
    assert sorted(done.summary["surveys"]["pr"]["stored"]) == ["pr.class", DATA_FILE]
    assert len(lake.asked()) == 2 + 2
    assert len(lake.asked(SURVEY_PATH + DATA_FILE)) == 1
    new = body_of(lake.upstream, DATA_FILE)
    contents = []
    for version in lake.storage.versions(KEY):
        with lake.storage.open(KEY, version.version) as stream:
            contents.append(stream.read())
    assert contents == [old, new]
    changed = {path for path, hashed in lake.tree().items() if before.get(path) != hashed}
    assert changed == {KEY, "raw/bls/pr/pr.class", "raw/bls/pr/_manifest.json"}
    lake.check()


def test_a_touched_file_is_not_stored_again_but_its_minute_is_noted(lake):
    known = load_survey(lake.storage, "pr").files[DATA_FILE]
    change_file(lake.upstream, DATA_FILE, body_of(lake.upstream, DATA_FILE))
    done = lake.land_bls()
    survey = done.summary["surveys"]["pr"]
    assert (survey["fetched"], survey["stored"], survey["changed"]) == (1, [], True)
    noted = load_survey(lake.storage, "pr").files[DATA_FILE]
    assert noted == replace(
        known, listed_minute="2025-12-09T08:30", last_modified="2025-12-09T13:30:00Z"
    )
    assert len(lake.storage.versions(KEY)) == 1
    lake.upstream.clear_log()
    assert lake.land_bls().summary["changed"] is False
    assert lake.asked() == [SURVEY_PATH]
    lake.check()


def test_a_listing_with_another_minute_costs_a_304(lake):
    """The listing's clock moved (daylight saving), the file's own time did not."""
    file = lake.upstream.surveys["pr"][DATA_FILE]
    html = listing_with(lake, file.last_modified + timedelta(hours=1))
    lake.upstream.script(SURVEY_PATH, html, times=3)
    done = lake.land_bls()
    survey = done.summary["surveys"]["pr"]
    assert (survey["fetched"], survey["bytes"], survey["stored"]) == (0, 0, [])
    (asked,) = [request for request in lake.upstream.requests if request.path.endswith("Current")]
    assert asked.status == 304
    assert asked.headers["If-Modified-Since"] == "Thu, 04 Sep 2025 12:30:00 GMT"
    noted = load_survey(lake.storage, "pr").files[DATA_FILE]
    assert (noted.listed_minute, noted.last_modified) == (
        "2025-09-04T09:30",
        "2025-09-04T12:30:00Z",
    )
    lake.check()
    assert lake.land_bls().summary["changed"] is False


def listing_with(lake: Lake, moment: datetime) -> Step:
    """The survey's listing with another time of the data file."""
    rows = [
        ListedRow(name, len(body_of(lake.upstream, name)), file.last_modified)
        for name, file in lake.upstream.surveys["pr"].items()
    ]
    rows = [replace(row, written=moment) if row.name == DATA_FILE else row for row in rows]
    return Listing(listing(SURVEY_PATH, rows).decode())


class Together(Step):
    """Holds every body back until four are asked for at once; counts how many there were."""

    def __init__(self) -> None:
        self.most = 0
        self._open = 0
        self._changed = threading.Condition()

    def change(self, answer: Answer, stage: Stage) -> Answer:
        return replace(answer, body=self._held(answer.body))

    def _held(self, body: Iterable[bytes]) -> Iterator[bytes]:
        with self._changed:
            self._open += 1
            self.most = max(self.most, self._open)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most >= 4, timeout=5)
        yield from body
        with self._changed:
            self._open -= 1


def test_four_downloads_run_at_a_time_and_never_more(new_lake):
    lake = new_lake
    together = Together()
    lake.upstream.script(f"{SURVEY_PATH}pr.*", together, forever=True)
    assert lake.land_bls().failures == ()
    assert together.most == 4


def test_bodies_are_asked_for_as_they_are(new_lake):
    lake = new_lake
    assert lake.run_all() == []
    encodings = {request.headers["Accept-Encoding"] for request in lake.upstream.requests}
    assert encodings == {"identity"}


def test_the_contact_goes_to_bls_alone_and_is_written_nowhere(new_lake):
    lake = new_lake
    assert lake.run_all() == []
    publish_next_release(lake.upstream)
    lake.upstream.script(SURVEY_PATH, Status(500), times=4)
    assert lake.run_all() != []
    for request in lake.upstream.requests:
        to_bls = request.path.startswith(SURVEY_PATH)
        assert (CONTACT in str(request.headers)) == to_bls
        assert CONTACT not in request.path
    files = [path for path in lake.folder.rglob("*") if path.is_file()]
    assert [path for path in files if CONTACT.encode() in path.read_bytes()] == []
    assert len([path for path in files if "runs" in path.parts]) == 6


class TestPopulation:
    """The population API, whose answers differ from call to call."""

    @needs_captures
    def test_another_key_order_of_the_same_figures_changes_nothing(self, tmp_path):
        with Upstream() as upstream:
            lake = Lake(Place(str(tmp_path)), upstream)
            upstream.cubes[CUBE] = capture("population/tesseract-acs1-2025-10.json").read_bytes()
            assert lake.land_population().summary["changed"] is True
            assert lake.build().failures == ()
            before = lake.everything()
            other = capture("population/tesseract-acs1-2025-10-other-key-order.json").read_bytes()
            assert other != upstream.cubes[CUBE]
            upstream.cubes[CUBE] = other
            assert lake.land_population().summary["changed"] is False
            assert lake.build().summary["changed"] is False
            assert lake.everything() == before

    @needs_captures
    def test_the_old_shape_is_read(self, tmp_path):
        body = capture("population/datausa-old-api-acs5-2024-06.json").read_bytes()
        with Upstream() as upstream:
            lake = Lake(Place(str(tmp_path)), upstream)
            upstream.cubes["acs_yg_total_population_5"] = body
            assert lake.land_population(datasets=("acs5",)).failures == ()
        dataset = load_population(lake.storage).files["acs5"]
        assert dataset.dataset_name == "ACS 5-year Estimate"
        assert dataset.years == len(json.loads(body)["data"])
        stored = lake.folder / "raw/population/acs_yg_total_population_5.json"
        assert stored.read_bytes() == body

    def test_the_same_figures_in_the_other_shape_are_nothing_new(self, lake):
        before = lake.everything()
        name, years = excerpt.population()[CUBE]
        lake.upstream.cubes[CUBE] = render.old_population_body(CUBE, name, years)
        assert lake.land_population().summary["changed"] is False
        assert lake.everything() == before

    def test_a_new_year_is_a_new_release_and_the_old_body_stays(self, lake):
        publish_next_release(lake.upstream)
        done = lake.land_population()
        assert done.summary["datasets"] == {"acs1": {"changed": True}}
        assert load_population(lake.storage).files["acs1"].years == 11
        assert len(lake.storage.versions(f"raw/population/{CUBE}.json")) == 2
        lake.check()

    def test_both_datasets_land_side_by_side(self, lake):
        done = lake.land_population(datasets=("acs1", "acs5"))
        assert done.summary["datasets"] == {"acs1": {"changed": False}, "acs5": {"changed": True}}
        assert set(load_population(lake.storage).files) == {"acs1", "acs5"}
        lake.check()


def test_several_surveys_land_each_into_a_folder_of_its_own(lake):
    lake.upstream.surveys["cu"] = {
        name.replace("pr.", "cu."): file for name, file in lake.upstream.surveys["pr"].items()
    }
    done = lake.land_bls(surveys=("pr", "cu"))
    assert done.failures == ()
    assert done.summary["surveys"]["pr"]["changed"] is False
    assert len(done.summary["surveys"]["cu"]["stored"]) == 12
    assert lake.asked(SURVEY_PATH) == [SURVEY_PATH]


def test_a_file_without_last_modified_gets_the_listed_minute(new_lake):
    lake = new_lake
    lake.upstream.script(f"{SURVEY_PATH}pr.*", WithoutDate(), forever=True)
    assert lake.land_bls().failures == ()
    files = load_survey(lake.storage, "pr").files
    assert files["pr.txt"].last_modified == "2023-02-07T13:30:00Z"
    assert files["pr.class"].last_modified == "2025-09-04T12:30:00Z"


class WithoutDate(Step):
    """A server that does not say when a file was written, or says nonsense."""

    def change(self, answer: Answer, stage: Stage) -> Answer:
        headers = dict(answer.headers)
        if headers.pop("Last-Modified").endswith("20:52:00 GMT"):
            headers["Last-Modified"] = "yesterday"
        return replace(answer, headers=headers)
