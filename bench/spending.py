"""What a program and all that it starts take: time, memory, scratch."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

HEADER = f"{'':34}{'wall s':>8} {'CPU s':>8} {'MB':>8}"
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Spent:
    """What a program and all that it started took.

    Attributes:
        wall: seconds.
        cpu: seconds of all cores.
        megabytes: of memory at most; what processes share counts for each.
        scratch: megabytes at most in a folder that was looked at.
    """

    wall: float
    cpu: float
    megabytes: float
    scratch: float = 0.0

    def __str__(self) -> str:
        """For a line of the table."""
        return f"{self.wall:8.1f} {self.cpu:8.1f} {self.megabytes:8.0f}"


def run(*words: str, scratch: Path | None = None, killed_after: float | None = None) -> Spent:
    """Runs a program to its end, and looks at its memory, and at a folder, meanwhile.

    Args:
        words: the program.
        scratch: the folder.
        killed_after: seconds after which it is killed; None: it ends by itself, and well.
    """
    before, started, most, most_scratch = os.times(), time.perf_counter(), 0, 0
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if killed_after is not None and time.perf_counter() - started > killed_after:
            process.kill()
        most = max(most, sum(map(_resident, _with_children(process.pid))))
        most_scratch = max(most_scratch, _size(scratch) if scratch else 0)
        time.sleep(0.02)
    wall, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    if process.returncode and killed_after is None:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}.")
    return Spent(wall, cpu, most / 1e6, most_scratch / 1e6)


def _with_children(process: int) -> list[int]:
    found = [process]
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            found += _with_children(int(child))
    return found


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _size(folder: Path) -> int:
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # it is gone already
                size += Path(place, name).stat().st_size
    return size
