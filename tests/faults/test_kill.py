"""S2: the process dies at any moment, and the next run gives the lake of an undisturbed one."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from glue_jobs.catalog.pointers import load_pointers
from glue_jobs.sample.upstream import Upstream
from tests.faults.lakes_alike import LakesAlike, kept_versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.faults.lake import Lake, Tree

ROOT = Path(__file__).parents[2]
PLACES = 24
MOMENTS = 6


@pytest.fixture(params=[0, 1], ids=["first-run", "next-run"])
def lakes(request, tmp_path):
    with Upstream() as upstream:
        yield LakesAlike(tmp_path, upstream, request.param)


def run_killed(
    lakes: LakesAlike, runs: Sequence[tuple[Lake, Mapping[str, float]]]
) -> list[dict[str, Any]]:
    """Has another program make these runs and kill them; returns what it tells, line by line."""
    given = {
        "bls_url": lakes.upstream.bls_url,
        "population_url": lakes.upstream.population_url,
        "runs": [{"lake": str(lake.folder), **when} for lake, when in runs],
    }
    result = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed_runs"],
        input=json.dumps(given),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def check_healed(lake: Lake, healed: Tree, where: str) -> None:
    kept = kept_versions(lake)
    before = {pointer.subject: pointer.folder for pointer in load_pointers(lake.storage)}
    lake.check(killed=True)
    assert lake.run_all() == [], where
    assert lake.tree() == healed, where
    assert kept <= kept_versions(lake), where
    assert {folder for folder in before.values() if not (lake.folder / folder).is_dir()} == set()
    lake.check()


def test_s2_killed_before_a_change_of_the_disk(lakes):
    whole = lakes.new()
    undisturbed, ended = run_killed(lakes, [(whole, {})])
    assert ended == {"killed": False}
    healed, _ = lakes.undisturbed()
    assert whole.tree() == healed
    changes = range(1, undisturbed["changes"] + 1)
    assert len(changes) > 100
    places = sorted(random.Random(2025).sample(changes, PLACES))
    runs = [(lakes.new(), {"change": place}) for place in places]
    assert run_killed(lakes, runs) == [{"killed": True}] * PLACES
    for (lake, _), place in zip(runs, places):
        check_healed(lake, healed, f"change {place} of {len(changes)}")


def test_s2_killed_at_a_moment(lakes):
    undisturbed, _ = run_killed(lakes, [(lakes.new(), {})])
    chance = random.Random(2026)
    runs = [
        (lakes.new(), {"seconds": chance.uniform(0, undisturbed["seconds"])})
        for _ in range(MOMENTS)
    ]
    told = run_killed(lakes, runs)
    healed, _ = lakes.undisturbed()
    assert {"killed": True} in told
    for lake, when in runs:
        check_healed(lake, healed, f"after {when['seconds']:.3f} seconds")
