"""U3 and U4: how long a server is waited for that is busy, or says how long."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from types import SimpleNamespace

import pytest

from glue_jobs.sample.faults import Status
from glue_jobs.sources import http
from tests.faults.lake import DATA_FILE, QUICK, SURVEY_PATH

FILE = SURVEY_PATH + DATA_FILE


def header_of(given: str | int) -> str:
    """A text as it is; a number as the date in so many seconds."""
    if isinstance(given, str):
        return given
    return format_datetime(datetime.now(timezone.utc) + timedelta(seconds=given), usegmt=True)


# What the server says, and the least and most seconds that the lake waits then.
WAITS = {
    "seconds": ("7", 7, 7),
    "longest": ("60", 60, 60),
    "zero": ("0", 0, 0.01),
    "date": (40, 35, 40),
    "past": (-3600, 0, 0.01),
    "empty": ("", 0, 0.01),
    "junk": ("soon", 0, 0.01),
    "junk-digit": ("\xb2", 0, 0.01),
    "junk-fraction": ("1.5", 0, 0.01),
    "junk-negative": ("-7", 0, 0.01),
    "junk-date": ("Mon, 32 Foo 2026 99:00:00 GMT", 0, 0.01),
}
TOO_LONG = {
    "huge": "86400",
    "a-second-too-long": "61",
    "astronomic": "9" * 400,
    "huge-date": 86400,
    "last-date": "Fri, 31 Dec 9999 23:59:59 GMT",
}


@pytest.fixture
def waited(monkeypatch):
    """Records what is waited between two tries, and waits nothing."""
    seconds: list[float] = []
    clock = SimpleNamespace(sleep=seconds.append, monotonic=time.monotonic)
    monkeypatch.setattr(http, "time", clock)
    return seconds


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("given", "least", "most"), WAITS.values(), ids=[f"U3-{name}" for name in WAITS]
)
def test_a_server_is_given_the_time_it_asks_for(given, least, most, status, lake, waited):
    lake.upstream.script(SURVEY_PATH, Status(status, {"Retry-After": header_of(given)}))
    assert lake.land_bls().failures == ()
    assert least <= max(waited) <= most
    assert len(lake.asked(SURVEY_PATH)) == 2


@pytest.mark.parametrize("given", TOO_LONG.values(), ids=[f"U3-{name}" for name in TOO_LONG])
def test_a_server_that_asks_for_too_much_time_is_left_alone(given, behind, waited):
    lake, healed = behind
    before = lake.everything()
    lake.upstream.script(FILE, Status(429, {"Retry-After": header_of(given)}), forever=True)
    done = lake.land_bls()
    assert done.exit_code == 5
    assert "it answered 429" in done.told
    assert "Run again later" in done.told
    assert len(lake.asked(FILE)) == 1
    assert max(waited) < 0.01
    assert lake.everything() == before
    lake.upstream.clear_script()
    assert lake.run_all() == []
    assert lake.tree() == healed


def test_u4_pauses_grow_and_differ(lake, waited):
    lake.upstream.script(SURVEY_PATH, Status(500), forever=True)
    lake.land_bls(replace(QUICK, first_pause=1.0))
    pauses = [seconds for seconds in waited if seconds > 0.1]
    assert len(pauses) == 3
    for pause, about in zip(pauses, (1, 2, 4)):
        assert about / 2 <= pause <= about * 1.5
    assert pauses != [1, 2, 4]
