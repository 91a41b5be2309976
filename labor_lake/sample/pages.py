"""The HTML pages of download.bls.gov: a folder's listing, and what refused clients see.

Source: listings of `la` (2013-12, a line per entry) and of `pr` (2026-08, all on one line).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_jobs.timestamps import EASTERN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_SIZE_WIDTH = 12

BLOCK_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>Access Denied</title></head><body>\n"
    "<h1>Access Denied</h1>\n"
    + "<p>You do not have permission to access this page with an automated program.</p>\n" * 14
    + "</body></html>\n"
).encode()
"""In place of anything, for who names no e-mail address in the User-Agent; about 1.3 kB."""

NOT_FOUND_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>404 - File or directory not found.</title></head>"
    b"<body><h1>404 - File or directory not found.</h1></body></html>\n"
)


@dataclass(frozen=True)
class ListedRow:
    """One row of a listing.

    Attributes:
        name: of the file or sub-folder.
        size: bytes; None for a sub-folder.
        written: when it was last written, with a zone.
    """

    name: str
    size: int | None
    written: datetime


def listing(folder: str, rows: Iterable[ListedRow], *, line_breaks: bool = False) -> bytes:
    """The page of a folder, rows in the order given.

    Args:
        folder: its path, with slashes at both ends.
        rows: its files and sub-folders.
        line_breaks: a line per entry, as in 2013; now all of them stand on one.
    """
    title = f"download.bls.gov - {folder}"
    parent = folder.rstrip("/").rpartition("/")[0] + "/"
    newline, after_title = ("\n", "\n\n") if line_breaks else ("", "\r\n\r\n")
    entries = [f'<A HREF="{parent}">[To Parent Directory]</A><br>', "<br>"]
    entries += [_entry(folder, row) for row in rows]
    return (
        f"<html><head><title>{title}</title></head><body><H1>{title}</H1><hr>{after_title}"
        f"<pre>{''.join(entry + newline for entry in entries)}</pre><hr></body></html>"
    ).encode()


def _entry(folder: str, row: ListedRow) -> str:
    size, path = (str(row.size), row.name) if row.size is not None else ("<dir>", f"{row.name}/")
    shown = f"{size:>{_SIZE_WIDTH}}".replace("<dir>", "&lt;dir&gt;")
    return f'{_minute(row.written)} {shown} <A HREF="{folder}{path}">{row.name}</A><br>'


def _minute(moment: datetime) -> str:
    """US Eastern local time, daylight saving included: `` 8/6/2026  8:30 AM``."""
    local = moment.astimezone(EASTERN)
    date = f"{local.month}/{local.day}/{local.year}"
    time = f"{local.hour % 12 or 12}:{local.minute:02d} {'PM' if local.hour >= 12 else 'AM'}"
    return f"{date:>10} {time:>8}"
