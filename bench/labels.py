"""`python -m bench.labels`: what labels give of all of BLS's surveys, at a part of their real size.

A made-up world of the 1,501 files that BLS served in November 2025 is landed and built. Then each
survey's observations are counted beside its data, and its titles: BLS's own, those of words, and
those that stand in the labels at last.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import labor_lake
from bench.spending import run
from glue_jobs.sources.bls.surveys import landed_surveys
from glue_jobs.storage.open import open_storage
from tests.labels.counts import LabelCounts, count_labels
from tests.simulator.upstream import Upstream
from tests.simulator.world import serve_world

_COLUMNS = "survey | data | observations | undated | series | titles of BLS | of words | at last"


def make_lake(lake: Path, scale: float) -> None:
    """Lands and builds all surveys."""
    with Upstream() as upstream:
        serve_world(upstream, scale)
        flags = ["--lake", str(lake), "--surveys", "all", "--datasets", "none"]
        landing = ["--contact", "bench@example.com", "--bls-url", upstream.bls_url]
        landing += ["--requests-per-second", "100"]
        run(sys.executable, "-m", "glue_jobs.land_bls", *flags, *landing)
        run(sys.executable, "-m", "glue_jobs.build_tables", *flags)


def tell(name: str, counts: LabelCounts) -> None:
    """Prints one row."""
    numbers = [counts.data, counts.observations, counts.undated, counts.series]
    numbers += [counts.by_bls, counts.by_words, counts.titles]
    print("|", " | ".join([name, *(f"{number:,}" for number in numbers)]), "|", flush=True)


def main() -> int:
    """Prints a row for each survey, and for all; 1 if a row was lost or a title repeats."""
    parser = argparse.ArgumentParser("python -m bench.labels")
    parser.add_argument("--scale", type=float, default=0.002, help="part of the real size")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make_lake(Path(folder), given.scale)
        print(f"| {_COLUMNS} |\n|---" + "|---" * _COLUMNS.count("|") + "|")
        with labor_lake.open(folder) as lake:
            every = list[LabelCounts]()
            for survey in landed_surveys(open_storage(folder)):
                every.append(count_labels(lake, survey))
                tell(f"`{survey}`", every[-1])
        total = LabelCounts(*map(sum, zip(*every)))
        tell("all", total)
    return int(total.data != total.observations or total.titles != total.series)


if __name__ == "__main__":
    sys.exit(main())
