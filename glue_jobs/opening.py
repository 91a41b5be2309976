"""Opens the lake that the settings name: to write into it, or only to read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.demo_mark import refuse_demo_lake
from glue_jobs.errors import UsageError
from glue_jobs.running import Run
from glue_jobs.storage.open import open_storage

if TYPE_CHECKING:
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage


def open_run(settings: Settings, run_id: str) -> Run:
    """Opens the lake for a run that writes into it.

    Raises:
        UsageError: the lake is a demo's.
    """
    storage = open_storage(settings.lake, settings.region)
    refuse_demo_lake(storage)
    return Run(settings, storage, run_id)


def open_lake(settings: Settings) -> Storage:
    """Opens the lake for a command that only reads.

    Raises:
        UsageError: there is none.
    """
    storage = open_storage(settings.lake, settings.region)
    refuse_missing_lake(settings)
    return storage


def refuse_missing_lake(settings: Settings) -> None:
    """Says so where a command that only reads would read nothing.

    Raises:
        UsageError: there is no lake.
    """
    if not settings.lake.startswith("s3://") and not Path(settings.lake).expanduser().is_dir():
        raise UsageError(
            f"There is no lake in {settings.lake}.",
            hint="`lake demo` makes one in ./lake-demo, to be read with --lake ./lake-demo;"
            " `lake run` fills one with live data.",
        )
