"""What people see of a run: its steps, and how far a download is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from rich.console import Console

from glue_jobs.progress import Progress, write_line
from glue_jobs.visible import shown_bytes, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.progress import Progress as RichProgress


class PlainProgress(Progress):
    """One line per step and per file, for logs and pipes."""

    def step(self, text: str) -> None:
        """Prints the step."""
        write_line(visible(text))

    def expect(self, files: int, size: int) -> None:
        """Prints how much is coming."""
        self.step(f"downloading {files} files, {shown_bytes(size)}")

    def finished(self, name: str) -> None:
        """Prints the file."""
        self.step(f"downloaded {name}")


class TerminalProgress(Progress):
    """A bar per round of downloads: files, bytes, rate, time left."""

    def __init__(self) -> None:
        # Text is printed as it is: brackets are no markup, colons no emoji.
        self._console = _Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._lock = threading.Lock()
        self._bar: RichProgress | None = None
        self._files = self._done = self._thread = 0

    def step(self, text: str) -> None:
        """Prints the step; the bar is over with the next step of the thread that downloads."""
        with self._lock:
            if threading.get_ident() == self._thread:
                self._stop()
            self._console.print(visible(text), style="dim")

    def expect(self, files: int, size: int) -> None:
        """Starts a bar."""
        from rich import progress  # noqa: PLC0415 - what only prints a table does without it

        with self._lock:
            self._stop()
            self._files, self._done, self._thread = files, 0, threading.get_ident()
            self._bar = progress.Progress(
                progress.TextColumn("{task.description}"),
                progress.BarColumn(),
                progress.DownloadColumn(),
                progress.TransferSpeedColumn(),
                progress.TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
            self._bar.add_task(self._label(), total=size)
            self._bar.start()

    def received(self, name: str, size: int) -> None:
        """Moves the bar; back, when a try is given up."""
        with self._lock:
            if self._bar is not None:
                self._bar.advance(self._bar.task_ids[0], size)

    def finished(self, name: str) -> None:
        """Counts the file."""
        with self._lock:
            self._done += 1
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[0], description=self._label())

    def job_finished(self, summary: Mapping[str, Any]) -> None:
        """Takes the bar away with the job that downloads."""
        with self._lock:
            if threading.get_ident() == self._thread:
                self._stop()

    def close(self) -> None:
        """Takes the bar away."""
        with self._lock:
            self._stop()

    def _label(self) -> str:
        return f"{self._done}/{self._files} files"

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


class _Console(Console):
    """A console that leaves it to the program what a reader means who has seen enough."""

    def on_broken_pipe(self) -> None:
        """Raises what rich would make an exit code of 1."""
        raise  # noqa: PLE0704 - rich calls this where it handles the error
