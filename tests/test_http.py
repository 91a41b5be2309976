"""How a server is asked: at which rate, how long after a failure, and what of each try is kept."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from glue_jobs.errors import UpstreamUnavailable
from glue_jobs.settings import RetryPolicy
from glue_jobs.sources import deadline, http
from glue_jobs.sources.deadline import TimedAdapter
from glue_jobs.sources.http import Http, RateLimit
from tests.faults.lake import CONTACT, QUICK, SURVEY_PATH, body_of
from tests.simulator.faults import Reset, Status, Truncate, WrongLength
from tests.simulator.upstream import Upstream

NAME = "pr.class"


@pytest.fixture
def clock(monkeypatch):
    """The time, in a list of one, and for how long who asked has slept; nobody really does."""
    now = [100.0]
    slept: list[float] = []
    fixed = SimpleNamespace(sleep=slept.append, monotonic=lambda: now[0])
    for module in (http, deadline):
        monkeypatch.setattr(module, "time", fixed)
    return now, slept


@pytest.fixture
def upstream():
    with Upstream.sample() as opened:
        yield opened


def client(policy: RetryPolicy = QUICK) -> Http:
    return Http({"User-Agent": f"labor-lake ({CONTACT})"}, RateLimit(1e6), policy)


# The rate.


def test_who_asks_at_once_is_spaced_evenly(clock):
    """As several threads do: none has waited yet when the next one asks."""
    _, slept = clock
    rate_limit = RateLimit(4)
    for _ in range(4):
        rate_limit.wait()
    assert slept == [0, 0.25, 0.5, 0.75]


def test_who_asks_later_waits_for_the_rest_of_the_gap_only(clock):
    now, slept = clock
    rate_limit = RateLimit(4)
    for moment in (100.0, 100.1, 200.0):
        now[0] = moment
        rate_limit.wait()
    assert slept == pytest.approx([0, 0.15, 0])


def test_no_pause_is_longer_than_the_longest(clock, upstream):
    _, slept = clock
    upstream.script(SURVEY_PATH, Status(500), times=3)
    policy = RetryPolicy(tries=4, first_pause=40, longest_pause=60)
    assert client(policy).head(f"{upstream.bls_url}pr/").status == 200
    pauses = [seconds for seconds in slept if seconds > 1]
    assert len(pauses) == 3
    assert max(pauses) == pauses[-1] == 60


# A try that fails.


@pytest.mark.parametrize(
    "step",
    [Reset(20), Truncate(20), WrongLength(sent=5000, announced=6000)],
    ids=["reset", "cut", "longer-than-the-file"],
)
def test_of_a_try_that_failed_nothing_is_kept_nor_counted(step, upstream):
    upstream.script(f"{SURVEY_PATH}{NAME}", step)
    sink = io.BytesIO()
    parts: list[int] = []
    url = f"{upstream.bls_url}pr/{NAME}"
    answer = client().get(url, sink, most_bytes=1 << 20, received=parts.append)
    assert sink.getvalue() == body_of(upstream, NAME)
    assert answer.size == sum(parts) == len(sink.getvalue())
    assert len(upstream.requests) == 2


def test_a_body_that_ends_early_is_noticed_also_where_urllib3_does_not(upstream, monkeypatch):
    """urllib3 2 counts by itself; 1.26, which Python 3.9 has, does not."""
    send = TimedAdapter.send

    def lenient(*words: Any, **named: Any) -> requests.Response:
        response = send(*words, **named)
        response.raw.enforce_content_length = False
        return response

    monkeypatch.setattr(TimedAdapter, "send", lenient)
    upstream.script(f"{SURVEY_PATH}{NAME}", Truncate(20))
    sink = io.BytesIO()
    client().get(f"{upstream.bls_url}pr/{NAME}", sink, most_bytes=1 << 20)
    assert sink.getvalue() == body_of(upstream, NAME)
    assert len(upstream.requests) == 2


def test_a_refused_answer_gives_its_connection_back(upstream, monkeypatch):
    closed: list[int] = []
    close = requests.Response.close

    def note(response: requests.Response) -> None:
        closed.append(response.status_code)
        close(response)

    monkeypatch.setattr(requests.Response, "close", note)
    upstream.script(SURVEY_PATH, Status(500))
    with pytest.raises(UpstreamUnavailable):
        client(RetryPolicy(tries=1)).head(f"{upstream.bls_url}pr/")
    assert closed == [500]
