"""Reads the header of a flat file: the names of its columns, and where its rows begin.

BLS's headers are not always what they should be, and what is done then stands here:

- a name with blanks or capitals becomes an identifier: ``Measure Code`` is ``measure_code``
- a field without a name is left out; a row that has something in it is a reject
- rows of a mapping file may have one more field than its header, which is blank in all of them:
  that field has no name (seen in la.state_region_division, 2014)
- a line that names no columns is the first row of a file without a header; one of the few mapping
  files whose columns are the same everywhere gets those names (seen in ce.period, 2013)
- a header may lack its line end and run into the first row (seen in cc.series, 2026)
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

MOST_FIRST_BYTES = 1 << 16
"""A first line that is longer names no columns: the longest that BLS has, has some 300 bytes."""

DATA_START = b"series_id\tyear\tperiod\tvalue\tfootnote_codes\n"
"""How a data file begins: what is known to be one has this header, or had it."""

_BOM = b"\xef\xbb\xbf"
_END = re.compile(rb"\r\n|\n|\r")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,63}")
_NO_LETTER_OR_DIGIT = re.compile(r"[^a-z0-9]+")
_LOOKED_AT = 200  # rows: enough to know how many fields they have

_CODE_AND_NAME = ("area", "base", "industry", "item", "periodicity", "sector", "state")
_CODE_AND_TEXT = ("class", "data_type", "datatype", "duration", "footnote", "measure", "seasonal")

STANDARD_NAMES = {
    "period": ("period", "period_abbr", "period_name"),
    **{ending: (f"{ending}_code", f"{ending}_name") for ending in _CODE_AND_NAME},
    **{ending: (f"{ending}_code", f"{ending}_text") for ending in _CODE_AND_TEXT},
}
"""The columns of mapping files that have the same ones in nearly all surveys, by ending."""

# What every header that BLS has used has in one of its names, and no first row.
_HEADER_NAMES = {"series_id", "period", "seasonal", "year", "value", "code", "name", "text"}
_HEADER_ENDINGS = _HEADER_NAMES | {
    "abbr", "codes", "desc", "description", "id", "level", "sequence", "status", "title", "type",
}  # fmt: skip


@dataclass(frozen=True)
class Header:
    """The columns of a flat file.

    Attributes:
        names: identifiers, in the file's order; empty for a field without a name.
        size: bytes before the first row.
        warning: what is odd about the line, without the file's name; empty for nothing.
    """

    names: tuple[str, ...]
    size: int = 0
    warning: str = ""

    @property
    def first_line(self) -> int:
        """The number of the line in which the first row begins."""
        return 1 if self.warning else 2

    @property
    def is_of_observations(self) -> bool:
        """Whether rows are figures of a series for a year and a period."""
        return {"series_id", "year", "period", "value"} <= set(self.names)


def ending_of(name: str) -> str:
    """What a file's name says after its survey, as an identifier: ``data_type``."""
    return _NO_LETTER_OR_DIGIT.sub("_", name.partition(".")[2].lower()).strip("_")


@lru_cache(maxsize=8)  # a build asks for a file's place and then converts it
def read_header(name: str, start: bytes) -> Header | None:
    """Reads the header of a file from its first bytes; None where no columns can be named.

    Args:
        name: the file's, as BLS has it.
        start: the first ``MOST_FIRST_BYTES`` and some more, or the whole file.
    """
    end = _END.search(start)
    line = start[: end.start()] if end else start
    if len(line) > MOST_FIRST_BYTES:
        return None
    size = end.end() if end else len(start)
    cells = _cells(line.removeprefix(_BOM))
    if ran_into := _ran_into_row(name, cells):
        column, row = ran_into
        names = _identifiers([*cells[: cells.index(column + row)], column])
        told = "has a header without a line end, which runs into the first row"
        return Header(names, line.index(row.encode()), told) if names else None
    names = _identifiers(cells)
    if names and any(map(_is_name_of_column, names)):
        return Header(_with_blank_fields(names, start[size:]), size)
    standard = STANDARD_NAMES.get(ending_of(name))
    if standard and len(cells) == len(standard):
        told = f"has no header line; its columns were named {', '.join(standard)}"
        return Header(standard, 0, told)
    return None


def looks_tabular(start: bytes) -> bool:
    """Whether the first bytes of a file without a header are rows of one number of fields."""
    widths = Counter(len(_cells(line)) for line in start.splitlines()[:_LOOKED_AT] if line.strip())
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    return width > 1 and count * 10 >= sum(widths.values()) * 9


def _cells(line: bytes) -> list[str]:
    """The fields of a line, without blanks around them, nor blank ones at its end."""
    cells = [cell.strip() for cell in line.decode("utf-8", "replace").split("\t")]
    while len(cells) > 1 and not cells[-1]:
        cells.pop()
    return cells


def _identifiers(cells: list[str]) -> tuple[str, ...] | None:
    """The cells as names of columns; None where they are none: two or more that differ."""
    names = tuple(_NO_LETTER_OR_DIGIT.sub("_", cell.lower()).strip("_") for cell in cells)
    given = [name for cell, name in zip(cells, names) if cell]
    usable = all(map(_IDENTIFIER.fullmatch, given))
    return names if usable and len(given) > 1 and len(set(given)) == len(given) else None


def _is_name_of_column(name: str) -> bool:
    return name.rpartition("_")[2] in _HEADER_ENDINGS or name in _HEADER_NAMES


def _ran_into_row(name: str, cells: list[str]) -> tuple[str, str] | None:
    """The last column's name and the first series' id, where one follows the other at once."""
    survey = re.escape(name.partition(".")[0].upper())
    for cell in cells[1:]:
        if found := re.fullmatch(rf"([a-z][a-z_]*[a-z])({survey}[A-Z][A-Z0-9_#-]+)", cell):
            return found[1], found[2]
    return None


def _with_blank_fields(names: tuple[str, ...], rows: bytes) -> tuple[str, ...]:
    """The names, with an empty one for each further field that is blank in all rows."""
    lines = [_cells(line) for line in rows.splitlines(keepends=True)[:_LOOKED_AT] if line.strip()]
    widths = Counter(map(len, lines))
    width = widths.most_common(1)[0][0] if widths else 0
    usual = [line for line in lines if len(line) == width]
    blank = [place for place in range(width) if not any(line[place] for line in usual)]
    if width <= len(names) or len(blank) != width - len(names):
        return names
    remaining = iter(names)
    return tuple("" if place in blank else next(remaining) for place in range(width))
