"""BLS's listings: understood or refused as a whole; a row that is not to be fetched is told."""

from __future__ import annotations

from datetime import timezone

import pytest

from glue_jobs.errors import UpstreamInvalid
from glue_jobs.sources.bls.listing import (
    ListedFile,
    listed_moment,
    parse_folders,
    parse_listing,
)
from glue_jobs.storage.names import safe_file_name
from tests.captures import capture, needs_captures

FOLDER = "/pub/time.series/pr/"
HEAD = (
    "<html><head><title>download.bls.gov - /pub/time.series/pr/</title></head><body>"
    '<H1>download.bls.gov - /pub/time.series/pr/</H1><hr>\n\n<pre><A HREF="/pub/time.series/">'
    "[To Parent Directory]</A><br><br>"
)
TAIL = "</pre><hr></body></html>"
CLASS = ListedFile("pr.class", 102, "2026-08-06T08:30")


def row(name: str, path: str | None = None, size: str = "102", when: str = "8/6/2026  8:30 AM"):
    return f' {when} {size:>12} <A HREF="{FOLDER + name if path is None else path}">{name}</A><br>'


def page(*rows: str) -> bytes:
    return (HEAD + "".join(rows) + TAIL).encode("utf-8")


def parse(*rows: str) -> tuple[ListedFile, ...]:
    return parse_listing(page(*rows), FOLDER).files


@needs_captures
def test_the_real_listing_of_pr():
    body = capture("listing/pr-2026-08-reconstructed.html").read_bytes()
    files = parse_listing(body, FOLDER).files
    assert len(files) == 12
    assert files[0] == CLASS
    assert files[3] == ListedFile("pr.data.1.AllData", 3_237_169, "2026-08-06T08:30")
    assert files[7] == ListedFile("pr.period", 146, "1994-01-07T15:53")


@needs_captures
def test_the_real_listing_of_la_with_a_sub_folder():
    body = capture("listing/la-2013-12-trimmed.html").read_bytes()
    assert b"&lt;dir&gt;" in body
    files = parse_listing(body, "/pub/time.series/la/").files
    assert len(files) == body.count(b"<A HREF=") - 1 - body.count(b"&lt;dir&gt;")
    assert files[3] == ListedFile("la.data.0.CurrentU00-04", 87_349_704, "2013-12-20T10:20")


@needs_captures
@pytest.mark.parametrize("name", ["pr-2026-08-reconstructed", "la-2013-12-trimmed"])
def test_u8_a_page_cut_anywhere_is_refused(name):
    body = capture(f"listing/{name}.html").read_bytes().rstrip()
    folder = f"/pub/time.series/{name[:2]}/"
    for end in range(len(body)):
        with pytest.raises(UpstreamInvalid, match="cut short"):
            parse_listing(body[:end], folder)
    assert parse_listing(body, folder)


@pytest.mark.parametrize("between", ["", "\n", "\r\n", "  "], ids=ascii)
def test_entries_may_stand_on_one_line_or_on_several(between):
    assert parse(row("pr.class") + between, between + row("pr.txt")) == (
        CLASS,
        ListedFile("pr.txt", 102, "2026-08-06T08:30"),
    )


def test_sub_folders_are_left_out():
    folder = row("old", f"{FOLDER}old/", "&lt;dir&gt;")
    assert parse(folder, row("pr.class"), folder.replace("old", "../..")) == (CLASS,)


@pytest.mark.parametrize(
    ("when", "minute"),
    [
        ("12/31/1999 12:00 AM", "1999-12-31T00:00"),
        ("1/1/2000 12:59 PM", "2000-01-01T12:59"),
        ("01/07/1994 03:53 pm", "1994-01-07T15:53"),
    ],
)
def test_a_time_is_kept_as_it_is_printed(when, minute):
    assert parse(row("pr.class", when=when)) == (ListedFile("pr.class", 102, minute),)


PAGES = {
    "nothing-at-all": b"",
    "no-entries": page(),
    "only-folders": page(row("old", f"{FOLDER}old/", "&lt;dir&gt;")),
    "a-name-twice": page(row("pr.class"), row("pr.txt"), row("pr.class")),
    "nothing-but-case-twins": page(row("pr.class"), row("pr.Class")),
    "nothing-but-names-that-are-refused": page(row("../pr.class")),
    "block-page": b"<html><body><h1>Access Denied</h1></body></html>",
    "json": b'{"files": ["pr.class"]}',
    "table-markup": page(row("pr.class")).replace(b"<br>", b"</td></tr>"),
    "apache-markup": b'<html><body><h1>Index of /pr</h1><ul><li><a href="pr.class">pr.class</a>'
    b"</li></ul></body></html>",
    "quotes-left-out": page(row("pr.class")).replace(b'"', b""),
    "no-parent-directory": page(row("pr.class")).replace(b"[To Parent Directory]", b"[Up]"),
    "more-behind-the-end": page(row("pr.class")) + b"<html>",
    "two-listings": page(row("pr.class")) * 2,
    "words-between": page(row("pr.class"), "and more<br>"),
    "no-size": page(row("pr.class", size="")),
    "negative-size": page(row("pr.class", size="-1")),
    "size-with-commas": page(row("pr.class", size="1,024")),
    "enormous-size": page(row("pr.class", size="9" * 16)),
    "no-time": page(row("pr.class", when="8/6/2026")),
    "30-february": page(row("pr.class", when="2/30/2026 8:30 AM")),
    "13-o-clock": page(row("pr.class", when="8/6/2026 13:30 PM")),
    "first-century": page(row("pr.class", when="1/1/0001 8:30 AM")),
    "after-all-time-in-utc": page(row("pr.class", when="12/31/9999 11:59 PM")),
    "iso-date": page(row("pr.class", when="2026-08-06 8:30 AM")),
    "one-link-more": page(row("pr.class").replace("<br>", '<A HREF="/x">x</A><br>')),
    "name-is-markup": page(row("pr.class").replace(">pr.class<", "><b>pr.class</b><")),
}


@pytest.mark.parametrize("body", PAGES.values(), ids=[f"U8-{name}" for name in PAGES])
def test_u8_what_is_no_whole_listing_is_refused_with_nothing_changed(body):
    with pytest.raises(UpstreamInvalid, match=FOLDER) as caught:
        parse_listing(body, FOLDER)
    assert "Nothing was changed" in caught.value.hint


PLACES = {
    "other-folder": "/pub/time.series/cu/pr.class",
    "sub-folder": f"{FOLDER}old/pr.class",
    "other-file": f"{FOLDER}pr.txt",
    "other-case": f"{FOLDER}PR.class",
    "other-host": "https://example.com/pub/time.series/pr/pr.class",
    "host-without-scheme": "//example.com/pub/time.series/pr/pr.class",
    "relative": "pr.class",
    "dots": f"{FOLDER}../pr/pr.class",
    "query": f"{FOLDER}pr.class?x=1",
    "empty": "",
}


@pytest.mark.parametrize("path", PLACES.values(), ids=[f"U10-link-to-{name}" for name in PLACES])
def test_u10_a_row_that_links_to_another_place_than_its_name_is_left_out(path):
    listing = parse_listing(page(row("pr.txt"), row("pr.class", path)), FOLDER)
    assert [file.name for file in listing.files] == ["pr.txt"]
    assert listing.refused.keys() == {"pr.class"}
    assert "it links to another place" in listing.refused["pr.class"]


def test_u10_names_that_differ_in_case_alone_are_left_out():
    listing = parse_listing(page(row("pr.class"), row("pr.txt"), row("pr.Class")), FOLDER)
    assert [file.name for file in listing.files] == ["pr.txt"]
    assert listing.refused.keys() == {"pr.class", "pr.Class"}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(HEAD.encode() * 20_000, id="starts-without-end"),
        pytest.param(HEAD.encode() + b" " * 2_000_000, id="blanks"),
        pytest.param((HEAD + TAIL[:6] * 300_000).encode(), id="ends"),
        pytest.param((HEAD + "<br>" * 500_000 + TAIL).encode(), id="nothing-between-breaks"),
        pytest.param(page(*["x<br>"] * 400_000), id="entries-of-another-form"),
    ],
)
def test_u8_an_enormous_page_is_refused_without_long_thought(body):
    """Without a bound on the work this test does not come to its end."""
    with pytest.raises(UpstreamInvalid):
        parse_listing(body, FOLDER)


def test_a_long_listing_is_read():
    files = parse(*(row(f"oe.data.{n}") for n in range(20_000)))
    assert len(files) == 20_000


HOSTILE = [
    "", ".", "..", "...", "../pr.class", "..\\pr.class", "a/../b", "a/b", "/etc/passwd",
    "\\\\host\\x", "C:\\x", "a\\b", ".hidden", ".lake", "_manifest.json", "-rf", "~root", "a..b",
    "pr.class/..", "%2e%2e%2fx", "pr%2eclass", "pr.class%00", "pr\x00class", "pr\nclass",
    "pr\rclass", "pr\tclass", "pr class", " pr.class", "pr.class\n", "pr.class;x", "pr.class?x",
    "pr.class#x", "pr.class:x", "pr.class*", "$HOME", "`id`", "a|b", "a&b", "pr.cl\xe4ss",
    "pr.cl\u0430ss", "pr\u2024class", "\uff0e\uff0e", "\u202epr.class",
    "https://example.com/pr.class", "//example.com", "user@host", "file:pr.class", "a" * 129,
    "a" * 4096, "data_file=x", "pr.class'", "pr,class",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: f"U10-{name[:20]!a}")
def test_u10_a_hostile_name_is_left_out_and_told(name):
    listing = parse_listing(page(row("pr.class"), row(name), row("pr.txt")), FOLDER)
    assert [file.name for file in listing.files] == ["pr.class", "pr.txt"]
    ((shown, why),) = listing.refused.items()
    assert why == "no file may have such a name"
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) <= 60
    with pytest.raises(UpstreamInvalid, match="a name that is refused") as caught:
        safe_file_name(name)
    assert str(caught.value).isascii()
    assert len(str(caught.value)) < 130


@pytest.mark.parametrize(
    "name",
    [
        "pr.data.0.Current",
        "ce.data.Goog",
        "ec.old.series.081297",
        "sm.data_type",
        "la.data.0.CurrentU00-04",
        "ce.data.90a.Government.Employment",
        "a" * 128,
    ],
)
def test_every_name_that_bls_uses_is_accepted(name):
    assert safe_file_name(name) == name
    assert parse(row(name))[0].name == name


ROOT = "/pub/time.series/"


def root(*rows: str) -> bytes:
    return page(*rows).replace(b'HREF="/pub/time.series/">[To', b'HREF="/pub/">[To')


def folder_row(name: str, path: str | None = None) -> str:
    text: str = row(name, f"{ROOT}{name}/" if path is None else path, "&lt;dir&gt;")
    return text


def test_the_root_names_its_folders_in_its_order_and_its_files_are_left_out():
    rows = (folder_row("wp"), row("overview.txt", f"{ROOT}overview.txt"), folder_row("ap"))
    assert parse_folders(root(*rows), ROOT) == ("wp", "ap")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("..", None),
        ("a/b", None),
        ("pr", f"{ROOT}cu/"),
        ("pr", f"{ROOT}pr"),
        ("pr", "https://example.com/pub/time.series/pr/"),
    ],
    ids=ascii,
)
def test_u10_a_folder_that_leads_elsewhere_is_left_out(name, path):
    assert parse_folders(root(folder_row("ap"), folder_row(name, path)), ROOT) == ("ap",)


@pytest.mark.parametrize(
    "rows",
    [(), (row("overview.txt", f"{ROOT}overview.txt"),), (folder_row("pr"), folder_row("pr"))],
    ids=["nothing", "only-files", "twice"],
)
def test_u8_a_root_that_is_no_list_of_surveys_is_refused(rows):
    with pytest.raises(UpstreamInvalid, match=ROOT):
        parse_folders(root(*rows), ROOT)


@pytest.mark.parametrize(
    ("minute", "moment"),
    [
        pytest.param("2025-07-01T12:08", (2025, 7, 1, 16, 8), id="July"),
        pytest.param("2025-01-15T08:30", (2025, 1, 15, 13, 30), id="January"),
        pytest.param("2025-03-09T01:59", (2025, 3, 9, 6, 59), id="before-the-clocks-go-forward"),
        pytest.param("2025-03-09T03:00", (2025, 3, 9, 7, 0), id="after-the-clocks-go-forward"),
        pytest.param("2025-11-02T01:30", (2025, 11, 2, 5, 30), id="the-hour-that-occurs-twice"),
        pytest.param("2025-11-02T02:00", (2025, 11, 2, 7, 0), id="after-the-clocks-go-back"),
        pytest.param("1994-12-31T23:59", (1995, 1, 1, 4, 59), id="over-the-new-year"),
    ],
)
def test_a_listed_minute_is_eastern_time_with_daylight_saving(minute, moment):
    found = listed_moment(minute)
    assert found.tzinfo is timezone.utc
    assert found.timetuple()[:5] == moment
