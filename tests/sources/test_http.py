"""One request: what a head may be, how long it may take, and what is left behind."""

from __future__ import annotations

import io
import socket
import threading
import time
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from glue_jobs.errors import LakeError, UpstreamInvalid, UpstreamRefused, UpstreamUnavailable
from glue_jobs.settings import RetryPolicy
from glue_jobs.sources.http import Http, RateLimit
from glue_jobs.timestamps import from_header
from tests.fuzz.properties import check_told
from tests.simulator.faults import DripHead, EndlessHead, Head, Headers, Redirect, Stall
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Callable

    from glue_jobs.sources.http import Answer

BODY = b"line\r\n" * 100
FILE = "/pub/time.series/pr/pr.class"
TWICE = RetryPolicy(
    tries=2, first_pause=0.001, connect_timeout=1.0, head_timeout=2.0, read_timeout=2.0
)
# Shorter than any single wait: what ends a request is the head's deadline alone.
HASTY = RetryPolicy(tries=1, connect_timeout=1.0, head_timeout=0.1, read_timeout=60.0)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n"


@pytest.fixture
def upstream():
    with Upstream() as opened:
        opened.set_file("pr", "pr.class", BODY, datetime(2025, 9, 4, tzinfo=timezone.utc))
        yield opened


def client(policy: RetryPolicy = TWICE) -> Http:
    return Http({"User-Agent": "labor-lake (someone@example.org)"}, RateLimit(1e6), policy)


@pytest.fixture(params=["GET", "HEAD"])
def ask(request, upstream) -> Callable[..., Answer]:
    """Asks for the file, or what there is of it."""

    def once(policy: RetryPolicy = TWICE) -> Answer:
        url = upstream.bls_url + "pr/pr.class"
        if request.param == "HEAD":
            return client(policy).head(url)
        return client(policy).get(url, io.BytesIO(), most_bytes=len(BODY))

    return once


# How long a head may take.

ENDLESS = {
    "dripped": DripHead(50),
    "silent": Stall(60),
    "headers": EndlessHead(b"X: 1\r\n", b"HTTP/1.1 200 OK\r\n", per_second=50),
    "one-header": EndlessHead(b"x", b"HTTP/1.1 200 OK\r\nX: ", per_second=50),
    "status-line": EndlessHead(b"H", per_second=50),
    "continues": EndlessHead(b"HTTP/1.1 100 Continue\r\n\r\n", per_second=50),
    "headers-of-a-continue": EndlessHead(b"X: 1\r\n", b"HTTP/1.1 100 Continue\r\n", per_second=50),
}


@pytest.mark.parametrize("step", ENDLESS.values(), ids=ENDLESS)
def test_a_head_has_one_deadline_however_its_bytes_come(step, ask, upstream):
    upstream.script(FILE, step)
    started = time.monotonic()
    with pytest.raises(UpstreamUnavailable, match="it took too long"):
        ask(HASTY)
    assert time.monotonic() - started < 30  # a loaded machine is slow; without a deadline: for ever


@pytest.mark.parametrize(
    ("start", "lines"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"x"),
        (b"HTTP/1.1 100 Continue\r\n", b"X: 1\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=ascii,
)
def test_a_head_without_end_is_given_up_as_soon_as_it_is_no_head(start, lines, ask, upstream):
    upstream.script(FILE, EndlessHead(lines, start), forever=True)
    with pytest.raises(
        UpstreamUnavailable, match=r"2 tries: (got more than|it sent lines without)"
    ) as caught:
        ask()
    check_told(caught.value)
    assert len(upstream.requests) == 2


def test_a_head_that_comes_in_time_is_read_though_it_is_slow(ask, upstream):
    upstream.script(FILE, DripHead(5000))
    assert ask().status == 200


def test_one_continue_before_the_answer_is_passed_over(ask, upstream):
    upstream.script(FILE, Head(b"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n" + OK + b"\r\n"))
    assert (ask().status, len(upstream.requests)) == (200, 1)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("per_second", [50, None], ids=["dripped", "endless"])
@pytest.mark.parametrize(
    ("start", "lines"),
    [(b"0\r\n", b"X: 1\r\n"), (b"", b"0"), (b"3;", b"x"), (b"", b"1\r\nx\r\n")],
    ids=["trailers", "size-of-a-part", "extension-of-a-part", "parts"],
)
def test_the_framing_of_a_body_has_the_body_s_deadline(per_second, start, lines, upstream):
    upstream.script(FILE, EndlessHead(lines, CHUNKED + start, per_second))
    policy = RetryPolicy(tries=1, connect_timeout=1.0, read_timeout=60.0, grace=0.1)
    with pytest.raises(LakeError) as caught:
        client(policy).get(upstream.bls_url + "pr/pr.class", io.BytesIO(), most_bytes=10_000)
    check_told(caught.value)


@contextmanager
def silent_server(greeting: bytes = b"") -> Iterator[int]:
    """Accepts connections, perhaps says something, and nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def accept() -> None:
            connection, _ = server.accept()
            held.append(connection)
            connection.sendall(greeting)

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1]
        thread.join()
        for connection in held:
            connection.close()


@pytest.mark.parametrize("greeting", [b"", b"\x16\x03\x03\x40\x00\x02"], ids=["silent", "begun"])
def test_the_handshake_of_tls_has_the_deadline_of_a_connection(greeting):
    policy = RetryPolicy(tries=1, connect_timeout=0.1, head_timeout=60.0, read_timeout=60.0)
    with silent_server(greeting) as port, pytest.raises(UpstreamUnavailable, match="too long"):
        client(policy).head(f"https://127.0.0.1:{port}/file")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_s_head_has_the_deadline_too(scheme, monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Upstream() as proxy:
        port = proxy.bls_url.split(":")[2].partition("/")[0]
        monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{port}")
        proxy.script("*", EndlessHead(b"X: 1\r\n", b"HTTP/1.1 200 OK\r\n", per_second=50))
        with pytest.raises(UpstreamUnavailable, match="took too long"):
            client(HASTY).head(f"{scheme}://upstream.example/file")


def open_sockets() -> int:
    """Of this process, as Linux tells it."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("only Linux lists the open files of a process")
    links = [path.readlink() for path in folder.iterdir() if path.is_symlink()]
    return sum(str(link).startswith("socket") for link in links)


def test_no_thread_and_no_socket_is_left_behind():
    asking, sockets, threads = client(HASTY), open_sockets(), threading.active_count()
    with Upstream() as upstream:
        upstream.script(FILE, *ENDLESS.values(), forever=True)
        for _ in ENDLESS:
            with pytest.raises(UpstreamUnavailable):
                asking.head(upstream.bls_url + "pr/pr.class")
    assert (open_sockets(), threading.active_count()) == (sockets, threads)


@pytest.mark.parametrize(("most", "passes"), [(600, True), (599, False)])
def test_u12_a_body_is_as_large_as_it_may_be_and_no_larger(most, passes, upstream):
    url = upstream.bls_url + "pr/pr.class"
    if passes:
        assert client().get(url, io.BytesIO(), most_bytes=most).size == len(BODY)
    else:
        with pytest.raises(UpstreamInvalid, match="more than the 599 bytes it may have"):
            client().get(url, io.BytesIO(), most_bytes=most)


# What a head may say.

JUNK = {
    "status-of-words": b"HTTP/1.1 abc\r\n\r\n",
    "status-of-nothing": b"\r\n\r\n",
    "status-of-control-characters": b"HTTP/1.1 \x1b[31m\x85\r\n\r\n",
    "status-of-other-digits": "HTTP/1.1 ٢٠٠ OK\r\n\r\n".encode(),
    "status-negative": b"HTTP/1.1 -200 OK\r\n\r\n",
    "status-too-small": b"HTTP/1.1 099 OK\r\n\r\n",
    "status-too-large": b"HTTP/1.1 1000 OK\r\n\r\n",
    "status-unknown": b"HTTP/1.1 999 OK\r\n\r\n",
    "other-protocol": b"220 ready\r\n\r\n",
    "other-version": b"HTTP/9.9 200 OK\r\n\r\n",
    "other-protocol-asked-for": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "early-hints": b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK + b"\r\n",
    "101-headers": b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 101 + b"\r\n",
    "long-header": OK + b"X: " + b"x" * 70_000 + b"\r\n\r\n",
    "busy-until-another-age": b"HTTP/1.1 503 X\r\nRetry-After: Mon, 01 Jan 2026 00:00:00 +9"
    + b"9" * 20
    + b"\r\n\r\n",
    **{
        f"length-{length!a:.20}": b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\n"
        for length in (
            b"abc", b"-5", b"+600", b"600 ", b"600,", b"5,5", b"600, 601", b"600.0", b"6e2",
            b"0x258", b"6_00", b"", b"\xb2", "٦٠٠".encode(), b"9" * 16, b"9" * 5000,
            b"600\r\nContent-Length: 7",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("head", JUNK.values(), ids=JUNK)
def test_u21_a_head_that_makes_no_sense_is_no_answer(head, ask, upstream):
    upstream.script(FILE, Head(head), forever=True)
    with pytest.raises(UpstreamUnavailable, match="no complete answer in 2 tries") as caught:
        ask()
    check_told(caught.value)
    assert len(upstream.requests) == 2


ODD = {
    "other-bytes": b"X: \xff\xfe\x85\r\n",
    "NUL": b"X: a\0b\r\n",
    "no-colon": b"garbage\r\n",
    "blank-before-the-colon": b"X : 1\r\n",
    "no-name": b": 1\r\n",
    "folded": b"X: 1\r\n 2\r\n",
    "charset-without-a-value": b"Content-Type: text/html; charset\r\n",
    "content-type": b'Content-Type: ;;;=;charset=="\xff\r\n',
    "cookies": b"Set-Cookie: \xff=\0; expires=99999999999999999999\r\nSet-Cookie: a; max-age=x\r\n",
    "connection": b"Connection: \xff\r\n",
    "etag": b"ETag: \xff\0\r\n",
    "date": b"Date: \xff\r\n",
    "content-range": b"Content-Range: bytes -1/x\r\n",
    "last-modified-of-words": b"Last-Modified: yesterday\r\n",
    "last-modified-with-a-zone-of-years": b"Last-Modified: Mon, 01 Jan 2026 00:00:00 +99999999\r\n",
    "last-modified-after-all-time": b"Last-Modified: Fri, 31 Dec 9999 23:59:59 -0500\r\n",
    "last-modified-of-digits": b"Last-Modified: " + b"9" * 5000 + b"\r\n",
}


@pytest.mark.parametrize("line", ODD.values(), ids=ODD)
def test_u21_a_header_that_nobody_asks_for_or_can_read_does_no_harm(line, ask, upstream):
    upstream.script(FILE, Head(OK + line + b"\r\n"))
    answer = ask()
    assert (answer.status, answer.size, answer.last_modified) == (200, 600, None)


def test_a_file_whose_size_is_not_told_is_none_that_could_be_compared(upstream):
    upstream.script(FILE, Head(b"HTTP/1.1 200 OK\r\n\r\n"), forever=True)
    with pytest.raises(UpstreamUnavailable, match="did not say how large"):
        client().head(upstream.bls_url + "pr/pr.class")


@pytest.mark.parametrize("location", ["http://[", "\xff\xfe", "", "x" * 5000], ids=ascii)
def test_u11_a_redirect_to_what_is_no_address_is_refused(location, ask, upstream):
    upstream.script(FILE, Redirect(location))
    with pytest.raises(UpstreamRefused, match="not followed") as caught:
        ask()
    check_told(caught.value)


def test_u11_the_body_of_a_redirect_is_not_waited_for(upstream):
    head = b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n"
    upstream.script(FILE, EndlessHead(b"x" * 1000, head, per_second=50))
    with pytest.raises(UpstreamRefused):
        client().get(upstream.bls_url + "pr/pr.class", io.BytesIO(), most_bytes=1000)


def test_nobody_s_cookie_is_sent_back(upstream):
    upstream.script(FILE, Headers({"Set-Cookie": "id=7; Path=/"}), times=2)
    asking = client()
    for _ in range(2):
        asking.head(upstream.bls_url + "pr/pr.class")
    assert [request.headers.get("Cookie") for request in upstream.requests] == [None, None]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Thu, 04 Sep 2025 12:30:00 GMT", (2025, 9, 4, 12, 30)),
        ("Thu, 04 Sep 2025 08:30:00 -0400", (2025, 9, 4, 12, 30)),
        ("Thu, 04 Sep 2025 12:30:00", (2025, 9, 4, 12, 30)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", (9999, 12, 31, 23, 59)),
    ],
)
def test_a_moment_in_a_header_is_told_in_utc(text, moment):
    found = from_header(text)
    assert found is not None
    assert found.tzinfo is timezone.utc
    assert found.timetuple()[:5] == moment
