"""What only SQL sees across tables: an error holds a report back, a warning holds up nothing."""

from __future__ import annotations

import pytest

from glue_jobs.errors import QualityFailure
from glue_jobs.reports.index import load_index
from glue_jobs.sql_files import sql_files
from glue_jobs.storage.local import LocalStorage
from labor_lake.sample import excerpt
from labor_lake.workflow import run_workflow
from tests.faults.lake import observation
from tests.lakes import RELEASED, run_at
from tests.reports import reports_reading
from tests.simulator.upstream import Upstream


def sample_with(name, change):
    upstream = Upstream.sample()
    body, _ = excerpt.files()[name]
    changed = change(body)
    assert changed != body
    upstream.set_file("pr", name, changed, RELEASED.replace(hour=14))
    return upstream


def without_line(start):
    def change(body):
        return b"".join(line for line in body.splitlines(True) if not line.startswith(start))

    return change


def doubled_line(start):
    def change(body):
        lines = body.splitlines(True)
        return b"".join(lines + [line for line in lines if line.startswith(start)])

    return change


def other_value(body):
    return body.replace(
        b"PRS30006011      \t1995\tQ01\t         2.6", b"PRS30006011      \t1995\tQ01\t         2.7"
    )


def release_behind(index, report):
    """The release of the survey that a report was made from."""
    (release,) = [one.release for one in index.reports[report].made_from if one.subject == "pr"]
    return release


def another_year(body):
    return body + observation("PRS30006032", "2026", "Q01", "99.5")


@pytest.fixture
def lake(tmp_path):
    """A lake with the reports of the excerpt."""
    with Upstream.sample() as upstream:
        assert run_workflow(run_at(tmp_path, upstream, "good")).failures == ()
    return tmp_path


def latest(lake):
    return {path.name: path.read_bytes() for path in (lake / "reports" / "latest").iterdir()}


def index_of(lake):
    index = load_index(LocalStorage(lake))
    assert index is not None
    return index


def changed(before, after):
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def test_an_error_holds_back_the_reports_that_its_check_guards_and_no_other(lake, monkeypatch):
    """The release has another year, but the check says that best_year lost a series of it."""
    checks = sql_files("checks")
    wrong = checks["best_year_misses_a_series"].replace("<> 1", "<> 2")
    monkeypatch.setattr(
        "glue_jobs.reports.checks.sql_files", lambda folder: {"best_year_misses_a_series": wrong}
    )
    before = latest(lake)
    with sample_with("pr.data.0.Current", another_year) as upstream:
        result = run_workflow(run_at(lake, upstream, "bad"))
    (failure,) = result.failures
    assert failure.exit_code == 7
    assert "The check best_year_misses_a_series found" in str(failure)
    assert changed(before, latest(lake)) >= {"series_population.csv", "changes-pr.txt"}
    assert not changed(before, latest(lake)) & {"best_year.csv", "best_year.parquet"}
    index = index_of(lake)
    assert set(index.held) == {"best_year"}
    assert index.held["best_year"].reason == str(failure)
    assert release_behind(index, "best_year") < release_behind(index, "series_population")


def test_a_report_stays_held_until_its_check_passes_and_says_since_when(lake, monkeypatch):
    wrong = sql_files("checks")["best_year_misses_a_series"].replace("<> 1", "<> 2")
    with monkeypatch.context() as patched:
        patched.setattr(
            "glue_jobs.reports.checks.sql_files",
            lambda folder: {"best_year_misses_a_series": wrong},
        )
        with sample_with("pr.data.0.Current", another_year) as upstream:
            run_workflow(run_at(lake, upstream, "bad"))
            held = index_of(lake).held
            written = latest(lake)
            again = run_workflow(run_at(lake, upstream, "bad-again"))
            assert [failure.exit_code for failure in again.failures] == [7]
            assert not again.changed
    assert index_of(lake).held == held
    assert latest(lake) == written
    with sample_with("pr.data.0.Current", another_year) as upstream:
        assert run_workflow(run_at(lake, upstream, "good-again")).failures == ()
    index = index_of(lake)
    assert index.held == {}
    assert release_behind(index, "best_year") == release_behind(index, "series_population")


@pytest.mark.parametrize(
    ("check", "name", "change"),
    [
        ("series_has_codes_without_text", "pr.sector", without_line(b"3000")),
        ("current_differs_from_all_data", "pr.data.1.AllData", other_value),
    ],
)
def test_a_warning_holds_nothing_up(check, name, change, lake):
    with sample_with(name, change) as upstream:
        result = run_workflow(run_at(lake, upstream, "odd"))
    assert result.failures == ()
    (summary,) = [one for one in result.summaries if one["job"] == "publish_reports"]
    assert [check in warning for warning in summary["warnings"]] == [True]
    assert set(summary["reports"]) == reports_reading("pr_data")


def test_an_error_that_guards_no_report_fails_the_run_and_holds_none_back(lake, monkeypatch):
    check = sql_files("checks")["observations_are_not_the_data"]
    wrong = {"observations_are_not_the_data": check.replace("<> e.row_count", "= e.row_count")}
    monkeypatch.setattr("glue_jobs.reports.checks.sql_files", lambda folder: wrong)
    with sample_with("pr.data.0.Current", another_year) as upstream:
        result = run_workflow(run_at(lake, upstream, "odd"))
    (failure,) = result.failures
    assert "observations_are_not_the_data" in str(failure)
    assert index_of(lake).held == {}


def test_a_mapping_file_that_repeats_a_code_doubles_no_observation(lake):
    with sample_with("pr.measure", doubled_line(b"03")) as upstream:
        result = run_workflow(run_at(lake, upstream, "odd"))
    assert result.failures == ()
    (built,) = [job for job in result.summaries if job["job"] == "build_tables"]
    told = "pr.measure gives no words to series: measure_code is not unique in it."
    assert told in built["releases"]["pr"]["warnings"]


def test_a_subject_that_is_gone_holds_back_its_own_reports(lake):
    (lake / "current" / "population.json").unlink()
    (lake / "raw" / "population" / "_manifest.json").unlink()
    before = latest(lake)
    with sample_with("pr.data.0.Current", another_year) as upstream:
        result = run_workflow(run_at(lake, upstream, "alone", datasets=()))
    index = index_of(lake)
    assert set(index.held) == reports_reading("population")
    told = [(type(failure), str(failure)) for failure in result.failures]
    assert told == [(QualityFailure, held.reason) for held in index.held.values()]
    assert (
        index.held["population_summary"].reason
        == "population_summary has no population to be made from."
    )
    assert changed(before, latest(lake)) >= {"best_year.csv"}
    assert not changed(before, latest(lake)) & {"population_summary.csv", "series_population.csv"}
