"""S6: the clock is off: what is current, and in which order, upstream decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from labor_lake.commands.vacuum import KEPT_DAYS, Removed, vacuum
from tests.faults.lake import Lake
from tests.faults.places import BACKENDS
from tests.faults.small_survey import serve_release
from tests.faults.table import cases
from tests.lakes import NOW
from tests.pointers import load_pointers
from tests.simulator.upstream import Upstream


@pytest.mark.parametrize("backend", BACKENDS)
@cases("hours")
def test_the_clock_is_off(case, places):
    def run_off(lake: Lake, hours: int) -> None:
        run = replace(lake.run(), now=lambda: NOW + timedelta(hours=hours))
        assert lake.run_all(run) == []

    with Upstream() as upstream:
        lake, right = (Lake(places.new(), upstream, allow_removals=1) for _ in range(2))
        for number, off in ((1, case.inject["before"]), (2, case.inject["hours"])):
            serve_release(upstream, number)
            run_off(lake, off)
            run_off(right, number)  # an hour between two runs
        lake.check()
        assert told(lake) == told(right)
        for kept in (lake, right):
            now = max(stored.modified for stored in kept.storage.list_objects("curated/"))
            before = now + timedelta(hours=case.inject["hours"]) - timedelta(days=KEPT_DAYS)
            assert vacuum(kept.storage, before) == Removed()


def told(lake: Lake) -> dict[str, object]:
    """What is current, without when it was retrieved."""
    return {
        pointer.subject: (
            pointer.release if pointer.subject == "pr" else None,
            pointer.folder if pointer.subject == "pr" else None,
            [replace(file, path="") for _, file in pointer.files()],
            pointer.history,
        )
        for pointer in load_pointers(lake.storage)
    }
