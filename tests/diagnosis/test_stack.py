"""`lake doctor --stack`: the stack, the last run of its workflow, and the logs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from labor_lake.diagnosis.account import Account
from labor_lake.diagnosis.findings import Finding, answer
from labor_lake.diagnosis.stack import StackState
from tests.aws import REGION
from tests.deployment.test_stacks import Scripted, refused
from tests.diagnosis.pages import answers_of, found, page_of, said

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")

LATE = datetime(2026, 11, 27, 13, 15, tzinfo=timezone.utc)


def stack_in(status: str, *events: tuple[str, str, str], **outputs: str) -> dict[str, list[Any]]:
    """CloudFormation's answers on a stack, with its last change's events, oldest first."""
    told = [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()]
    return {
        "describe_stacks": [{"Stacks": [{"StackStatus": status, "Outputs": told}]}],
        "describe_stack_events": [
            {
                "StackEvents": [
                    {
                        "LogicalResourceId": name,
                        "ResourceStatus": state,
                        "ResourceStatusReason": why,
                    }
                    for name, state, why in reversed(events)
                ]
            }
        ],
    }


def run_of(*jobs: tuple[str, str, str]) -> dict[str, list[Any]]:
    """Glue's answers on a workflow with one run, whose jobs ended so."""
    nodes = [
        {
            "Type": "JOB",
            "Name": f"labor-lake-{job}",
            "JobDetails": {
                "JobRuns": [{"Id": f"jr_{job}", "JobRunState": state, "ErrorMessage": why}]
            },
        }
        for job, state, why in jobs
    ]
    run = {"WorkflowRunId": "wr_1", "StartedOn": LATE, "Status": "COMPLETED"}
    return {
        "get_trigger": [{"Trigger": {"State": "ACTIVATED", "Schedule": "cron(15 13 * * ? *)"}}],
        "get_workflow_runs": [{"Runs": [{**run, "StartedOn": LATE - timedelta(1)}, run]}],
        "get_workflow_run": [{"Run": {**run, "Graph": {"Nodes": nodes}}}],
    }


def state_of(name: str = "labor-lake") -> tuple[StackState, list[Finding]]:
    state = StackState(Account(REGION), name)
    return state, answer("stack", state.state)


def test_the_failed_resources_of_the_last_change_are_named_with_the_reason(monkeypatch):
    events = (
        ("labor-lake", "CREATE_IN_PROGRESS", "User Initiated"),
        ("Old", "CREATE_FAILED", "of a change before"),
        ("labor-lake", "UPDATE_IN_PROGRESS", "User Initiated"),
        ("LandBlsRole", "CREATE_FAILED", "not authorized to perform:\niam:CreateRole"),
        ("LandBlsJob", "CREATE_FAILED", "Resource creation cancelled"),
        ("labor-lake", "UPDATE_ROLLBACK_COMPLETE", ""),
    )
    answers_of(monkeypatch, cloudformation=stack_in("UPDATE_ROLLBACK_FAILED", *events))
    _, told = state_of()
    assert [one.status for one in told] == ["failed", "failed"]
    assert "continue-update-rollback" in told[0].hint
    assert told[1].excerpt == (
        "CREATE_FAILED LandBlsRole: not authorized to perform: iam:CreateRole",
    )


@pytest.mark.parametrize(
    ("status", "finding", "hint"),
    [
        ("UPDATE_COMPLETE", "ok", ""),
        ("UPDATE_ROLLBACK_COMPLETE", "warning", "goes on working"),
        ("UPDATE_IN_PROGRESS", "warning", "ask again when that is done"),
        ("ROLLBACK_COMPLETE", "failed", "`lake deploy` removes what is left"),
        ("DELETE_FAILED", "failed", "lake destroy --stack labor-lake"),
    ],
)
def test_each_state_of_a_stack_comes_with_what_to_do(status, finding, hint, monkeypatch):
    answers_of(monkeypatch, cloudformation=stack_in(status))
    _, told = state_of()
    assert (told[0].status, told[1].status) == (finding, "ok")
    assert hint in told[0].hint


def test_a_stack_that_is_not_there_is_said_so(aws, capsys):
    page = page_of(capsys, "--stack", "mine", "--region", REGION, code=7)
    assert "There is no stack mine." in said(page, "stack")
    assert "workflow" not in page["looked_at"]


def test_what_nobody_has_chosen_is_as_the_stack_says(cloud, capsys, monkeypatch):
    answers = stack_in(
        "UPDATE_COMPLETE", LakeUri=cloud, DatabaseName="econ", WorkgroupName="labor_lake"
    )
    make = Account.client
    scripted = Scripted(**answers)
    monkeypatch.setattr(
        Account, "client", lambda self, name: scripted if name[0] == "c" else make(self, name)
    )
    page = page_of(capsys, "--stack", "mine", "--database", "labor_lake", code=7)
    assert page["settings"]["lake"] == {"value": cloud, "from": "the stack mine"}
    assert page["settings"]["database"] == {"value": "labor_lake", "from": "--database"}
    assert found(page)["s3:ListBucket"] == "ok"
    assert "no workflow yet" in said(page, "workflow")  # the second change failed, or is to come


def test_the_last_run_of_the_workflow_is_told_with_its_logs(monkeypatch):
    log = [
        "Python 3.9.23 with boto3 1.42.97 from /tmp",
        "starting",
        '{"job": "land_bls"}',
        "error: BLS answers 403.",
        "Peak memory 59 MB, 12 seconds.",
    ]
    missing = refused("ResourceNotFoundException", "The specified log stream does not exist.")
    answers_of(
        monkeypatch,
        cloudformation=stack_in("UPDATE_COMPLETE", WorkflowName="labor-lake"),
        glue=run_of(("land_bls", "FAILED", "exit 5"), ("land_population", "SUCCEEDED", "")),
        logs={
            "get_log_events": [
                {"events": [{"message": f"{line}\n"} for line in log]},
                {"events": []},
                missing,
                missing,
            ]
        },
    )
    state, _ = state_of()
    told = {one.name: one for one in answer("workflow", state.runs)}
    assert [one.status for one in told.values()] == ["ok", "failed", "ok", "skipped"]
    assert told["last run"].text == "The run of 2026-11-27 13:15 UTC is COMPLETED."
    assert told["last run"].excerpt == ("FAILED land_bls: exit 5", "SUCCEEDED land_population")
    assert told["log of land_bls"].excerpt == (log[0], *log[3:])
    assert "jr_land_population" in told["log of land_population"].text


def test_logs_that_may_not_be_read_are_a_warning(monkeypatch):
    answers_of(
        monkeypatch,
        cloudformation=stack_in("UPDATE_COMPLETE", WorkflowName="labor-lake"),
        glue=run_of(("land_bls", "SUCCEEDED", "")),
        logs={"get_log_events": [refused("AccessDeniedException", "not authorized")]},
    )
    state, _ = state_of()
    told = answer("workflow", state.runs)
    assert [one.status for one in told] == ["ok", "ok", "warning"]
    assert "AWS denies it" in told[-1].text


def test_a_workflow_that_never_ran_or_does_not_start_by_itself_is_a_warning(monkeypatch):
    glue: dict[str, list[Any]] = {
        "get_trigger": [{"Trigger": {"State": "CREATED"}}],
        "get_workflow_runs": [{"Runs": []}],
    }
    stood = stack_in("UPDATE_COMPLETE", WorkflowName="labor-lake")
    answers_of(monkeypatch, cloudformation=stood, glue=glue)
    state, _ = state_of()
    told = answer("workflow", state.runs)
    assert [one.status for one in told] == ["warning", "warning"]
    assert "does not start by itself" in told[0].text
    assert "has never run" in told[1].text


def test_a_run_that_goes_on_is_asked_for_again_later(monkeypatch):
    glue = run_of(("land_bls", "RUNNING", ""))
    glue["get_workflow_run"][0]["Run"]["Status"] = "RUNNING"
    stood = stack_in("UPDATE_COMPLETE", WorkflowName="labor-lake")
    answers_of(
        monkeypatch, cloudformation=stood, glue=glue, logs={"get_log_events": [{"events": []}]}
    )
    state, _ = state_of()
    told = answer("workflow", state.runs)
    assert [one.status for one in told] == ["ok", "warning", "skipped"]
