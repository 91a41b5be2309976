"""All of BLS's surveys, made up, at a part of their real size: what the jobs spend on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulator.world import serve_survey, serve_world

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.rehearsal.days import Rehearsal
    from tests.simulator.upstream import Upstream

PARAMETERS = {"Surveys": "all", "BuildCapacity": "1", "JobMinutes": "480"}
"""What the stack is deployed with."""

_CHANGED = ("ce", "cu", "jl")


def days_of_all_surveys(rehearsal: Rehearsal, scale: float) -> None:
    """A first day, a quiet one, and one on which three surveys have changed.

    Args:
        rehearsal: whose upstream serves `pr` as it is.
        scale: which part of its real size a file has; 0: some rows each.
    """
    upstream = rehearsal.upstream
    own = dict(upstream.surveys["pr"])
    serve_world(upstream, scale)
    upstream.surveys["pr"] = own
    rehearsal.tell(f"\nAll surveys: {_told(upstream, upstream.surveys)}")
    # At BLS's own pace the files alone would take six minutes.
    pace = "100"
    rehearsal.succeeds(rehearsal.run("all surveys, first day", LAKE_REQUESTS_PER_SECOND=pace))
    rehearsal.succeeds(rehearsal.run("all surveys, nothing new", LAKE_REQUESTS_PER_SECOND=pace))
    for survey in _CHANGED:
        serve_survey(upstream, survey, scale, release=2)
    rehearsal.tell(f"\nThree of them have changed: {_told(upstream, _CHANGED)}")
    rehearsal.succeeds(rehearsal.run("three of them changed", LAKE_REQUESTS_PER_SECOND=pace))


def _told(upstream: Upstream, surveys: Iterable[str]) -> str:
    files = [file for survey in surveys for file in upstream.surveys[survey].values()]
    bodies = [file.body for file in files]
    size = sum(len(body) if isinstance(body, bytes) else body.stat().st_size for body in bodies)
    return f"{len(files)} files, {size / 1e6:.1f} MB"
