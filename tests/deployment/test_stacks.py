"""A stack, met with CloudFormation's answers as a script: what moto never says, AWS does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from glue_jobs.errors import DeployFailure, LakeError, TryAgainLater, UsageError
from labor_lake.deployment import stacks
from labor_lake.deployment.stacks import Change, ChangeSet, Stack
from tests.aws import REGION


class Scripted:
    """CloudFormation as a script: each call's answers in turn, the last again and again."""

    def __init__(self, **answers: list[Any]) -> None:
        self.calls: list[str] = []
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        def call(**_: object) -> Any:
            self.calls.append(name)
            given = self._answers.get(name, [{}])
            answer = given.pop(0) if len(given) > 1 else given[0]
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return call

    def get_paginator(self, name: str) -> Any:
        scripted = self

        class Pages:
            def paginate(self, **given: object) -> list[Any]:
                return [getattr(scripted, name)(**given)]

        return Pages()


def scripted(**answers: list[Any]) -> tuple[Stack, Scripted]:
    known = Stack("labor-lake", REGION, pause=lambda: None)
    client = Scripted(**answers)
    known._client = client
    return known, client


def event(number: int, status: str, name: str, reason: str = "") -> dict[str, str]:
    return {
        "EventId": str(number),
        "ResourceStatus": status,
        "LogicalResourceId": name,
        "ResourceStatusReason": reason,
        "PhysicalResourceId": "arn-of-the-stack" if name == "labor-lake" else name,
    }


def in_state(status: str) -> dict[str, Any]:
    """A lake's stack as CloudFormation describes it."""
    names = ("CodePrefix", "ExistingLakeBucket")
    parameters = [{"ParameterKey": name, "ParameterValue": ""} for name in names]
    found = {"StackId": "arn-of-the-stack", "StackStatus": status, "Parameters": parameters}
    return {"Stacks": [found]}


def refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")


GONE = refused("ValidationError", "Stack with id labor-lake does not exist")
STANDS = in_state("UPDATE_COMPLETE")
MOVES = in_state("UPDATE_IN_PROGRESS")
BACK = in_state("UPDATE_ROLLBACK_COMPLETE")
ENDED = event(9, "UPDATE_COMPLETE", "labor-lake")
SET = ChangeSet("arn", creates=False, changes=())


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        ("ROLLBACK_COMPLETE", UsageError, "from which it cannot be changed"),
        ("DELETE_FAILED", UsageError, "from which it cannot be changed"),
        ("UPDATE_ROLLBACK_FAILED", UsageError, "neither be changed nor be put back"),
        ("UPDATE_IN_PROGRESS", TryAgainLater, "is being changed by somebody else"),
    ],
)
def test_a_stack_that_cannot_be_changed_is_told(status, error, sentence):
    known, _ = scripted(describe_stacks=[in_state(status)])
    with pytest.raises(error, match=sentence) as caught:
        known.standing()
    assert caught.value.hint


def test_what_is_left_of_a_first_deployment_that_failed_is_removed():
    """It holds nothing, and no second stack of its name could be made beside it."""
    known, client = scripted(
        describe_stacks=[in_state("ROLLBACK_COMPLETE"), GONE],
        describe_stack_events=[{"StackEvents": []}],
    )
    lines: list[str] = []
    known.clear_failed_creation(lines.append)
    assert client.calls.count("delete_stack") == 1
    assert (
        lines[0] == "The stack labor-lake could not be made last time and holds nothing: removed."
    )
    assert known.standing() is None


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_COMPLETE", "DELETE_FAILED", "CREATE_COMPLETE"])
def test_a_stack_that_may_hold_something_is_not(status):
    known, client = scripted(describe_stacks=[in_state(status)])
    known.clear_failed_creation(pytest.fail)
    assert "delete_stack" not in client.calls


def test_nor_is_one_that_somebody_else_has_made():
    theirs = {"StackId": "arn", "StackStatus": "ROLLBACK_COMPLETE", "Parameters": []}
    known, client = scripted(describe_stacks=[{"Stacks": [theirs]}])
    with pytest.raises(UsageError, match="was not made by lake deploy"):
        known.clear_failed_creation(pytest.fail)
    assert "delete_stack" not in client.calls


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information.",
        "No updates are to be performed.",
    ],
)
def test_a_change_set_without_changes_is_no_failure(reason):
    failed = {"Status": "FAILED", "StatusReason": reason, "Changes": []}
    known, client = scripted(
        describe_stacks=[STANDS], create_change_set=[{"Id": "arn"}], describe_change_set=[failed]
    )
    assert known.propose({"TemplateBody": "{}"}, {}) is None
    assert "delete_change_set" in client.calls
    assert "delete_stack" not in client.calls


def test_a_change_that_cloudformation_refuses_is_told_in_its_words():
    failed = {"Status": "FAILED", "StatusReason": "Parameter X\nis wrong", "Changes": []}
    known, _ = scripted(
        describe_stacks=[STANDS], create_change_set=[{"Id": "arn"}], describe_change_set=[failed]
    )
    with pytest.raises(DeployFailure, match=r"refuses the change: Parameter X is wrong\.$"):
        known.propose({"TemplateBody": "{}"}, {})


def test_what_happens_is_told_once_each_until_it_ends():
    first, second = event(1, "UPDATE_IN_PROGRESS", "Job"), event(2, "UPDATE_COMPLETE", "Job")
    known, client = scripted(
        describe_stacks=[MOVES, MOVES, STANDS],
        describe_stack_events=[
            {"StackEvents": [event(0, "CREATE_COMPLETE", "Old")]},
            {"StackEvents": [first]},
            {"StackEvents": [second, first]},
            {"StackEvents": [ENDED, second, first]},
        ],
    )
    lines: list[str] = []
    known.carry_out(SET, lines.append)
    assert [line.split() for line in lines] == [
        ["UPDATE_IN_PROGRESS", "Job"],
        ["UPDATE_COMPLETE", "Job"],
        ["UPDATE_COMPLETE", "labor-lake"],
    ]
    assert client.calls.count("execute_change_set") == 1


def test_the_longest_status_keeps_its_distance():
    cleaning = event(1, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "labor-lake")
    known, _ = scripted(
        describe_stacks=[STANDS],
        describe_stack_events=[{"StackEvents": []}, {"StackEvents": [ENDED, cleaning]}],
    )
    lines: list[str] = []
    known.carry_out(SET, lines.append)
    assert lines[0] == "  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS labor-lake"


def test_the_status_of_the_change_before_is_not_taken_for_the_end_of_this_one():
    known, _ = scripted(
        describe_stacks=[STANDS, MOVES, BACK],
        describe_stack_events=[
            {"StackEvents": []},
            {"StackEvents": []},
            {"StackEvents": [event(1, "UPDATE_IN_PROGRESS", "labor-lake")]},
            {"StackEvents": [event(2, "UPDATE_ROLLBACK_COMPLETE", "labor-lake")]},
        ],
    )
    with pytest.raises(DeployFailure, match="ended in UPDATE_ROLLBACK_COMPLETE"):
        known.carry_out(SET, lambda _: None)


def test_a_stack_that_still_stands_for_a_moment_is_waited_for_until_it_is_gone():
    known, client = scripted(
        describe_stacks=[STANDS, in_state("DELETE_IN_PROGRESS"), GONE],
        describe_stack_events=[{"StackEvents": []}],
    )
    known.delete(lambda _: None)
    assert client.calls.count("describe_stacks") == 3


def test_a_stack_that_cannot_be_deleted_is_told_with_the_reason():
    events = [
        event(2, "DELETE_FAILED", "labor-lake", "The following resource(s) failed: [Workgroup]."),
        event(1, "DELETE_FAILED", "Workgroup", "It is not empty"),
    ]
    known, _ = scripted(
        describe_stacks=[in_state("DELETE_FAILED")],
        describe_stack_events=[{"StackEvents": []}, {"StackEvents": events}],
    )
    with pytest.raises(DeployFailure, match=r"in DELETE_FAILED: Workgroup: It is not empty\.$"):
        known.delete(lambda _: None)


def test_whoever_stops_waiting_is_told_that_cloudformation_goes_on():
    known, _ = scripted(
        describe_stacks=[MOVES], describe_stack_events=[{"StackEvents": []}, KeyboardInterrupt()]
    )
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        known.carry_out(SET, lines.append)
    assert lines == ["CloudFormation goes on with the stack labor-lake all the same."]


def test_a_proposal_that_somebody_else_has_carried_out_meanwhile_is_not_deleted():
    known, client = scripted(describe_stacks=[STANDS])
    known.forget(ChangeSet("arn", creates=True, changes=()))
    assert "delete_stack" not in client.calls


def test_a_change_set_that_is_refused_at_once_is_told_in_cloudformation_s_words():
    refusal = refused("ValidationError", "Parameter Surveys failed to satisfy\nits constraint")
    known, _ = scripted(describe_stacks=[STANDS], create_change_set=[refusal])
    with pytest.raises(
        UsageError,
        match=r"refuses the change: Parameter Surveys failed to satisfy its constraint\.$",
    ):
        known.propose({"TemplateBody": "{}"}, {})


@pytest.mark.parametrize(
    ("code", "expected", "sentence"),
    [
        ("ExpiredToken", UsageError, "credentials have expired"),
        ("AccessDenied", LakeError, "denies it to these credentials. Not authorized"),
        ("Throttling", TryAgainLater, "or is busy"),
    ],
)
@pytest.mark.parametrize("call", ["describe_stacks", "create_change_set"])
def test_what_aws_refuses_is_told_in_one_sentence(call, code, expected, sentence):
    answers: dict[str, list[Any]] = {"describe_stacks": [STANDS]}
    known, _ = scripted(**{**answers, call: [refused(code, "Not authorized")]})
    with pytest.raises(expected, match=sentence) as caught:
        known.propose({"TemplateBody": "{}"}, {})
    assert "\n" not in str(caught.value)


def test_a_failure_names_the_first_resource_that_failed_and_why():
    events = [
        event(4, "UPDATE_ROLLBACK_COMPLETE", "labor-lake"),
        event(3, "CREATE_FAILED", "Role", "Resource creation cancelled"),
        event(2, "CREATE_FAILED", "LandBlsJob", "Role cannot be\nassumed."),
        event(1, "CREATE_IN_PROGRESS", "LandBlsJob"),
    ]
    known, _ = scripted(
        describe_stacks=[BACK],
        describe_stack_events=[{"StackEvents": []}, {"StackEvents": events}],
    )
    with pytest.raises(
        DeployFailure,
        match=r"ended in UPDATE_ROLLBACK_COMPLETE: LandBlsJob: Role cannot be assumed\.$",
    ) as caught:
        known.carry_out(SET, lambda _: None)
    assert "no data was touched" in caught.value.hint


def test_a_change_set_is_shown_as_what_happens_to_what():
    changes = [
        Change("Modify", "B", "AWS::Glue::Job", replaces=False),
        Change("Add", "A", "AWS::IAM::Role", replaces=False),
        Change("Modify", "C", "AWS::S3::Bucket", replaces=True),
        Change("Remove", "D", "AWS::S3::Bucket", replaces=False, kept=True),
        Change("Remove", "E", "AWS::SNS::Topic", replaces=False),
    ]
    assert stacks.shown(changes) == [
        ["create", "A", "IAM::Role"],
        ["change", "B", "Glue::Job"],
        ["replace", "C", "S3::Bucket"],
        ["remove, but keep", "D", "S3::Bucket"],
        ["remove", "E", "SNS::Topic"],
    ]
