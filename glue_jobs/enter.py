"""Runs a job with the packages of its bundle, whatever came onto the path before them.

Glue's Python shell carries botocore 1.23.5, too old for conditional writes, and may put it before
what is installed. So a bundle brings all third-party code in a folder of its own, and this module,
which the bundle holds beside that folder, puts it first.
Source: boto3 issue 2566 and aws-sdk-pandas issue 403 on GitHub (2026-11).
"""

from __future__ import annotations

import importlib
import resource
import sys
import time
from importlib.metadata import distributions
from pathlib import Path

PACKAGES = Path(__file__).resolve().parent / "packages"
"""In a bundle: the jobs and all that they import."""


def enter(job: str) -> None:
    """Runs a job of the bundle, and ends the process with its exit code unless that is 0.

    Args:
        job: its module, ``land_bls``.
    """
    put_first(PACKAGES)
    print(versions(PACKAGES), file=sys.stderr)
    started = time.monotonic()
    try:
        module = importlib.import_module(f"glue_jobs.{job}")
        code: int = module.main()
    finally:
        # Glue tells neither of a Python-shell job. Linux counts in kilobytes.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        spent = time.monotonic() - started
        print(f"Peak memory {peak:.0f} MB, {spent:.0f} seconds.", file=sys.stderr)
    # Some runners take every SystemExit for a failure.
    if code:
        sys.exit(code)


def put_first(folder: Path) -> None:
    """Makes imports find a folder's packages, also those that were imported from elsewhere."""
    sys.path.insert(0, str(folder))
    packages = {path.name.partition(".")[0] for path in folder.iterdir()}
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]
    importlib.invalidate_caches()


def versions(folder: Path) -> str:
    """What runs, in a line: Python and every distribution in a folder."""
    found = sorted((one.metadata["Name"], one.version) for one in distributions(path=[str(folder)]))
    python = ".".join(map(str, sys.version_info[:3]))
    return f"Python {python} with {', '.join(' '.join(one) for one in found)} from {folder}"
