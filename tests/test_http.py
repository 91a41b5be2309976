"""How a server is asked: at which rate, how long after a failure, and what of each try is kept."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from glue_jobs.errors import UpstreamUnavailable
from glue_jobs.settings import RetryPolicy
from glue_jobs.sources import deadline, http
from glue_jobs.sources.deadline import TimedAdapter
from glue_jobs.sources.http import Http, RateLimit
from labor_lake.sample.bls_service import answer_bls, etag
from tests.faults.lake import CONTACT, NEXT_RELEASE, QUICK, SURVEY_PATH, body_of
from tests.simulator.faults import Headers, Reset, Status, Step, Truncate, WrongLength
from tests.simulator.upstream import Upstream, UpstreamFile

if TYPE_CHECKING:
    from labor_lake.sample.answer import Answer
    from tests.simulator.faults import Stage

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


def ranges(upstream: Upstream) -> list[str]:
    """What part was asked for at each try; empty for the whole file."""
    return [request.headers.get("Range", "") for request in upstream.requests]


def fetch(upstream: Upstream, policy: RetryPolicy = QUICK) -> bytes:
    """The file, which is counted right however many tries it takes."""
    sink = io.BytesIO(b"what was there before, and longer than any file" * 9)
    parts: list[int] = []
    url = f"{upstream.bls_url}pr/{NAME}"
    answer = client(policy).get(url, sink, most_bytes=1 << 20, received=parts.append)
    assert answer.status == 200
    assert answer.size == sum(parts) == len(sink.getvalue())
    assert answer.sha256 == hashlib.sha256(sink.getvalue()).hexdigest()
    return sink.getvalue()


@pytest.mark.parametrize("step", [Reset(20), Truncate(20)], ids=["reset", "cut"])
def test_a_try_goes_on_where_the_one_before_broke_off(step, upstream):
    upstream.script(f"{SURVEY_PATH}{NAME}", step, Status(503), step)
    assert fetch(upstream) == body_of(upstream, NAME)
    assert ranges(upstream) == ["", "bytes=20-", "bytes=20-", "bytes=40-"]
    served = upstream.surveys["pr"][NAME].last_modified
    asked = {request.headers.get("If-Range") for request in upstream.requests[1:]}
    assert asked == {etag(served)}


def test_a_file_that_was_replaced_meanwhile_is_fetched_from_its_beginning(upstream):
    new = body_of(upstream, NAME).replace(b"Employees", b"Employers")
    upstream.script(f"{SURVEY_PATH}{NAME}", Reset(20))
    upstream.script(f"{SURVEY_PATH}{NAME}", ReplacedBy(new))
    assert fetch(upstream) == new
    assert ranges(upstream) == ["", "bytes=20-"]
    assert [request.status for request in upstream.requests] == [200, 200]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": "bytes 19-101/102"},
        {"Content-Range": "bytes 20-101/103"},
        {"Content-Range": "bytes 20-100/102"},
        {"Content-Range": None},
        {"ETag": '"another"'},
        {"ETag": None},
    ],
    ids=str,
)
def test_another_part_than_the_rest_of_the_same_file_is_not_believed(headers, upstream):
    assert len(body_of(upstream, NAME)) == 102
    upstream.script(f"{SURVEY_PATH}{NAME}", Reset(20), Headers(headers))
    assert fetch(upstream) == body_of(upstream, NAME)
    assert ranges(upstream) == ["", "bytes=20-", ""]


@pytest.mark.parametrize("name", [None, 'W/"weak"', "bare", '"a\\"b"', '""x'], ids=str)
def test_without_a_name_for_the_content_a_try_begins_anew(name, upstream):
    upstream.script(f"{SURVEY_PATH}{NAME}", Altogether(Headers({"ETag": name}), Reset(20)))
    assert fetch(upstream) == body_of(upstream, NAME)
    assert ranges(upstream) == ["", ""]


def test_of_a_body_that_is_longer_than_the_file_nothing_is_kept(upstream):
    upstream.script(f"{SURVEY_PATH}{NAME}", WrongLength(sent=5000, announced=6000))
    assert fetch(upstream) == body_of(upstream, NAME)
    assert ranges(upstream) == ["", "bytes=5000-", ""]


def test_a_try_that_brought_much_counts_as_none(upstream, monkeypatch):
    monkeypatch.setattr(http, "_WORTH_A_TRY", 20)
    upstream.script(f"{SURVEY_PATH}{NAME}", Reset(20), times=4)
    assert fetch(upstream, replace(QUICK, tries=2)) == body_of(upstream, NAME)
    assert len(upstream.requests) == 5
    upstream.script(f"{SURVEY_PATH}{NAME}", Reset(19), times=2)
    with pytest.raises(UpstreamUnavailable, match="in 2 tries"):
        fetch(upstream, replace(QUICK, tries=2))


@dataclass(frozen=True)
class ReplacedBy(Step):
    """BLS has replaced the file before it is asked for again."""

    body: bytes

    def change(self, answer: Answer, stage: Stage) -> Answer:
        surveys = stage.upstream.surveys  # type: ignore[attr-defined]
        surveys["pr"][NAME] = UpstreamFile(self.body, NEXT_RELEASE)
        return answer_bls(
            surveys,
            f"{SURVEY_PATH}{NAME}",
            {"User-Agent": CONTACT, "Range": "bytes=20-", "If-Range": "the one of before"},
            line_breaks=False,
        )


class Altogether(Step):
    """Several faults of one answer."""

    in_body = True

    def __init__(self, *steps: Step) -> None:
        self.steps = steps

    def change(self, answer: Answer, stage: Stage) -> Answer:
        for step in self.steps:
            answer = step.change(answer, stage)
        return answer


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
