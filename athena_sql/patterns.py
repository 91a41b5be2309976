"""Time patterns: MySQL's (``date_format``) and Joda's (``format_datetime``).

Both become strftime's. A letter whose meaning is not the same in all of them is refused.

Source: https://trino.io/docs/current/functions/datetime.html (2026-11).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from athena_sql.errors import UnsupportedSQL

if TYPE_CHECKING:
    from collections.abc import Mapping

_MYSQL_PATTERNS = {
    "%Y": "%Y",
    "%y": "%y",
    "%m": "%m",
    "%c": "%-m",
    "%d": "%d",
    "%e": "%-d",
    "%H": "%H",
    "%k": "%-H",
    "%h": "%I",
    "%I": "%I",
    "%l": "%-I",
    "%i": "%M",
    "%s": "%S",
    "%S": "%S",
    "%p": "%p",
    "%f": "%f",
    "%j": "%j",
    "%M": "%B",
    "%b": "%b",
    "%W": "%A",
    "%a": "%a",
    "%T": "%H:%M:%S",
    "%r": "%I:%M:%S %p",
    "%v": "%V",
    "%x": "%G",
    "%%": "%%",
}
_JODA_PATTERNS = {
    "yyyy": "%Y",
    "YYYY": "%Y",
    "yy": "%y",
    "MM": "%m",
    "M": "%-m",
    "MMM": "%b",
    "MMMM": "%B",
    "dd": "%d",
    "d": "%-d",
    "DDD": "%j",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "m": "%-M",
    "ss": "%S",
    "s": "%-S",
    "SSS": "%g",
    "a": "%p",
    "E": "%a",
    "EE": "%a",
    "EEE": "%a",
    "EEEE": "%A",
    "xxxx": "%G",
    "ww": "%V",
}
# Reading a week, a day's name or a two-digit year has rules of its own in each of them.
_READABLE = frozenset(
    (
        "%Y",
        "%y",
        "%m",
        "%-m",
        "%d",
        "%-d",
        "%H",
        "%-H",
        "%I",
        "%-I",
        "%M",
        "%-M",
        "%S",
        "%-S",
        "%p",
        "%b",
        "%B",
        "%g",
        "%%",
        "%H:%M:%S",
        "%I:%M:%S %p",
    )
)
_JODA_TOKEN = re.compile(r"([A-Za-z])\1*|'(?:[^']|'')*'|[^A-Za-z']+")
_MYSQL_TOKEN = re.compile(r"%.|[^%]+|%", re.DOTALL)


def mysql(pattern: str) -> str:
    """A pattern of date_format, in strftime's letters."""
    return _translated(pattern, _MYSQL_TOKEN, _MYSQL_PATTERNS, starts_with_percent=True)


def joda(pattern: str) -> str:
    """A pattern of format_datetime, in strftime's letters."""
    return _translated(pattern, _JODA_TOKEN, _JODA_PATTERNS, starts_with_percent=False)


def _translated(
    pattern: str, token: re.Pattern[str], meanings: Mapping[str, str], *, starts_with_percent: bool
) -> str:
    """The pattern in strftime's letters."""
    parts = []
    for match in token.finditer(pattern):
        part = match.group()
        special = part.startswith("%") if starts_with_percent else part[0].isalpha()
        if special and part not in meanings:
            raise UnsupportedSQL(
                f"The local engine does not translate '{part}' in the time pattern '{pattern}'."
            )
        if not special and part.startswith("'") and not starts_with_percent:
            part = part[1:-1].replace("''", "'") or "'"
        parts.append(meanings[part] if special else part.replace("%", "%%"))
    return "".join(parts)


def readable(pattern: str, written: str) -> str:
    """A pattern in strftime's letters, if a text is read by it as Athena reads it.

    Raises:
        UnsupportedSQL: it has a part that is read otherwise, or leaves out the year.
    """
    for match in re.finditer(r"%-?.", pattern):
        if match.group() not in _READABLE:
            raise UnsupportedSQL(
                f"The local engine does not read times by the pattern '{written}'.",
                hint="Use year, month, day, hour, minute and second.",
            )
    if ("%Y" in pattern) == ("%y" in pattern) or ("I" in pattern) != ("p" in pattern):
        raise UnsupportedSQL(
            f"The local engine does not read times by the pattern '{written}'.",
            hint="Have a year in it, and AM or PM with hours to 12 only.",
        )
    return pattern
