"""What people read: tables, and how long ago something was.

rich draws no table here: to load it and to lay one out takes as long as many a search.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

from glue_jobs.visible import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_BETWEEN = "   "


def print_table(
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: Collection[str] = (),
    *,
    spare: Sequence[str] = (),
) -> None:
    """Prints rows as a table; on a terminal too narrow for it, each row as a list of its cells.

    Where nobody looks, in a pipe or a file, a table is as wide as it is.

    Args:
        title: stands above it; may be empty.
        header: the columns' names.
        rows: their cells.
        numbers: names of the columns that are aligned to the right.
        spare: names of the columns that a narrow terminal does without, the first to go first.
    """
    header = [visible(name) for name in header]
    cells = [[visible(cell) for cell in row] for row in rows]
    is_looked_at = sys.stdout.isatty()
    room = shutil.get_terminal_size().columns
    for name in spare if is_looked_at else ():
        if _needed(header, cells) <= room or name not in header:
            continue
        place = header.index(name)
        header = [*header[:place], *header[place + 1 :]]
        cells = [[*row[:place], *row[place + 1 :]] for row in cells]
    if title:
        print(_styled(visible(title), _BOLD))
    if is_looked_at and _needed(header, cells) > room:
        _print_records(header, cells)
    else:
        _print_rows(header, cells, numbers)


def shown_age(moment: datetime, now: datetime) -> str:
    """``3 days ago``."""
    seconds = max((now - moment).total_seconds(), 0)
    for size, unit, units in ((86400, "day", "days"), (3600, "hour", "hours"), (60, "min", "min")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {units if count > 1 else unit} ago"
    return "just now"


def _print_rows(
    header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[str]
) -> None:
    widths = _widths(header, rows)

    def line(cells: Sequence[str]) -> str:
        padded = []
        for name, cell, width in zip(header, cells, widths):
            blank = " " * (width - _width(cell))
            padded.append(blank + cell if name in numbers else cell + blank)
        return f" {_BETWEEN.join(padded)}".rstrip()

    print()
    print(_styled(line(header), _BOLD))
    print(f" {'─' * (sum(widths) + len(_BETWEEN) * (len(widths) - 1))}")
    for row in rows:
        print(line(row))
    print()


def _print_records(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    label = max(map(_width, header))
    if not rows:
        for line in textwrap.wrap(", ".join(header), shutil.get_terminal_size().columns):
            print(_styled(line, _BOLD))
    for row in rows:
        print(_styled("─" * 20, _DIM))
        for name, cell in zip(header, row):
            print(f"{name}{' ' * (label - _width(name))}  {cell}")


def _needed(header: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """How many places of a terminal a line of the table takes."""
    return 1 + sum(_widths(header, rows)) + len(_BETWEEN) * (len(header) - 1)


def _widths(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(_width, column)) for column in zip(header, *rows)]


def _width(text: str) -> int:
    """How many places of a terminal a text takes: a Chinese letter two, an accent on one none."""
    if text.isascii():
        return len(text)
    return sum((east_asian_width(one) in "WF") + (not combining(one)) for one in text)


def _styled(text: str, style: str) -> str:
    """A text as a terminal shows it that knows styles, unless somebody wants none."""
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if is_plain or not sys.stdout.isatty() else f"{style}{text}{_PLAIN}"
