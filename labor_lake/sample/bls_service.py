"""Answers as download.bls.gov does: listings, files, and 403 for who names no contact.

Source: reports and captures up to 2026-08, gathered in the design notes. ``If-Modified-Since``
works, ``If-None-Match`` is ignored, and the ETag is that of an IIS server: made from the time at
which the file was written, not from its content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

from labor_lake.sample.answer import Answer, Content, page, parts_of, size_of
from labor_lake.sample.pages import BLOCK_PAGE, NOT_FOUND_PAGE, ListedRow, listing

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = "/pub/time.series/"

_EMAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[A-Za-z]{2,}")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_FILETIME_ZERO = datetime(1601, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class UpstreamFile:
    """A file as the server has it.

    Attributes:
        body: its bytes, or a path to them.
        last_modified: when it was last written, with a zone; the server knows it to the second.
    """

    body: Content
    last_modified: datetime

    def __post_init__(self) -> None:
        if self.last_modified.tzinfo is None:
            raise ValueError("last_modified needs a zone")


def answer_bls(
    surveys: Mapping[str, Mapping[str, UpstreamFile]],
    path: str,
    headers: Mapping[str, str],
    *,
    line_breaks: bool,
) -> Answer:
    """Answers one request to download.bls.gov.

    Args:
        surveys: the served files by survey and name.
        path: as asked for, without the query.
        headers: of the request, names in title case.
        line_breaks: listings in the style of 2013.
    """
    if not _EMAIL.search(headers.get("User-Agent", "")):
        return page(403, BLOCK_PAGE)
    path = unquote(path)
    if path == ROOT:
        return page(200, listing(ROOT, _survey_rows(surveys), line_breaks=line_breaks))
    survey, slash, name = path[len(ROOT) :].partition("/")
    if not (path.startswith(ROOT) and slash and survey in surveys):
        return page(404, NOT_FOUND_PAGE)
    files = surveys[survey]
    if not name:
        return page(200, listing(path, _file_rows(files), line_breaks=line_breaks))
    if name in files:
        return _answer_file(files[name], headers)
    return page(404, NOT_FOUND_PAGE)


def etag(last_modified: datetime) -> str:
    """The ETag of IIS: a FILETIME's bytes from the lowest up, in hex without padding.

    Source: ``"094a5766826dd1:0"`` of a file written 2026-08-07 12:30:00 UTC.
    """
    ticks = (last_modified - _FILETIME_ZERO) // timedelta(microseconds=1) * 10
    return f'"{"".join(f"{byte:x}" for byte in ticks.to_bytes(8, "little"))}:0"'


def _survey_rows(surveys: Mapping[str, Mapping[str, UpstreamFile]]) -> list[ListedRow]:
    return [
        ListedRow(survey, None, max(file.last_modified for file in files.values()))
        for survey, files in sorted(surveys.items())
        if files
    ]


def _file_rows(files: Mapping[str, UpstreamFile]) -> list[ListedRow]:
    # A Windows folder sorts as if all its letters were capitals.
    return [
        ListedRow(name, size_of(file.body), file.last_modified)
        for name, file in sorted(files.items(), key=lambda item: item[0].upper())
    ]


def _answer_file(file: UpstreamFile, asked: Mapping[str, str]) -> Answer:
    written = file.last_modified.astimezone(timezone.utc).replace(microsecond=0)
    size = size_of(file.body)
    headers = {
        "Content-Type": "application/octet-stream",
        "Last-Modified": format_datetime(written, usegmt=True),
        "ETag": etag(written),
        "Accept-Ranges": "bytes",
    }
    since = _moment(asked.get("If-Modified-Since", ""))
    if since is not None and written <= since:
        return Answer(304, headers)
    wanted = _wanted_range(asked, headers, size)
    if wanted is None:
        return Answer(200, headers, size, parts_of(file.body, 0, size))
    start, stop = wanted
    if start >= stop:
        return Answer(416, {**headers, "Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return Answer(206, headers, stop - start, parts_of(file.body, start, stop))


def _wanted_range(
    asked: Mapping[str, str], headers: Mapping[str, str], size: int
) -> tuple[int, int] | None:
    """The one range asked for, as start and stop; None where the whole file is meant."""
    match = _RANGE.fullmatch(asked.get("Range", ""))
    held = asked.get("If-Range")
    if match is None or match.groups() == ("", ""):
        return None
    if held is not None and held not in (headers["ETag"], headers["Last-Modified"]):
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
