"""`lake run --on-aws` follows the workflow to its end and tells the truth about it."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from glue_jobs.errors import StorageFailure
from glue_jobs.storage.s3 import S3Storage
from labor_lake.cli import main
from labor_lake.deployment import stacks, workflow_run
from labor_lake.deployment.stacks import Standing
from labor_lake.deployment.workflow_run import Workflow, states_of
from tests.aws import REGION, aws_server, new_bucket

JOBS = ("land_bls", "land_population", "build_tables", "publish_reports")


def graph(status: str = "COMPLETED", **states: str) -> dict[str, Any]:
    """A workflow run as Glue describes it."""
    nodes: list[dict[str, Any]] = [{"Type": "TRIGGER", "Name": "labor-lake-start"}]
    for job in JOBS:
        tries = [{"Id": f"jr_{job}", "JobRunState": states[job], "Attempt": 0}]
        node = {"Type": "JOB", "Name": f"labor-lake-{job}"}
        nodes.append({**node, "JobDetails": {"JobRuns": tries}} if states[job] else node)
    return {"Status": status, "Graph": {"Nodes": nodes}}


def all_in(state: str, **other: str) -> dict[str, str]:
    return {**dict.fromkeys(JOBS, state), **other}


@pytest.fixture
def lake(monkeypatch):
    """A deployed stack whose workflow plays the given runs."""
    with aws_server():
        uri = f"s3://{new_bucket()}"
        standing = Standing({"LakeUri": uri, "WorkflowName": "labor-lake"}, frozenset())
        monkeypatch.setattr(stacks.Stack, "standing", lambda _: standing)
        monkeypatch.setattr(workflow_run, "_POLL_SECONDS", 0)
        boto3.client("glue").create_workflow(Name="labor-lake")
        yield S3Storage(uri)


def play(monkeypatch, *runs: dict[str, Any]) -> None:
    waiting = list(runs)

    def follow(self, run_id, tell):
        self._client = type(
            "Glue",
            (),
            {
                "get_workflow_run": lambda _, **__: {
                    "Run": waiting.pop(0) if len(waiting) > 1 else waiting[0]
                }
            },
        )()
        self._pause = lambda: None
        return follow_really(self, run_id, tell)

    follow_really = Workflow.follow
    monkeypatch.setattr(Workflow, "start", lambda _: "wr_1")
    monkeypatch.setattr(Workflow, "follow", follow)


def summary(lake: S3Storage, job: str, code: int = 0, message: str = "", hint: str = "") -> None:
    failure = {"error": "X", "message": message, "hint": hint, "exit_code": code}
    failure["retryable"] = False
    body = {
        "job": job,
        "started_at": "2025-09-05T06:00:00Z",
        "exit_code": code,
        "errors": [failure] if message else [],
    }
    if job == "publish_reports":
        body["reports"] = {"best_year": 282}
    lake.put(f"runs/wr_1/{job}.json", json.dumps(body).encode())


def test_a_run_is_told_job_by_job_and_summed_up(lake, monkeypatch, capsys):
    play(
        monkeypatch,
        graph("RUNNING", **all_in("", land_bls="RUNNING")),
        graph("RUNNING", **all_in("", land_bls="SUCCEEDED", land_population="SUCCEEDED")),
        graph(**all_in("SUCCEEDED")),
    )
    for job in JOBS:
        summary(lake, job)
    assert main(["run", "--on-aws"]) == 0
    out, err = capsys.readouterr()
    assert out == "reports: best_year\n"
    assert [line.split() for line in err.splitlines()[1:]] == [
        ["RUNNING", "land_bls"],
        ["SUCCEEDED", "land_bls"],
        ["SUCCEEDED", "land_population"],
        ["SUCCEEDED", "build_tables"],
        ["SUCCEEDED", "publish_reports"],
    ]


@pytest.mark.parametrize(("code", "expected"), [(5, 5), (7, 7), (2, 2)])
def test_a_failed_job_s_own_sentence_and_code_are_given(code, expected, lake, monkeypatch, capsys):
    play(monkeypatch, graph(**all_in("", land_bls="FAILED", land_population="SUCCEEDED")))
    summary(lake, "land_bls", code, "BLS refuses.")
    assert main(["run", "--on-aws"]) == expected
    err = capsys.readouterr().err
    assert "error: land_bls: BLS refuses." in err
    assert "stream jr_land_bls" in err


def test_a_run_that_needs_another_one_says_so_though_no_job_failed(lake, monkeypatch, capsys):
    play(monkeypatch, graph(**all_in("SUCCEEDED")))
    for job in JOBS:
        summary(lake, job)
    summary(lake, "land_bls", 5, "The time limit was reached.", "Run again.")
    assert main(["run", "--on-aws"]) == 5
    err = capsys.readouterr().err
    assert "error: land_bls: The time limit was reached.\nhint:  Run again.\n" in err


def test_a_job_that_died_without_a_summary_is_told_in_glue_s_words(lake, monkeypatch, capsys):
    run = graph(**all_in("", land_bls="TIMEOUT", land_population="SUCCEEDED"))
    tried = run["Graph"]["Nodes"][1]["JobDetails"]["JobRuns"]
    tried[0]["ErrorMessage"] = "Job run\nexceeded its time"
    play(monkeypatch, run)
    assert main(["run", "--on-aws"]) == 7
    assert "error: land_bls: Job run exceeded its time" in capsys.readouterr().err


def test_a_run_that_was_stopped_is_no_success(lake, monkeypatch, capsys):
    play(monkeypatch, graph("STOPPED", **all_in("", land_bls="SUCCEEDED")))
    assert main(["run", "--on-aws"]) == 7
    assert "stopped before all of its jobs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("reason", "expected", "sentence"),
    [
        ("Concurrent runs exceeded for workflow: labor-lake.", 5, "is running already"),
        ("Something else.", 7, "never began: Something else."),
    ],
)
def test_a_run_that_never_began_is_told_with_the_reason(
    reason, expected, sentence, lake, monkeypatch, capsys
):
    play(monkeypatch, {"Status": "ERROR", "ErrorMessage": reason})
    assert main(["run", "--on-aws"]) == expected
    assert sentence in capsys.readouterr().err


def test_whoever_may_not_read_the_lake_is_still_told_how_the_run_ended(lake, monkeypatch, capsys):
    play(monkeypatch, graph(**all_in("", land_bls="FAILED", land_population="SUCCEEDED")))
    summary(lake, "land_bls", 5, "BLS is down.")

    def deny(*_):
        raise StorageFailure("Cannot read runs/: AWS denies it.")

    monkeypatch.setattr(S3Storage, "get", deny)
    assert main(["run", "--on-aws"]) == 7
    err = capsys.readouterr().err
    assert "The jobs' summaries are left out: Cannot read runs/" in err
    assert "error: land_bls: it ended in FAILED." in err


def test_the_lake_is_read_in_the_region_that_was_given(lake, monkeypatch):
    play(monkeypatch, graph(**all_in("SUCCEEDED")))
    opened: list[tuple[str, str]] = []

    def open_storage(uri, region):
        opened.append((uri, region))
        return lake

    monkeypatch.setattr("labor_lake.commands.run.open_storage", open_storage)
    assert main(["run", "--on-aws", "--region", "eu-west-1"]) == 0
    assert [region for _, region in opened] == ["eu-west-1"]


def test_whoever_stops_waiting_is_told_that_the_run_goes_on(lake, monkeypatch, capsys):
    def interrupt(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Workflow, "start", lambda _: "wr_1")
    monkeypatch.setattr(Workflow, "_run", lambda *_: interrupt())
    assert main(["run", "--on-aws"]) == 130
    assert "The run wr_1 goes on in Glue all the same." in capsys.readouterr().err


def test_the_last_try_of_a_job_counts():
    run = graph(**all_in("SUCCEEDED"))
    tries = run["Graph"]["Nodes"][1]["JobDetails"]["JobRuns"]
    tries.insert(0, {"Id": "jr_2", "JobRunState": "FAILED", "Attempt": 1})
    assert states_of(run)["land_bls"].state == "FAILED"


def test_a_second_try_counts_in_place_of_the_first_wherever_it_stands():
    run = graph(**all_in("SUCCEEDED", land_bls="FAILED"))
    tried = [{"Id": "jr_2", "JobRunState": "SUCCEEDED"}]
    again = {"Type": "JOB", "Name": "labor-lake-land_bls_again"}
    run["Graph"]["Nodes"].insert(0, {**again, "JobDetails": {"JobRuns": tried}})
    found = states_of(run)
    assert found.keys() == set(JOBS)
    assert (found["land_bls"].state, found["land_bls"].run_id) == ("SUCCEEDED", "jr_2")
    run["Graph"]["Nodes"][0] = again  # it was not started
    assert states_of(run)["land_bls"].state == "FAILED"


def test_without_a_stack_it_is_told(lake, monkeypatch, capsys):
    monkeypatch.setattr(stacks.Stack, "standing", lambda _: None)
    assert main(["run", "--on-aws"]) == 2
    assert "`lake deploy` makes it" in capsys.readouterr().err


def test_a_workflow_that_is_not_there_or_runs_already_is_told(lake, monkeypatch, capsys):
    workflow = Workflow("other", REGION)
    for code, sentence, expected in (
        ("EntityNotFoundException", "There is no workflow", 2),
        ("ConcurrentRunsExceededException", "is running already", 5),
    ):

        def refuse(http_response, parsed, code=code, **_):
            parsed["Error"] = {"Code": code, "Message": "said by AWS"}
            http_response.status_code = 400

        workflow._client.meta.events.register("after-call.glue.StartWorkflowRun", refuse)
        monkeypatch.setattr("labor_lake.deployment.workflow_run.Workflow", lambda *_: workflow)
        assert main(["run", "--on-aws"]) == expected
        assert sentence in capsys.readouterr().err
        workflow._client.meta.events.unregister("after-call.glue.StartWorkflowRun", refuse)
