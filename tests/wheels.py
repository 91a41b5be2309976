"""The clone, its environments, and the wheel of the distribution as the index would get it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

NOTEBOOK_PYTHON = Path(f"{sys.prefix}-notebook") / "bin" / "python"
"""Beside the environment of this process; `make notebook` makes it."""


def build_wheel(root: Path, folder: Path) -> Path:
    """Builds the wheel of a clone into a folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=root, capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel
