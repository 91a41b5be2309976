"""Who wants to hear how far a run is. This one does not; the terminal's is in ``terminal.py``."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


_WRITING = threading.Lock()


def write_line(text: str) -> None:
    """Writes one line to stderr, whole, from whichever thread; a run goes on if nobody takes it."""
    # One write, not two as print does: another thread's line would come before the line's end.
    with _WRITING, contextlib.suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class Progress:
    """Hears of downloads and steps, and says nothing. Called from several threads."""

    def of(self, job: str) -> Progress:
        """Who hears of one job of the run."""
        return self

    def job_started(self) -> None:
        """The job begins."""

    def job_finished(self, summary: Mapping[str, Any]) -> None:
        """The job has ended, with this summary."""

    def expect(self, files: int, size: int) -> None:
        """So many files with so many bytes in all are about to be downloaded."""

    def received(self, name: str, size: int) -> None:
        """A part of a file has arrived: so many more bytes."""

    def finished(self, name: str) -> None:
        """A file has arrived whole."""

    def step(self, text: str) -> None:
        """The run does something else now: one line."""
