"""S1 and S4: any operation on storage or catalog fails, and the next run makes up for it.

In a directory operations are those of the storage protocol, and single changes of the disk, which
tear them. In S3 they are the calls of its interface and of the Glue catalog's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glue_jobs.catalog.glue import GlueCatalog
from glue_jobs.errors import StorageFailure, TryAgainLater
from tests.aws import REGION
from tests.faults.api_calls import ApiCalls, FailingCalls
from tests.faults.killed_runs import run_elsewhere
from tests.faults.lakes_alike import WORKS, LakesAlike
from tests.faults.storages import CountingStorage, FailingStorage
from tests.faults.table import fault
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from tests.faults.lake import Lake
    from tests.faults.places import Tree


@pytest.fixture(params=WORKS)
def lakes(request, places):
    with Upstream() as upstream:
        yield LakesAlike(places, upstream, request.param)


class Promise:
    """What holds after any failure, and one more run."""

    def __init__(self, lakes: LakesAlike) -> None:
        self._lakes = lakes
        self._healed: Tree = lakes.undisturbed().tree()
        self._kept = lakes.new().landed_ever()

    def check(
        self, lake: Lake, exit_codes: list[int], where: str, *, may_litter: bool = False
    ) -> None:
        """Raises unless it holds.

        Args:
            lake: after the failure.
            exit_codes: of the failures that were told; none if all was said to be well.
            where: what failed.
            may_litter: whether scratch files may be left, since to remove them failed.
        """
        assert self._kept <= lake.landed_ever(), where
        assert set(exit_codes) <= {5, 7}, where
        if not exit_codes:
            assert lake.tree() == self._healed, where
        lake.check(killed=may_litter)
        kept = lake.landed_ever()
        lake.place.expire_leases()  # what a killed run held, in S3, ends by its age
        assert self._lakes.do(lake) == [], where
        assert lake.tree() == self._healed, where
        assert kept <= lake.landed_ever(), where
        lake.check()
        if self._lakes.work != "vacuum":
            check_catalog(lake)


def check_catalog(lake: Lake) -> None:
    """A catalog that says what the pointers say has nothing to be changed."""
    if lake.place.database:
        assert GlueCatalog(lake.storage, lake.place.database, REGION).show() == {}


@fault("S1")
@pytest.mark.every_operation
@pytest.mark.parametrize("when", ["before", "after", "follow"])
def test_any_operation_on_a_directory_fails(when, lakes, numbers, held):
    promise = Promise(lakes)
    counting = CountingStorage(lakes.new().storage)
    assert lakes.do(lakes.new(), counting) == []
    assert counting.operations > (5 if lakes.work == "vacuum" else 30)
    for number in numbers(counting.operations):
        lake = lakes.new()
        failing = FailingStorage(lake.storage, number, when)
        failures = lakes.do(lake, failing)
        where = f"operation {number}: {failing.names[number - 1]}"
        assert {type(failure) for failure in failures} == {StorageFailure}, where
        promise.check(lake, [failure.exit_code for failure in failures], where)
        held()


@fault("S1")
@pytest.mark.every_operation
def test_any_change_of_the_disk_fails(lakes, numbers, held):
    promise = Promise(lakes)
    (whole,) = run_elsewhere(lakes, [(lakes.new(), {})])
    assert whole["exit_codes"] == []
    places = numbers(whole["changes"])
    runs = [(lakes.new(), {"change": place, "how": "fail"}) for place in places]
    for (lake, _), place, ended in zip(runs, places, run_elsewhere(lakes, runs)):
        where = f"change {place} of {len(places)}: {ended}"
        assert set(ended["exit_codes"]) <= {7}, where
        promise.check(lake, ended["exit_codes"], where, may_litter=True)
        held()


@fault("S1")
@pytest.mark.every_operation
@pytest.mark.parametrize("backend", ["s3"])
@pytest.mark.parametrize("when", ["before", "after", "torn"])
def test_any_call_of_aws_fails(when, lakes, numbers, held):
    promise = Promise(lakes)
    counting = ApiCalls()
    with counting.watching():
        lakes.undisturbed()
    for number in numbers(len(counting.names)):
        name = counting.names[number - 1]
        if when == "torn" and not name.startswith("GetObject"):
            continue
        check_call_fails(promise, lakes, FailingCalls(number, when), f"call {number}: {name}")
        held()


@fault("S4")
@pytest.mark.every_operation
@pytest.mark.parametrize("backend", ["s3"])
@pytest.mark.parametrize("lakes", WORKS[:2], indirect=True)
@pytest.mark.parametrize("when", ["before", "after"])
def test_any_call_of_the_catalog_fails(when, lakes, numbers, held):
    promise = Promise(lakes)
    counting = ApiCalls("glue")
    with counting.watching():
        whole = lakes.undisturbed()
    for number in numbers(len(counting.names)):
        name = counting.names[number - 1]
        lake = check_call_fails(
            promise, lakes, FailingCalls(number, when, "glue"), f"call {number}: {name}"
        )
        assert lake.pointed() == whole.pointed()
        held()


def check_call_fails(
    promise: Promise, lakes: LakesAlike, failing: FailingCalls, where: str
) -> Lake:
    lake = lakes.new()
    with failing.watching():
        failures = lakes.do(lake)
    assert all(isinstance(failure, (TryAgainLater, StorageFailure)) for failure in failures), where
    promise.check(lake, [failure.exit_code for failure in failures], where)
    return lake


@fault("S1")
def test_a_summary_that_cannot_be_written_is_told(lakes):
    if lakes.work == "vacuum":
        pytest.skip("a vacuum writes no summary")
    counting = CountingStorage(lakes.new().storage)
    lakes.do(lakes.new(), counting)
    lake = lakes.new()
    failing = FailingStorage(lake.storage, counting.operations, "before")
    (error,) = lakes.do(lake, failing)
    assert failing.names[-1].startswith("put runs/")
    assert "no space left" in str(error)
