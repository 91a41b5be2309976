"""Two runs at once, whose operations take turns that a seed decides; the same seed, the same turns.

Only one of them works at a time: both stop before every operation, and one is let go on.
"""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from glue_jobs.storage.open import open_storage
from tests.aws import REGION
from tests.faults.api_calls import ApiCalls
from tests.faults.storages import CountingStorage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Callable

    from glue_jobs.errors import LakeError
    from glue_jobs.storage.protocol import Storage
    from tests.faults.lake import Lake
    from tests.faults.lakes_alike import LakesAlike


class Turns:
    """Decides which of several runs does its next operation."""

    def __init__(self, seed: int, runs: Sequence[int]) -> None:
        self._chance = random.Random(seed)
        self._stays = self._chance.choice((0.0, 0.5, 0.9))
        self._working = set(runs)
        self._waiting: set[int] = set()
        self._chosen: int | None = None
        self._last = runs[0]
        self._changed = threading.Condition()

    def wait(self, run: int) -> None:
        """Returns when it is this run's turn."""
        with self._changed:
            self._waiting.add(run)
            self._choose()
            self._changed.wait_for(lambda: self._chosen == run)
            self._chosen = None
            self._waiting.remove(run)

    def end(self, run: int) -> None:
        """This run has ended."""
        with self._changed:
            self._working.remove(run)
            self._choose()

    def _choose(self) -> None:
        if not self._working or self._waiting != self._working:
            return
        if self._last not in self._working or self._chance.random() >= self._stays:
            self._last = self._chance.choice(sorted(self._working))
        self._chosen = self._last
        self._changed.notify_all()


class _TurnTakingStorage(CountingStorage):
    def __init__(self, storage: Storage, wait: Callable[[], None]) -> None:
        super().__init__(storage)
        self._wait = wait

    def before(self, number: int) -> None:
        self._wait()


class _TurnTakingCalls(ApiCalls):
    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self.run = threading.local()
        self._turns = turns

    def make(self, call: Callable[[], Any], number: int, name: str) -> Any:
        # pyarrow reads in threads of its own, in the turn of the run that waits for them.
        if hasattr(self.run, "number"):
            self._turns.wait(self.run.number)
        return call()


def run_two_at_once(lakes: LakesAlike, lake: Lake, seed: int) -> list[list[LakeError]]:
    """Has two runs do the lake's work at once; returns the failures of each.

    Under an odd seed they have no leases, as if both had slept until these had expired.
    """
    runs = (1, 2)
    turns = Turns(seed, runs)
    in_s3 = bool(lake.place.database)
    # boto3 makes clients one at a time only.
    storages = {run: open_storage(lake.place.uri, REGION if in_s3 else "") for run in runs}
    calls = _TurnTakingCalls(turns)

    def work(run: int) -> list[LakeError]:
        calls.run.number = run
        storage = storages[run]
        if seed % 2:
            storage.lease = lambda *_: nullcontext()  # type: ignore[method-assign]
        if not in_s3:
            storage = _TurnTakingStorage(storage, lambda: turns.wait(run))
        try:
            return lakes.do(lake, storage)
        finally:
            turns.end(run)

    with calls.watching() if in_s3 else nullcontext(), ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, runs))
