"""The simulator itself: its log, its speed, its silence, and that it ends."""

from __future__ import annotations

import http.client
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from statistics import median

import pytest
import requests

from labor_lake.sample import server
from tests.simulator.conftest import BODY, CONTACT, WRITTEN, ask, connect, port_of
from tests.simulator.faults import Drip, Stall, Status
from tests.simulator.upstream import Request, Upstream, UpstreamFile

FOREVER = 3600


def threads() -> int:
    return threading.active_count()


def seconds(action) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def wait_for_request(upstream: Upstream) -> None:
    deadline = time.monotonic() + 5
    while not upstream.requests:
        assert time.monotonic() < deadline, "no request came"
        time.sleep(0.001)


def test_the_log_says_what_was_asked_and_answered(upstream, client):
    upstream.script("*/pr.class", Status(503))
    client.get(upstream.bls_url + "pr/pr.class?x=1", headers={"if-modified-since": "then"})
    client.head(upstream.bls_url + "pr/pr.class")
    first, second = upstream.requests
    assert isinstance(first, Request)
    assert (first.method, first.path) == ("GET", "/pub/time.series/pr/pr.class?x=1")
    assert first.status == 503
    assert first.headers["If-Modified-Since"] == "then"
    assert first.headers["User-Agent"] == CONTACT["User-Agent"]
    assert (second.method, second.status) == ("HEAD", 200)


def test_the_log_can_be_cleared(upstream, url, client):
    client.get(url)
    upstream.clear_log()
    assert upstream.requests == []
    client.get(url)
    assert len(upstream.requests) == 1


def test_a_request_is_logged_before_it_is_answered(upstream, url):
    upstream.script("*", Stall(FOREVER))
    connection = connect(url)
    connection.request("GET", "/", headers=CONTACT)
    wait_for_request(upstream)
    assert upstream.requests[0].path == "/"
    connection.close()


def test_many_clients_at_once_are_served(upstream, url):
    bodies: list[bytes] = []

    def read():
        with ask(url) as response:
            bodies.append(response.read())

    clients = [threading.Thread(target=read) for _ in range(40)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert bodies == [BODY] * 40
    assert len(upstream.requests) == 40


def test_one_connection_serves_many_requests_without_delay(url):
    connection = connect(url)

    def ask_again():
        connection.request("GET", "/pub/time.series/pr/pr.class", headers=CONTACT)
        assert connection.getresponse().read() == BODY

    # Nagle's algorithm would hold most bodies back for 40 ms.
    assert median(seconds(ask_again) for _ in range(20)) < 0.02
    connection.close()


def test_it_starts_and_stops_quickly():
    def start_and_stop():
        with Upstream.sample():
            pass

    assert min(seconds(start_and_stop) for _ in range(5)) < 0.05


@pytest.mark.parametrize("step", [Stall(FOREVER), Drip(1)], ids=["stalls", "drips"])
def test_it_closes_while_an_answer_is_stuck(step):
    before = threads()
    with Upstream() as upstream:
        upstream.set_file("pr", "pr.class", BODY, WRITTEN)
        upstream.script("*", step)
        connection = connect(upstream.bls_url)
        connection.request("GET", "/pub/time.series/pr/pr.class", headers=CONTACT)
        wait_for_request(upstream)
        left = time.perf_counter()
    assert time.perf_counter() - left < 1
    assert threads() == before
    with pytest.raises((OSError, http.client.HTTPException)):
        connection.getresponse().read()
    connection.close()


def test_it_closes_while_a_client_reads_nothing_of_a_big_body():
    with ExitStack() as clients:
        with Upstream() as upstream:
            upstream.set_file("pr", "pr.class", bytes(50_000_000), WRITTEN)
            clients.enter_context(ask(upstream.bls_url + "pr/pr.class"))
            left = time.perf_counter()
        assert time.perf_counter() - left < 1


def test_a_connection_that_was_kept_alive_ends_with_it():
    before = threads()
    with Upstream() as upstream:
        upstream.set_file("pr", "pr.class", BODY, WRITTEN)
        connection = connect(upstream.bls_url)
        connection.request("GET", "/pub/time.series/pr/pr.class", headers=CONTACT)
        connection.getresponse().read()
    assert threads() == before
    assert connection.sock.recv(1) == b""
    connection.close()


def test_a_closed_upstream_refuses_connections(client):
    with Upstream() as upstream:
        url = upstream.bls_url
    with pytest.raises(requests.ConnectionError):
        client.get(url)


def test_it_has_an_address_only_while_it_is_open():
    upstream = Upstream()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="with statement"):
            _ = upstream.bls_url
        with upstream:
            assert upstream.bls_url.startswith("http://127.0.0.1:")
            assert upstream.bls_url.endswith("/pub/time.series/")
            assert upstream.population_url.endswith("/tesseract/data.jsonrecords")


def test_clients_that_hang_up_leave_no_trace(capfd):
    with Upstream() as upstream:
        upstream.set_file("pr", "pr.class", bytes(20_000_000), WRITTEN)
        for _ in range(3):
            with ask(upstream.bls_url + "pr/pr.class") as response:
                response.read(1)
        with socket.create_connection(("127.0.0.1", port_of(upstream.bls_url))) as raw:
            # A client that is killed in the middle of its request.
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.sendall(b"GET / HT")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "junk", [b"\x16\x03\x01\x02\x00\r\n", b"GET\r\n\r\n", b"BREW / HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_request_is_answered_quietly(upstream, capfd, junk):
    with socket.create_connection(("127.0.0.1", port_of(upstream.bls_url))) as raw:
        raw.sendall(junk)
        raw.shutdown(socket.SHUT_WR)
        while raw.recv(65536):
            pass
    assert upstream.requests == []
    assert capfd.readouterr() == ("", "")


def test_a_failure_of_the_simulator_itself_is_raised_at_its_end(client, tmp_path):
    with pytest.raises(FileNotFoundError), Upstream() as upstream:  # noqa: PT012
        upstream.set_file("pr", "pr.class", tmp_path / "missing", WRITTEN)
        with pytest.raises(requests.ConnectionError):
            client.get(upstream.bls_url + "pr/pr.class")


def test_a_failure_inside_the_with_statement_is_not_covered_up(client, tmp_path):
    with pytest.raises(ZeroDivisionError), Upstream() as upstream:  # noqa: PT012
        upstream.set_file("pr", "pr.class", tmp_path / "missing", WRITTEN)
        with pytest.raises(requests.ConnectionError):
            client.get(upstream.bls_url + "pr/pr.class")
        raise ZeroDivisionError


def test_it_listens_on_the_loopback_interface_alone(upstream):
    opened = upstream._server
    assert isinstance(opened, server.LoopbackServer)
    assert opened.server_address[0] == "127.0.0.1"


def test_it_imports_nothing_but_the_standard_library():
    program = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "import tests.simulator.upstream\n"
        "for name in set(sys.modules) - before:\n"
        "    if 'site-packages' in (getattr(sys.modules[name], '__file__', None) or ''):\n"
        "        print(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, timeout=30, text=True
    )
    # Time zones come from this package where the system has none.
    assert [name for name in done.stdout.split() if not name.startswith("tzdata")] == []


def test_a_served_file_is_a_value():
    assert UpstreamFile(b"x", WRITTEN) == UpstreamFile(b"x", WRITTEN)
