"""S9: vacuum, backfill, verify and repair beside a run: they wait, or they harm nothing.

The run is stopped before each of its operations in turn, and the other one does all of its work
there. Once with leases, which keep the two apart; once as if the run had slept until its leases
had expired, so that the guards behind them have to.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Callable

import pytest

from glue_jobs.catalog.glue import GlueCatalog
from glue_jobs.catalog.pointers import load_pointer, missing_files, past_pointers
from glue_jobs.errors import TryAgainLater
from tests.aws import REGION
from tests.faults.commands import old_copies, take_in, vacuum_all, verify
from tests.faults.lakes_alike import LakesAlike
from tests.faults.places import BACKENDS
from tests.faults.storages import BesideStorage, CountingStorage, RacingStorage
from tests.faults.table import fault
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.faults.lake import Lake

pytestmark = [
    fault("S9"),
    pytest.mark.every_operation,
    pytest.mark.parametrize("backend", BACKENDS),
]


@pytest.fixture
def lakes(places):
    """A release is landed, and upstream serves the next."""
    with Upstream() as upstream:
        yield LakesAlike(places, upstream, "next-run")


def stopped_runs(
    lakes: LakesAlike,
    numbers: Callable[[int], range],
    kind: type[BesideStorage | RacingStorage],
    other: Callable[[Lake], Any],
) -> Iterator[tuple[Lake, list[Any]]]:
    """Runs beside which another command is called at one operation; how that ended each time."""
    counting = CountingStorage(lakes.new().storage)
    assert lakes.do(lakes.new(), counting) == []
    # In S3 one in four is as telling: what counts is what a run has read, and not yet written.
    every = list(numbers(counting.operations))[:: 1 if lakes.places.backend == "local" else 4]
    for number in every:
        lake = lakes.new()
        if lake.place.database:  # the catalog of a lake that was copied is empty
            GlueCatalog(lake.storage, lake.place.database, REGION).show()
        told: list[Any] = []

        def beside(lake: Lake = lake, told: list[Any] = told) -> None:
            told.append(other(lake))

        failures = lakes.do(lake, kind(lake.storage, number, beside))
        assert all(isinstance(failure, TryAgainLater) for failure in failures), failures
        yield lake, told


def check_published(lake: Lake) -> None:
    """All that the pointer names is there, and no object that one ever named has other bytes."""
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    assert missing_files(lake.storage, pointer) == []
    shown = lake.place.visible()
    for past in past_pointers(lake.storage, "pr"):
        assert past.pointer is not None
        for table, file in past.pointer.files():
            key = past.pointer.key_of(table, file)
            assert shown.get(key, file.sha256) == file.sha256
    lake.check(raced=True)


@pytest.mark.parametrize("kind", [BesideStorage, RacingStorage], ids=["leased", "lease-lost"])
def test_a_vacuum_removes_nothing_that_a_run_needs(kind, lakes, numbers, held):
    healed = lakes.undisturbed().pointed()
    for lake, codes in stopped_runs(lakes, numbers, kind, lambda lake: vacuum_all(lake.storage)):
        assert set(codes) <= {0, 5}
        check_published(lake)
        assert lakes.do(lake) == []
        assert lake.pointed() == healed
        check_published(lake)
        held()


@pytest.mark.parametrize("kind", [BesideStorage, RacingStorage], ids=["leased", "lease-lost"])
def test_a_backfill_and_a_run_both_come_into_the_history(kind, lakes, numbers, held, tmp_path):
    copies = old_copies(tmp_path, 3)
    alone = lakes.undisturbed()
    assert take_in(alone, copies) == 0
    for lake, codes in stopped_runs(lakes, numbers, kind, lambda lake: take_in(lake, copies)):
        assert set(codes) <= {0, 5}
        check_published(lake)
        assert lakes.do(lake) == []
        assert take_in(lake, copies) == 0
        assert revisions_of(lake) == revisions_of(alone)
        check_published(lake)
        held()


@pytest.mark.parametrize("flags", [{}, {"repair": True}], ids=["verify", "repair"])
def test_verify_finds_no_damage_in_a_healthy_lake(flags, lakes, numbers, held):
    healed = lakes.undisturbed().tree()
    for lake, ended in stopped_runs(
        lakes, numbers, BesideStorage, lambda lake: verify(lake, **flags)
    ):
        for code, told in ended:
            assert told["problems"] == []
            assert code in (0, 5)
        assert lakes.do(lake) == []
        assert lake.tree() == healed
        held()


def test_a_repair_that_has_seen_damage_mixes_no_two_moments(lakes, numbers, held):
    """A file rots while a run renews its entry; the repair brings back the bytes of either."""
    key = "raw/bls/pr/pr.class"

    def damage_and_repair(lake: Lake) -> tuple[int, Any]:
        lake.place.damage(key, "delete")
        return verify(lake, repair=True)

    for lake, ended in stopped_runs(lakes, numbers, BesideStorage, damage_and_repair):
        for code, _ in ended:
            assert code in (0, 5)
        assert lakes.do(lake) == []
        assert verify(lake, repair=True)[0] == 0
        assert verify(lake, rebuild=True)[0] == 0
        lake.check()
        held()


@pytest.mark.parametrize("kind", [BesideStorage, RacingStorage], ids=["leased", "lease-lost"])
def test_two_backfills_at_once_overwrite_nothing(kind, lakes, numbers, held, tmp_path):
    """Each brings another copy; one of the two may have to be called again."""
    lakes.number = 2
    ours, others = old_copies(tmp_path, 3), old_copies(tmp_path, 5)
    alone = lakes.new()
    assert take_in(alone, {**ours, **others}) == 0
    counting = CountingStorage(lakes.new().storage)
    assert take_in(lakes.new(), ours, counting) == 0
    for number in numbers(counting.operations):
        lake = lakes.new()
        codes: list[int] = []

        def beside(lake: Lake = lake, codes: list[int] = codes) -> None:
            codes.append(take_in(lake, others))

        codes.append(take_in(lake, ours, kind(lake.storage, number, beside)))
        assert set(codes) <= {0, 5}
        assert 0 in codes
        check_published(lake)
        assert take_in(lake, ours) == take_in(lake, others) == 0
        assert revisions_of(lake) == revisions_of(alone)
        check_published(lake)
        held()


def revisions_of(lake: Lake) -> dict[str, str]:
    """The files of the history, without the name of its generation."""
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    table = pointer.tables["pr_revisions"]
    return {
        file.path: hashlib.sha256(lake.place.body(table.folder + file.path)).hexdigest()
        for file in table.files
    }
