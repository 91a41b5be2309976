"""S3: two runs at once: one publishes, the other ends with 5 or finds nothing new; no harm."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from glue_jobs.errors import LostRace, TryAgainLater
from glue_jobs.sources.bls.manifest import load_survey
from glue_jobs.sources.population.manifest import load_population
from glue_jobs.storage import names
from tests.faults.interleavings import run_two_at_once
from tests.faults.lakes_alike import LakesAlike
from tests.faults.places import BACKENDS
from tests.faults.small_survey import serve_release
from tests.faults.storages import CountingStorage, RacingStorage
from tests.faults.table import fault
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.lake import Lake

pytestmark = fault("S3")

SEEDS = 60
_TELLING = 12  # so many, and one in which a run publishes is among them


@pytest.fixture(params=["first-run", "next-run"])
def lakes(request, places):
    with Upstream() as upstream:
        yield LakesAlike(places, upstream, request.param)


@pytest.mark.every_operation
@pytest.mark.parametrize("backend", BACKENDS)
def test_operations_in_any_order_harm_nothing(lakes, numbers, held):
    healed = lakes.undisturbed().tree()
    published = 0
    seeds = numbers(SEEDS)
    for seed in seeds:
        lake = lakes.new()
        kept = lake.landed_ever()
        ended = run_two_at_once(lakes, lake, seed)
        where = f"seed {seed}: {ended}"
        for failures in ended:
            assert all(isinstance(failure, TryAgainLater) for failure in failures), where
        published += [] in ended
        if [] in ended:
            assert lake.tree() == healed, where
        lake.check(raced=True)
        assert lakes.do(lake) == [], where
        assert lake.tree() == healed, where
        assert kept <= lake.landed_ever(), where
        held()
    # A sample of a few seeds may have none but those in which the two block each other.
    assert published > (SEEDS / 2 if len(seeds) == SEEDS else 0) or len(seeds) < _TELLING


def overtaken(
    lakes: LakesAlike, numbers: Callable[[int], range], other_run: Callable[[Lake], None]
) -> Iterator[tuple[Lake, bool]]:
    """Runs that another run overtakes at each of their operations in turn; whether they lost."""
    counting = CountingStorage(lakes.new().storage)
    assert lakes.do(lakes.new(), counting) == []
    # In S3 one in four is as telling: what counts is what a run has read, and not yet written.
    step = 1 if lakes.places.backend == "local" else 4
    for number in numbers(counting.operations)[::step]:
        lake = lakes.new()
        racing = RacingStorage(lake.storage, number, partial(other_run, lake))
        failures = lakes.do(lake, racing)
        assert {type(failure) for failure in failures} <= {LostRace}
        assert {failure.exit_code for failure in failures} <= {5}
        lake.check(raced=True)
        yield lake, bool(failures)


def test_one_that_is_overtaken_harms_nothing(lakes, numbers, held):
    healed = lakes.undisturbed().tree()

    def other_run(lake: Lake) -> None:
        assert lake.run_all() == []

    lost = 0
    for lake, has_lost in overtaken(lakes, numbers, other_run):
        lost += has_lost
        assert lake.tree() == healed
        assert lake.run_all() == []
        assert lake.tree() == healed
        held()
    assert lost > 5 // numbers(1).step


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_loser_lays_nothing_older_over_what_the_winner_made(lakes, numbers, held):
    """While the loser works, BLS publishes once more, and the other run lands that."""
    number = lakes.number + 1

    def other_run(lake: Lake) -> None:
        serve_release(lakes.upstream, number)
        assert lake.run_all() == []

    serve_release(lakes.upstream, number)
    alone = lakes.new()
    assert alone.run_all() == []
    newest = alone.pointed()
    serve_release(lakes.upstream, number - 1)
    for lake, _ in overtaken(lakes, numbers, other_run):
        assert lake.pointed() == newest
        assert lake.run_all() == []
        assert lake.pointed() == newest
        check_visible(lake)
        lake.check()
        held()
        serve_release(lakes.upstream, number - 1)


def check_visible(lake: Lake) -> None:
    """The raw zone shows exactly what the manifests name."""
    noted = {
        names.raw_file("bls/pr", file.name): file.sha256
        for file in load_survey(lake.storage, "pr").files.values()
    }
    for dataset in load_population(lake.storage).files.values():
        noted.update(
            {names.raw_file("population", page.name): page.sha256 for page in dataset.pages}
        )
    shown = lake.tree("raw")
    assert {key: hashed for key, hashed in shown.items() if "_manifest" not in key} == noted
