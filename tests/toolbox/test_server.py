"""`lake mcp`, asked by a real client; docs/mcp.md shows what it answers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from labor_lake.cli import main
from tests.test_docs import samples
from tests.toolbox.client import Call, content_of, talk, text_of

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")

PAGE = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text("utf-8")
NAMES = ["find", "describe", "query", "series", "prints", "trace"]
SERIES = "PRS85006092"

CALLS: list[Call] = [
    ("find", {"words": "unit labor costs"}),
    ("describe", {"name": SERIES}),
    ("query", {"sql": "select count(*) as n from pr_data where period = ?", "parameters": ["Q01"]}),
    ("series", {"series_id": SERIES, "as_of": "2025-12-31"}),
    ("prints", {"series_id": SERIES, "year": 2025, "period": "Q02"}),
    ("trace", {"series_id": SERIES, "year": 2025, "period": "Q02"}),
]


def test_a_client_lists_the_tools_and_each_answers(demo_lake):
    tools, answers = talk(demo_lake, CALLS)
    assert [one.name for one in tools] == NAMES == [name for name, _ in CALLS]
    assert all(one.annotations.read_only_hint for one in tools)
    assert not any(one.annotations.destructive_hint for one in tools)
    for answer in answers:
        assert not answer.is_error
        assert json.loads(text_of(answer)) == content_of(answer)
    found, described, counted, figures, prints, traces = map(content_of, answers)
    assert found["rows"][0]["series_id"] == "PRS85006112"
    assert (described["kind"], described["survey"]) == ("series", "pr")
    assert counted["rows"] == [{"n": 744}]
    assert figures["rows"][0]["date"] == "2025-04-01"
    assert figures["cut"].startswith("There are more than these 60 rows.")
    assert [row["value"] for row in prints["rows"]] == [3.3]
    assert {row["source"] for row in traces["rows"]} == {"pr.data.0.Current", "pr.data.1.AllData"}


def test_a_mistake_is_a_sentence_with_a_hint_and_ends_nothing(demo_lake):
    calls: list[Call] = [
        ("query", {"sql": "select valu from pr_data"}),
        ("query", {"sql": "drop table pr_data"}),
        ("series", {"series_id": "XYZ"}),
        ("query", {"sql": "select 1", "limit": 0}),
        ("query", {"sql": 1}),
        ("describe", {"name": "population"}),
    ]
    *failed, last = talk(demo_lake, calls)[1]
    assert all(one.is_error for one in failed)
    assert failed[0].structured_content == {
        "error": "There is no column valu here.",
        "hint": "Did you mean value?",
    }
    assert text_of(failed[0]) == "There is no column valu here. Did you mean value?"
    assert "DROP TABLE" in text_of(failed[1])
    assert not last.is_error


def test_the_page_shows_what_is_answered(demo_lake):
    asked = [json.loads(one) for one in samples(PAGE, '{"name"')]
    shown = [json.loads(one) for one in samples(PAGE, "{\n")][1:]
    answers = talk(demo_lake, [(one["name"], one["arguments"]) for one in asked])[1]
    assert [one.structured_content for one in answers] == shown
    assert len(shown) >= 3
    registered = json.loads(samples(PAGE, "{\n")[0])["mcpServers"]["labor-lake"]
    assert (registered["command"], registered["args"][0]) == ("lake", "mcp")
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == NAMES


def test_without_the_package_it_is_told(demo_lake, monkeypatch, capsys):
    for name in [name for name in sys.modules if name.partition(".")[0] == "mcp"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "labor_lake.toolbox.server", raising=False)
    monkeypatch.setitem(sys.modules, "mcp", None)
    assert main(["mcp", "--lake", demo_lake]) == 2
    assert "pip install 'labor-lake[mcp]'" in capsys.readouterr().err


def test_a_lake_that_is_not_there_is_told_before_anything_is_said(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "labor_lake", "mcp", "--lake", str(tmp_path / "none")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no lake in" in done.stderr


def test_it_ends_with_its_input(demo_lake):
    done = subprocess.run(
        [sys.executable, "-m", "labor_lake", "mcp", "--lake", demo_lake],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
