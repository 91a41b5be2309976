"""Moments as the lake writes them: UTC, to the second; and the years that a figure may be of."""

from __future__ import annotations

import functools
import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
"""BLS's own time."""

FIRST_YEAR, LAST_YEAR = 1800, 2100
"""Another year of an observation is a mistake of whoever wrote it."""

CLOCKS_DIFFER = timedelta(days=2)
"""So far may an upstream's clock be ahead of this machine's, which may be a day off."""

_SECONDS = {"s": 1, "m": 60, "h": 3600}
_TEXT = "%Y-%m-%dT%H:%M:%SZ"
_RELEASE = "%Y%m%dT%H%M%SZ"


def to_text(moment: datetime) -> str:
    """``2025-09-04T12:30:00Z``, for manifests and summaries."""
    return moment.astimezone(timezone.utc).strftime(_TEXT)


# A lake's documents say the same few moments again and again, and these two take long.
@functools.lru_cache(1_000)
def from_text(text: str) -> datetime:
    """The moment that ``to_text`` wrote."""
    return datetime.strptime(text, _TEXT).replace(tzinfo=timezone.utc)


def seconds_of(text: str) -> float:
    """The seconds of a time that somebody gives: ``90s``, ``45m``, ``2h``.

    Raises:
        ValueError: it is none, or no time at all.
    """
    found = re.fullmatch(r"([0-9]{1,6})([smh])", text.strip())
    if found is None or not int(found[1]):
        raise ValueError(text)
    return float(int(found[1]) * _SECONDS[found[2]])


def shown_seconds(seconds: float) -> str:
    """``45 minutes``: the largest unit that says it without a fraction."""
    units = {"hour": 3600, "minute": 60, "second": 1}
    unit = next((one for one, size in units.items() if seconds % size == 0), "second")
    count = seconds / units[unit]
    return f"{count:g} {unit}{'' if count == 1 else 's'}"


def release_name(moment: datetime) -> str:
    """``20250904T123000Z``, a release's name."""
    return moment.astimezone(timezone.utc).strftime(_RELEASE)


@functools.lru_cache(1_000)
def from_release(name: str) -> datetime:
    """The moment that a release is named after."""
    return datetime.strptime(name, _RELEASE).replace(tzinfo=timezone.utc)


def is_release(text: str) -> bool:
    """Whether a text is a release's name."""
    try:
        return release_name(from_release(text)) == text
    except ValueError:
        return False


def year_of(release: str) -> str:
    """The year of a release by its name, in UTC: `2025`."""
    return release[:4]


def release_of(text: str) -> datetime:
    """The moment of a release that somebody names; a date alone means 8:30 AM at BLS.

    Raises:
        ValueError: it is neither a release, nor an instant in UTC, nor a date.
    """
    moment = end_of(text)
    return (
        moment.astimezone(EASTERN).replace(hour=8, minute=30, second=0).astimezone(timezone.utc)
        if len(text) == len("2025-06-30")
        else moment
    )


def end_of(text: str) -> datetime:
    """The moment that somebody means: a release, an instant in UTC, or the end of a date at BLS.

    Raises:
        ValueError: it is none of these.
    """
    # At either end of the calendar a moment has another year in UTC, or a name that sorts wrongly.
    if not "1000" < text < "9999":
        raise ValueError(f"{text} is out of reach")
    if re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", text):
        return from_release(text)
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=EASTERN)
        # Of a day's last second, not 24 hours on: clocks change.
        return day.replace(hour=23, minute=59, second=59).astimezone(timezone.utc)
    return from_text(text)


def from_header(text: str | None) -> datetime | None:
    """The moment in an HTTP header, in UTC, or None where there is none that can be read."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - loads sockets

    try:
        moment = parsedate_to_datetime(text or "")
        aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return aware.astimezone(timezone.utc)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None  # overflow: a zone of years, or one that leads out of the years there are
