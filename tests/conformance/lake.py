"""The lake that a real Trino was asked about: captures of five surveys, landed in five steps."""

from __future__ import annotations

import fcntl
import shutil
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from glue_jobs.running import perform
from labor_lake.workflow import job_named
from tests.captures import capture
from tests.lakes import run_at
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

    from glue_jobs.running import Run

SURVEYS = ("pr", "cu", "ce", "ap", "sm")


@dataclass(frozen=True)
class Capture:
    """Files that are served from one step on.

    Attributes:
        folder: survey and month.
        released: their Last-Modified.
        data_files: whether the data files in it are served; the other files are.
    """

    folder: str
    released: str
    data_files: bool = True

    @property
    def moment(self) -> datetime:
        """``released`` as a moment."""
        return datetime.strptime(self.released, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)


# Source: the README beside the answers.
STEPS = (
    (
        Capture("ap/2024-03", "20240313T123000Z"),
        Capture("ce/2025-01", "20250110T133000Z"),
        Capture("cu/2021-11", "20211110T133000Z"),
        Capture("sm/2016-02", "20160226T143000Z"),
        Capture("pr/2025-02", "20240606T123000Z", data_files=False),
        Capture("pr/2024-06", "20240606T123000Z"),
    ),
    (Capture("pr/2025-02", "20250206T133000Z"),),
    (Capture("pr/2025-05", "20250508T123000Z"),),
    (Capture("pr/2025-10", "20250904T123000Z"),),
    (Capture("pr/2026-04", "20260409T123000Z"),),
)


def built_once(folder: Path) -> Path:
    """The lake in that folder, made by whoever comes first; the others wait for it.

    The workers of pytest-xdist are processes that share nothing but the disk, so a lock on a file
    decides, and the lake counts as made when it has its final name.
    """
    lake, unfinished = folder / "conformance-lake", folder / "conformance-lake-unfinished"
    with (folder / "conformance-lake.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not lake.exists():
            shutil.rmtree(unfinished, ignore_errors=True)
            build(unfinished)
            unfinished.rename(lake)
    return lake


def build(lake: Path | str, **settings: object) -> None:
    """Lands and builds the captures, step by step, each a day after its release."""
    with Upstream() as upstream:
        upstream.cubes["acs_yg_total_population_1"] = capture(
            "population/tesseract-acs1-2025-10.json"
        ).read_bytes()
        for number, captures in enumerate(STEPS, 1):
            for one in captures:
                serve(upstream, one)
            run = run_at(lake, upstream, f"step-{number}", surveys=SURVEYS, **settings)
            next_day = max(one.moment for one in captures) + timedelta(days=1)
            land_and_build(run, next_day)


def land_and_build(run: Run, now: datetime) -> None:
    """Runs the jobs before the reports.

    The reports would be refused: a capture of 0.Current alone is newer than the AllData beside it.
    """
    run = replace(run, now=lambda: now)
    for name in ("land_bls", "land_population", "build_tables"):
        _, failures = perform(name, job_named(name), run)
        assert failures == []


def serve(upstream: Upstream, one: Capture) -> None:
    """Serves a capture's files beside or instead of what was served before."""
    survey = one.folder.split("/")[0]
    for path in sorted(capture(f"bls/{one.folder}").iterdir()):
        if one.data_files or ".data." not in path.name:
            upstream.set_file(survey, path.name, path, one.moment)
