"""`python -m bench.sync RCLONE`: landing beside rclone, which is what many would take for it.

Serves a survey of 600 files with 2 GB, each answer 50 ms away, and has it fetched by both, in turn:
the first time, on a quiet day, and after three files have changed. Prints requests, seconds, and
memory. `--requests-per-second` is 100, as rclone has no limit; BLS's manners allow 4.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.generate import generate
from bench.spending import run
from labor_lake.sample.upstream import Upstream

if TYPE_CHECKING:
    from labor_lake.sample.answer import Answer

_FILES = 600
_SECONDS_AWAY = 0.05
_RELEASED = datetime(2025, 9, 4, 12, 30, tzinfo=timezone.utc)


class Distant(Upstream):
    """An upstream whose every answer takes its time."""

    def _respond(self, *request: Any) -> Answer:
        return replace(super()._respond(*request), delay=_SECONDS_AWAY)


def main() -> int:
    """Prints a line for each measurement."""
    parser = argparse.ArgumentParser("python -m bench.sync", description=__doc__)
    parser.add_argument("rclone", help="the program")
    parser.add_argument("--megabytes", type=float, default=2000)
    parser.add_argument("--repeat", type=int, default=2, metavar="N")
    given = parser.parse_args()
    with Distant() as upstream, tempfile.TemporaryDirectory() as folder:
        body = Path(folder, "body")
        generate(body, int(given.megabytes * 1e6 / _FILES))
        lake, copy = Path(folder, "lake"), Path(folder, "copy")
        url = upstream.bls_url.removesuffix("/") + "/pr/"
        programs = {
            "Labor Lake": [
                *(sys.executable, "-m", "glue_jobs.land_bls", "--lake", str(lake)),
                *("--bls-url", upstream.bls_url, "--contact", "bench@example.com"),
                *("--requests-per-second", "100"),
            ],
            "rclone": [
                *(given.rclone, "sync", "--http-url", url, ":http:", str(copy)),
                *("--user-agent", "bench@example.com"),  # BLS answers nobody who names no address
            ],
        }
        print("| | | requests | seconds | CPU s | MB |\n|---|---|---|---|---|---|")
        for _ in range(given.repeat):
            for name, words in programs.items():
                shutil.rmtree(lake, ignore_errors=True)
                shutil.rmtree(copy, ignore_errors=True)
                for number in range(_FILES):
                    upstream.set_file("pr", f"pr.data.{number}", body, _RELEASED)
                _tell(upstream, "the first time", name, words)
                _tell(upstream, "a quiet day", name, words)
                for number in range(3):
                    later = _RELEASED + timedelta(days=1)
                    upstream.set_file("pr", f"pr.data.{number}", body, later)
                _tell(upstream, "three changed", name, words)
    return 0


def _tell(upstream: Upstream, day: str, name: str, words: list[str]) -> None:
    upstream.clear_log()
    spent = run(*words)
    print(
        f"| {day} | {name} | {len(upstream.requests)} | {spent.wall:.1f} | {spent.cpu:.1f}"
        f" | {spent.megabytes:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
