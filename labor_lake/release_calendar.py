"""When a survey's releases come: what the lake has learnt from those that it has seen.

BLS publishes a calendar, but not in a form that programs may rely on. So the next release is
expected as long after the newest one as there usually lies between two, and is called late when
none before took so long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from glue_jobs.timestamps import EASTERN, from_release

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from glue_jobs.catalog.pointers import Pointer

_FEWEST = 3
"""Releases that must have been seen: of two, nobody knows whether one between them was missed."""

_SAME = timedelta(hours=20)
"""What BLS writes within so long is one release: it writes its files one after the other."""

_LATE = timedelta(days=3)
"""So much longer than ever may a release take before it counts as late: holidays move it."""


@dataclass(frozen=True)
class Expected:
    """What is known of a subject's releases.

    Attributes:
        seen: how many the lake has seen.
        usual_days: days between two of them, as usual; None where too few were seen.
        usual_time: time of day of the newest one at BLS, ``08:30``.
        due: the day on which the next is expected, by BLS's clock; None where nobody can tell.
        is_late: whether it takes longer than any before it.
    """

    seen: int
    usual_days: int | None
    usual_time: str
    due: str | None
    is_late: bool


def expect(pointer: Pointer, now: datetime) -> Expected:
    """What the lake has learnt of a subject's releases, and when the next one is due.

    Args:
        pointer: the subject's, with its history.
        now: the moment by which something may be late.
    """
    moments = _apart({pointer.release, *(one.release for one in pointer.history)})
    newest = moments[-1]
    time = f"{newest.astimezone(EASTERN):%H:%M}"
    if len(moments) < _FEWEST:
        return Expected(len(moments), None, time, None, is_late=False)
    gaps = [later - earlier for earlier, later in zip(moments, moments[1:])]
    usual = timedelta(seconds=median(gap.total_seconds() for gap in gaps))
    due = (newest + usual).astimezone(EASTERN)
    is_late = now > newest + max(gaps) + _LATE
    return Expected(
        len(moments), round(usual / timedelta(days=1)), time, f"{due:%Y-%m-%d}", is_late
    )


def _apart(releases: Iterable[str]) -> list[datetime]:
    """The moments of releases, oldest first; of those that are one release, the last."""
    moments: list[datetime] = []
    for moment in sorted(map(from_release, releases)):
        if moments and moment - moments[-1] < _SAME:
            moments[-1] = moment
        else:
            moments.append(moment)
    return moments
