"""Logs in JSON: one object a line, nothing else on stderr, and the contact nowhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from glue_jobs.logs import EVENTS
from tests.faults.lake import SURVEY_PATH
from tests.simulator.faults import Status
from tests.simulator.upstream import Upstream

CONTACT = "someone.unmistakable@example.org"
ROOT = Path(__file__).parents[1]


@pytest.fixture
def upstream():
    with Upstream.sample() as opened:
        yield opened


@pytest.fixture
def program(upstream, tmp_path):
    """Runs a module as a program; returns its exit code, stdout, and the lines of its log."""

    def run(
        *words: str, settings: bool = True, **environ: str
    ) -> tuple[int, str, list[dict[str, Any]]]:
        given = ["--lake", str(tmp_path / "lake"), "--contact", CONTACT]
        given += ["--bls-url", upstream.bls_url, "--population-url", upstream.population_url]
        ended = subprocess.run(
            [sys.executable, "-m", *words, *(given if settings else [])],
            cwd=ROOT,
            env={**os.environ, "LAKE_LOG_FORMAT": "json", **environ},
            capture_output=True,
            text=True,
            check=False,
        )
        assert CONTACT not in ended.stdout + ended.stderr
        return ended.returncode, ended.stdout, [json.loads(x) for x in ended.stderr.splitlines()]

    return run


def check_form(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        assert line["event"] in EVENTS
        assert line["level"] in ("info", "error")
        assert len(line["at"]) == len("2026-11-23T19:44:54.141Z")


def test_a_run_tells_every_step_of_every_job(program):
    code, out, lines = program("labor_lake.cli", "run", "--json")
    assert code == 0
    check_form(lines)
    assert len({line["run_id"] for line in lines}) == 1
    events = [line["event"] for line in lines]
    assert events.count("job_started") == events.count("job_finished") == 4
    assert events.count("file_downloaded") == 12
    (expected,) = [line for line in lines if line["event"] == "downloads_expected"]
    assert (expected["job"], expected["files"]) == ("land_bls", 12)
    assert len(json.loads(out)) == 4


@pytest.mark.parametrize("words", [("labor_lake.cli", "land-bls"), ("glue_jobs.land_bls",)])
def test_a_failure_is_a_line_with_all_there_is_to_say(words, program, upstream):
    upstream.script(SURVEY_PATH, Status(403), forever=True)
    code, _, lines = program(*words)
    check_form(lines)
    failed = lines[-1]
    assert (failed["event"], failed["error"], failed["exit_code"]) == (
        "failed",
        "UpstreamRefused",
        7,
    )
    assert code == 7
    assert "check --contact" in failed["hint"]
    assert [line["level"] for line in lines if line["event"] == "job_finished"] == ["error"]


def test_a_wrong_setting_is_told_in_json_too(program):
    code, out, lines = program("labor_lake.cli", "status", "--surveys", "x", settings=False)
    assert (code, out) == (2, "")
    assert [line["event"] for line in lines] == ["failed"]


def test_a_traceback_is_a_field(program):
    code, _, lines = program("labor_lake.cli", "query", "select nonsense", "--debug")
    assert code == 2
    assert "Traceback" in lines[-1]["traceback"]


def test_a_log_that_nobody_reads_stops_no_run(upstream, tmp_path):
    words = ["run", "--lake", str(tmp_path / "lake"), "--contact", CONTACT]
    words += ["--bls-url", upstream.bls_url, "--population-url", upstream.population_url]
    for log_format in ("json", "text"):
        reading, writing = os.pipe()
        os.close(reading)
        ended = subprocess.run(
            [sys.executable, "-m", "labor_lake.cli", *words, "--log-format", log_format],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=writing,
            check=False,
        )
        os.close(writing)
        assert ended.returncode == 0
