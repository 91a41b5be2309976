"""U3 and U4: how long a server is waited for that is busy, or says how long."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from types import SimpleNamespace

import pytest

from glue_jobs.sources import http
from tests.faults.lake import DATA_FILE, QUICK, SURVEY_PATH
from tests.faults.places import BACKENDS
from tests.faults.table import cases, fault
from tests.simulator.faults import Status

pytestmark = pytest.mark.parametrize("backend", BACKENDS)

FILE = SURVEY_PATH + DATA_FILE


def header_of(given: str | int) -> str:
    """A text as it is; a number as the date in so many seconds."""
    if isinstance(given, str):
        return given
    return format_datetime(datetime.now(timezone.utc) + timedelta(seconds=given), usegmt=True)


@pytest.fixture
def waited(monkeypatch):
    """Records what is waited between two tries, and waits nothing."""
    seconds: list[float] = []
    clock = SimpleNamespace(sleep=seconds.append, monotonic=time.monotonic)
    monkeypatch.setattr(http, "time", clock)
    return seconds


@pytest.mark.parametrize("status", [429, 503])
@cases("retry_after", exit_code=0)
def test_a_server_is_given_the_time_it_asks_for(case, status, lake, waited):
    asked_for = {"Retry-After": header_of(case.inject["retry_after"])}
    least, most = case.expect["waits"]
    lake.upstream.script(SURVEY_PATH, Status(status, asked_for))
    assert lake.land_bls().failures == ()
    assert least <= max(waited) <= most
    assert len(lake.asked(SURVEY_PATH)) == 2


@cases("retry_after", exit_code=5)
def test_a_server_that_asks_for_too_much_time_is_left_alone(case, behind, waited):
    lake, healed = behind
    before = lake.noted()
    asked_for = {"Retry-After": header_of(case.inject["retry_after"])}
    lake.upstream.script(FILE, Status(429, asked_for), forever=True)
    done = lake.land_bls()
    assert done.exit_code == case.exit_code
    assert "it answered 429" in done.told
    assert "Run again later" in done.told
    assert len(lake.asked(FILE)) == 1
    assert max(waited) < 0.01
    assert lake.noted() == before
    lake.upstream.clear_script()
    assert lake.run_all() == []
    assert lake.tree() == healed


@fault("U4")
def test_u4_pauses_grow_and_differ(lake, waited):
    lake.upstream.script(SURVEY_PATH, Status(500), forever=True)
    lake.land_bls(replace(QUICK, first_pause=1.0))
    pauses = [seconds for seconds in waited if seconds > 0.1]
    assert len(pauses) == 3
    for pause, about in zip(pauses, (1, 2, 4)):
        assert about / 2 <= pause <= about * 1.5
    assert pauses != [1, 2, 4]
