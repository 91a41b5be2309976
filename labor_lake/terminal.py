"""What people see: tables, sizes, ages, and how far a download is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

from glue_jobs.progress import Progress, write_line
from glue_jobs.visible import shown_bytes, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rich.progress import Progress as RichProgress


def print_table(
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: Sequence[str] = (),
    *,
    spare: Sequence[str] = (),
) -> None:
    """Prints rows as a table; on a terminal too narrow for it, each row as a list of its cells.

    Args:
        title: stands above it; may be empty.
        header: the columns' names.
        rows: their cells.
        numbers: names of the columns that are aligned to the right.
        spare: names of the columns that a narrow terminal does without, the first to go first.
    """
    header = [visible(name) for name in header]
    cells = [[visible(cell) for cell in row] for row in rows]
    console = _console()
    for name in spare if console.is_terminal else ():
        if _width(header, cells) <= console.width or name not in header:
            continue
        place = header.index(name)
        header = [*header[:place], *header[place + 1 :]]
        cells = [[*row[:place], *row[place + 1 :]] for row in cells]
    needed = _width(header, cells)
    if title:
        console.print(visible(title), style="bold")
    if console.is_terminal and needed > console.width:
        _print_records(console, header, cells)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in header:
        table.add_column(name, justify="right" if name in numbers else "left", no_wrap=True)
    for row in cells:
        table.add_row(*row)
    # Where nobody looks, in a pipe or a file, a table may be as wide as it is.
    _console(width=max(needed, console.width)).print(table)


def _width(header: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """How many columns of a terminal a table takes: three between two cells, one at either end."""
    return sum(max(map(len, column)) + 3 for column in zip(header, *rows)) - 1


def _print_records(console: Console, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    label = max(map(len, header))
    if not rows:
        console.print(", ".join(header), style="bold")
    for row in rows:
        console.print("─" * 20, style="dim")
        for name, cell in zip(header, row):
            console.print(f"{name:<{label}}  {cell}")


def shown_age(moment: datetime, now: datetime) -> str:
    """``3 days ago``."""
    seconds = max((now - moment).total_seconds(), 0)
    for size, unit, units in ((86400, "day", "days"), (3600, "hour", "hours"), (60, "min", "min")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {units if count > 1 else unit} ago"
    return "just now"


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
        self._console = _console(stderr=True)
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


def _console(**given: Any) -> Console:
    """A console that prints text as it is: brackets are no markup, colons no emoji."""
    return _Console(highlight=False, markup=False, emoji=False, **given)
