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
from labor_lake.sample import render
from tests.faults.lake import Lake
from tests.faults.places import Place
from tests.faults.small_survey import OTHERS, serve_others, serve_release
from tests.simulator.upstream import Upstream

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


@pytest.fixture
def walk_with(tmp_path, monkeypatch):
    """Walks the graph with these jobs; those that are not given do nothing."""

    def run(**jobs):
        monkeypatch.setattr(
            workflow, "job_named", lambda name: jobs.get(name, lambda run: Outcome())
        )
        return workflow.run_workflow(Run(Settings(), LocalStorage(tmp_path), "run"))

    return run


def test_a_subject_is_built_while_the_next_one_is_landed(walk_with):
    built: list[str] = []
    first_is_built = threading.Event()

    def land_bls(run: Run) -> Outcome:
        run.hand_on("ap")
        return Outcome(changed=first_is_built.wait(timeout=30))

    def build_tables(run: Run) -> Outcome:
        for subject in run.handed_on:
            built.append(subject)
            first_is_built.set()
        return Outcome()

    result = walk_with(land_bls=land_bls, build_tables=build_tables)
    assert (result.changed, built) == (True, ["ap"])


def test_nothing_is_built_while_a_landing_can_still_fail_as_a_whole(walk_with):
    ap_is_landed = threading.Event()

    def land_bls(run: Run) -> Outcome:
        run.hand_on("ap")
        ap_is_landed.set()
        return Outcome()

    def land_population(run: Run) -> Outcome:
        assert ap_is_landed.wait(timeout=30)
        return Outcome(stopped=True)

    result = walk_with(land_bls=land_bls, land_population=land_population)
    assert [summary["job"] for summary in result.summaries] == LANDINGS


def test_what_was_handed_on_is_built_however_the_landing_ends(walk_with):
    """It may fail to write its summary, when all is landed."""
    both_have_handed_on = threading.Barrier(2, timeout=30)

    def land_bls(run: Run) -> Outcome:
        run.hand_on("ap")
        both_have_handed_on.wait()
        return Outcome(stopped=True)

    def land_population(run: Run) -> Outcome:
        run.hand_on("population")
        both_have_handed_on.wait()
        return Outcome()

    def build_tables(run: Run) -> Outcome:
        return Outcome(details={"built": sorted(run.handed_on)})

    result = walk_with(
        land_bls=land_bls, land_population=land_population, build_tables=build_tables
    )
    told = [summary.get("built") for summary in result.summaries]
    assert told == [None, None, ["ap", "population"]]


@pytest.mark.parametrize("interrupted", [*LANDINGS, "build_tables"])
def test_an_interrupted_job_leaves_nobody_waiting(interrupted, walk_with):
    def interrupt(run: Run) -> Outcome:
        raise KeyboardInterrupt

    def wait(run: Run) -> Outcome:
        return Outcome(details={"built": list(run.handed_on)})

    with pytest.raises(KeyboardInterrupt):
        walk_with(**{"build_tables": wait, interrupted: interrupt})


def test_the_lake_is_the_one_that_jobs_one_after_the_other_make(tmp_path):
    with Upstream() as upstream:
        serve_release(upstream, 1)
        serve_others(upstream, 1)
        body = render.population_body("ACS 5-year Estimate", {2013: 1, 2014: 2})
        upstream.cubes["acs_yg_total_population_5"] = body
        settings = {"surveys": ("pr", *OTHERS), "datasets": ("acs1", "acs5")}
        in_turn, beside = (
            Lake(Place(str(tmp_path / name)), upstream, **settings)
            for name in ("in-turn", "beside")
        )
        assert in_turn.run_all() == []
        assert workflow.run_workflow(beside.run()).failures == ()
    trees = [lake.tree("raw", "curated", "history") for lake in (in_turn, beside)]
    assert trees[0] == trees[1]


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
