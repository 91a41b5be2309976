"""S2: the process dies at any moment, and the next run gives the lake of an undisturbed one."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from moto.server import ThreadedMotoServer

from tests.aws import REGION
from tests.faults.killed_runs import run_elsewhere
from tests.faults.lakes_alike import WORKS, LakesAlike
from tests.faults.places import BACKENDS
from tests.faults.table import fault
from tests.pointers import load_pointers
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.faults.lake import Lake
    from tests.faults.places import Tree

pytestmark = [fault("S2"), pytest.mark.parametrize("backend", BACKENDS)]

MOMENTS = 6


@pytest.fixture(params=WORKS)
def lakes(request, places):
    with Upstream() as upstream:
        yield LakesAlike(places, upstream, request.param)


@contextmanager
def reachable(backend: str) -> Iterator[dict[str, str]]:
    """Opens this process's cloud to others; gives the environment that leads to it."""
    if backend == "local":
        yield {}
        return
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_DEFAULT_REGION": REGION}
    finally:
        server.stop()


def check_healed(lakes: LakesAlike, lake: Lake, healed: Tree, where: str) -> None:
    kept = lake.landed_ever()
    before = {pointer.folder for pointer in load_pointers(lake.storage)}
    lake.check(killed=True)
    lake.place.expire_leases()  # what it held, in S3, ends by its age
    assert lakes.do(lake) == [], where
    assert lake.tree() == healed, where
    assert kept <= lake.landed_ever(), where
    folders = {"/".join(path.split("/")[:3]) + "/" for path in lake.tree("curated")}
    assert before <= folders, where
    lake.check(killed=lakes.work == "vacuum")


@pytest.mark.every_operation
def test_killed_before_any_operation(lakes, numbers, held):
    check_each_kill(lakes, numbers, held)


def check_each_kill(
    lakes: LakesAlike, numbers: Callable[[int], Sequence[int]], held: Callable[[], None]
) -> None:
    """Kills a run before each of its operations that have their turn; the next one heals it."""
    with reachable(lakes.places.backend) as environ:
        (whole,) = run_elsewhere(lakes, [(lakes.new(), {})], **environ)
        assert whole["exit_codes"] == []
        assert whole["changes"] > (5 if lakes.work == "vacuum" else 60)
        changes = numbers(whole["changes"])
        runs = [(lakes.new(), {"change": change}) for change in changes]
        told = run_elsewhere(lakes, runs, **environ)
    assert told == [{"killed": True}] * len(runs)
    healed = lakes.undisturbed().tree()
    for (lake, _), change in zip(runs, changes):
        check_healed(lakes, lake, healed, f"operation {change} of {whole['changes']}")
        held()


def test_killed_at_a_moment(lakes, held):
    with reachable(lakes.places.backend) as environ:
        (whole,) = run_elsewhere(lakes, [(lakes.new(), {})], **environ)
        chance = random.Random(2026)
        runs = [
            (lakes.new(), {"seconds": chance.uniform(0, whole["seconds"])}) for _ in range(MOMENTS)
        ]
        told = run_elsewhere(lakes, runs, **environ)
    assert {"killed": True} in told
    healed = lakes.undisturbed().tree()
    for lake, when in runs:
        check_healed(lakes, lake, healed, f"after {when['seconds']:.3f} seconds")
        held()
