"""What a client sees of each fault, and that normal service resumes after it."""

from __future__ import annotations

import http.client
import socket
import time
import zlib
from datetime import timedelta

import pytest
import requests

from labor_lake.sample.pages import BLOCK_PAGE
from tests.simulator.conftest import BODY, WRITTEN, ask, port_of
from tests.simulator.faults import (
    Body,
    Drip,
    Gzip,
    HangUp,
    Listing,
    Normal,
    Redirect,
    ReplaceDuring,
    Reset,
    Stall,
    Status,
    Truncate,
    WrongLength,
)
from tests.simulator.test_pages import rows_of
from tests.simulator.upstream import Upstream

FILE = "/pub/time.series/pr/pr.class"
NEW = b"n" * len(BODY)
LATER = WRITTEN + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def service_resumes(upstream, url, client):
    """After every test, the script is played and the file is served."""
    yield
    assert upstream.unplayed == []
    assert client.get(url).status_code == 200


def read_until_error(response: http.client.HTTPResponse) -> tuple[bytes, Exception | None]:
    """The bytes that came, and what ended them."""
    received = b""
    try:
        while part := response.read1(65536):
            received += part
    except (OSError, http.client.HTTPException) as error:
        return received, error
    return received, None


@pytest.mark.parametrize("code", [401, 404, 429, 500, 503])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_status_is_sent_with_its_headers_and_body(upstream, url, client, method, code):
    upstream.script(FILE, Status(code, {"Retry-After": "7"}, b"busy"))
    answer = client.request(method, url)
    assert (answer.status_code, answer.headers["Retry-After"]) == (code, "7")
    assert answer.content == (b"busy" if method == "GET" else b"")


def test_body_is_html_under_200_in_place_of_a_file(upstream, url, client):
    upstream.script(FILE, Body(BLOCK_PAGE))
    answer = client.get(url)
    assert (answer.status_code, answer.content) == (200, BLOCK_PAGE)
    assert answer.headers["Content-Type"] == "text/html"
    assert "Last-Modified" not in answer.headers


def test_body_can_be_of_any_type_and_status(upstream, client):
    upstream.script("/tesseract/*", Body(b'{"error":true}', "application/json", 500))
    answer = client.get(upstream.population_url)
    assert (answer.status_code, answer.json()) == (500, {"error": True})


def test_listing_is_a_hostile_page_in_place_of_the_real_one(upstream, client):
    upstream.script("/pub/time.series/pr/", Listing("<pre>../../etc/passwd é</pre>"))
    answer = client.get(upstream.bls_url + "pr/")
    assert answer.status_code == 200
    assert answer.content == "<pre>../../etc/passwd é</pre>".encode()
    assert [row.name for row in rows_of(client.get(upstream.bls_url + "pr/").text)] == ["pr.class"]


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_redirect_names_another_place(upstream, url, client, code):
    upstream.script(FILE, Redirect("https://other.example/x", code))
    answer = client.get(url, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (code, "https://other.example/x")


def test_redirect_can_loop(upstream, url, client):
    upstream.script(FILE, Redirect(FILE), forever=True)
    with pytest.raises(requests.TooManyRedirects):
        client.get(url)
    upstream.clear_script()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_hang_up_resets_the_connection_without_an_answer(upstream, url, method):
    upstream.script(FILE, HangUp())
    with pytest.raises(ConnectionResetError), ask(url, method):
        pass
    assert [request.status for request in upstream.requests] == [None]


def test_stall_keeps_silent_then_answers(upstream, url, client):
    upstream.script(FILE, Stall(0.1))
    started = time.monotonic()
    assert client.get(url).content == BODY
    assert time.monotonic() - started >= 0.1


def test_stall_lasts_longer_than_a_client_s_patience(upstream, url, client):
    upstream.script(FILE, Stall(60))
    with pytest.raises(requests.ReadTimeout):
        client.get(url, timeout=0.05)
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("size", [0, 1, 1099])
def test_truncate_announces_all_and_closes_in_order_after_some(upstream, url, size):
    upstream.script(FILE, Truncate(size))
    with ask(url) as response, pytest.raises(http.client.IncompleteRead) as cut:
        response.read()
    assert response.headers["Content-Length"] == "1100"
    assert cut.value.partial == BODY[:size]


@pytest.mark.parametrize("size", [0, 1, 1099])
def test_reset_announces_all_and_resets_after_some(upstream, url, size):
    upstream.script(FILE, Reset(size))
    with ask(url) as response:
        received, error = read_until_error(response)
    assert response.headers["Content-Length"] == "1100"
    assert received == BODY[:size]
    assert isinstance(error, ConnectionResetError)


def test_requests_sees_a_reset_inside_the_body_as_a_broken_stream(upstream, url, client):
    upstream.script(FILE, Reset(10))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="reset"):
        client.get(url)


def test_wrong_length_can_be_short_and_consistent_so_that_only_the_listing_tells(
    upstream, url, client
):
    upstream.script(FILE, WrongLength(sent=1000))
    answer = client.get(url)
    assert (answer.headers["Content-Length"], answer.content) == ("1000", BODY[:1000])
    (row,) = rows_of(client.get(upstream.bls_url + "pr/").text)
    assert row.size == 1100


def test_wrong_length_can_announce_more_than_is_sent(upstream, url):
    upstream.script(FILE, WrongLength(announced=5000))
    with ask(url) as response, pytest.raises(http.client.IncompleteRead) as cut:
        response.read()
    assert cut.value.partial == BODY


def test_wrong_length_can_announce_less_than_is_sent(upstream, url):
    upstream.script(FILE, WrongLength(announced=100))
    with socket.create_connection(("127.0.0.1", port_of(url))) as raw:
        raw.sendall(f"GET {FILE} HTTP/1.1\r\nUser-Agent: a@example.org\r\n\r\n".encode())
        received = b"".join(iter(lambda: raw.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"Content-Length: 100\r\n" in head + b"\r\n"
    assert body == BODY


def test_wrong_length_can_send_far_more_than_there_is(upstream, url, client):
    upstream.script(FILE, WrongLength(sent=5_000_000))
    answer = client.get(url)
    assert answer.headers["Content-Length"] == "5000000"
    assert answer.content == BODY.ljust(5_000_000)


def test_drip_sends_so_many_bytes_per_second(upstream, url, client):
    upstream.script(FILE, Drip(11_000))
    started = time.monotonic()
    assert client.get(url).content == BODY
    assert 0.08 <= time.monotonic() - started < 2


def test_drip_starts_at_once_and_is_slow_from_then_on(upstream, url):
    upstream.script(FILE, Drip(2))
    with ask(url) as response:
        assert response.read1(65536) == BODY[:1]


def test_gzip_compresses_though_identity_was_asked(upstream, url, client):
    upstream.script(FILE, Gzip())
    answer = client.get(url, headers={"Accept-Encoding": "identity"}, stream=True)
    assert answer.headers["Content-Encoding"] == "gzip"
    raw = answer.raw.read(decode_content=False)
    assert len(raw) == int(answer.headers["Content-Length"]) < len(BODY)
    assert zlib.decompress(raw, wbits=31) == BODY


def test_gzip_can_be_a_bomb(upstream, url, client):
    upstream.script(FILE, Gzip(inflated_bytes=20_000_000))
    answer = client.get(url)
    assert int(answer.headers["Content-Length"]) < 30_000
    assert answer.content == BODY.ljust(20_000_000)


def test_replace_during_mixes_two_files_under_the_headers_of_the_first(upstream, url, client):
    upstream.script(FILE, ReplaceDuring(NEW, LATER))
    before = client.head(url).headers
    answer = client.get(url)
    after = client.head(url).headers
    assert answer.content == BODY[:550] + NEW[550:]
    assert before["Last-Modified"] == answer.headers["Last-Modified"] != after["Last-Modified"]
    assert client.get(url).content == NEW
    (row,) = rows_of(client.get(upstream.bls_url + "pr/").text)
    assert row.written == LATER


def test_replace_during_by_a_longer_file_keeps_the_announced_length(upstream, url, client):
    upstream.script(FILE, ReplaceDuring(NEW * 2, LATER))
    assert client.get(url).content == BODY[:550] + NEW[550:]
    assert client.head(url).headers["Content-Length"] == "2200"


def test_replace_during_by_a_shorter_file_ends_early(upstream, url):
    upstream.script(FILE, ReplaceDuring(NEW[:600], LATER))
    with ask(url) as response, pytest.raises(http.client.IncompleteRead) as cut:
        response.read()
    assert cut.value.partial == BODY[:550] + NEW[550:600]


def test_steps_are_played_in_order_one_per_request(upstream, url, client):
    upstream.script(FILE, Status(503), Normal(), Status(500))
    assert [client.get(url).status_code for _ in range(4)] == [503, 200, 500, 200]


def test_steps_can_be_played_several_times(upstream, url, client):
    upstream.script(FILE, Status(503), Status(500), times=2)
    assert [client.get(url).status_code for _ in range(5)] == [503, 500, 503, 500, 200]


def test_steps_can_go_on_until_they_are_cleared(upstream, url, client):
    upstream.script(FILE, Status(503), Status(500), forever=True)
    assert [client.get(url).status_code for _ in range(5)] == [503, 500, 503, 500, 503]
    upstream.clear_script()
    assert client.get(url).status_code == 200


def test_what_was_scripted_first_comes_first(upstream, url, client):
    upstream.script(FILE, Status(500))
    upstream.script("*", Status(503))
    assert [client.get(url).status_code for _ in range(3)] == [500, 503, 200]


@pytest.mark.parametrize(
    "path",
    [FILE, f"{FILE}?a=1", "*/pr.class", "*/pr.class?a=*", "/pub/*", "*"],
)
def test_a_path_is_matched_with_or_without_its_query_or_by_a_pattern(upstream, url, client, path):
    upstream.script(path, Status(500))
    assert client.get(f"{url}?a=1").status_code == 500


def test_a_path_with_the_signs_of_a_pattern_is_matched_as_it_is(upstream):
    hostile = "/pub/time.series/pr/pr.[x]"
    upstream.script(hostile, Status(500))
    with ask(upstream.bls_url + "pr/pr.[x]") as response:
        assert response.status == 500


def test_other_paths_are_served_as_usual(upstream, url, client):
    upstream.script("*/pr.series", Status(500))
    assert client.get(url).status_code == 200
    assert upstream.unplayed == [("*/pr.series", Status(500))]
    upstream.clear_script()


def test_steps_can_be_kept_for_a_method(upstream, url, client):
    upstream.script(FILE, Status(503), method="HEAD")
    assert [client.get(url).status_code, client.head(url).status_code] == [200, 503]


def test_a_head_leaves_a_fault_of_the_body_for_the_get(upstream, url, client):
    upstream.script(FILE, WrongLength(sent=5))
    assert client.head(url).headers["Content-Length"] == "1100"
    assert client.get(url).content == BODY[:5]


@pytest.mark.parametrize(
    ("steps", "times"), [((), 1), ((Status(500),), 0)], ids=["no step", "never"]
)
def test_a_script_that_does_nothing_is_refused(upstream, steps, times):
    with pytest.raises(ValueError, match="a script needs"):
        upstream.script("*", *steps, times=times)


@pytest.mark.parametrize("step", [Truncate(1100), Reset(1100)])
def test_a_fault_that_would_be_none_fails_the_test_that_scripted_it(client, step):
    with pytest.raises(ValueError, match="cannot be cut"), Upstream() as upstream:  # noqa: PT012
        upstream.set_file("pr", "pr.class", BODY, WRITTEN)
        upstream.script(FILE, step)
        with pytest.raises(requests.ConnectionError):
            client.get(upstream.bls_url + "pr/pr.class")


def test_a_replacement_of_what_is_no_file_fails_the_test_that_scripted_it(client):
    with pytest.raises(ValueError, match="only a whole file"), Upstream() as upstream:  # noqa: PT012
        upstream.script("*", ReplaceDuring(NEW, LATER))
        with pytest.raises(requests.ConnectionError):
            client.get(upstream.bls_url + "pr/pr.class")
