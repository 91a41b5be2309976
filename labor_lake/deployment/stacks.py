"""A CloudFormation stack: what would change is shown first, then carried out and followed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from glue_jobs.aws_errors import code_of, telling, told
from glue_jobs.errors import DeployFailure, TryAgainLater, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_POLL_SECONDS = 3.0
_BUSY = "_IN_PROGRESS"
_EMPTY = "ROLLBACK_COMPLETE"
_HOPELESS = (_EMPTY, "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
_NOTHING = ("didn't contain changes", "No updates are to be performed")
_MARKS = {"CodePrefix", "ExistingLakeBucket"}  # parameters that every lake's stack has


@dataclass(frozen=True)
class Change:
    """One line of a change set.

    Attributes:
        action: Add, Modify or Remove.
        logical_id: of the resource.
        kind: its type.
        replaces: whether the resource is made anew.
        kept: whether a removed resource leaves the stack only, and stays in the account.
    """

    action: str
    logical_id: str
    kind: str
    replaces: bool
    kept: bool = False


@dataclass(frozen=True)
class ChangeSet:
    """What would change."""

    arn: str
    creates: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Standing:
    """A stack as it stands: its outputs and the names of its parameters."""

    outputs: Mapping[str, str]
    parameters: frozenset[str]


class Stack:
    """One stack by its name."""

    def __init__(
        self,
        name: str,
        region: str,
        *,
        tags: Mapping[str, str] | None = None,
        service_role: str = "",
        pause: Callable[[], None] = lambda: time.sleep(_POLL_SECONDS),
    ) -> None:
        """Makes a client; nothing is asked yet.

        Args:
            name: the stack's.
            region: where it is; empty for the SDK's own choice.
            tags: of the stack, which its resources get as well; none keeps those that it has.
            service_role: the ARN of a role by which CloudFormation makes the changes; empty for
                that of the change before, or else the rights of who asks.
            pause: between two looks; given so that tests need not wait.
        """
        self.name = name
        self._pause = pause
        self._further: dict[str, Any] = {}
        if tags:
            self._further["Tags"] = [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
        if service_role:
            self._further["RoleARN"] = service_role
        with telling("open CloudFormation"):
            self._client: Any = boto3.client("cloudformation", region_name=region or None)

    def clear_failed_creation(self, tell: Callable[[str], None]) -> None:
        """Removes what is left of a first deployment that failed: a stack that holds nothing.

        CloudFormation keeps it to be looked at, and makes no second one of its name until it is
        gone.

        Raises:
            UsageError: it is no lake's.
        """
        found = self._described()
        if found is not None and found["StackStatus"] == _EMPTY:
            self._refuse_a_stranger(found)
            tell(f"The stack {self.name} could not be made last time and holds nothing: removed.")
            self.delete(tell)

    def standing(self) -> Standing | None:
        """The stack as it stands, None if there is none yet.

        Raises:
            UsageError: it is no lake's, or has failed for good.
            TryAgainLater: it is being changed at this moment.
        """
        found = self._described()
        if found is None or found["StackStatus"] == "REVIEW_IN_PROGRESS":
            return None
        self._refuse_a_stranger(found)
        status = found["StackStatus"]
        if status == "UPDATE_ROLLBACK_FAILED":
            raise UsageError(
                f"The stack {self.name} could neither be changed nor be put back ({status}).",
                hint=f"aws cloudformation continue-update-rollback --stack-name {self.name}",
            )
        if status in _HOPELESS:
            raise UsageError(
                f"The stack {self.name} is in the state {status}, from which it cannot be changed.",
                hint=f"lake destroy --stack {self.name}, then deploy again; no data is deleted.",
            )
        if status.endswith(_BUSY):
            raise TryAgainLater(
                f"The stack {self.name} is being changed by somebody else ({status}).",
                hint="Run again when that is done.",
            )
        names = frozenset(one["ParameterKey"] for one in found.get("Parameters", ()))
        return Standing(_outputs(found), names)

    def outputs_whatever_its_state(self) -> dict[str, str] | None:
        """The outputs of a stack that may have failed; None if there is none.

        Raises:
            UsageError: it is no lake's.
        """
        found = self._described()
        if found is None:
            return None
        self._refuse_a_stranger(found)
        return _outputs(found)

    def propose(
        self, template: Mapping[str, str], parameters: Mapping[str, str | None]
    ) -> ChangeSet | None:
        """Asks what a template would change; None if nothing.

        Args:
            template: `TemplateBody` with its text, or `TemplateURL` with where it lies.
            parameters: by name; None keeps the value that the stack has.

        Raises:
            UsageError: a parameter has a value that the template does not allow.
            DeployFailure: CloudFormation refuses the change.
        """
        found = self._described()
        creates = found is None or found["StackStatus"] == "REVIEW_IN_PROGRESS"
        given = [
            {"ParameterKey": name, "UsePreviousValue": True}
            if value is None
            else {"ParameterKey": name, "ParameterValue": value}
            for name, value in parameters.items()
        ]
        arn = self._created(
            ChangeSetName=f"lake-{int(time.time() * 1000)}",
            ChangeSetType="CREATE" if creates else "UPDATE",
            **template,
            Parameters=given,
            Capabilities=["CAPABILITY_IAM"],
            **self._further,
        )
        if arn is None:
            return None
        with telling(f"propose a change of the stack {self.name}"):
            described = self._client.describe_change_set(ChangeSetName=arn)
            while described["Status"] in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
                self._pause()
                described = self._client.describe_change_set(ChangeSetName=arn)
        if described["Status"] != "CREATE_COMPLETE":
            reason = described.get("StatusReason", "no reason given")
            self.forget(ChangeSet(arn, creates, ()))
            if any(words in reason for words in _NOTHING):
                return None
            raise DeployFailure(f"CloudFormation refuses the change: {_one_line(reason)}")
        return ChangeSet(arn, creates, self._changes(arn))

    def carry_out(self, change_set: ChangeSet, tell: Callable[[str], None]) -> Standing:
        """Makes the changes and waits until they are made.

        Raises:
            DeployFailure: they could not be made; CloudFormation has put back what was there.
        """
        seen = self._events_so_far()
        with telling(f"change the stack {self.name}"):
            self._client.execute_change_set(ChangeSetName=change_set.arn)
        status = self._follow(seen, tell)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            back = "CloudFormation has put back what was there; no data was touched."
            gone = "CloudFormation has removed what it had made. Put that right, then deploy again."
            raise DeployFailure(
                f"The stack {self.name} ended in {status}: {self._first_failure(seen)}",
                hint=gone if change_set.creates else back,
            )
        standing = self.standing()
        assert standing is not None  # noqa: S101 - it has just been made
        return standing

    def forget(self, change_set: ChangeSet) -> None:
        """Throws a change set away, and the empty stack that it made where there was none."""
        with telling(f"forget a change of the stack {self.name}"):
            self._client.delete_change_set(ChangeSetName=change_set.arn)
            # Not what somebody else may have made of it meanwhile.
            found = self._described() if change_set.creates else None
            if found is not None and found["StackStatus"] == "REVIEW_IN_PROGRESS":
                self._client.delete_stack(StackName=self.name)

    def delete(self, tell: Callable[[str], None]) -> None:
        """Deletes the stack and waits until it is gone; what it retains stays.

        Raises:
            DeployFailure: something of it could not be deleted.
        """
        seen = self._events_so_far()
        with telling(f"delete the stack {self.name}"):
            self._client.delete_stack(StackName=self.name)
        status = self._follow(seen, tell)
        if status not in ("", "DELETE_COMPLETE"):
            raise DeployFailure(
                f"The stack {self.name} ended in {status}: {self._first_failure(seen)}",
                hint="Once that is put right, destroy it again.",
            )

    def _refuse_a_stranger(self, found: Mapping[str, Any]) -> None:
        """Changes nothing and deletes nothing that `lake deploy` has not made."""
        names = {one["ParameterKey"] for one in found.get("Parameters", ())}
        # One that was proposed only, and never made, holds nothing and says nothing of itself.
        if found["StackStatus"] != "REVIEW_IN_PROGRESS" and not names >= _MARKS:
            raise UsageError(
                f"The stack {self.name} was not made by lake deploy; it is left alone.",
                hint="Choose another name with --stack.",
            )

    def _created(self, **request: Any) -> str | None:
        """Makes a change set; gives its ARN, or None if there is nothing to change."""
        try:
            return str(self._client.create_change_set(StackName=self.name, **request)["Id"])
        except (ClientError, BotoCoreError) as error:
            if any(words in str(error) for words in _NOTHING):
                return None
            if code_of(error) == "ValidationError":
                words = str(getattr(error, "response", {})["Error"]["Message"])
                raise UsageError(
                    f"CloudFormation refuses the change: {_one_line(words)}"
                ) from error
            raise told(error, f"propose a change of the stack {self.name}") from error

    def _described(self) -> dict[str, Any] | None:
        try:
            (found,) = self._client.describe_stacks(StackName=self.name)["Stacks"]
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == "ValidationError" and "does not exist" in str(error):
                return None
            raise told(error, f"read the stack {self.name}") from error
        return dict(found)

    def _changes(self, arn: str) -> tuple[Change, ...]:
        pages = self._client.get_paginator("describe_change_set").paginate(ChangeSetName=arn)
        with telling(f"read a change of the stack {self.name}"):
            changes = [one["ResourceChange"] for page in pages for one in page["Changes"]]
        return tuple(
            Change(
                one["Action"],
                one["LogicalResourceId"],
                one["ResourceType"],
                one.get("Replacement") == "True",
                one.get("PolicyAction") == "Retain",
            )
            for one in changes
        )

    def _follow(self, seen: set[str], tell: Callable[[str], None]) -> str:
        """Tells what happens until it ends; returns the last status, empty for a stack gone.

        The end of a change is an event of the stack's own: for a moment after the start, the
        status is still that of the change before.
        """
        shown, last = set(seen), ""
        try:
            while True:
                found = self._described()
                for event in self._events(shown):
                    shown.add(event["EventId"])
                    tell(f"  {event['ResourceStatus']:<27} {event['LogicalResourceId']}")
                    if found and event.get("PhysicalResourceId") == found["StackId"]:
                        last = event["ResourceStatus"]
                if found is None:
                    return ""
                if last and not last.endswith(_BUSY) and not found["StackStatus"].endswith(_BUSY):
                    return str(found["StackStatus"])
                self._pause()
        except KeyboardInterrupt:
            tell(f"CloudFormation goes on with the stack {self.name} all the same.")
            raise

    def _events(self, known: set[str]) -> list[dict[str, Any]]:
        """The events that are not known yet, oldest first; none of a stack that is gone."""
        try:
            pages = self._client.get_paginator("describe_stack_events").paginate(
                StackName=self.name
            )
            events = [event for page in pages for event in page["StackEvents"]]
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == "ValidationError":
                return []
            raise told(error, f"read the events of the stack {self.name}") from error
        return [event for event in reversed(events) if event["EventId"] not in known]

    def _events_so_far(self) -> set[str]:
        return {event["EventId"] for event in self._events(set())}

    def _first_failure(self, seen: set[str]) -> str:
        for event in self._events(seen):
            reason = event.get("ResourceStatusReason", "")
            if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason:
                return f"{event['LogicalResourceId']}: {_one_line(reason)}"
        return "CloudFormation gives no reason."


def shown(changes: Sequence[Change]) -> list[list[str]]:
    """A change set as rows: what happens, to what, of what type."""
    return [
        [
            _word(change),
            change.logical_id,
            change.kind.removeprefix("AWS::"),
        ]
        for change in sorted(changes, key=lambda change: (change.action, change.logical_id))
    ]


def _word(change: Change) -> str:
    if change.replaces:
        return "replace"
    if change.kept:
        return "remove, but keep"
    return {"Add": "create", "Modify": "change", "Remove": "remove"}.get(
        change.action, change.action
    )


def _outputs(described: Mapping[str, Any]) -> dict[str, str]:
    return {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", ())}


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".") + "."
