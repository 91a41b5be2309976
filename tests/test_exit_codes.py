"""What a program ends with: 0 done, 2 a wrong command, 5 try again, 7 a person is needed, 130."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from glue_jobs import errors
from glue_jobs.sources.bls import site
from tests.faults.lake import DATA_FILE, SURVEY_PATH, body_of, change_file
from tests.simulator.faults import Stall, Status
from tests.simulator.upstream import Upstream

ROOT = Path(__file__).parents[1]


@pytest.fixture
def upstream():
    with Upstream.sample() as opened:
        yield opened


@pytest.fixture
def words(upstream, tmp_path):
    """A command with its settings."""

    def of(*command: str) -> list[str]:
        given = ["--lake", str(tmp_path / "lake"), "--contact", "a@example.com"]
        given += ["--bls-url", upstream.bls_url, "--population-url", upstream.population_url]
        return [sys.executable, "-m", *command, *given]

    return of


def ended(words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


def check_told(told: subprocess.CompletedProcess[str]) -> None:
    """One sentence, perhaps a hint; no traceback."""
    errors_told = [x for x in told.stderr.splitlines() if x.startswith(("error:", "hint:"))]
    assert re.fullmatch(r"error: .*\.", errors_told[0])
    assert "Traceback" not in told.stderr


def test_0_done_and_0_nothing_new(words):
    assert ended(words("labor_lake.cli", "run")).returncode == 0
    again = ended(words("labor_lake.cli", "run"))
    assert (again.returncode, again.stdout) == (0, "Nothing is new.\n")
    assert ended(words("glue_jobs.land_bls")).returncode == 0


@pytest.mark.parametrize(
    "command",
    [
        ("labor_lake.cli", "run", "--surveys", "prx"),
        ("labor_lake.cli", "query", "select"),
        ("labor_lake.cli", "query", "drop table pr_data"),
        ("labor_lake.cli", "reports", "no_such_report"),
        ("glue_jobs.land_bls", "--surveys", "prx"),
    ],
    ids=" ".join,
)
def test_2_the_command_or_a_setting_is_wrong(command, words):
    told = ended(words(*command))
    assert told.returncode == 2
    assert told.stdout == ""
    check_told(told)


@pytest.mark.parametrize("command", [("labor_lake.cli", "run"), ("glue_jobs.land_bls",)])
def test_5_try_again_later(command, words, upstream):
    upstream.script(SURVEY_PATH, Status(503, {"Retry-After": "3600"}), forever=True)
    told = ended(words(*command))
    assert told.returncode == 5
    check_told(told)


def test_7_refused_damaged_or_guarded(words, upstream, tmp_path):
    assert ended(words("labor_lake.cli", "run")).returncode == 0
    change_file(upstream, DATA_FILE, body_of(upstream, DATA_FILE)[:2000].rpartition(b"\n")[0])
    told = ended(words("labor_lake.cli", "run"))
    assert told.returncode == 7
    check_told(told)
    upstream.script(SURVEY_PATH, Status(403), forever=True)
    told = ended(words("glue_jobs.land_bls"))
    assert told.returncode == 7
    check_told(told)
    (tmp_path / "lake/raw/bls/pr/pr.txt").unlink()
    assert ended(words("labor_lake.cli", "verify")).returncode == 7


def test_7_a_lake_that_nobody_asked_for_is_stale(words, tmp_path):
    status = ("labor_lake.cli", "status", "--max-age")
    assert ended(words(*status, "36")).returncode == 2  # there is no lake
    assert ended(words("labor_lake.cli", "run")).returncode == 0
    assert ended(words(*status, "36")).returncode == 0
    stale = ended(words(*status, "0"))
    assert stale.returncode in (0, 7)  # asked within this second, or not
    (summary,) = (tmp_path / "lake").glob("runs/*/land_bls.json")
    told = json.loads(summary.read_text())
    summary.unlink()
    summary.write_text(json.dumps({**told, "started_at": "2020-01-01T00:00:00Z"}))
    assert ended(words(*status, "0.5")).returncode == 7


@pytest.mark.usefixtures("heeding_interrupts")
def test_130_interrupted(words, upstream):
    stalled = Stall(30)
    upstream.script(SURVEY_PATH, stalled)
    with subprocess.Popen(
        words("labor_lake.cli", "land-bls"), cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert "asking BLS" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
    assert (process.returncode, told) == (130, "Interrupted; what was published stands.\n")


def test_every_failure_has_one_of_the_three_codes():
    assert site.ListingOutdated in errors.UpstreamUnavailable.__subclasses__()
    pending, codes = [errors.LakeError], {}
    while pending:
        error = pending.pop()
        codes[error.__name__] = error.exit_code
        pending += error.__subclasses__()
    assert set(codes.values()) == {2, 5, 7}
    assert {name for name, code in codes.items() if code == 5} == {
        "TryAgainLater",
        "UpstreamUnavailable",
        "LostRace",
        "ListingOutdated",
        "OutOfTime",
    }
