"""This machine: what is installed, and what of the lake can be reached from it without AWS."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.settings import RetryPolicy
from glue_jobs.sources.bls.site import BlsSite, check_contact
from glue_jobs.sources.http import RateLimit
from glue_jobs.sources.population.api import PopulationApi
from glue_jobs.subjects import dataset_of
from glue_jobs.visible import shown_bytes
from labor_lake.diagnosis.findings import FAILED, OK, SKIPPED, WARNING, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glue_jobs.settings import Settings

PACKAGES = (
    *("duckdb", "pyarrow", "sqlglot", "requests", "tzdata"),
    *("boto3", "botocore", "awswrangler", "pandas", "trino"),
)
"""The packages whose versions have made a difference."""

_LITTLE = 1_000_000_000
"""Bytes. A run on the largest file of `pr` takes a tenth of that; other surveys take more."""

_ONCE = RetryPolicy(tries=1, connect_timeout=5.0, head_timeout=15.0, read_timeout=15.0)


def versions() -> dict[str, str]:
    """What is installed, by name; empty for a package that is not."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    found = {"lake": _version("labor-lake"), "Python": platform.python_version(), "OS": system}
    return {**found, **{name: _version(name) for name in PACKAGES}}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def directory(lake: str) -> Iterator[Finding]:
    """Whether a lake's folder is there, and may be read and written."""
    folder = Path(lake).expanduser()
    if folder.is_dir():
        if not os.access(folder, os.R_OK | os.X_OK):
            yield Finding(
                FAILED,
                "folder",
                f"{folder} may not be read.",
                "Give yourself the right to read it.",
            )
            return
        yield Finding(OK, "folder", f"{folder.absolute()} is there and may be read.")
        if not os.access(folder, os.W_OK):
            yield Finding(
                WARNING,
                "writing",
                "The folder may not be written to: queries work, runs do not.",
                "Give yourself the right to write there, or choose another --lake.",
            )
    elif folder.exists():
        yield Finding(FAILED, "folder", f"{folder} is no folder.", "Choose another --lake.")
    else:
        yield Finding(
            WARNING,
            "folder",
            f"There is no lake in {folder} yet.",
            "`lake demo` or `lake run` makes one; --lake names another.",
        )


def free_space(lake: str) -> Finding:
    """How much room there is where files are written on their way into the lake."""
    is_local = "://" not in lake
    place = Path(lake).expanduser().absolute() if is_local else Path(tempfile.gettempdir())
    there = next(path for path in (place, *place.parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    told = f"{shown_bytes(free)} are free in {there}."
    if free < _LITTLE:
        return Finding(WARNING, "free space", told, "Free some: a run may need more than that.")
    return Finding(OK, "free space", told)


def population(settings: Settings) -> Finding:
    """Whether the population API answers: one question to the first address that does."""
    if not settings.datasets:
        return Finding(SKIPPED, "DataUSA", "No population dataset is configured.")
    chosen, rate = dataset_of(settings.datasets[0]), RateLimit(settings.requests_per_second)
    found = PopulationApi(settings.population_url, rate, _ONCE).fetch(chosen)
    return Finding(OK, "DataUSA", f"It answers, with {found.content.total} rows of {chosen.key}.")


def bls(settings: Settings) -> Finding:
    """Whether BLS answers: one question, for the list of surveys."""
    check_contact(settings.contact)
    rate = RateLimit(settings.requests_per_second)
    folders = BlsSite(settings.bls_url, settings.contact, rate, _ONCE).folders()
    return Finding(OK, "BLS", f"It answers, and lists {len(folders)} folders.")
