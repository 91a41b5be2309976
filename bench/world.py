"""`python -m bench.world`: all of BLS's surveys, at a part of their real size.

A made-up world of the 1,501 files that BLS served in November 2025 is landed once. Then its tables
are built, in turn with one worker and with two, each time from nothing; and on a quiet day, and on
a day on which three surveys have changed, everything is run. Prints wall and CPU seconds, and the
most memory that all processes had at a time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from labor_lake.sample import excerpt
from tests.simulator.upstream import Upstream
from tests.simulator.world import serve_survey, serve_world

_CHANGED = ("ce", "cu", "jl")
_LAKE = Path(sys.executable).parent / "lake"
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Spent:
    """What a program and all that it started took: seconds, and megabytes at most."""

    wall: float
    cpu: float
    megabytes: float

    def __str__(self) -> str:
        """For a line of the table."""
        return f"{self.wall:8.1f} {self.cpu:8.1f} {self.megabytes:8.0f}"


def run(*words: str) -> Spent:
    """Runs a program to its end, and looks at its memory meanwhile."""
    before, started, most = os.times(), time.perf_counter(), 0
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        most = max(most, sum(map(_resident, _with_children(process.pid))))
        time.sleep(0.02)
    wall, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}.")
    return Spent(wall, cpu, most / 1e6)


def _with_children(process: int) -> list[int]:
    found = [process]
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            found += _with_children(int(child))
    return found


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def main() -> int:
    """Prints a line for each measurement."""
    parser = argparse.ArgumentParser("python -m bench.world")
    parser.add_argument("--scale", type=float, default=0.02, help="part of the real size")
    parser.add_argument("--repeat", type=int, default=2, metavar="N")
    given = parser.parse_args()
    with Upstream() as upstream, tempfile.TemporaryDirectory() as folder:
        serve_world(upstream, given.scale)
        for name, (body, written) in excerpt.files().items():  # the reports are about real series
            upstream.set_file("pr", name, body, written)
        lake = Path(folder, "lake")
        flags = ["--lake", str(lake), "--surveys", "all", "--datasets", "none"]
        landing = [*flags, "--contact", "bench@example.com", "--bls-url", upstream.bls_url]
        landing += ["--requests-per-second", "100"]
        jobs = [sys.executable, "-m"]
        print(f"{'':34}{'wall s':>8} {'CPU s':>8} {'MB':>8}")
        print(f"{'land all surveys':34}{run(*jobs, 'glue_jobs.land_bls', *landing)}", flush=True)
        for _ in range(given.repeat):
            for workers in ("1", "2"):
                for made in ("curated", "history", "current"):
                    shutil.rmtree(lake / made, ignore_errors=True)
                shutil.rmtree(lake / ".lake" / "versions" / "current", ignore_errors=True)
                spent = run(*jobs, "glue_jobs.build_tables", *flags, "--workers", workers)
                print(f"{'build all, workers: ' + workers:34}{spent}", flush=True)
        print(f"{'lake run: the first':34}{run(str(_LAKE), 'run', *landing)}", flush=True)
        print(f"{'lake run: a quiet day':34}{run(str(_LAKE), 'run', *landing)}", flush=True)
        for survey in _CHANGED:
            serve_survey(upstream, survey, given.scale, release=2)
        print(f"{'lake run: three changed':34}{run(str(_LAKE), 'run', *landing)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
