"""Reads the directory listing of one BLS survey.

The page is what an IIS server prints: one ``<pre>`` whose entries are separated by ``<br>``, each
a date, a time, a size or ``&lt;dir&gt;``, and a link. Nothing is guessed from it: a page that is
not wholly understood (cut short, in another markup, an entry of another form, a name that could
leave its folder) is refused as a whole, since a listing read wrongly would look like files that
were removed.

Times are US Eastern local time, to the minute, without a zone.
Source: download.bls.gov, captures of 2013-12 and 2026-08.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone

from glue_jobs.errors import UpstreamInvalid
from glue_jobs.storage.names import safe_file_name
from glue_jobs.timestamps import EASTERN, FIRST_YEAR, LAST_YEAR

MOST_BYTES = 4 << 20
"""A listing larger than this is no listing: the largest real one, of `la`, has 10 kB."""


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


def parse_listing(page: bytes, folder: str) -> tuple[ListedFile, ...]:
    """Returns the files of a listing page, in its order; sub-folders are left out.

    Args:
        page: the body as received.
        folder: the path that the page lists, with slashes at both ends.

    Raises:
        UpstreamInvalid: the page is not a whole listing of this folder.
    """
    # Many starts would each be tried to the page's end, which takes hours.
    whole = _PAGE.fullmatch(page.decode("latin-1")) if page.lower().count(b"<pre>") == 1 else None
    if whole is None:
        raise _refused(folder, "it is cut short or not in the form that BLS uses")
    entries = [
        part for part in re.split(r"<br>", whole["entries"], flags=re.IGNORECASE) if part.strip()
    ]
    files = tuple(file for entry in entries if (file := _parse_entry(entry, folder)) is not None)
    if not files:
        raise _refused(folder, "it names no file")
    names = {file.name.lower() for file in files}
    if len(names) < len(files):
        raise _refused(folder, "it names a file twice")
    return files


def listed_moment(minute: str) -> datetime:
    """The moment of a listing's minute, in UTC; in the hour that occurs twice, the earlier."""
    local = datetime.strptime(minute, "%Y-%m-%dT%H:%M").replace(tzinfo=EASTERN)
    return local.astimezone(timezone.utc)


def _parse_entry(entry: str, folder: str) -> ListedFile | None:
    row = _ENTRY.fullmatch(entry)
    if row is None:
        raise _refused(folder, f"it has an entry of another form: {ascii(entry.strip())[:60]}")
    if row["size"].lower() == "&lt;dir&gt;":
        return None
    name = safe_file_name(row["name"])
    if row["path"] != folder + name:
        raise _refused(folder, f"{name} links to another place: {ascii(row['path'])[:60]}")
    try:
        # A naive time is meant: the listing's clock is kept as it is printed.
        moment = datetime.strptime(f"{row['date']} {row['time'].upper()}", "%m/%d/%Y %I:%M %p")  # noqa: DTZ007
    except ValueError:
        moment = None
    if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise _refused(folder, f"{name} has the time {row['date']} {row['time']}")
    return ListedFile(name, int(row["size"]), moment.strftime("%Y-%m-%dT%H:%M"))


def _refused(folder: str, reason: str) -> UpstreamInvalid:
    return UpstreamInvalid(
        f"The listing of {folder} cannot be trusted: {reason}.",
        hint="Nothing was changed. If it stays so, BLS has changed its listing.",
    )
