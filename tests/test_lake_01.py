"""A lake that version 0.1 made is taken over: its answers stay, and its history goes on.

This test stays: whatever a later version writes, it reads what the first one wrote. It asks through
the command line alone, so that nothing in it has to follow the code.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from labor_lake.cli import main
from tests.captures import capture, needs_captures
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_captures

DATA_FILE = "pr.data.0.Current"
CUBE = "acs_yg_total_population_1"
TOTALS = "count(*) as row_count, sum(cast(value as decimal(18, 6))) as total from pr_data"
NEXT_RELEASE = datetime(2025, 12, 9, 13, 30, tzinfo=timezone.utc)


@dataclass(frozen=True)
class OldLake:
    """A copy of the lake, and how it is asked."""

    folder: Path
    upstream: Upstream
    capsys: pytest.CaptureFixture[str]

    def do(self, *words: str) -> str:
        """Runs a command that succeeds; returns what it printed."""
        settings = {
            "--lake": str(self.folder),
            "--contact": "test@example.com",
            "--bls-url": self.upstream.bls_url,
            "--population-url": self.upstream.population_url,
            "--requests-per-second": "100",
        }
        given = [word for setting in settings.items() for word in setting]
        code = main([*words, *given])
        out, err = self.capsys.readouterr()
        assert code == 0, out + err
        return out

    def query(self, sql: str, *words: str) -> Any:
        return json.loads(self.do("query", sql, *words, "--json"))

    def as_of(self, *dates: str) -> dict[str, Any]:
        return {date: self.query(f"select {TOTALS}", "--as-of", date) for date in dates}

    def answers(self, dates: list[str]) -> dict[str, Any]:
        """What `answers.json` has of 0.1."""
        return {
            "tables": self.query("show tables"),
            "rows": self.query(f"select data_file, {TOTALS} group by data_file"),
            "revisions": self.query(
                "select release, change, count(*) as row_count from pr_revisions"
                " group by release, change order by release, change"
            ),
            "as_of": self.as_of(*dates),
            "best_year": self.query("select * from best_year order by series_id"),
        }

    def verify(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.do("verify", "--json"))
        return told

    def reports(self) -> dict[str, bytes]:
        """The latest copies, but for the index."""
        latest = self.folder / "reports" / "latest"
        return {
            path.name: path.read_bytes() for path in latest.iterdir() if path.name != "report.json"
        }


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The lake as it was packed, with its hard links and modes."""
    folder = tmp_path_factory.mktemp("lake-0.1")
    with tarfile.open(capture("lake-0.1/lake-0.1.tar.gz")) as packed:
        packed.extractall(folder, filter="tar")
    return folder / "lake"


@pytest.fixture
def lake(unpacked, tmp_path, capsys):
    """A copy of it, while upstream still serves the files that it holds."""
    folder = shutil.copytree(unpacked, tmp_path / "lake", copy_function=os.link)
    manifest = json.loads((folder / "raw/bls/pr/_manifest.json").read_bytes())
    with Upstream() as upstream:
        for name, file in manifest["files"].items():
            moment = datetime.fromisoformat(file["last_modified"].replace("Z", "+00:00"))
            body = (folder / "raw/bls/pr" / name).read_bytes()
            upstream.set_file("pr", name, body, moment)
        upstream.cubes[CUBE] = (folder / f"raw/population/{CUBE}.json").read_bytes()
        yield OldLake(folder, upstream, capsys)


@pytest.fixture(scope="module")
def answered() -> dict[str, Any]:
    """What 0.1 said of it."""
    answers: dict[str, Any] = json.loads(capture("lake-0.1/answers.json").read_bytes())
    del answers["what"]
    return answers


def said(lake: OldLake, answered: dict[str, Any]) -> dict[str, Any]:
    """What the lake answers now, but for views that 0.1 did not have yet."""
    answers = lake.answers(list(answered["as_of"]))
    return {**answers, "tables": [one for one in answers["tables"] if one in answered["tables"]]}


def data_body(lake: OldLake) -> bytes:
    return (lake.folder / "raw/bls/pr" / DATA_FILE).read_bytes()


def revised(body: bytes) -> bytes:
    """Another vintage: the last value of the file is another one, and is marked as revised."""
    *lines, last = body.splitlines(keepends=True)
    series, year, period, *_ = last.split(b"\t")
    value = b"%12s" % b"4711.5"
    return b"".join([*lines, b"\t".join([series, year, period, value, b"R\r\n"])])


def test_its_answers_are_those_of_0_1(lake, answered):
    assert said(lake, answered) == answered


def test_it_is_whole(lake):
    told = lake.verify()
    assert (told["problems"], told["left_over"]) == ([], [])


def test_its_state_and_its_reports_are_read_as_they_are(lake):
    status = json.loads(lake.do("status", "--json"))
    assert status["subjects"]["pr"]["release"] == "20250904T123000Z"
    assert status["subjects"]["pr"]["is_built"] is True
    assert status["last_run"].keys() == {
        "land_bls",
        "land_population",
        "build_tables",
        "publish_reports",
    }
    for name in ("best_year", "population_summary", "series_population"):
        expected = lake.reports()[f"{name}.csv"].decode()
        assert lake.do("reports", name, "--format", "csv") == expected


def test_a_run_with_nothing_new_lands_nothing_and_changes_no_answer(lake, answered):
    raw, reports = body_by_name(lake.folder / "raw"), lake.reports()
    lake.do("run")
    assert body_by_name(lake.folder / "raw") == raw
    assert said(lake, answered) == answered
    told = lake.verify()
    assert (told["problems"], told["left_over"]) == ([], [])
    for name, body in reports.items():
        if name.endswith((".csv", ".txt")):
            assert lake.reports()[name] == body
    lake.do("run")
    assert "Nothing is new" in lake.do("run")


def body_by_name(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_its_history_goes_on_with_the_next_release(lake, answered):
    lake.upstream.set_file("pr", DATA_FILE, revised(data_body(lake)), NEXT_RELEASE)
    lake.do("run")
    now = said(lake, answered)
    assert now["as_of"] == answered["as_of"]
    assert now["tables"] == answered["tables"]
    assert now["revisions"] == [
        *answered["revisions"],
        {"release": "20251209T133000Z", "change": "revised", "row_count": 1},
    ]
    (row,) = lake.as_of("2025-12-31")["2025-12-31"]
    assert row["row_count"] == answered["rows"][0]["row_count"]
    assert row["total"] == now["rows"][0]["total"] != answered["rows"][0]["total"]
    assert lake.verify()["problems"] == []
    assert "1 revised" in lake.do("changes", "pr")


def test_an_old_copy_is_taken_in(lake, answered, tmp_path):
    copy = tmp_path / "kept"
    copy.write_bytes(revised(data_body(lake)))
    lake.do("backfill", "pr", DATA_FILE, str(copy), "--release", "2023-06-01")
    now = said(lake, answered)
    assert now["as_of"] == answered["as_of"]
    assert now["rows"] == answered["rows"]
    assert now["revisions"][0]["release"] == "20230601T123000Z"
    (row,) = lake.as_of("2023-12-31")["2023-12-31"]
    assert row["row_count"] == answered["rows"][0]["row_count"]
    told = lake.verify()
    assert (told["problems"], told["left_over"]) == ([], [])
    # The newest vintage may have another one before it now, which changes what is said of it.
    assert "reports: " in lake.do("run")
    assert "Nothing is new" in lake.do("run")


def test_vacuum_takes_nothing_that_is_asked_for(lake, answered):
    lake.do("vacuum", "--keep-days", "0")
    assert said(lake, answered) == answered
    assert lake.verify()["problems"] == []
    lake.do("run")
    lake.do("vacuum", "--keep-days", "0")
    assert said(lake, answered) == answered


def test_a_trace_leads_to_the_bytes_of_every_vintage(lake):
    series, year, period, *_ = data_body(lake).splitlines()[-1].split(b"\t")
    words = [series.decode().strip(), year.decode().strip(), period.decode().strip()]
    values = json.loads(lake.do("trace", *words, "--json"))
    assert [one["release"] for one in values] == sorted(one["release"] for one in values)
    assert values[-1]["release"] == "20250904T123000Z"
