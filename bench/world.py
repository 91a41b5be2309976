"""`python -m bench.world`: all of BLS's surveys, at a part of their real size.

A made-up world of the 1,501 files that BLS served in November 2025 is landed once. Then its tables
are built, in turn with one worker and with two, each time from nothing, and once killed half way;
everything is run on a quiet day, and on a day on which three surveys have changed; and the landing
is killed half way. Prints wall and CPU seconds, and the most memory that all processes had at a
time.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from bench.spending import HEADER, Spent, run
from labor_lake.sample import excerpt
from tests.simulator.upstream import Upstream
from tests.simulator.world import serve_survey, serve_world

_CHANGED = ("ce", "cu", "jl")
_LAKE = Path(sys.executable).parent / "lake"


def remove_tables(lake: Path) -> None:
    """Leaves what was landed, and nothing that was made of it."""
    for made in ("curated", "history", "current", ".lake/versions/current"):
        shutil.rmtree(lake / made, ignore_errors=True)


def tell(label: str, *words: str, killed_after: float | None = None) -> Spent:
    """Prints what a program takes."""
    spent = run(*words, killed_after=killed_after)
    print(f"{label:34}{spent}", flush=True)
    return spent


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
        land = [sys.executable, "-m", "glue_jobs.land_bls", *landing]
        build = [sys.executable, "-m", "glue_jobs.build_tables", *flags]
        print(HEADER)
        landed = tell("land all surveys", *land)
        built = Spent(0.0, 0.0, 0.0)
        for _ in range(given.repeat):
            for workers in ("1", "2"):
                remove_tables(lake)
                built = tell(f"build all, workers: {workers}", *build, "--workers", workers)
        remove_tables(lake)
        tell("the same, killed half way", *build, killed_after=built.wall / 2)
        tell("gone on with", *build)
        tell("lake run: the first", str(_LAKE), "run", *landing)
        asked = len(upstream.requests)
        tell("lake run: a quiet day", str(_LAKE), "run", *landing)
        print(f"requests: {len(upstream.requests) - asked}")
        for survey in _CHANGED:
            serve_survey(upstream, survey, given.scale, release=2)
        tell("lake run: three changed", str(_LAKE), "run", *landing)
        shutil.rmtree(lake)
        tell("land all, killed half way", *land, killed_after=landed.wall / 2)
        asked = len(upstream.requests)
        tell("gone on with", *land)
        print(f"requests: {len(upstream.requests) - asked}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
