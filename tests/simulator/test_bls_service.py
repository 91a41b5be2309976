"""How download.bls.gov behaves, as a client sees it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from labor_lake.sample.bls_service import UpstreamFile, etag
from tests.captures import capture, needs_captures
from tests.simulator.conftest import BODY, WRITTEN, ask
from tests.simulator.test_pages import rows_of
from tests.simulator.upstream import Upstream


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["", "pr/", "pr/pr.class", "pr/no.such.file"])
@pytest.mark.parametrize(
    "agent", ["", "python-requests/2", "Mozilla/5.0 (X11)", "https://example.org/lake", "@", "a@b"]
)
def test_who_names_no_mail_address_gets_403_and_a_page(upstream, client, agent, path, method):
    answer = client.request(method, upstream.bls_url + path, headers={"User-Agent": agent})
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "text/html"
    assert 1200 < int(answer.headers["Content-Length"]) < 1400
    assert answer.content.startswith(b"<!DOCTYPE html>" if method == "GET" else b"")


def test_a_file_comes_with_the_headers_of_the_real_server(url, client):
    answer = client.get(url)
    assert answer.content == BODY
    assert answer.headers["Last-Modified"] == "Fri, 07 Aug 2026 12:30:00 GMT"
    assert answer.headers["ETag"] == '"094a5766826dd1:0"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Length"] == str(len(BODY))


def test_a_head_has_the_headers_and_no_body(url, client):
    got, head = client.get(url).headers, client.head(url)
    assert head.content == b""
    assert {**head.headers, "Date": ""} == {**got, "Date": ""}


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 304), (1, 304)])
def test_if_modified_since_works(url, client, seconds, status):
    since = (WRITTEN + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    answer = client.get(url, headers={"If-Modified-Since": since})
    assert answer.status_code == status
    assert answer.content == (BODY if status == 200 else b"")


def test_if_modified_since_without_sense_is_ignored(url, client):
    assert client.get(url, headers={"If-Modified-Since": "yesterday"}).status_code == 200


def test_a_moment_between_two_seconds_is_known_to_the_second(upstream, url, client):
    upstream.set_file("pr", "pr.class", BODY, WRITTEN + timedelta(microseconds=900_000))
    announced = client.head(url).headers["Last-Modified"]
    assert announced == "Fri, 07 Aug 2026 12:30:00 GMT"
    assert client.get(url, headers={"If-Modified-Since": announced}).status_code == 304


def test_if_none_match_is_ignored(url, client):
    answer = client.get(url, headers={"If-None-Match": '"094a5766826dd1:0"'})
    assert (answer.status_code, answer.content) == (200, BODY)


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=10-19", 10, 20), ("bytes=1000-", 1000, 1100), ("bytes=-5", 1095, 1100)],
)
def test_a_download_can_be_resumed(url, client, asked, start, stop):
    answer = client.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, BODY[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/1100"


@pytest.mark.parametrize(
    ("held", "status"),
    [('"094a5766826dd1:0"', 206), ("Fri, 07 Aug 2026 12:30:00 GMT", 206), ('"other"', 200)],
)
def test_a_resumed_download_can_insist_on_the_same_file(url, client, held, status):
    answer = client.get(url, headers={"Range": "bytes=1000-", "If-Range": held})
    assert (answer.status_code, answer.content) == (status, BODY[1000 if status == 206 else 0 :])


def test_a_range_beyond_the_end_is_refused(url, client):
    answer = client.get(url, headers={"Range": "bytes=1100-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */1100")


@pytest.mark.parametrize("asked", ["lines=1-2", "bytes=-", "bytes=0-1,5-6"])
def test_other_ranges_are_ignored(url, client, asked):
    assert client.get(url, headers={"Range": asked}).status_code == 200


@pytest.mark.parametrize(
    "path", ["pr/pr.no", "xx/", "xx/pr.class", "pr", "pr/a/b", "../robots.txt", "pr.class"]
)
def test_what_is_not_there_is_404(upstream, client, path):
    assert client.get(upstream.bls_url + path).status_code == 404


def test_a_name_may_be_written_in_percent_codes(upstream):
    # requests would write the plain name.
    with ask(upstream.bls_url + "pr/pr%2Eclass") as response:
        assert response.read() == BODY


def test_a_big_file_is_served_from_its_path(upstream, client, tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "big").write_bytes(content)
    upstream.set_file("pr", "pr.data.1.AllData", tmp_path / "big", WRITTEN)
    url = upstream.bls_url + "pr/pr.data.1.AllData"
    assert client.get(url).content == content
    assert (
        client.get(url, headers={"Range": "bytes=300000-900000"}).content
        == (content[300_000:900_001])
    )


@needs_captures
def test_the_listing_equals_the_real_one_for_the_same_names_sizes_and_times(upstream, client):
    real = capture("listing/pr-2026-08-reconstructed.html").read_bytes()
    for row in reversed(rows_of(real.decode())):
        assert row.size is not None
        upstream.set_file("pr", row.name, bytes(row.size), row.written)
    assert client.get(upstream.bls_url + "pr/").content == real


def test_the_listing_can_be_in_the_style_of_2013(upstream, client):
    upstream.listing_line_breaks = True
    page = client.get(upstream.bls_url + "pr/").text
    assert '\n  8/7/2026  8:30 AM         1100 <A HREF="/pub/time.series/pr/pr.class">' in page


def test_a_listing_is_in_the_order_of_a_windows_folder(upstream, client):
    for name in ("pr.B", "pr.a", "pr.data.7.X", "pr.data.62.X"):
        upstream.set_file("pr", name, b"", WRITTEN)
    rows = rows_of(client.get(upstream.bls_url + "pr/").text)
    assert [row.name for row in rows] == ["pr.a", "pr.B", "pr.class", "pr.data.62.X", "pr.data.7.X"]


def test_the_root_lists_the_surveys_as_folders(upstream, client):
    upstream.set_file("cu", "cu.txt", b"", datetime(2026, 1, 13, 13, 30, tzinfo=timezone.utc))
    page = client.get(upstream.bls_url).text
    assert '<A HREF="/pub/">[To Parent Directory]</A>' in page
    assert page.partition("<br><br>")[2].startswith(
        ' 1/13/2026  8:30 AM        &lt;dir&gt; <A HREF="/pub/time.series/cu/">cu</A><br>'
        '  8/7/2026  8:30 AM        &lt;dir&gt; <A HREF="/pub/time.series/pr/">pr</A><br>'
    )


def test_a_file_that_is_set_or_removed_shows_at_once(upstream, url, client):
    later = WRITTEN + timedelta(hours=1)
    upstream.set_file("pr", "pr.class", b"new", later)
    assert client.get(url).content == b"new"
    (row,) = rows_of(client.get(upstream.bls_url + "pr/").text)
    assert (row.size, row.written) == (3, later)
    upstream.remove_file("pr", "pr.class")
    assert client.get(url).status_code == 404
    assert rows_of(client.get(upstream.bls_url + "pr/").text) == []


def test_a_folder_is_served_as_a_whole_survey_at_one_moment_or_by_name(upstream, client, tmp_path):
    (tmp_path / "pr.a").write_bytes(b"A")
    (tmp_path / "pr.b").write_bytes(b"BB")
    (tmp_path / "sub").mkdir()

    def listed():
        rows = rows_of(client.get(upstream.bls_url + "pr/").text)
        return [(row.name, row.size, row.written) for row in rows]

    upstream.from_folder("pr", tmp_path, WRITTEN)
    assert listed() == [("pr.a", 1, WRITTEN), ("pr.b", 2, WRITTEN)]
    later = WRITTEN + timedelta(days=1)
    upstream.from_folder("pr", tmp_path, {"pr.a": WRITTEN, "pr.b": later})
    assert listed() == [("pr.a", 1, WRITTEN), ("pr.b", 2, later)]
    assert client.get(upstream.bls_url + "pr/pr.b").content == b"BB"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        UpstreamFile(b"", datetime(2026, 8, 7))  # noqa: DTZ001


def test_an_etag_is_made_from_the_time_alone():
    assert etag(WRITTEN) == '"094a5766826dd1:0"'
    assert etag(WRITTEN + timedelta(seconds=1)) != etag(WRITTEN)


def test_the_sample_is_the_whole_miniature_at_fixed_moments(client):
    with Upstream.sample() as upstream:
        rows = rows_of(client.get(upstream.bls_url + "pr/").text)
        written = {row.name: row.written for row in rows}
        released = datetime(2025, 9, 4, 12, 30, tzinfo=timezone.utc)
        assert written["pr.data.0.Current"] == released
        assert {name for name in written if written[name] < released} == {
            "pr.contacts",
            "pr.period",
            "pr.seasonal",
            "pr.txt",
        }
        for row in rows:
            assert len(client.get(f"{upstream.bls_url}pr/{row.name}").content) == row.size
