"""U20: the population API answers wrongly; it is said, and the last good answer stands."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from glue_jobs.errors import UsageError
from glue_jobs.sources.population.manifest import load_population
from labor_lake.sample import render
from tests.faults.injections import ACS1, API, CUBE, YEARS
from tests.faults.lake import CONTACT
from tests.faults.places import BACKENDS
from tests.faults.table import cases, fault
from tests.simulator.faults import Body, Redirect, Status
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from typing import Any

pytestmark = [fault("U20"), pytest.mark.parametrize("backend", BACKENDS)]

ANSWER = json.loads(render.population_body(ACS1, {**YEARS, 2031: 350_000_000}))
ROWS = ANSWER["data"]


def answer(**parts: Any) -> bytes:
    """The API's answer with other parts."""
    return json.dumps({**ANSWER, **parts}).encode()


def test_u20_the_new_address_can_be_set(behind):
    lake, healed = behind
    with Upstream() as moved:
        moved.cubes = lake.upstream.cubes
        lake.upstream.script(API, Redirect(moved.population_url), forever=True)
        assert lake.land_population().exit_code == 7
        assert moved.requests == []
        assert lake.land_population(population_url=(moved.population_url,)).failures == ()
        assert [CONTACT in str(request.headers) for request in moved.requests] == [False]
    lake.upstream.clear_script()
    assert lake.run_all() == []
    assert lake.tree() == healed


@pytest.mark.parametrize(
    "first_door",
    [
        Status(503),
        Status(404),
        Body(b'{"error":true,"detail":"Out of memory"}'),
        Body(render.population_body("ACS 5-year Estimate", YEARS)),
    ],
    ids=["down", "gone", "error", "other-dataset"],
)
def test_the_second_address_answers_where_the_first_does_not(first_door, behind):
    lake, healed = behind
    with Upstream() as second:
        second.cubes = lake.upstream.cubes
        lake.upstream.script(API, first_door, forever=True)
        both = (lake.upstream.population_url, second.population_url)
        assert lake.land_population(population_url=both).failures == ()
        assert len(second.requests) == 1
    lake.upstream.clear_script()
    assert lake.run_all() == []
    assert lake.tree() == healed


def test_a_second_address_that_has_another_dataset_is_no_answer(behind):
    lake, _ = behind
    before = lake.everything()
    with Upstream() as second:
        second.cubes = {CUBE: render.population_body("ACS 5-year Estimate", YEARS)}
        lake.upstream.script(API, Status(503), forever=True)
        both = (lake.upstream.population_url, second.population_url)
        done = lake.land_population(population_url=both)
    assert done.exit_code == 5  # the first may answer later
    assert re.search("answered 503.* The other address: .*'ACS 5-year Estimate'", done.told)
    assert lake.everything() == before


def test_a_lake_can_do_without_the_population(new_lake):
    assert new_lake.run_all(new_lake.run(datasets=())) == []
    assert new_lake.asked(API) == []
    assert set(new_lake.tree("current")) == {"current/pr.json"}


@cases("years")
def test_years_that_are_missing_are_not_forgotten(case, lake):
    years = case.inject["years"]
    before = lake.everything()
    whole = lake.upstream.cubes[CUBE]
    lake.upstream.cubes[CUBE] = render.population_body(ACS1, dict(list(YEARS.items())[:years]))
    done = lake.land_population()
    assert (type(done.error).__name__, done.exit_code) == (case.expect["error"], case.exit_code)
    assert re.search(case.expect["says"], done.told)
    assert lake.everything() == before
    assert lake.land_population(allow_shrink=True).failures == ()
    assert load_population(lake.storage).files["acs1"].years == years
    lake.upstream.cubes[CUBE] = whole
    assert lake.run_all() == []
    lake.check()


def test_u20_one_dataset_fails_alone(lake):
    lake.upstream.script(f"*cube={CUBE}*", Status(404), forever=True)
    done = lake.land_population(datasets=("acs1", "acs5"))
    assert "answers 404" in done.told
    assert done.summary["datasets"]["acs5"] == {"changed": True}
    manifest = load_population(lake.storage)
    assert set(manifest.files) == {"acs1", "acs5"}
    lake.check()


def test_a_dataset_nobody_knows_is_refused_before_any_request(lake):
    done = lake.land_population(datasets=("acs9",))
    assert (type(done.error), done.exit_code) == (UsageError, 2)
    assert lake.upstream.requests == []


class TestPages:
    """The API answers with some rows at a time."""

    @pytest.mark.parametrize(("limit", "pages"), [(10, 1), (9, 2), (3, 4), (1, 10)])
    def test_all_pages_are_landed(self, limit, pages, new_lake):
        lake = new_lake
        lake.upstream.page_limit = limit
        assert lake.land_population().failures == ()
        (dataset,) = load_population(lake.storage).files.values()
        assert [page.name for page in dataset.pages] == [
            f"{CUBE}{f'.page{number}' if number > 1 else ''}.json" for number in range(1, pages + 1)
        ]
        assert dataset.years == 10
        assert len(lake.asked()) == pages
        lake.check()

    def test_the_same_rows_in_other_pages_are_nothing_new(self, lake):
        before = lake.everything()
        lake.upstream.page_limit = 4
        done = lake.land_population()
        assert done.summary["changed"] is False
        assert lake.everything() == before

    def test_paged_or_not_the_tables_are_the_same(self, new_lake, undisturbed, places):
        lake = new_lake
        lake.upstream.page_limit = 4
        assert lake.run_all() == []
        whole = {
            path: hashed
            for path, hashed in places.new(undisturbed.landed).visible().items()
            if path.startswith("curated/population/")
        }
        assert whole
        assert whole.items() <= lake.tree("curated").items()

    def test_pages_that_are_no_longer_there_go_out_of_sight(self, new_lake):
        lake = new_lake
        lake.upstream.page_limit = 4
        assert lake.run_all() == []
        lake.upstream.page_limit = None
        lake.upstream.cubes[CUBE] = answer()
        assert lake.run_all() == []
        assert [path for path in lake.tree("raw") if ".page" in path] == []
        assert len(lake.storage.versions(f"raw/population/{CUBE}.page2.json")) == 1
        lake.check()

    def test_u20_a_page_that_is_missing(self, lake):
        before = lake.everything()
        lake.upstream.cubes[CUBE] = answer()
        lake.upstream.page_limit = 4
        lake.upstream.script("*limit=1000%2C4*", Body(answer(data=[]), "application/json"))
        done = lake.land_population()
        assert "gave 4 of its 11 rows" in done.told
        assert lake.everything() == before

    def test_u20_a_server_that_repeats_its_first_page(self, lake):
        before = lake.everything()
        lake.upstream.script(API, Body(answer(data=ROWS[:6]), "application/json"), forever=True)
        done = lake.land_population()
        assert "a year twice" in done.told
        assert len(lake.asked()) == 2
        assert lake.everything() == before

    def test_u20_a_dataset_that_changes_between_two_pages(self, lake):
        before = lake.everything()
        lake.upstream.page_limit = 4
        other = answer(annotations={"dataset_name": "ACS 5-year Estimate"}, data=ROWS[4:])
        lake.upstream.script("*limit=1000%2C4*", Body(other, "application/json"))
        done = lake.land_population()
        assert "answered with 'ACS 5-year Estimate'" in done.told
        assert lake.everything() == before
