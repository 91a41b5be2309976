"""The site over a real lake: every link leads somewhere, every figure to its line; nothing runs."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import pytest

from glue_jobs.errors import StorageFailure, UsageError
from glue_jobs.settings import Settings
from glue_jobs.storage.local import LocalStorage
from labor_lake.cli import main
from labor_lake.pages import rendering, site
from labor_lake.pages.series_page import replay, series_path
from labor_lake.pages.site import make_site, write_into_folder, write_into_lake
from tests.captures import needs_captures
from tests.hostile.conftest import _built as _built  # noqa: PLC0414 - a fixture
from tests.test_history import landed as landed  # noqa: PLC0414 - a fixture
from tests.test_real_input import RELEASES

RELEASED_AT = RELEASES.values()
_LOADING = ("src", "srcset", "data", "action", "formaction", "poster", "background")
_RUNNING = ("script", "iframe", "object", "embed", "link", "base", "form", "img", "image", "use")


class _Reader(HTMLParser):
    """What a page has in it."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[tuple[str, str]] = []
        self.anchors: dict[str, str] = {}
        self._href, self._text, self._rows = "", "", list[str]()
        self._anchor = ""
        self.feed(body.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        given = dict(attrs)
        if tag == "a":
            self._href, self._text = given["href"], ""
        if tag == "span" and "id" in given:
            self._anchor = given["id"]
            self.anchors[self._anchor] = ""
        if tag == "tr":
            self._anchor = ""

    def handle_data(self, data):
        self._text += data
        if self._anchor:
            self.anchors[self._anchor] += data

    def handle_endtag(self, tag):
        if tag == "a":
            self.links.append((self._href, self._text))


def read(files):
    return {path: _Reader(body) for path, body in files.items() if path.endswith(".html")}


def made(storage, *series):
    site = make_site(storage, Settings(lake=storage.uri, series=series))
    assert site.failures == {}
    return site.files


@pytest.fixture(scope="module")
def demo_site(demo_lake):
    return made(LocalStorage(Path(demo_lake)))


@pytest.fixture(scope="module")
def hostile_site(_built):
    return made(LocalStorage(_built))


def test_the_site_has_a_page_for_each_report_and_subject_and_for_what_people_ask_for(demo_site):
    assert {
        *("index.html", "site.json", "surveys/pr.html", "surveys/population.html"),
        *("reports/best_year.html", "reports/population_summary.html"),
        *("reports/series_population.html", "traces/pr.html", "series/PRS85006092.html"),
    } <= demo_site.keys()
    front = demo_site["index.html"].decode()
    assert "322069808" in front
    assert front.count("<svg") == 2 * 2  # two reports have a picture, for two widths


@pytest.mark.parametrize("which", ["demo_site", "hostile_site"])
def test_every_link_leads_to_something_on_the_site(which, request):
    files = request.getfixturevalue(which)
    pages = read(files)
    followed = 0
    for path, page in pages.items():
        for href, _ in page.links:
            place, _, anchor = href.partition("#")
            parts: list[str] = []
            for part in (PurePosixPath(path).parent / unquote(place)).parts:
                parts = parts[:-1] if part == ".." else [*parts, part]
            target = "/".join(parts)
            assert target in pages, (path, href)
            assert not anchor or unquote(anchor) in pages[target].anchors, (path, href)
            followed += 1
    assert followed > len(pages)


@pytest.mark.parametrize(
    ("which", "path", "least"),
    [("demo_site", "series/PRS85006092.html", 20), ("hostile_site", "surveys/pr.html", 30)],
)
def test_a_figure_leads_to_the_line_of_its_own_release(which, path, least, request):
    pages = read(request.getfixturevalue(which))
    traced = 0
    for href, text in pages[path].links:
        if "traces/" in href:
            raw = pages["traces/pr.html"].anchors[unquote(href.partition("#")[2])]
            # A tab is shown, since it cannot be seen.
            assert text in [field.strip() for field in raw.split("\\t")]
            traced += 1
    assert traced >= least


@pytest.mark.parametrize("which", ["demo_site", "hostile_site"])
def test_no_page_loads_or_runs_anything(which, request):
    for path, body in request.getfixturevalue(which).items():
        if path.endswith(".json"):
            continue
        page = _Reader(body)
        assert page.tags.isdisjoint(_RUNNING), path
        assert page.attributes.isdisjoint(_LOADING), path
        assert not {name for name in page.attributes if name.startswith("on")}, path
        assert not re.search(rb"\bstyle=", body), path  # the policy would not let it count
        assert all(
            not href.partition(":")[0].isalpha() or ":" not in href for href, _ in page.links
        )
        style = re.search(rb"<style>(.*?)</style>", body, re.DOTALL)
        assert style is not None
        digest = base64.b64encode(hashlib.sha256(style[1]).digest()).decode()
        assert f"default-src &#39;none&#39;; style-src &#39;sha256-{digest}&#39;" in body.decode()


def test_what_bls_writes_is_text(hostile_site):
    body = b"".join(hostile_site.values()).decode()
    assert "<script>" not in body
    assert "&lt;script&gt;" in body
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", body)


@needs_captures
def test_a_lake_of_five_vintages_shows_how_each_told_a_series(landed):
    files = made(landed, "PRS85006092")
    page = files["series/PRS85006092.html"].decode()
    first, newest = (f"{moment:%Y-%m-%d}" for moment in (min(RELEASED_AT), max(RELEASED_AT)))
    assert f"as each of 5 releases told them, from {first} to {newest}" in page
    printed = [text for href, text in _Reader(page.encode()).links if "2024-Q01" in href]
    assert printed[:4] == ["0.2", "0.7", "1.6", "0.2"]
    assert "(first)" not in page  # the lake cannot know it of any
    survey = files["surveys/pr.html"].decode()
    assert "a release was missed before 2025-02-06" in survey
    assert "What 4 releases changed in pr.data.0.Current" in survey
    assert re.search(r"next release</dt><dd>(about )?\d{4}-\d\d-\d\d", survey)


def test_a_replay_gives_what_each_release_showed():
    first, second = date(2024, 1, 1), date(2024, 4, 1)
    changes: list[dict[str, Any]] = [
        {"release": "1", "date": first, "change": "first", "value": 1.0},
        {"release": "1", "date": second, "change": "first", "value": 2.0},
        {"release": "3", "date": first, "change": "revised", "value": 1.5},
        {"release": "3", "date": second, "change": "withdrawn", "value": None},
        {"release": "4", "date": first, "change": "text", "value": None},
    ]
    assert list(replay(changes, ["1", "2", "3", "4"])) == [
        ("1", {first: 1.0, second: 2.0}),
        ("2", {first: 1.0, second: 2.0}),
        ("3", {first: 1.5}),
        ("4", {}),
    ]


def test_a_page_has_a_name_that_a_file_may_have():
    assert series_path("PRS85006092") == "series/PRS85006092.html"
    assert re.fullmatch(r"series/[0-9a-f]{16}\.html", series_path("../../x"))


def test_a_new_site_takes_the_place_of_the_old_one_and_leaves_what_is_not_its_own(tmp_path):
    old = {"series/A.html": b"a", "site.json": b'{"pages": ["series/A.html", "../x.html"]}'}
    new = {"index.html": b"i", "site.json": b'{"pages": ["index.html"]}'}
    (tmp_path / "x.html").write_bytes(b"mine")
    folder = tmp_path / "site"
    write_into_folder(folder, {**old, "index.html": b"old"})
    (folder / "CNAME").write_bytes(b"mine")
    write_into_folder(folder, new)
    found = {path.name for path in folder.rglob("*") if path.is_file()}
    assert found == {"index.html", "site.json", "CNAME"}
    assert (tmp_path / "x.html").is_file()
    storage = LocalStorage(tmp_path / "lake")
    write_into_lake(storage, old)
    write_into_lake(storage, new)
    assert [one.key for one in storage.list_objects("")] == ["page/index.html", "page/site.json"]


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises((UsageError, StorageFailure), match=r"^Cannot write .*file"):
        write_into_folder(tmp_path / "file", {"index.html": b"i"})


def test_the_command_says_where_the_site_begins(demo_lake, tmp_path, capsys):
    words = ["page", "--lake", demo_lake, "--output", str(tmp_path), "--series", "prs85006093"]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["front"] == str(tmp_path / "index.html")
    assert [path.name for path in (tmp_path / "series").iterdir()] == ["PRS85006093.html"]
    assert main(["page", "--lake", demo_lake, "--output", str(tmp_path), "--series", "none"]) == 2
    assert "The lake has no series NONE." in capsys.readouterr().err


def test_a_lake_without_tables_has_no_site(tmp_path, capsys):
    assert main(["page", "--lake", str(tmp_path)]) == 2
    assert "There is nothing to show" in capsys.readouterr().err


@pytest.mark.parametrize("package", ["jinja2", "vl_convert"])
def test_a_package_that_is_missing_is_named(package, demo_lake, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    rendering._environment.cache_clear()
    assert main(["page", "--lake", demo_lake]) == 2
    assert "pip install 'labor-lake[page]'" in capsys.readouterr().err
    rendering._environment.cache_clear()


def test_the_list_of_an_earlier_site_may_be_anything():
    assert [site._listed(body) for body in (b"", b"[]", b'{"pages": 7}', b"\xff")] == [[]] * 4
