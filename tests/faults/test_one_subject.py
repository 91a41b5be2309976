"""U23 and S12: one subject's trouble is that subject's, however long it lasts."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from glue_jobs.errors import LakeError, StorageFailure
from labor_lake.sample import render
from tests.faults.api_calls import ApiCalls, FailingCalls
from tests.faults.commands import verify
from tests.faults.lake import Lake
from tests.faults.lakes_alike import SEVERAL, LakesAlike
from tests.faults.places import BACKENDS
from tests.faults.small_survey import OTHERS, serve_others, serve_release
from tests.faults.storages import CountingStorage, FailingStorage
from tests.faults.table import cases, fault
from tests.faults.test_failing_operations import Promise, check_call_fails
from tests.faults.test_kill import check_each_kill
from tests.pointers import load_pointers
from tests.simulator.faults import Status
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.table import Case

SURVEYS = ("pr", *OTHERS)
CUBES = {1: "acs_yg_total_population_1", 5: "acs_yg_total_population_5"}
LONG = 10**6
EVERY = 5
"""S12 disturbs each fifth operation, of what S1 and S2 disturb one by one."""


def serve(upstream: Upstream, number: int) -> None:
    """A release of every subject."""
    serve_release(upstream, number)
    serve_others(upstream, number)
    for years, cube in CUBES.items():
        name = f"ACS {years}-year Estimate"
        upstream.cubes[cube] = render.population_body(name, {2013: 1, 2014 + number: 2})


class FullForOne(CountingStorage):
    """A lake that has no space for one survey's tables."""

    def before(self, number: int) -> None:
        if self.names[number - 1].startswith("put_file curated/ap/"):
            raise StorageFailure("Cannot write to the lake: no space left on device.")


@contextmanager
def down(lake: Lake, how: str) -> Iterator[None]:
    """Whatever is served in the meantime, one subject cannot be had."""
    upstream = lake.upstream
    if how == "listing":
        upstream.script("/pub/time.series/ap/", Status(404), times=LONG)
    elif how == "api":
        upstream.script("/tesseract/*", Status(500), times=LONG)
    elif how == "dataset":
        upstream.script(f"*cube={CUBES[5]}*", Status(500), times=LONG)
    yield
    upstream.clear_script()


def run_once(lake: Lake, how: str, number: int) -> list[LakeError]:
    """A day on which upstream serves a release: what a run fails with."""
    serve(lake.upstream, number)
    if how == "file":
        moment = lake.upstream.surveys["ap"]["ap.data.0.Current"].last_modified
        lake.upstream.set_file("ap", "ap.data.0.Current", b"Soon.\r\n" * number, moment)
    run = lake.run()
    if how == "no space":
        run = replace(run, storage=FullForOne(run.storage))
    failures = lake.run_all(run)
    if not lake.place.database:  # Athena is not here
        assert lake.do("publish_reports", lake.run()).exit_code == 0
    return failures


def shown(lake: Lake) -> dict[str, int]:
    """The release that the tables of each subject are of, as their figures tell."""
    found: dict[str, int] = {}
    for pointer in load_pointers(lake.storage):
        for table, file in pointer.files():
            if table not in (f"{pointer.subject}_data", "population"):
                continue
            with lake.storage.open(pointer.key_of(table, file)) as stream:
                rows = pq.read_table(stream).to_pylist()
            if table == "population":
                found[file.partition[0]] = max(row["year"] for row in rows) - 2014
            else:
                found[pointer.subject] = int(max(row["value"] for row in rows))
    return found


@pytest.mark.parametrize("backend", BACKENDS)
@cases("down")
def test_the_others_are_published_on_time_and_the_one_catches_up(case: Case, places):
    how, of = case.inject["down"], case.expect["of"]
    with Upstream() as upstream:
        settings = {"surveys": SURVEYS, "datasets": ("acs1", "acs5"), "allow_removals": 1}
        lake = Lake(places.new(), upstream, **settings)
        told: dict[str, list[int]] = defaultdict(list)

        def day(how: str, number: int) -> list[LakeError]:
            failures = run_once(lake, how, number)
            for subject, release in shown(lake).items():
                told[subject].append(release)
            return failures

        assert day("", 1) == []
        with down(lake, how):
            for number in (2, 3):
                failures = day(how, number)
                assert failures
                assert all(is_of(failure, how) for failure in failures), failures
        assert day("", 4) == []
        waits = {"listing": ["ap"], "file": ["ap"], "no space": ["ap"], "dataset": ["acs5"]}
        late = waits.get(how, ["acs1", "acs5"])
        assert told == {
            subject: [1, 1, 1, 4] if subject in late else [1, 2, 3, 4]
            for subject in (*SURVEYS, "acs1", "acs5")
        }
        assert of == "population" or of in late
        assert verify(lake)[0] == 0


def is_of(failure: LakeError, how: str) -> bool:
    names = {
        "listing": "the survey ap",
        "file": "ap.data.0.Current",
        "no space": "no space left on device",
        "api": "tesseract",
        "dataset": "tesseract",
    }
    return names[how] in str(failure)


@pytest.fixture
def lakes(places):
    with Upstream() as upstream:
        yield LakesAlike(places, upstream, SEVERAL)


def test_a_survey_that_is_denied_is_all_that_fails(lakes):
    (failure,) = lakes.new().run_all()
    assert "the survey ap" in str(failure)


@fault("S12")
@pytest.mark.every_operation
@pytest.mark.parametrize("when", ["before", "after", "follow"])
def test_any_operation_fails_beside_a_survey_that_fails(when, lakes, numbers, held):
    promise = Promise(lakes)
    counting = CountingStorage(lakes.new().storage)
    assert lakes.do(lakes.new(), counting) == []
    for number in numbers(counting.operations)[::EVERY]:
        lake = lakes.new()
        failing = FailingStorage(lake.storage, number, when)
        failures = lakes.do(lake, failing)
        where = f"operation {number}: {failing.names[number - 1]}"
        promise.check(lake, [failure.exit_code for failure in failures], where)
        held()


@fault("S12")
@pytest.mark.every_operation
@pytest.mark.parametrize("backend", ["s3"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_any_call_fails_beside_a_survey_that_fails(when, lakes, numbers, held):
    promise = Promise(lakes)
    counting = ApiCalls()
    with counting.watching():
        lakes.undisturbed()
    for number in numbers(len(counting.names))[::EVERY]:
        where = f"call {number}: {counting.names[number - 1]}"
        check_call_fails(promise, lakes, FailingCalls(number, when), where)
        held()


@fault("S12")
@pytest.mark.every_operation
@pytest.mark.parametrize("backend", BACKENDS)
def test_killed_before_any_operation_beside_a_survey_that_fails(lakes, numbers, held):
    check_each_kill(lakes, lambda count: numbers(count)[::EVERY], held)
