"""Reads the directory listings of BLS: of one survey, and of the folder that holds all surveys.

The page is what an IIS server prints: one ``<pre>`` whose entries are separated by ``<br>``, each
a date, a time, a size or ``&lt;dir&gt;``, and a link. Nothing is guessed from it: a page that is
not wholly understood (cut short, in another markup, an entry of another form, a name twice) is
refused as a whole, since a listing read wrongly would look like files that were removed. A row that
is understood and names what the lake will not fetch (a name that could leave its folder, a link to
another place, two names that differ in case alone) is left out, and told.

Times are US Eastern local time, to the minute, without a zone.
Source: download.bls.gov, captures of 2013-12 and 2026-08.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from glue_jobs.errors import UpstreamInvalid
from glue_jobs.storage.names import safe_file_name
from glue_jobs.timestamps import EASTERN, FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES = 4 << 20
"""A listing larger than this is no listing: the largest real one, of `la`, has 10 kB."""


_CLOCK_CHANGE = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)  # a listing leaves the seconds out

_PAGE = re.compile(
    r"<html>.*?<pre>\s*<A HREF=\"[^\"<>]*\">\[To Parent Directory\]</A>(?P<entries>.*)</pre>"
    r"\s*<hr>\s*</body>\s*</html>\s*",
    re.DOTALL | re.IGNORECASE,
)
_ENTRY = re.compile(
    r"\s*(?P<date>\d{1,2}/\d{1,2}/\d{4})\s+(?P<time>\d{1,2}:\d{2} [AP]M)\s+"
    r"(?P<size>\d{1,15}|&lt;dir&gt;)\s+<A HREF=\"(?P<path>[^\"<>]*)\">(?P<name>[^<>]*)</A>\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ListedFile:
    """One row of a listing.

    Attributes:
        name: the file's name inside the survey's folder.
        size: bytes.
        minute: when it was last written, US Eastern local time: ``2026-08-06T08:30``.
    """

    name: str
    size: int
    minute: str


@dataclass(frozen=True)
class Listing:
    """A survey's folder as BLS lists it.

    Attributes:
        files: those that can be fetched, in the page's order.
        refused: the rows that are left out: their names, as they can be shown, and why.
    """

    files: tuple[ListedFile, ...]
    refused: Mapping[str, str]


def parse_listing(page: bytes, folder: str) -> Listing:
    """Returns the files of a listing page; sub-folders are left out.

    Args:
        page: the body as received.
        folder: the path that the page lists, with slashes at both ends.

    Raises:
        UpstreamInvalid: the page is not a whole listing of this folder.
    """
    refused: dict[str, str] = {}
    files = []
    for row in _rows(page, folder):
        if _is_folder(row):
            continue
        listed = ListedFile(row["name"], int(row["size"]), _minute_of(row, folder))
        why = _why_refused(row["name"], row["path"], folder + row["name"])
        if why:
            refused[_shown(row["name"])] = why
        else:
            files.append(listed)
    _refuse_twice([file.name for file in files], folder, "file")
    spelled = Counter(file.name.lower() for file in files)
    for file in files:
        if spelled[file.name.lower()] > 1:
            refused[file.name] = "another name differs from it in case alone"
    usable = tuple(file for file in files if file.name not in refused)
    if not usable:
        raise _refused(folder, "it names no file")
    return Listing(usable, refused)


def parse_folders(page: bytes, folder: str) -> tuple[str, ...]:
    """Returns the names of the sub-folders of a listing page; files are left out.

    A name that could lead elsewhere is left out as well: no survey has such a one.

    Args:
        page: the body as received.
        folder: the path that the page lists, with slashes at both ends.

    Raises:
        UpstreamInvalid: the page is not a whole listing of this folder.
    """
    rows = [row for row in _rows(page, folder) if _is_folder(row)]
    names = [
        row["name"]
        for row in rows
        if not _why_refused(row["name"], row["path"], f"{folder}{row['name']}/")
    ]
    _refuse_twice(names, folder, "folder")
    if not names:
        raise _refused(folder, "it names no folder")
    return tuple(names)


def listed_moment(minute: str) -> datetime:
    """The moment of a listing's minute, in UTC; in the hour that occurs twice, the earlier."""
    local = datetime.strptime(minute, "%Y-%m-%dT%H:%M").replace(tzinfo=EASTERN)
    return local.astimezone(timezone.utc)


def is_as_listed(written: datetime, minute: str) -> bool:
    """Whether a Last-Modified and a listing's minute can mean the same moment.

    Listing times may be off by an hour around a daylight-saving change.
    """
    older = listed_moment(minute) - written > _CLOCK_CHANGE
    return not (older or is_newer(written, minute))


def is_newer(written: datetime, minute: str) -> bool:
    """Whether a Last-Modified is later than a listing's minute by more than a clock change."""
    return written - listed_moment(minute) >= _CLOCK_CHANGE + _MINUTE


def _rows(page: bytes, folder: str) -> list[re.Match[str]]:
    """The entries of a page that is wholly understood."""
    # Many starts would each be tried to the page's end, which takes hours.
    whole = _PAGE.fullmatch(page.decode("latin-1")) if page.lower().count(b"<pre>") == 1 else None
    if whole is None:
        raise _refused(folder, "it is cut short or not in the form that BLS uses")
    rows = []
    for entry in re.split(r"<br>", whole["entries"], flags=re.IGNORECASE):
        if not entry.strip():
            continue
        row = _ENTRY.fullmatch(entry)
        if row is None:
            raise _refused(folder, f"it has an entry of another form: {_shown(entry.strip())}")
        rows.append(row)
    return rows


def _is_folder(row: re.Match[str]) -> bool:
    return row["size"].lower() == "&lt;dir&gt;"


def _why_refused(name: str, path: str, expected: str) -> str:
    """Why the lake will not fetch what a row names; empty if it will."""
    try:
        safe_file_name(name)
    except UpstreamInvalid:
        return "no file may have such a name"
    return "" if path == expected else f"it links to another place: {_shown(path)}"


def _refuse_twice(names: list[str], folder: str, what: str) -> None:
    if len(set(names)) < len(names):
        raise _refused(folder, f"it names a {what} twice")


def _shown(text: str) -> str:
    return ascii(text)[1:-1][:60]


def _minute_of(row: re.Match[str], folder: str) -> str:
    try:
        # A naive time is meant: the listing's clock is kept as it is printed.
        moment = datetime.strptime(f"{row['date']} {row['time'].upper()}", "%m/%d/%Y %I:%M %p")  # noqa: DTZ007
    except ValueError:
        moment = None
    if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        shown = _shown(row["name"])
        raise _refused(folder, f"{shown} has the time {row['date']} {row['time']}")
    return moment.strftime("%Y-%m-%dT%H:%M")


def _refused(folder: str, reason: str) -> UpstreamInvalid:
    return UpstreamInvalid(
        f"The listing of {folder} cannot be trusted: {reason}.",
        hint="Nothing was changed. If it stays so, BLS has changed its listing.",
    )
