"""U20: the population API answers wrongly; it is said, and the last good answer stands."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from glue_jobs.catalog.manifests import load_population
from glue_jobs.errors import (
    GuardTripped,
    UpstreamInvalid,
    UpstreamRefused,
    UpstreamUnavailable,
    UsageError,
)
from glue_jobs.sample import excerpt, render
from glue_jobs.sample.faults import Body, HangUp, Redirect, Reset, Status, Truncate, WrongLength
from glue_jobs.sample.pages import BLOCK_PAGE
from glue_jobs.sample.upstream import Upstream
from tests.faults.lake import CONTACT

if TYPE_CHECKING:
    from glue_jobs.sample.faults import Step

API = "/tesseract/*"
CUBE = "acs_yg_total_population_1"
ACS1, YEARS = excerpt.population()[CUBE]
NEXT_YEARS = {**YEARS, 2031: 350_000_000}
ANSWER = json.loads(render.population_body(ACS1, NEXT_YEARS))
ROWS = ANSWER["data"]


def answer(**parts: Any) -> bytes:
    """The API's answer with other parts; None leaves one out."""
    changed = {**ANSWER, **parts}
    return json.dumps({key: part for key, part in changed.items() if part is not None}).encode()


def first_row(**fields: Any) -> bytes:
    """The API's answer with other fields in its first row; None leaves one out."""
    row = {key: field for key, field in {**ROWS[0], **fields}.items() if field is not None}
    return answer(data=[row, *ROWS[1:]])


OTHER_SHAPE = "has another shape than known"
NO_SENSE = {
    "error-object": (b'{"error":true,"detail":"Out of\\nmemory"}', r"an error: 'Out of\\nmemory'"),
    "error-without-detail": (b'{"error":true}', "an error: 'no detail'"),
    "empty-data": (answer(data=[]), "holds no years"),
    "empty-data-and-total": (answer(data=[], page={"total": 0}), "holds no years"),
    "not-json": (b"Population: many", "is not JSON"),
    "html": (BLOCK_PAGE, "is not JSON"),
    "cut-in-order": (answer()[:-20], "is not JSON"),
    "not-utf-8": (answer().replace(b"United", b"\xff\xfe"), "is not JSON"),
    "nested-deeply": (b"[" * 200_000, "is not JSON"),
    "list": (json.dumps(ROWS).encode(), "is not an object"),
    "null": (b"null", "is not an object"),
    "no-data": (answer(data=None), OTHER_SHAPE),
    "data-by-year": (answer(data={"2013": 316128839}), OTHER_SHAPE),
    "data-as-number": (answer(data=7), OTHER_SHAPE),
    "rows-as-lists": (answer(data=[list(row.values()) for row in ROWS]), OTHER_SHAPE),
    "rows-as-text": (answer(data=["2013"]), OTHER_SHAPE),
    "rows-as-null": (answer(data=[None]), OTHER_SHAPE),
    "no-annotations": (answer(annotations=None), OTHER_SHAPE),
    "no-dataset-name": (answer(annotations={"topic": "Diversity"}), OTHER_SHAPE),
    "dataset-name-null": (answer(annotations={"dataset_name": None}), OTHER_SHAPE),
    "empty-source": (answer(source=[]), OTHER_SHAPE),
    "no-total": (answer(page={"limit": 0, "offset": 0}), OTHER_SHAPE),
    "total-as-text": (answer(page={"total": "11"}), OTHER_SHAPE),
    "page-as-number": (answer(page=11), OTHER_SHAPE),
    "more-rows-than-total": (answer(page={"total": 5}), "gave 11 of its 5 rows"),
    "other-dataset": (
        answer(annotations={"dataset_name": "ACS 5-year Estimate"}),
        "Asked for ACS 1-year Estimate, .* answered with 'ACS 5-year Estimate'.* last good",
    ),
    "dataset-renamed": (answer(annotations={"dataset_name": "ACS 1-yr"}), "with 'ACS 1-yr'"),
    "year-twice": (answer(data=[*ROWS[:-1], ROWS[0]]), "a year twice"),
    "no-year": (first_row(Year=None), OTHER_SHAPE),
    "year-in-words": (first_row(Year="MMXIII"), "the year 'MMXIII'"),
    "year-with-fraction": (first_row(Year=2013.5), "the year 2013.5"),
    "year-far-off": (first_row(Year=20131), "the year 20131"),
    "year-as-list": (first_row(Year=[2013]), r"the year \[2013\]"),
    "year-true": (first_row(Year=True), "the year True"),
    "no-population": (first_row(Population=None), OTHER_SHAPE),
    "population-as-text": (first_row(Population="316128839"), "the population '316128839' for"),
    "population-with-comma": (first_row(Population="316,128,839"), "the population '316,"),
    "population-negative": (first_row(Population=-316128839), "the population -316128839 for 20"),
    "population-zero": (first_row(Population=0), "the population 0 for 2013"),
    "population-of-the-stars": (first_row(Population=1e22), r"the population 1e\+22 for"),
    "population-with-fraction": (first_row(Population=3.5), "the population 3.5 for 2013"),
    "population-nan": (first_row(Population=float("nan")), "the population nan for 2013"),
    "population-infinite": (first_row(Population=float("inf")), "the population inf for"),
    "population-1e400": (answer().replace(b"316128839.0", b"1e400"), "the population inf for"),
    "of-a-state": (first_row(**{"Nation ID": "04000US01"}), "of '04000US01', not of the nation"),
    "of-nobody": (first_row(**{"Nation ID": None}), OTHER_SHAPE),
}


def stands(lake, step: Step, error: type, says: str, asked: int) -> None:
    """An answer is refused and changes nothing."""
    before = lake.everything()
    lake.upstream.script(API, step, forever=True)
    done = lake.land_population()
    assert type(done.error) is error
    assert re.search(says, done.told), done.told
    assert done.exit_code == (5 if error is UpstreamUnavailable else 7)
    assert done.summary["changed"] is False
    assert done.summary["datasets"]["acs1"] == {"error": str(done.error)}
    assert len(lake.asked()) == asked
    assert lake.everything() == before
    lake.check()
    lake.upstream.clear_script()


@pytest.mark.parametrize(
    ("body", "says"), NO_SENSE.values(), ids=[f"U20-{name}" for name in NO_SENSE]
)
def test_an_answer_without_sense_is_refused(body, says, behind):
    lake, healed = behind
    stands(lake, Body(body, "application/json"), UpstreamInvalid, says, asked=1)
    assert lake.run_all() == []
    assert lake.tree() == healed


ELSEWHERE = {
    "error-404": (
        Status(404, body=b'{"error":true,"detail":"x"}'),
        UpstreamInvalid,
        f"answers 404 for {CUBE}.* --population-url",
        1,
    ),
    "gone": (Status(410), UpstreamInvalid, "answers 410", 1),
    "error-500": (Status(500, body=b'{"error":true}'), UpstreamUnavailable, "it answered 500", 4),
    "hang-up": (HangUp(), UpstreamUnavailable, "no complete answer in 4 tries", 4),
    "reset-in-body": (Reset(300), UpstreamUnavailable, "no complete answer in 4 tries", 4),
    "shorter-than-announced": (Truncate(300), UpstreamUnavailable, "ended early after 300", 4),
    "empty-body": (Body(b""), UpstreamUnavailable, "answer is empty", 1),
    "enormous": (WrongLength(5_000_000), UpstreamInvalid, "more than the 4,194,304 bytes", 1),
    "moved-host": (
        Redirect("https://api.datausa.io/tesseract/data.jsonrecords", 301),
        UpstreamRefused,
        "redirects to 'https://api.datausa.io/.*new address",
        1,
    ),
}


@pytest.mark.parametrize(
    ("step", "error", "says", "asked"),
    ELSEWHERE.values(),
    ids=[f"U20-{name}" for name in ELSEWHERE],
)
def test_no_whole_answer_leaves_the_last_one(step, error, says, asked, behind):
    lake, healed = behind
    stands(lake, step, error, says, asked)
    assert lake.run_all() == []
    assert lake.tree() == healed


def test_u20_the_new_address_can_be_set(behind):
    lake, healed = behind
    with Upstream() as moved:
        moved.cubes = lake.upstream.cubes
        lake.upstream.script(API, Redirect(moved.population_url), forever=True)
        assert lake.land_population().exit_code == 7
        assert moved.requests == []
        assert lake.land_population(population_url=moved.population_url).failures == ()
        assert [CONTACT in str(request.headers) for request in moved.requests] == [False]
    lake.upstream.clear_script()
    assert lake.run_all() == []
    assert lake.tree() == healed


@pytest.mark.parametrize("years", [9, 1], ids=["U20-one-year-missing", "U20-one-year-left"])
def test_years_that_are_missing_are_not_forgotten(years, lake):
    before = lake.everything()
    whole = lake.upstream.cubes[CUBE]
    lake.upstream.cubes[CUBE] = render.population_body(ACS1, dict(list(YEARS.items())[:years]))
    done = lake.land_population()
    assert (type(done.error), done.exit_code) == (GuardTripped, 7)
    assert re.search(f"has {years} years of acs1 where the lake has 10.*--allow-shrink", done.told)
    assert lake.everything() == before
    assert lake.land_population(allow_shrink=True).failures == ()
    assert load_population(lake.storage).datasets["acs1"].years == years
    lake.upstream.cubes[CUBE] = whole
    assert lake.run_all() == []
    lake.check()


def test_u20_one_dataset_fails_alone(lake):
    lake.upstream.script(f"*cube={CUBE}*", Status(404), forever=True)
    done = lake.land_population(datasets=("acs1", "acs5"))
    assert "answers 404" in done.told
    assert done.summary["datasets"]["acs5"] == {"changed": True}
    manifest = load_population(lake.storage)
    assert set(manifest.datasets) == {"acs1", "acs5"}
    lake.check()


def test_a_dataset_nobody_knows_is_refused_before_any_request(lake):
    done = lake.land_population(datasets=("acs9",))
    assert (type(done.error), done.exit_code) == (UsageError, 2)
    assert lake.upstream.requests == []


class TestPages:
    """The API answers with some rows at a time."""

    @pytest.mark.parametrize(("limit", "pages"), [(10, 1), (9, 2), (3, 4), (1, 10)])
    def test_all_pages_are_landed(self, limit, pages, lake, tmp_path):
        lake.folder = tmp_path / "paged"
        lake.upstream.page_limit = limit
        assert lake.land_population().failures == ()
        (dataset,) = load_population(lake.storage).datasets.values()
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

    def test_paged_or_not_the_tables_are_the_same(self, lake, undisturbed, tmp_path):
        lake.folder = tmp_path / "paged"
        lake.upstream.page_limit = 4
        assert lake.run_all() == []
        whole = {
            path: hashed
            for path, hashed in type(lake)(undisturbed.landed, lake.upstream).tree().items()
            if path.startswith("curated/population/")
        }
        assert whole
        assert whole.items() <= lake.tree("curated").items()

    def test_pages_that_are_no_longer_there_go_out_of_sight(self, lake, undisturbed, tmp_path):
        lake.folder = tmp_path / "paged"
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
