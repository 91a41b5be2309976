"""Summaries have the fields that docs/run_summary.schema.json says, whatever became of the job."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from labor_lake.cli import main
from labor_lake.workflow import stages
from tests.faults.lake import DATA_FILE, SURVEY_PATH, body_of, change_file
from tests.simulator.faults import Status
from tests.simulator.upstream import Upstream

SCHEMA = json.loads((Path(__file__).parents[1] / "docs/run_summary.schema.json").read_text("utf-8"))
OPERATIONS = Path(__file__).parents[1] / "docs/operations.md"


@pytest.fixture
def upstream():
    with Upstream.sample() as opened:
        yield opened


@pytest.fixture
def run(upstream, tmp_path):
    """Runs a command on a lake; returns its exit code."""

    def command(name: str, *words: str) -> int:
        upstreams = ("--bls-url", upstream.bls_url, "--population-url", upstream.population_url)
        settings = ("--lake", str(tmp_path / "lake"), "--contact", "someone@example.com")
        return main([name, *settings, *upstreams, "--requests-per-second", "100", *words])

    return command


def summaries(tmp_path):
    """All that were written, by job."""
    found: dict[str, list[dict[str, object]]] = {}
    paths = (tmp_path / "lake/runs").rglob("*.json")
    for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns):
        summary = json.loads(path.read_bytes())
        jsonschema.validate(summary, SCHEMA)
        assert path.stem == summary["job"]
        found.setdefault(path.stem, []).append(summary)
    return found


def test_of_runs_that_do_well(run, upstream, tmp_path):
    assert run("run") == 0
    assert run("run") == 0
    change_file(upstream, DATA_FILE, body_of(upstream, DATA_FILE) + b"PRS88003203\t2025\r\n")
    assert run("run") == 0
    assert run("verify", "--upstream") == 0
    found = summaries(tmp_path)
    assert set(found) == {job for stage in stages() for job in stage.jobs} | {"verify"}
    assert [one["changed"] for one in found["build_tables"]] == [True, False, True]


@pytest.mark.parametrize("path", [SURVEY_PATH, "/tesseract/*", f"{SURVEY_PATH}{DATA_FILE}"])
@pytest.mark.parametrize(("status", "code"), [(403, 7), (404, 7)])
def test_of_runs_that_fail(path, status, code, run, upstream, tmp_path, capsys):
    upstream.script(path, Status(status), forever=True)
    ended = run("run")
    assert ended in (5, code)
    told = [one for job in summaries(tmp_path).values() for one in job if one["errors"]]
    assert max(one["exit_code"] for one in told) == ended
    assert str(told[0]["errors"][0]["message"]) in capsys.readouterr().err


def test_of_a_build_and_of_a_check_that_fail(run, upstream, tmp_path):
    change_file(upstream, DATA_FILE, b"series_id\tyear\r\n")
    assert run("run") == 7
    (built,) = summaries(tmp_path)["build_tables"]
    (held,) = built["releases"]["pr"]["held"].values()
    assert built["errors"][0]["message"].startswith(held["reason"])


def test_every_field_is_explained_to_people():
    text = OPERATIONS.read_text("utf-8")
    assert [name for name in SCHEMA["properties"] if f"`{name}`" not in text] == []
