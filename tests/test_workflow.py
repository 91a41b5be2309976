"""The job graph: who waits for whom, and what becomes of the others when a job fails."""

from __future__ import annotations

import importlib
import threading

import pytest

from glue_jobs.errors import QualityFailure, UpstreamUnavailable
from glue_jobs.running import Outcome, Run
from glue_jobs.settings import Settings
from glue_jobs.storage.local import LocalStorage
from labor_lake import workflow

LANDINGS = ["land_bls", "land_population"]


@pytest.fixture
def walk(tmp_path, monkeypatch):
    """Walks the graph with jobs that only say when they start and end; some fail."""

    def run(**outcomes: Outcome):
        told: list[str] = []
        # A landing waits for the other one: they run side by side, or not at all.
        together = threading.Barrier(2, timeout=30)

        def job_named(name: str):
            def job(run: Run) -> Outcome:
                if name in LANDINGS:
                    together.wait()
                told.append(f"{name} starts")
                if name in LANDINGS:
                    together.wait()
                told.append(f"{name} ends")
                return outcomes.get(name, Outcome())

            return job

        monkeypatch.setattr(workflow, "job_named", job_named)
        return workflow.run_workflow(Run(Settings(), LocalStorage(tmp_path), "run")), told

    return run


def test_the_landings_run_side_by_side_and_each_later_job_after_all_before_it(walk):
    result, told = walk()
    assert sorted(told[:2]) == [f"{name} starts" for name in LANDINGS]
    assert sorted(told[2:4]) == [f"{name} ends" for name in LANDINGS]
    assert told[4:] == [
        "build_tables starts",
        "build_tables ends",
        "publish_reports starts",
        "publish_reports ends",
    ]
    assert [summary["job"] for summary in result.summaries] == [
        *LANDINGS,
        "build_tables",
        "publish_reports",
    ]
    assert (result.failures, result.changed) == ((), False)


def test_a_landing_that_failed_for_one_subject_holds_up_no_other(walk):
    result, told = walk(land_bls=Outcome(failures=[UpstreamUnavailable("No answer.")]))
    assert told[-1] == "publish_reports ends"
    assert [summary["exit_code"] for summary in result.summaries] == [5, 0, 0, 0]


@pytest.mark.parametrize(("stopped", "ran"), [("land_bls", 2), ("build_tables", 3)])
def test_after_a_job_that_failed_as_a_whole_nothing_starts(stopped, ran, walk):
    failed = Outcome(failures=[UpstreamUnavailable("No answer.")], stopped=True)
    result, told = walk(**{stopped: failed})
    assert "land_population ends" in told
    assert "publish_reports starts" not in told
    assert len(result.summaries) == ran


def test_each_failure_of_jobs_side_by_side_is_told(walk):
    failures = [UpstreamUnavailable("No answer."), QualityFailure("Wrong.")]
    result, _ = walk(
        land_bls=Outcome(failures=[failures[0]]), land_population=Outcome(failures=[failures[1]])
    )
    assert list(result.failures) == failures


@pytest.mark.parametrize("name", [*LANDINGS, "build_tables", "publish_reports"])
def test_a_run_has_changed_something_if_any_job_has(name, walk):
    result, _ = walk(**{name: Outcome(changed=True)})
    assert result.changed


@pytest.mark.parametrize("name", [job for stage in workflow.stages() for job in stage.jobs])
def test_each_job_of_the_graph_is_there(name):
    job = workflow.job_named(name)
    module = importlib.import_module(f"glue_jobs.{name}")
    assert job == getattr(module, name)
