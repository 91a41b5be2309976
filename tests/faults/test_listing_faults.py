"""U8, U9 and U10: a listing that cannot be right, lacks files, or has strange names."""

from __future__ import annotations

import re

import pytest

from glue_jobs.catalog.manifests import load_survey
from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.errors import GuardTripped, UpstreamInvalid
from glue_jobs.sample.faults import Listing, Status
from glue_jobs.sample.pages import ListedRow, listing
from tests.faults.lake import DATA_FILE, NEXT_RELEASE, SURVEY_PATH, body_of, change_file

ROW = ListedRow("pr.class", 102, NEXT_RELEASE)
OTHER_ROW = ListedRow(DATA_FILE, 77814, NEXT_RELEASE)
PAGE = listing(SURVEY_PATH, [ROW, OTHER_ROW]).decode()
ENTRY = re.findall("<br>([^<]*<A[^<]*</A>)<br>", PAGE)[0]

NOT_IN_ITS_FORM = "not in the form that BLS uses"
OTHER_ENTRY = "an entry of another form"
UNTRUSTED = {
    "empty-page": ("", NOT_IN_ITS_FORM),
    "blanks": (" \r\n", NOT_IN_ITS_FORM),
    "no-entries": (listing(SURVEY_PATH, []).decode(), "it names no file"),
    "folders-only": (
        listing(SURVEY_PATH, [ListedRow("old", None, NEXT_RELEASE)]).decode(),
        "it names no file",
    ),
    "cut-in-the-head": (PAGE[:60], NOT_IN_ITS_FORM),
    "cut-in-an-entry": (PAGE[: PAGE.index("pr.data") - 5], NOT_IN_ITS_FORM),
    "cut-between-entries": (PAGE[: PAGE.index(ENTRY) + len(ENTRY) + 4], NOT_IN_ITS_FORM),
    "cut-before-the-end": (PAGE.replace("</body></html>", ""), NOT_IN_ITS_FORM),
    "cut-at-the-last-letter": (PAGE[:-1], NOT_IN_ITS_FORM),
    "cut-and-mended-by-a-proxy": (
        PAGE[: PAGE.index("pr.data") - 5] + "</pre><hr></body></html>",
        OTHER_ENTRY,
    ),
    "duplicated-entry": (PAGE.replace(ENTRY, f"{ENTRY}<br>{ENTRY}"), "it names a file twice"),
    "duplicated-page": (PAGE + PAGE, NOT_IN_ITS_FORM),
    "case-twins": (
        PAGE.replace(ENTRY, f"{ENTRY}<br>{ENTRY.replace('pr.class', 'PR.Class')}"),
        "it names a file twice",
    ),
    "table-markup": (
        "<html><body><table><tr><td><a href='pr.class'>pr.class</a></table></body></html>",
        NOT_IN_ITS_FORM,
    ),
    "apache-markup": (
        '<html><pre><a href="../">../</a>\n<a href="pr.class">pr.class</a>  102</pre></html>',
        NOT_IN_ITS_FORM,
    ),
    "no-parent": (PAGE.replace("[To Parent Directory]", "[Up]"), NOT_IN_ITS_FORM),
    "two-lists": (PAGE.replace("</pre>", "</pre><pre>", 1), NOT_IN_ITS_FORM),
    "thousands-of-lists": ("<html>" + "<pre>" * 100_000, NOT_IN_ITS_FORM),
    "json": ('{"files": ["pr.class"]}', NOT_IN_ITS_FORM),
    "no-size": (PAGE.replace("         102", ""), OTHER_ENTRY),
    "size-with-comma": (PAGE.replace(" 102", " 1,02"), OTHER_ENTRY),
    "negative-size": (PAGE.replace(" 102", "-102"), OTHER_ENTRY),
    "no-time": (PAGE.replace(" 8:30 AM", ""), OTHER_ENTRY),
    "thirteenth-month": (PAGE.replace("12/9/2025", "13/9/2025"), "has the time 13/9/2025"),
    "zeroth-hour": (PAGE.replace(" 8:30 AM", " 0:30 AM"), "has the time 12/9/2025 0:30 AM"),
    "words-between": (PAGE.replace(ENTRY, f"Sorry!<br>{ENTRY}"), OTHER_ENTRY),
    "of-another-survey": (PAGE.replace("series/pr/", "series/cu/"), "links to another place"),
}


def refused(lake, html: str, says: str) -> None:
    """A listing that is refused costs one request and changes nothing; the next run heals."""
    before = lake.everything()
    lake.upstream.script(SURVEY_PATH, Listing(html))
    done = lake.land_bls()
    assert type(done.error) is UpstreamInvalid
    assert done.exit_code == 7
    assert re.search(says, done.told), done.told
    assert done.summary["changed"] is False
    assert lake.asked() == [SURVEY_PATH]
    assert lake.everything() == before
    lake.check()


@pytest.mark.parametrize(
    ("html", "says"), UNTRUSTED.values(), ids=[f"U8-{name}" for name in UNTRUSTED]
)
def test_a_listing_that_cannot_be_trusted_deletes_nothing(html, says, behind):
    lake, healed = behind
    refused(lake, html, rf"listing of {SURVEY_PATH} cannot be trusted: .*{says}.* Nothing was")
    assert lake.run_all() == []
    assert lake.tree() == healed


def test_u8_an_enormous_listing_is_given_up_early(behind):
    lake, healed = behind
    refused(lake, PAGE.replace(ENTRY, f"{ENTRY}<br>" * 60_000), r"more than the 4,194,304 bytes")
    assert lake.run_all() == []
    assert lake.tree() == healed


NAMES = {
    "parent": "..",
    "self": ".",
    "up": "../pr.class",
    "up-twice": "../../current/pr.json",
    "up-by-backslash": "..\\pr.class",
    "two-dots-inside": "pr..class",
    "hidden": ".lake",
    "our-manifest": "_manifest.json",
    "folder": "old/pr.class",
    "absolute": "/etc/passwd",
    "backslash": "pr\\class",
    "drive": "C:pr.class",
    "stream": "pr.class:evil",
    "percent-dots": "%2e%2e%2fpr.class",
    "percent-nul": "pr.class%00",
    "percent-percent": "pr%252fclass",
    "nul": "pr\x00class",
    "newline": "pr\nclass",
    "carriage-return": "pr.class\r",
    "tab": "pr\tclass",
    "escape": "pr\x1b[31mclass",
    "delete": "pr\x7fclass",
    "blank": "pr class",
    "leading-blank": " pr.class",
    "empty": "",
    "leading-dash": "-rf",
    "home": "~root",
    "shell": "$(id)",
    "pipe": "pr|id",
    "semicolon": "pr;id",
    "wildcard": "pr.*",
    "question": "pr.class?x=1",
    "fragment": "pr.class#x",
    "quote": "pr'class",
    "entity": "pr&#46;&#46;class",
    "web-address": "https://evil.example/pr.class",
    "other-host": "//evil.example/pr.class",
    "file-address": "file:///etc/passwd",
    "user-info": "pr@evil.example",
    "umlaut": "pr.clässe",
    "full-width": "ｐｒ.class",
    "long-s": "pr.claſs",
    "cyrillic": "рr.class",
    "right-to-left": "pr.\u202essalc",
    "zero-width": "pr.\u200bclass",
    "129-letters": "p" * 129,
    "4-kilobytes": "p" * 4096,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=[f"U10-{name}" for name in NAMES])
def test_a_name_that_could_leave_its_folder_is_refused_before_anything_is_done(name, behind):
    lake, healed = behind
    refused(
        lake,
        PAGE.replace("pr.class", name),
        "lists a file under a name that is refused|an entry of another form",
    )
    assert lake.run_all() == []
    assert lake.tree() == healed


LINKS = {
    "other-host": "https://evil.example/pub/time.series/pr/pr.class",
    "other-host-same-scheme": "//evil.example/pub/time.series/pr/pr.class",
    "other-folder": "/pub/time.series/cu/pr.class",
    "up": "/pub/time.series/pr/../pr.class",
    "other-name": "/pub/time.series/pr/pr.klass",
    "percent": "/pub/time.series/pr/pr%2eclass",
    "query": "/pub/time.series/pr/pr.class?x",
    "relative": "pr.class",
    "script": "javascript:alert(1)",
    "none": "",
}


@pytest.mark.parametrize("link", LINKS.values(), ids=[f"U10-link-{name}" for name in LINKS])
def test_a_link_that_leads_elsewhere_is_refused_before_anything_is_done(link, behind):
    lake, _ = behind
    html = PAGE.replace(f'"{SURVEY_PATH}pr.class"', f'"{link}"')
    refused(lake, html, "pr.class links to another place")


class TestU9:
    """Files vanish from the listing."""

    def test_one_of_twelve_goes_out_of_sight_and_stays_in_history(self, lake):
        key = "raw/bls/pr/pr.footnote"
        body = body_of(lake.upstream, "pr.footnote")
        lake.upstream.remove_file("pr", "pr.footnote")
        done = lake.land_bls()
        assert done.failures == ()
        assert done.summary["surveys"]["pr"]["removed"] == ["pr.footnote"]
        assert "pr.footnote" not in load_survey(lake.storage, "pr").files
        assert lake.storage.stat(key) is None
        (kept,) = lake.storage.versions(key)
        with lake.storage.open(key, kept.version) as stream:
            assert stream.read() == body
        lake.check()

    def test_its_table_goes_with_the_next_build_and_the_old_folder_stays(self, lake):
        before = lake.tree("curated")
        lake.upstream.remove_file("pr", "pr.footnote")
        assert lake.run_all() == []
        pointer = load_pointer(lake.storage, "pr")
        assert pointer is not None
        assert "pr_footnote" not in pointer.tables
        assert "pr_class" in pointer.tables
        assert before.items() <= lake.tree("curated").items()
        lake.check()

    def test_a_file_that_comes_back_is_landed_again(self, lake):
        before = lake.tree()
        file = lake.upstream.surveys["pr"]["pr.footnote"]
        lake.upstream.remove_file("pr", "pr.footnote")
        assert lake.run_all() == []
        change_file(lake.upstream, "pr.footnote", file.body, file.last_modified)
        assert lake.run_all() == []
        assert before.items() <= lake.tree().items()
        assert len(lake.storage.versions("raw/bls/pr/pr.footnote")) == 1

    @pytest.mark.parametrize(
        ("removed", "held", "allowed", "accepted"),
        [
            pytest.param(1, 12, 0, True, id="U9-one-of-twelve"),
            pytest.param(2, 12, 0, False, id="U9-over-a-tenth"),
            pytest.param(2, 12, 1, False, id="U9-over-the-allowed"),
            pytest.param(2, 12, 2, True, id="U9-allowed"),
            pytest.param(11, 12, 100, True, id="U9-nearly-all-allowed"),
            pytest.param(3, 30, 0, True, id="U9-three-of-thirty"),
            pytest.param(4, 45, 0, False, id="U9-over-three"),
            pytest.param(4, 45, 4, True, id="U9-over-three-allowed"),
        ],
    )
    def test_many_at_once_need_to_be_allowed(self, removed, held, allowed, accepted, lake):
        for number in range(held - 12):
            change_file(lake.upstream, f"pr.extra{number:02}", b"text\r\n")
        assert lake.land_bls().failures == ()
        names = sorted(set(lake.upstream.surveys["pr"]))[-removed:]
        for name in names:
            lake.upstream.remove_file("pr", name)
        before = lake.everything()
        done = lake.land_bls(allow_removals=allowed)
        if accepted:
            assert done.failures == ()
            assert sorted(done.summary["surveys"]["pr"]["removed"]) == names
            assert lake.tree("raw").keys() == {
                f"raw/bls/pr/{name}" for name in [*lake.upstream.surveys["pr"], "_manifest.json"]
            } | {path for path in before if path.startswith("raw/population/")}
        else:
            assert type(done.error) is GuardTripped
            assert done.exit_code == 7
            assert f"{removed} of {held} files of pr are no longer listed" in done.told
            assert f"--allow-removals {removed}" in done.told
            assert lake.everything() == before
        lake.check()

    def test_nothing_is_removed_unless_all_the_rest_succeeded(self, lake):
        before = lake.everything()
        lake.upstream.remove_file("pr", "pr.footnote")
        change_file(lake.upstream, "pr.class", body_of(lake.upstream, "pr.class") + b"9\tx\r\n")
        lake.upstream.script(f"{SURVEY_PATH}pr.class", Status(503), times=4)
        assert lake.land_bls().exit_code == 5
        assert lake.everything() == before
        assert lake.land_bls().summary["surveys"]["pr"]["removed"] == ["pr.footnote"]

    def test_a_vanished_survey_keeps_what_it_has(self, lake):
        before = lake.everything()
        del lake.upstream.surveys["pr"]
        done = lake.land_bls(allow_removals=100)
        assert (done.exit_code, type(done.error)) == (7, UpstreamInvalid)
        assert lake.everything() == before
