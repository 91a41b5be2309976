"""The whole way on what BLS and the Census really served, against independent results."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from glue_jobs.build_tables import build_tables
from glue_jobs.running import perform
from labor_lake.workflow import run_workflow
from tests.captures import capture, needs_captures
from tests.lakes import NOW, run_at
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

    from glue_jobs.running import Run

pytestmark = needs_captures

# The folders' names are months of capture; any moment in it serves as the release.
RELEASES = {
    "2024-06": datetime(2024, 6, 6, 12, 30, tzinfo=timezone.utc),
    "2025-02": datetime(2025, 2, 6, 13, 30, tzinfo=timezone.utc),
    "2025-05": datetime(2025, 5, 8, 12, 30, tzinfo=timezone.utc),
    "2025-10": datetime(2025, 9, 4, 12, 30, tzinfo=timezone.utc),
    "2026-04": datetime(2026, 3, 24, 12, 30, tzinfo=timezone.utc),
}
REPORTS = ("best_year", "series_population")


@pytest.fixture
def upstream():
    with Upstream() as served:
        served.cubes["acs_yg_total_population_1"] = capture(
            "population/tesseract-acs1-2025-10.json"
        ).read_bytes()
        served.cubes["acs_yg_total_population_5"] = capture(
            "population/datausa-old-api-acs5-2024-06.json"
        ).read_bytes()
        yield served


def run_in(folder: Path, upstream: Upstream, run_id: str = "run", **settings: object) -> Run:
    # Captures of different months are of different files; the landing is told that it is so.
    return run_at(folder, upstream, run_id, allow_removals=100, **settings)


def land_all(folder: Path, upstream: Upstream, month: str) -> None:
    upstream.from_folder("pr", capture(f"bls/pr/{month}"), RELEASES[month])
    result = run_workflow(run_in(folder, upstream, run_id=month))
    assert result.failures == ()


def release_folders(folder: Path) -> dict[str, str]:
    """Every curated file of pr, with the hash of its bytes."""
    root = folder / "curated" / "pr"
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("month", RELEASES)
def test_the_reports_of_a_capture_equal_the_expected_ones_line_by_line(month, upstream, tmp_path):
    land_all(tmp_path, upstream, month)
    latest = tmp_path / "reports" / "latest"
    for report in REPORTS:
        expected = capture(f"expected/{report}-{month}.csv").read_text().splitlines()
        assert (latest / f"{report}.csv").read_text().splitlines() == expected
    expected = capture("expected/population_summary-acs1-2025-10.csv").read_text().splitlines()
    assert (latest / "population_summary.csv").read_text().splitlines() == expected


def test_acs5_in_the_old_shape_gives_its_own_summary(upstream, tmp_path):
    upstream.from_folder("pr", capture("bls/pr/2024-06"), RELEASES["2024-06"])
    result = run_workflow(run_in(tmp_path, upstream, datasets=("acs5",)))
    assert result.failures == ()
    made = tmp_path / "reports" / "latest" / "population_summary.csv"
    expected = capture("expected/population_summary-acs5-2024-06.csv").read_text()
    assert made.read_text().splitlines() == expected.splitlines()


def test_captures_landed_in_turn_give_the_folders_that_each_gives_alone(upstream, tmp_path):
    alone: dict[str, str] = {}
    for month in RELEASES:
        land_all(tmp_path / month, upstream, month)
        alone.update(release_folders(tmp_path / month))
        land_all(tmp_path / "together", upstream, month)
    assert release_folders(tmp_path / "together") == alone


@pytest.mark.parametrize(
    ("survey", "month"),
    [("ap", "2024-03"), ("cu", "2021-11"), ("sm", "2016-02"), ("ce", "2025-01")],
)
def test_other_surveys_convert_whole(survey, month, upstream, tmp_path):
    upstream.from_folder(survey, capture(f"bls/{survey}/{month}"), NOW)
    run = run_in(tmp_path, upstream, surveys=(survey,))
    # Parts of a survey only: its series file may be here without all of its data.
    result = run_workflow(run)
    assert result.failures == ()
    landed = {path.name: path for path in capture(f"bls/{survey}/{month}").iterdir()}
    (release,) = (
        summary["releases"][survey]
        for summary in result.summaries
        if summary["job"] == "build_tables"
    )
    assert release["rejects"] == 0
    data_lines = sum(
        len(path.read_bytes().splitlines()) - 1 for name, path in landed.items() if ".data." in name
    )
    assert release["rows"][f"{survey}_data"] == data_lines


def test_a_second_build_of_the_same_landing_does_nothing(upstream, tmp_path):
    land_all(tmp_path, upstream, "2025-02")
    summary, failures = perform("build_tables", build_tables, run_in(tmp_path, upstream, "again"))
    assert failures == []
    assert summary["changed"] is False
