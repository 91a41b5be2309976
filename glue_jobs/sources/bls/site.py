"""The BLS download site: one folder per survey, a listing of it, and its files.

BLS answers 403 to whoever does not name an e-mail address in the User-Agent, and sends its block
page under other statuses too; so HTML where a file is expected is refused by its content.
Source: https://www.bls.gov/bls/pss.htm, and captures up to 2026-08.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from glue_jobs.errors import UpstreamInvalid, UpstreamRefused, UpstreamUnavailable, UsageError
from glue_jobs.sources.bls.listing import (
    MOST_BYTES,
    is_as_listed,
    listed_moment,
    parse_folders,
    parse_listing,
)
from glue_jobs.sources.http import Answer, Http
from glue_jobs.timestamps import CLOCKS_DIFFER, to_text

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from glue_jobs.progress import Progress
    from glue_jobs.settings import RetryPolicy
    from glue_jobs.sources.bls.listing import ListedFile, Listing
    from glue_jobs.sources.http import RateLimit

_ADDRESS = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+")

_PAGE_BYTES = 1 << 16  # room to recognise a web page that comes in place of a smaller file


class ListingOutdated(UpstreamUnavailable):
    """A file is not what the listing says; another listing may tell why."""


@dataclass(frozen=True)
class Fetched:
    """A file that was downloaded whole.

    Attributes:
        listed: the row of the listing that it answers to.
        path: where its bytes are.
        sha256: of its bytes, in hex.
        last_modified: when BLS wrote it: the header, or else the listing's minute.
    """

    listed: ListedFile
    path: Path
    sha256: str
    last_modified: datetime


@dataclass(frozen=True)
class Offered:
    """What a server says of a file: the status, its size, and when it was written if it tells."""

    status: int
    size: int
    last_modified: datetime | None


def check_contact(contact: str) -> None:
    """Looks whether BLS would take a contact for an address.

    Raises:
        UsageError: there is none, or it is no e-mail address.
    """
    if _ADDRESS.fullmatch(contact):
        return
    what = "what is configured is not one" if contact else "none is configured"
    raise UsageError(
        f"BLS requires a contact e-mail address, and {what}.",
        hint="Give yours with --contact you@example.com or LAKE_CONTACT; it goes to BLS alone.",
    )


class BlsSite:
    """The folder that lists the surveys."""

    def __init__(
        self, base_url: str, contact: str, rate_limit: RateLimit, policy: RetryPolicy
    ) -> None:
        """Prepares to ask; nothing is sent yet.

        Args:
            base_url: the folder that lists the surveys, with its closing slash.
            contact: an e-mail address, which BLS demands; sent to BLS only, never stored.
            rate_limit: spaces the requests.
            policy: how often and how long to try.

        Raises:
            UsageError: there is no contact address.
        """
        check_contact(contact)
        self._base = base_url.rstrip("/") + "/"
        self._http = Http({"User-Agent": f"labor-lake ({contact})"}, rate_limit, policy)

    def listing(self, survey: str) -> Listing:
        """What BLS lists for a survey now.

        Raises:
            UpstreamRefused: BLS answers 403.
            UpstreamInvalid: there is no such survey, or the page is not a whole listing.
            UpstreamUnavailable: no complete answer.
        """
        url = f"{self._base}{survey}/"
        missing = f"BLS answers {{status}} for the survey {survey}."
        return parse_listing(self._page(url, missing), urlsplit(url).path)

    def folders(self) -> tuple[str, ...]:
        """The folders beside each other that BLS lists now: the surveys, and some others.

        Raises:
            UpstreamRefused: BLS answers 403.
            UpstreamInvalid: the page is not a whole listing.
            UpstreamUnavailable: no complete answer.
        """
        missing = "BLS answers {status} for the folder that lists its surveys."
        return parse_folders(self._page(self._base, missing), urlsplit(self._base).path)

    def _page(self, url: str, missing: str) -> bytes:
        page = io.BytesIO()
        answer = self._http.get(url, page, most_bytes=MOST_BYTES)
        _check_allowed(answer)
        if answer.status != 200:
            raise UpstreamInvalid(
                missing.format(status=answer.status),
                hint=f"{self._base} lists the surveys there are.",
            )
        return page.getvalue()

    def look(self, survey: str, name: str) -> Offered:
        """What BLS has of a file now, without its bytes.

        Raises:
            UpstreamRefused: BLS answers 403.
            UpstreamUnavailable: no answer.
        """
        answer = self._http.head(f"{self._base}{survey}/{name}")
        _check_allowed(answer)
        return Offered(answer.status, answer.size, answer.last_modified)

    def fetch(
        self,
        survey: str,
        listed: ListedFile,
        path: Path,
        since: datetime | None,
        progress: Progress,
    ) -> Fetched | None:
        """Downloads a listed file, or returns None if it has not changed since a moment.

        Raises:
            ListingOutdated: the file is gone, or its size or time is not the listed one.
            UpstreamInvalid: a web page came in place of the file.
            UpstreamRefused: BLS answers 403.
            UpstreamUnavailable: no complete answer.
        """
        condition = {"If-Modified-Since": format_datetime(since, usegmt=True)} if since else {}
        with path.open("w+b") as sink:
            answer = self._http.get(
                f"{self._base}{survey}/{listed.name}",
                sink,
                most_bytes=max(listed.size, _PAGE_BYTES),
                headers=condition,
                received=lambda size: progress.received(listed.name, size),
            )
            sink.seek(0)
            start = sink.read(512)
        _check_allowed(answer)
        if answer.status == 304:
            _check_written(listed, answer.last_modified or since)
            return None
        if answer.status != 200:
            raise ListingOutdated(f"BLS lists {listed.name} but answers {answer.status} for it.")
        if start.lstrip().lower().startswith((b"<!doctype", b"<html")):
            raise UpstreamInvalid(
                f"BLS sent a web page in place of {listed.name}.",
                hint=f"Nothing of {survey} was landed; the last release stands. Run again later.",
            )
        if answer.size != listed.size:
            raise ListingOutdated(
                f"{listed.name} has {answer.size:,} bytes where BLS lists {listed.size:,}."
            )
        _check_written(listed, answer.last_modified)
        moment = answer.last_modified or listed_moment(listed.minute)
        return Fetched(listed, path, answer.sha256, moment)


def check_time(listed: ListedFile, now: datetime) -> None:
    """Refuses a file that is listed with a time to come.

    Its Last-Modified would name the release, and every later one would seem older.

    Raises:
        ListingOutdated: the time is further ahead than this machine's clock can be wrong.
    """
    if listed_moment(listed.minute) - now > CLOCKS_DIFFER:
        raise ListingOutdated(
            f"BLS lists {listed.name} with the time {listed.minute}, which is still to come.",
            hint=f"Check the clock of this machine, which says {to_text(now)}. If it is right, run"
            " again later: BLS's is wrong.",
        )


def _check_written(listed: ListedFile, written: datetime | None) -> None:
    """Around a release, a server may send the file of before or after, often of the same size."""
    if written is not None and not is_as_listed(written, listed.minute):
        raise ListingOutdated(
            f"BLS lists {listed.name} of {listed.minute} but sends the one of {to_text(written)}.",
            hint="Run again in some minutes, when all of its servers have the same file.",
        )


def _check_allowed(answer: Answer) -> None:
    if answer.status in (401, 403):
        raise UpstreamRefused(
            f"BLS refuses to serve this lake ({answer.status}).",
            hint="It wants an e-mail address in the User-Agent: check --contact.",
        )
