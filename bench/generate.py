"""Generates a data file in BLS's format, as large as wanted, the same for the same size.

Like `pr`: series of 79 years and five figures a year; two in three are percent changes with one
decimal, one in three an index with three decimals that walks at random. About a third of 128k
values in a row are distinct, as in the real files.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HEADER = b"series_id        \tyear\tperiod\t       value\tfootnote_codes\r\n"
_YEARS = range(1947, 2026)
_PREPARED = 1000


def generate(path: Path, size: int) -> None:
    """Writes a sorted file of about so many bytes; its values repeat after 1000 series."""
    chance = random.Random(1)
    prepared = [_series_lines(chance, index=number % 3 == 0) for number in range(_PREPARED)]
    with path.open("wb") as sink:
        written = sink.write(_HEADER)
        number = 0
        while written < size:
            series_id = f"PRS{number:08d}".ljust(17)
            lines = prepared[number % _PREPARED].replace("@", series_id)
            written += sink.write(lines.encode())
            number += 1


def _series_lines(chance: random.Random, *, index: bool) -> str:
    """The lines of one series, with @ in place of its name."""
    lines = []
    level = chance.uniform(20, 120)
    for year in _YEARS:
        footnote = "R" if year > 2023 else ""
        for quarter in range(1, 6):
            change = chance.gauss(1.5, 4)
            level *= 1 + change / 400
            value = f"{level:.3f}" if index else f"{change:.1f}"
            lines.append(f"@\t{year}\tQ{quarter:02d}\t{value:>12}\t{footnote}\r\n")
    return "".join(lines)
