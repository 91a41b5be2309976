"""`on_release` and `page`: what `lake run` does when something was published."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from labor_lake.after_publish import after_publish
from labor_lake.cli import main
from labor_lake.sample import render
from labor_lake.workflow import run_workflow
from tests.lakes import RELEASED, run_at
from tests.simulator.upstream import Upstream

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")


def serve(upstream, value, day=0):
    rows = [("PRS30006032", "2018", "Q01", value, "")]
    moment = RELEASED.replace(day=RELEASED.day + day)
    upstream.set_file("pr", "pr.data.0.Current", render.data_file(rows), moment)
    body = render.population_body("ACS 1-year Estimate", {2018: 327167439})
    upstream.cubes["acs_yg_total_population_1"] = body


@pytest.fixture
def lake_run(tmp_path, monkeypatch):
    """Runs `lake run` against an upstream of our own; gives its exit code."""
    with Upstream() as upstream:
        for name, text in {
            "LAKE_URI": str(tmp_path / "lake"),
            "LAKE_CONTACT": "test@example.com",
            "LAKE_BLS_URL": upstream.bls_url,
            "LAKE_POPULATION_URL": upstream.population_url,
            "LAKE_REQUESTS_PER_SECOND": "100",
            "LAKE_WORKERS": "1",
        }.items():
            monkeypatch.setenv(name, text)
        serve(upstream, "0.4")

        def run(*words: str, value: str = "", day: int = 0) -> int:
            if value:
                serve(upstream, value, day)
            return main(["run", *words])

        yield run


def summary(tmp_path):
    written = sorted((tmp_path / "lake" / "runs").glob("*/after_publish.json"))
    return json.loads(written[-1].read_text())


def test_the_command_is_started_once_for_a_release_and_never_on_a_quiet_day(lake_run, tmp_path):
    words = ("--on-release", "cat >> news.jsonl; echo >> news.jsonl")
    assert lake_run(*words) == 0
    assert lake_run(*words) == 0
    assert lake_run(*words, value="0.5", day=1) == 0
    assert lake_run(*words) == 0
    documents = (tmp_path / "news.jsonl").read_text().split("\n}\n")
    told = [json.loads(one + "}") for one in documents if one.strip()]
    assert [one["released"] for one in told] == [
        {"population": told[0]["released"]["population"], "pr": "20250904T123000Z"},
        {"pr": "20250905T123000Z"},
    ]
    assert [one["job"] for one in told[0]["summaries"]] == [
        *("land_bls", "land_population", "build_tables", "publish_reports")
    ]


def test_of_what_was_there_before_anybody_asked_nothing_is_told(lake_run, tmp_path):
    assert lake_run() == 0
    assert lake_run("--on-release", "cat > news.json") == 0
    assert not (tmp_path / "news.json").exists()
    assert lake_run("--on-release", "cat > news.json", value="0.5", day=1) == 0
    assert json.loads((tmp_path / "news.json").read_text())["released"] == {
        "pr": "20250905T123000Z"
    }


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("echo no >&2; exit 3", "The command for a release ended with 3: no"),
        ("exit 1", "The command for a release ended with 1."),
    ],
)
def test_a_command_that_fails_is_a_warning(command, told, lake_run, tmp_path, capsys):
    assert lake_run("--on-release", command) == 0
    assert summary(tmp_path)["warnings"] == [told]
    assert f"warning: {told}" in capsys.readouterr().out
    assert summary(tmp_path)["exit_code"] == 0


def test_a_run_that_was_killed_before_it_told_tells_next_time(lake_run, tmp_path):
    assert lake_run("--on-release", "true") == 0
    assert lake_run(value="0.5", day=1) == 0  # as if it had ended before the command
    assert lake_run("--on-release", "cat > news.json") == 0
    assert json.loads((tmp_path / "news.json").read_text())["released"] == {
        "pr": "20250905T123000Z"
    }


def test_the_page_is_written_when_something_was_published(lake_run, tmp_path, capsys):
    assert lake_run("--page") == 0
    front = tmp_path / "lake" / "page" / "index.html"
    assert "page: " in capsys.readouterr().out
    front.unlink()
    assert lake_run("--page") == 0
    assert not front.exists()  # nothing was published
    assert lake_run("--page", value="0.5", day=1) == 0
    assert "2025-09-05" in front.read_text("utf-8")


def test_what_the_page_cannot_show_is_a_warning(lake_run, tmp_path):
    assert lake_run("--page", "--series", "PRX") == 0
    told = summary(tmp_path)
    assert told["warnings"] == ["The page cannot show the series PRX: The lake has no series PRX."]
    assert told["pages"]


def test_a_page_that_cannot_be_written_is_a_warning(lake_run, tmp_path):
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "page").write_bytes(b"in its place")
    assert lake_run("--page") == 0
    (warning,) = summary(tmp_path)["warnings"]
    assert warning.startswith("The page was not written: ")


def test_a_note_that_cannot_be_read_is_none(tmp_path):
    with Upstream() as upstream:
        serve(upstream, "0.4")
        run = run_at(tmp_path / "lake", upstream, on_release="true")
        done = run_workflow(run)
        run.storage.put("announced.json", b"\xff")
        told = after_publish(replace(run, run_id="again"), done.summaries)
    assert set(told.details["released"]) == {"population", "pr"}
