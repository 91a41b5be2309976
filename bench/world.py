"""`python -m bench.world`: all of BLS's surveys, at a part of their real size.

A made-up world of the 1,501 files that BLS served in November 2025 is landed once. Then its tables
are built, in turn with one worker and with two, each time from nothing; and on a quiet day, and on
a day on which three surveys have changed, everything is run. Prints wall and CPU seconds, and the
most memory that all processes had at a time.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from bench.spending import HEADER, run
from labor_lake.sample import excerpt
from tests.simulator.upstream import Upstream
from tests.simulator.world import serve_survey, serve_world

_CHANGED = ("ce", "cu", "jl")
_LAKE = Path(sys.executable).parent / "lake"


def remove_tables(lake: Path) -> None:
    """Leaves what was landed, and nothing that was made of it."""
    for made in ("curated", "history", "current", ".lake/versions/current"):
        shutil.rmtree(lake / made, ignore_errors=True)


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
        print(HEADER)
        print(f"{'land all surveys':34}{run(*jobs, 'glue_jobs.land_bls', *landing)}", flush=True)
        for _ in range(given.repeat):
            for workers in ("1", "2"):
                remove_tables(lake)
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
