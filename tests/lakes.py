"""Small lakes for tests: made by the real jobs from a real server on the loopback interface."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from glue_jobs.running import Run
from glue_jobs.settings import Settings
from glue_jobs.storage.open import open_storage
from labor_lake.sample import render
from labor_lake.workflow import WorkflowResult, run_workflow
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.storage.protocol import Storage

RELEASED = datetime(2025, 9, 4, 12, 30, tzinfo=timezone.utc)
NOW = datetime(2026, 9, 5, 6, 0, tzinfo=timezone.utc)
"""After all that the tests serve, as upstream never serves what is still to come."""

Row = tuple[str, str, str, str, str]


def run_at(lake: Path | str, upstream: Upstream, run_id: str = "run", **settings: object) -> Run:
    """A run on a lake, from that upstream, at a fixed time."""
    given = {
        "lake": str(lake),
        "contact": "test@example.com",
        "bls_url": upstream.bls_url,
        "population_url": (upstream.population_url,),
        "requests_per_second": 100.0,
        "workers": 1,  # another process knows nothing of what a test has put in the place of things
        **settings,
    }
    settled = Settings(**given)  # type: ignore[arg-type]
    return Run(settled, open_storage(settled.lake, settled.region), run_id, now=lambda: NOW)


def put_files(storage: Storage, pointer: Pointer) -> None:
    """Puts files of the recorded sizes where a made-up pointer says that there are some."""
    for table, file in pointer.files():
        if storage.stat(key := pointer.key_of(table, file)) is None:
            storage.put(key, b"x" * file.bytes)
        if file.rejects_path:
            storage.put(pointer.folder + file.rejects_path, b"{}\n")
        if file.index_path:
            storage.put(pointer.folder + file.index_path, b"x" * file.index_bytes)


def lake_of(folder: Path, rows: Iterable[Row], population: dict[int, int]) -> WorkflowResult:
    """Runs all jobs on one data file, pr.data.0.Current, and a population of ACS 1-year."""
    with Upstream() as upstream:
        upstream.set_file("pr", "pr.data.0.Current", render.data_file(rows), RELEASED)
        body = render.population_body("ACS 1-year Estimate", population)
        upstream.cubes["acs_yg_total_population_1"] = body
        return run_workflow(run_at(folder, upstream))
