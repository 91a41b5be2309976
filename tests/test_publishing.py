"""When reports are made, what they name as their sources, and in which order they are written."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from glue_jobs.engines.open import open_engine
from glue_jobs.errors import LakeError, QualityFailure, TryAgainLater, UsageError
from glue_jobs.publish_reports import publish_reports
from glue_jobs.reports.checks import load_checks
from glue_jobs.reports.index import check_reports
from glue_jobs.reports.inputs import describe_inputs
from glue_jobs.sql_files import sql_files
from labor_lake.cli import main
from labor_lake.commands.vacuum import vacuum
from labor_lake.engines.duckdb import DuckDBEngine
from labor_lake.sample import excerpt, render
from tests.faults.lake import Lake, body_of, change_file, observation
from tests.faults.places import Place
from tests.faults.storages import CountingStorage
from tests.lakes import lake_of, run_at
from tests.pointers import load_pointers
from tests.reports import REPORTS, reports_reading
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pyarrow as pa

    from glue_jobs.engines.protocol import Engine

CUBE = "acs_yg_total_population_1"
ROW = ("PRS30006011", "2013", "Q01", "1.5", "")


@pytest.fixture
def lake(tmp_path):
    """A lake with the excerpt in it, landed and built; no report was made yet."""
    with Upstream.sample() as upstream:
        lake = Lake(Place(str(tmp_path / "lake")), upstream)
        assert lake.run_all() == []
        yield lake


def published(lake: Lake):
    """Publishes; returns the job's outcome and the keys that it wrote."""
    counting = CountingStorage(lake.storage)
    outcome = publish_reports(replace(lake.run(), storage=counting))
    written = [name.partition(" ") for name in counting.names]
    return outcome, [key for what, _, key in written if what in ("put", "restore")]


def test_the_latest_reports_come_after_the_run_s_own_and_each_index_after_its_reports(lake):
    outcome, written = published(lake)
    assert outcome.changed
    count = len(written) // 2
    own, latest = written[:count], written[count:]
    assert {key.split("/")[1] for key in own} == {"run-2"}
    assert [key.replace("run-2", "latest") for key in own] == latest
    assert own[-1] == "reports/run-2/report.json"
    assert "reports/latest/best_year.csv" in latest
    assert latest.count("reports/latest/report.json") == 1


def test_nothing_new_makes_no_reports(lake):
    published(lake)
    outcome, written = published(lake)
    assert (outcome.changed, outcome.details["reports"], written) == (False, {}, [])


def test_a_new_release_makes_new_reports_of_its_newest_vintage(lake):
    published(lake)
    for name in ("pr.data.0.Current", "pr.data.1.AllData"):
        line = observation("PRS88003203", "2026", "Q01", "1.5", "R")
        change_file(lake.upstream, name, body_of(lake.upstream, name) + line)
    assert lake.run_all() == []
    assert published(lake)[0].changed
    index = lake.read_json("reports/latest/report.json")
    assert index["changes"]["pr"]["release"] == "20251209T133000Z"
    assert index["changes"]["pr"]["first"] is False


class Asked:
    """An engine that notes which views it is to make, and what it is asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.wanted: set[str] = set()
        self.statements: list[str] = []

    def create_views(self, wanted: Collection[str]) -> dict[str, LakeError]:
        self.wanted |= set(wanted)
        return self._engine.create_views(wanted)

    def query(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        self.statements.append(sql)
        return self._engine.query(sql, parameters)

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> pa.RecordBatchReader:
        return self._engine.stream(sql, parameters)


@pytest.fixture
def asked(monkeypatch):
    """The engines that were opened, in their order."""
    engines: list[Asked] = []

    def opened(*given: Any) -> Asked:
        engines.append(Asked(open_engine(*given)))
        return engines[-1]

    monkeypatch.setattr("glue_jobs.publish_reports.open_engine", opened)
    return engines


def test_an_engine_s_own_catalog_is_seen_to_also_when_nothing_is_new(lake, asked, monkeypatch):
    published(lake)
    asked.clear()
    published(lake)
    assert asked == []
    monkeypatch.setattr("glue_jobs.publish_reports.has_own_catalog", lambda uri, settings: True)
    outcome, written = published(lake)
    assert (outcome.details["reports"], written) == ({}, [])
    assert {"best_year", "pr_observations", "series"} <= asked[-1].wanted


def test_a_subject_that_changed_costs_its_own_views_reports_and_files_alone(lake, asked):
    published(lake)
    first = lake.read_json("reports/latest/report.json")
    name, years = excerpt.population()[CUBE]
    lake.upstream.cubes[CUBE] = render.population_body(name, {**years, 2015: 1 << 28})
    assert lake.run_all() == []
    outcome, written = published(lake)
    of_population = reports_reading("population")
    assert set(outcome.details["reports"]) == of_population
    assert asked[-1].wanted == of_population
    guarded = {check.sql for check in load_checks() if check.reports & of_population}
    reports = {sql for name, sql in sql_files("reports").items() if name in of_population}
    assert reports <= set(asked[-1].statements) <= reports | guarded
    assert {key.split("/")[-1].split(".")[0] for key in written} == {*of_population, "report"}
    index = lake.read_json("reports/latest/report.json")
    assert set(index["reports"]) == set(REPORTS)
    assert index["changes"] == first["changes"]
    for name, file in index["files"].items():
        is_new = name.partition(".")[0] in of_population
        assert (file["run_id"] == index["run_id"]) == is_new
        assert (file == first["files"][name]) == (not is_new)
    assert published(lake)[0].changed is False
    assert len(asked) == 2  # nothing new, no engine


def test_a_vacuum_keeps_the_folder_of_a_report_that_has_not_changed_since(lake):
    published(lake)
    name, years = excerpt.population()[CUBE]
    lake.upstream.cubes[CUBE] = render.population_body(name, {**years, 2015: 1 << 28})
    assert lake.run_all() == []
    published(lake)
    later = datetime(2100, 1, 1, tzinfo=timezone.utc)
    vacuum(lake.storage, later, runs_before=later)
    assert check_reports(lake.storage)[1] == {}


def test_a_report_that_was_altered_costs_itself_alone(lake, asked):
    published(lake)
    lake.place.damage("reports/latest/population_summary.csv", "delete")
    outcome, written = published(lake)
    assert set(outcome.details["reports"]) == {"population_summary"}
    assert len(asked[-1].statements) == 1
    names = {key.split("/")[-1] for key in written}
    assert names <= {"population_summary.csv", "population_summary.parquet", "report.json"}


def test_a_view_that_could_not_be_made_is_the_only_one_that_is_tried_again(lake, asked):
    make = Asked.create_views
    with pytest.MonkeyPatch.context() as refusing:
        refusing.setattr(
            Asked, "create_views", lambda *given: {**make(*given), "pr_changes": LakeError("no")}
        )
        published(lake)
    outcome, _ = published(lake)
    assert asked[-1].wanted == {"pr_changes"}
    assert outcome.details["reports"] == {}


def test_changes_that_could_not_be_told_are_tried_again(lake, monkeypatch):
    def fail(*_: object) -> None:
        raise LakeError("They cannot be told.")

    with monkeypatch.context() as failing:
        failing.setattr("glue_jobs.publish_reports.changes_of", fail)
        assert [str(one) for one in published(lake)[0].failures] == ["They cannot be told."]
    outcome, written = published(lake)
    assert outcome.failures == []
    assert "reports/latest/changes-pr.txt" in written


@pytest.mark.parametrize("folder", ["views", "checks", "reports"])
def test_other_sql_makes_new_reports(folder, lake, monkeypatch):
    pointers = load_pointers(lake.storage)
    before = describe_inputs(pointers)
    assert describe_inputs(pointers) == before

    def changed(asked: str) -> dict[str, str]:
        files = sql_files(asked)
        return {name: f"{sql}\n" for name, sql in files.items()} if asked == folder else files

    for module in ("reports.inputs", "views"):
        monkeypatch.setattr(f"glue_jobs.{module}.sql_files", changed)
    assert describe_inputs(pointers) != before


def test_a_report_names_the_sources_of_its_own_tables(lake):
    published(lake)
    reports = lake.read_json("reports/latest/report.json")["reports"]
    named = {
        name: {one["subject"]: sorted(one["sources"]) for one in entry["made_from"]}
        for name, entry in reports.items()
        if name in ("best_year", "population_summary", "series_population")
    }
    data_files = ["pr.data.0.Current", "pr.data.1.AllData"]
    assert named == {
        "population_summary": {"population": ["acs1"]},
        "best_year": {"pr": data_files},
        "series_population": {"pr": data_files, "population": ["acs1"]},
    }


def test_what_has_no_tables_is_skipped_and_the_rest_is_made(tmp_path):
    """A lake with one data file has neither the tables of most checks, nor those of some views."""
    result = lake_of(tmp_path, [ROW], {2013: 316128839})
    assert result.failures == ()
    summary = result.summaries[-1]
    assert summary["checks"]["current_differs_from_all_data"] == "passed"
    assert summary["checks"]["series_has_codes_without_text"].startswith("skipped: ")
    assert set(summary["reports"]) >= {"population_summary", "best_year", "series_population"}


def test_without_a_population_its_reports_are_skipped(tmp_path):
    with Upstream.sample() as upstream:
        run = run_at(tmp_path, upstream)
        lake = Lake(Place(str(tmp_path)), upstream)
        assert lake.land_bls().failures == ()
        assert lake.build().failures == ()
        outcome = publish_reports(run)
    assert set(outcome.details["skipped"]) == reports_reading("population")
    assert set(outcome.details["reports"]) == set(REPORTS) - reports_reading("population")


def test_a_view_that_could_not_be_made_is_tried_again_and_holds_no_report_back(lake, monkeypatch):
    make = DuckDBEngine.create_views
    with monkeypatch.context() as refusing:
        refusing.setattr(
            DuckDBEngine,
            "create_views",
            lambda *given: {**make(*given), "pr_changes": TryAgainLater("busy")},
        )
        outcome, _ = published(lake)
    assert [str(failure) for failure in outcome.failures] == ["busy"]
    assert set(outcome.details["reports"]) == set(REPORTS)
    outcome, _ = published(lake)
    assert (outcome.failures, outcome.changed) == ([], True)
    assert published(lake)[0].changed is False


def test_a_column_that_bls_renames_has_its_new_name_in_the_views(lake):
    published(lake)
    body = body_of(lake.upstream, "pr.sector")
    change_file(lake.upstream, "pr.sector", body.replace(b"sector_name", b"sector_text", 1))
    assert lake.run_all(lake.run(allow_shrink=True)) == []
    outcome, _ = published(lake)
    assert set(outcome.details["reports"]) == reports_reading("pr_data")
    assert outcome.details["held"] == {}
    assert outcome.failures == []
    folder = ["--lake", str(lake.folder)]
    assert main(["query", "select count(*) from population", *folder]) == 0
    assert main(["query", "select sector_text from pr_observations", *folder]) == 0
    assert main(["query", "select sector_name from pr_observations", *folder]) == 2


@pytest.mark.parametrize("folder", ["reports", "checks"])
def test_a_mistake_in_the_project_s_own_sql_is_not_the_user_s(folder, lake, monkeypatch):
    files = sql_files(folder)
    wrong = {name: f"{sql.split('select')[0]}select nothing" for name, sql in files.items()}
    for module in ("glue_jobs.publish_reports", "glue_jobs.reports.checks"):
        monkeypatch.setattr(
            f"{module}.sql_files", lambda asked: wrong if asked == folder else sql_files(asked)
        )
    outcome, _ = published(lake)
    assert len(outcome.failures) == len(files)
    for failure in outcome.failures:
        assert (failure.exit_code, isinstance(failure, UsageError)) == (7, False)
        assert re.match(f"The {folder[:-1]} [a-z_]+ cannot be ", str(failure))


def test_a_report_that_has_lost_its_tables_is_told_on_every_run(lake):
    published(lake)
    before = lake.tree("reports")["reports/latest/best_year.csv"]
    for name in ("pr.data.0.Current", "pr.data.1.AllData"):
        lake.upstream.remove_file("pr", name)
    assert lake.run_all(lake.run(allow_removals=9)) == []
    for _ in range(2):
        outcome, _ = published(lake)
        assert outcome.details["reports"] == {}
        assert set(lake.read_json("reports/latest/report.json")["reports"]) == set(REPORTS)
        told = [(type(failure), str(failure)) for failure in outcome.failures]
        assert told == [
            (QualityFailure, f"{name} has no pr_data to be made from.")
            for name in sorted(reports_reading("pr_data"))
        ]
        assert [text for _, text in told] == [*outcome.details["held"].values()]
        assert lake.tree("reports")["reports/latest/best_year.csv"] == before
