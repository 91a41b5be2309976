"""Renders figures, mapping tables and listings as BLS serves them, byte for byte.

Source: files of 2025-02 and 2025-10, listing of 2026-08, from download.bls.gov.
"""

from __future__ import annotations

import json
from datetime import timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

_EASTERN = ZoneInfo("America/New_York")
_DATA_HEADER = "series_id        \tyear\tperiod\t       value\tfootnote_codes"


def data_file(rows: Iterable[tuple[str, str, str, str, str]]) -> bytes:
    """A data file: series_id padded to 17 characters, value set right in 12."""
    lines = [_DATA_HEADER]
    lines += [
        f"{series_id:<17}\t{year}\t{period}\t{value:>12}\t{footnotes}"
        for series_id, year, period, value, footnotes in rows
    ]
    return _crlf(lines)


def table_file(lines: Sequence[Sequence[str]]) -> bytes:
    """A mapping or series file: its header and rows, tab separated."""
    return _crlf(["\t".join(fields) for fields in lines])


def listing(
    folder: str, files: Mapping[str, tuple[int, datetime]], folders: Sequence[str]
) -> bytes:
    """The page of a folder: every file's size and Eastern minute, sub-folders as ``<dir>``.

    Args:
        folder: the path, with slashes at both ends.
        files: by name, size in bytes and moment in UTC.
        folders: names of sub-folders.
    """
    parent = folder.rstrip("/").rpartition("/")[0] + "/"
    rows = [
        f'{_minute(moment)} {size:>12} <A HREF="{folder}{name}">{name}</A><br>'
        for name, (size, moment) in files.items()
    ]
    rows += [
        f'  1/2/2024  8:30 AM        &lt;dir&gt; <A HREF="{folder}{name}/">{name}</A><br>'
        for name in folders
    ]
    title = f"download.bls.gov - {folder}"
    return (
        f"<html><head><title>{title}</title></head><body><H1>{title}</H1><hr>\r\n\r\n"
        f'<pre><A HREF="{parent}">[To Parent Directory]</A><br><br>'
        f"{''.join(rows)}</pre><hr></body></html>"
    ).encode()


def population_body(
    dataset_name: str, years: Mapping[int, int], total: int | None = None, offset: int = 0
) -> bytes:
    """An answer of the population API in its present shape."""
    rows = [
        {
            "Nation ID": "01000US",
            "Nation": "United States",
            "Year": year,
            "Population": float(count),
        }
        for year, count in years.items()
    ]
    return json.dumps(
        {
            "annotations": {"dataset_name": dataset_name, "source_name": "Census Bureau"},
            "page": {"limit": 0, "offset": offset, "total": len(rows) if total is None else total},
            "columns": ["Nation ID", "Nation", "Year", "Population"],
            "data": rows,
        },
        separators=(",", ":"),
    ).encode()


def _minute(moment: datetime) -> str:
    local = moment.astimezone(timezone.utc).astimezone(_EASTERN)
    date = f"{local.month}/{local.day}/{local.year}"
    time = f"{local.hour % 12 or 12}:{local.minute:02d} {'PM' if local.hour >= 12 else 'AM'}"
    return f"{date:>10} {time:>8}"


def _crlf(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()
