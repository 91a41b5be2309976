"""`python -m bench.large`: one file of 6 GB, as `cs` has, landed and converted.

Prints seconds, the most memory that all processes had at a time, and the most scratch; needs 13 GB
of temporary disk.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from bench.generate import generate
from bench.spending import HEADER, run
from bench.world import remove_tables
from labor_lake.sample.upstream import Upstream


def main() -> int:
    """Prints a line for each measurement."""
    parser = argparse.ArgumentParser("python -m bench.large", description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=6)
    given = parser.parse_args()
    with Upstream() as upstream, tempfile.TemporaryDirectory() as folder:
        file, lake = Path(folder, "file"), Path(folder, "lake")
        generate(file, int(given.gigabytes * 1e9))
        released = datetime(2025, 9, 4, 12, 30, tzinfo=timezone.utc)
        upstream.set_file("pr", "pr.data.0.Current", file, released)
        flags = ["--lake", str(lake), "--contact", "bench@example.com"]
        flags += ["--bls-url", upstream.bls_url]
        jobs = [sys.executable, "-m"]
        print(f"{HEADER} {'scratch':>8}")
        spent = run(*jobs, "glue_jobs.land_bls", *flags, scratch=lake / ".lake" / "scratch")
        print(f"{f'land {given.gigabytes} GB':34}{spent} {spent.scratch:8.0f}", flush=True)
        for workers in ("1", "2"):
            remove_tables(lake)
            words = [*jobs, "glue_jobs.build_tables", "--lake", str(lake), "--datasets", "none"]
            spent = run(*words, "--workers", workers, scratch=lake / ".lake" / "scratch")
            print(f"{'build, workers: ' + workers:34}{spent} {spent.scratch:8.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
