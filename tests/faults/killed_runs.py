"""A program that works on lakes in processes of its own, and fails or kills them.

It reads a list of runs from stdin as JSON, and prints what became of each. A run is disturbed just
before its Nth operation (``change``), or after some ``seconds``, or not at all. In a directory an
operation is a change of the disk, in S3 a call of its interface. A run may also be forbidden files
of more than some bytes (``limit``), or be another user's (``user``).
"""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults.api_calls import ApiCalls
from tests.faults.lakes_alike import do_work, lake_at
from tests.faults.places import Place
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Callable

    from tests.faults.lake import Lake
    from tests.faults.lakes_alike import LakesAlike

_ROOT = Path(__file__).parents[2]
_CHANGES = ("os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.chmod")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def run_elsewhere(
    lakes: LakesAlike, runs: Sequence[tuple[Lake, Mapping[str, Any]]], **environ: str
) -> list[dict[str, Any]]:
    """Has this program work on lakes; returns what it tells of each run.

    ``killed``, or else ``exit_codes`` and ``messages`` of the failures, ``changes`` counted, and
    ``seconds``.
    """
    given = {
        "bls_url": lakes.upstream.bls_url,
        "population_url": lakes.upstream.population_url,
        "work": lakes.work,
        "runs": [
            {"uri": lake.place.uri, "database": lake.place.database, **when} for lake, when in runs
        ],
    }
    result = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed_runs"],
        input=json.dumps(given),
        cwd=_ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


class _Elsewhere(Upstream):
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


class _DisturbedCalls(ApiCalls):
    def __init__(self, heard: Callable[[], None]) -> None:
        super().__init__()
        self._heard = heard

    def make(self, call: Callable[[], Any], number: int, name: str) -> Any:
        self._heard()
        return call()


def _disturb(case: Mapping[str, Any]) -> tuple[list[int], Callable[[], None]]:
    """Counts operations, and disturbs one."""
    count = [0]

    def heard() -> None:
        count[0] += 1
        if count[0] != case.get("change"):
            return
        if case.get("how") == "fail":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.kill(os.getpid(), signal.SIGKILL)

    return count, heard


def _watching(place: Place, heard: Callable[[], None]) -> AbstractContextManager[None]:
    if place.database:
        return _DisturbedCalls(heard).watching()

    def audit(event: str, details: tuple[Any, ...]) -> None:
        if event in _CHANGES or (event == "open" and details[2] & _WRITES):
            heard()

    sys.addaudithook(audit)
    return nullcontext()


def _work_and_end(case: Mapping[str, Any], work: str, upstream: Upstream) -> None:
    place = Place(case["uri"], case["database"])
    lake = lake_at(place, upstream, work)
    storage = lake.storage
    count, heard = _disturb(case)
    if "limit" in case:
        resource.setrlimit(resource.RLIMIT_FSIZE, (case["limit"], case["limit"]))
    if "user" in case:
        os.setuid(case["user"])
    started = time.monotonic()
    with _watching(place, heard):
        failures = do_work(work, lake, storage)
    told = {
        "killed": False,
        "changes": count[0],
        "seconds": time.monotonic() - started,
        "exit_codes": [failure.exit_code for failure in failures],
        "messages": [str(failure) for failure in failures],
    }
    print(json.dumps(told), flush=True)
    os._exit(0)


def main() -> None:
    """Forks a process per run, one after the other."""
    told = json.load(sys.stdin)
    upstream = _Elsewhere(told["bls_url"], told["population_url"])
    for case in told["runs"]:
        child = os.fork()
        if not child:
            _work_and_end(case, told["work"], upstream)
        if "seconds" in case:
            time.sleep(case["seconds"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            print(json.dumps({"killed": True}), flush=True)
        elif status:
            sys.exit(f"{case} ended with {status}")


if __name__ == "__main__":
    main()
