"""The pace of requests, by a clock that the test sets."""

from __future__ import annotations

import pytest

from glue_jobs.sources.http import Pace


@pytest.fixture
def clock(monkeypatch):
    """The time, in a list of one, and for how long who asked has slept; nobody really does."""
    now = [100.0]
    slept: list[float] = []
    monkeypatch.setattr("glue_jobs.sources.http.time.monotonic", lambda: now[0])
    monkeypatch.setattr("glue_jobs.sources.http.time.sleep", slept.append)
    return now, slept


def test_who_asks_at_once_is_spaced_evenly(clock):
    """As several threads do: none has waited yet when the next one asks."""
    _, slept = clock
    pace = Pace(4)
    for _ in range(4):
        pace.wait()
    assert slept == [0, 0.25, 0.5, 0.75]


def test_who_asks_later_waits_for_the_rest_of_the_gap_only(clock):
    now, slept = clock
    pace = Pace(4)
    for moment in (100.0, 100.1, 200.0):
        now[0] = moment
        pace.wait()
    assert slept == pytest.approx([0, 0.15, 0])
