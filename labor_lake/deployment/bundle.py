"""What the jobs run, as it is uploaded: the wheel, the four scripts and the SQL.

All of it lies under one prefix that is made from its content, so that a job's code never changes
under it, an upload that is there is done, and an older one can be gone back to.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.errors import UsageError
from glue_jobs.storage.scratch import scratch_folder
from labor_lake.workflow import STAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
"""The clone."""


@dataclass(frozen=True)
class Bundle:
    """Everything that is uploaded.

    Attributes:
        prefix: of the keys, without a slash at the end: ``code/<hash>``.
        wheel: the wheel's file name, which pip needs to know it by.
        files: bodies by their path under the prefix.
    """

    prefix: str
    wheel: str
    files: Mapping[str, bytes]


def make_bundle(root: Path = ROOT) -> Bundle:
    """Builds the wheel of a clone and puts scripts and SQL beside it.

    Raises:
        UsageError: the wheel cannot be built.
    """
    files: dict[str, bytes] = {}
    with scratch_folder() as folder:
        wheel = build_wheel(root, folder)
        files[wheel.name] = wheel.read_bytes()
    for job in (job for stage in STAGES for job in stage.jobs):
        files[f"{job}.py"] = (root / "glue_jobs" / f"{job}.py").read_bytes()
    for path in sorted((root / "sql").glob("*/*.sql")):
        files[path.relative_to(root).as_posix()] = path.read_bytes()
    return Bundle(f"code/{content_hash(files)}", wheel.name, files)


def build_wheel(root: Path, folder: Path) -> Path:
    """Builds the package's wheel into a folder; the same source gives the same bytes."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    wheels = list(folder.glob("*.whl"))
    if built.returncode or len(wheels) != 1:
        last = (built.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UsageError(
            f"The wheel cannot be built: {last}.",
            hint="pip install -r requirements-laptop.txt brings hatchling.",
        )
    return wheels[0]


def content_hash(files: Mapping[str, bytes]) -> str:
    """The start of a hash over names and bodies, whatever their order."""
    digest = hashlib.sha256()
    for name, body in sorted(files.items()):
        digest.update(f"{name}\0{len(body)}\0".encode())
        digest.update(body)
    return digest.hexdigest()[:16]
