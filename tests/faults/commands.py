"""The commands that go on beside a run, on a lake under test, as people run them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import LakeError
from glue_jobs.running import exit_code
from glue_jobs.timestamps import release_name
from labor_lake.commands import backfill
from labor_lake.commands.vacuum import vacuum
from labor_lake.commands.verify import verify_lake
from labor_lake.sample import render
from tests.faults.lake import DATA_FILE
from tests.faults.small_survey import FIRST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from glue_jobs.storage.protocol import Storage
    from tests.faults.lake import Lake

LATER = datetime(2100, 1, 1, tzinfo=timezone.utc)
"""A vacuum that keeps what was named until then keeps nothing but what is in use."""


def verify(lake: Lake, storage: Storage | None = None, **flags: bool) -> tuple[int, dict[str, Any]]:
    """Runs `lake verify`; returns its exit code and what it tells."""
    run = lake.run()
    run = replace(run, storage=storage or run.storage)
    outcome = verify_lake(
        run,
        mend=flags.get("repair", False),
        upstream=flags.get("upstream", False),
        rebuild=flags.get("rebuild", False),
    )
    json.dumps(outcome.details)  # as the command prints it
    return exit_code(outcome.failures), outcome.details


def vacuum_all(storage: Storage) -> int:
    """Runs `lake vacuum`, as if everything were long superseded; returns its exit code."""
    return exit_code(vacuum(storage, LATER).failures)


def old_copies(folder: Path, *days: int) -> Mapping[str, Path]:
    """Copies of the small survey's data file, of some days before its first release."""
    folder.mkdir(parents=True, exist_ok=True)
    copies = {}
    for day in days:
        path = folder / f"copy-{day}"
        rows = [("PRS30006011", "2013", "Q01", f"{day}.5", "R")]
        path.write_bytes(render.data_file(rows))
        copies[release_name(FIRST - timedelta(days=day))] = path
    return copies


def take_in(lake: Lake, copies: Mapping[str, Path], storage: Storage | None = None) -> int:
    """Runs `lake backfill` on copies of the data file; returns its exit code."""
    run = lake.run()
    try:
        backfill.take_in(
            storage or run.storage, run.settings, "pr", DATA_FILE, copies, new_file=False
        )
    except LakeError as error:
        return error.exit_code
    return 0
