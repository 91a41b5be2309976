"""A program that lands and builds in processes of its own, and kills them; `test_kill.py` runs it.

It reads a list of runs from stdin as JSON, and prints what became of them. A run is killed just
before it changes the disk for the Nth time (``change``), or after some ``seconds``, or not at all.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glue_jobs.sample.upstream import Upstream
from tests.faults.lake import Lake

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHANGES = ("os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.chmod")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Elsewhere(Upstream):
    """The upstream of the process that started this one."""

    def __init__(self, bls_url: str, population_url: str) -> None:
        super().__init__()
        self._urls = (bls_url, population_url)

    @property
    def bls_url(self) -> str:
        return self._urls[0]

    @property
    def population_url(self) -> str:
        return self._urls[1]


def count_changes(kill_at: int) -> list[int]:
    """Counts from now on how often this process changes the disk, and kills it before the Nth."""
    count = [0]

    def heard(event: str, details: tuple[Any, ...]) -> None:
        if event in _CHANGES or (event == "open" and details[2] & _WRITES):
            count[0] += 1
            if count[0] == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(heard)
    return count


def run_and_end(case: Mapping[str, Any], upstream: Upstream) -> None:
    count = count_changes(case.get("change", 0))
    started = time.monotonic()
    failures = Lake(Path(case["lake"]), upstream, allow_removals=1).run_all()
    told = {"changes": count[0], "seconds": time.monotonic() - started}
    print(json.dumps(told), flush=True)
    os._exit(len(failures))


def main() -> None:
    """Forks a process per run, one after the other."""
    told = json.load(sys.stdin)
    upstream = Elsewhere(told["bls_url"], told["population_url"])
    for case in told["runs"]:
        child = os.fork()
        if not child:
            run_and_end(case, upstream)
        if "seconds" in case:
            time.sleep(case["seconds"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"killed": os.WIFSIGNALED(status)}), flush=True)


if __name__ == "__main__":
    main()
