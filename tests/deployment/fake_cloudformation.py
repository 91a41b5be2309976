"""CloudFormation as far as a deployment that fails half way needs it: what is made, what is left.

Resources are made one after the other, each after those that it names. Where one fails, what the
change has made goes again, in the opposite order: a resource with the policy ``Retain`` only leaves
the stack; of one with ``RetainExceptOnCreate`` nothing stays, since it was just created. A bucket
that holds something cannot go. A name that is taken in the account cannot be made a second time.

Source: AWS CloudFormation's reference, DeletionPolicy attribute, and the states of a stack in its
user guide, read November 2026.
"""

from __future__ import annotations

import itertools
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from botocore.exceptions import ClientError

from labor_lake.deployment import deploy, stacks
from labor_lake.deployment.bundles import Code
from tests.cloudformation import Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAMED = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z]+)?\}")
# Each in its workgroup, by an id of its own.
_WITHOUT_NAME = ("AWS::Athena::NamedQuery",)


@dataclass
class Made:
    """A resource in the account."""

    logical_id: str
    kind: str
    name: str
    policy: str
    holds_objects: bool = False


@dataclass
class _Proposal:
    template: Template
    parameters: dict[str, str]


@dataclass
class FakeCloudFormation:
    """One account with at most one stack in it, as CloudFormation's client shows it.

    Attributes:
        account: all that is there, whether the stack knows it or not.
        failing: the resource that cannot be made, the next time that it is tried.
    """

    account: list[Made] = field(default_factory=list)
    failing: str = ""
    status: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    resources: dict[str, Made] = field(default_factory=dict)
    _events: list[dict[str, str]] = field(default_factory=list)
    _proposals: dict[str, _Proposal] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def orphans(self) -> list[str]:
        """What is in the account, and in no stack."""
        return [one.logical_id for one in self.account if one not in self.resources.values()]

    def fill(self, bucket: str) -> None:
        """Puts something into a bucket."""
        (found,) = [one for one in self.account if one.name == bucket]
        found.holds_objects = True

    # The client.

    def create_change_set(self, **given: Any) -> dict[str, str]:
        template = _read(given["TemplateBody"])
        declared = template.document["Parameters"]
        chosen = {
            one["ParameterKey"]: self.parameters[one["ParameterKey"]]
            if one.get("UsePreviousValue")
            else one["ParameterValue"]
            for one in given["Parameters"]
        }
        assert (given["ChangeSetType"] == "CREATE") == (self.status in ("", "REVIEW_IN_PROGRESS"))
        self.status = self.status or "REVIEW_IN_PROGRESS"
        defaults = {name: str(one["Default"]) for name, one in declared.items() if "Default" in one}
        self._proposals["arn"] = _Proposal(template, {**defaults, **chosen})
        return {"Id": "arn"}

    def describe_change_set(self, **_: Any) -> dict[str, Any]:
        new = set(self._wanted()) - set(self.resources)
        changes = [
            {"Action": "Add", "LogicalResourceId": name, "ResourceType": "AWS::X"} for name in new
        ]
        return {
            "Status": "CREATE_COMPLETE",
            "Changes": [{"ResourceChange": change} for change in changes],
        }

    def execute_change_set(self, **_: Any) -> None:
        action = "CREATE" if self.status == "REVIEW_IN_PROGRESS" else "UPDATE"
        self._tell("labor-lake", f"{action}_IN_PROGRESS")
        made: list[Made] = []
        for name, resource in self._wanted().items():
            if name in self.resources:
                continue
            reason = self._obstacle(name, resource)
            if reason:
                self._tell(name, "CREATE_FAILED", reason)
                self._take_back(made)
                rolled_back = "ROLLBACK" if action == "CREATE" else "UPDATE_ROLLBACK"
                self._end(f"{rolled_back}_COMPLETE")
                return
            one = self._make(name, resource)
            made.append(one)
            self.resources[name] = one
            self._tell(name, "CREATE_COMPLETE")
        self.parameters = self._proposals["arn"].parameters
        self.outputs = self._resolved().outputs
        self._end(f"{action}_COMPLETE")

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        if not self.status:
            told = {"Code": "ValidationError", "Message": "Stack with id labor-lake does not exist"}
            raise ClientError({"Error": told}, "DescribeStacks")
        names = self.parameters or self._proposals["arn"].parameters
        told_outputs = [{"OutputKey": k, "OutputValue": v} for k, v in self.outputs.items()]
        return {
            "Stacks": [
                {
                    "StackId": "arn-of-the-stack",
                    "StackStatus": self.status,
                    "Parameters": [{"ParameterKey": name} for name in names],
                    "Outputs": told_outputs,
                }
            ]
        }

    def describe_stack_events(self, **_: Any) -> dict[str, Any]:
        return {"StackEvents": self._events[::-1]}

    def get_paginator(self, operation: str) -> Any:
        fake = self

        class Pages:
            def paginate(self, **given: Any) -> list[Any]:
                return [getattr(fake, operation)(**given)]

        return Pages()

    def delete_stack(self, **_: Any) -> None:
        assert self.status == "ROLLBACK_COMPLETE"
        assert not self.resources
        self.status, self.parameters, self.outputs, self._events = "", {}, {}, []

    # What happens inside.

    def _resolved(self) -> Any:
        proposal = self._proposals["arn"]
        return proposal.template.resolve(proposal.parameters)

    def _wanted(self) -> dict[str, dict[str, Any]]:
        """The resources of the proposal, each after those that it names."""
        resolved = self._resolved().resources
        written = self._proposals["arn"].template.document["Resources"]
        graph = {name: set(_names_in(written[name])) & set(resolved) for name in resolved}
        return {name: resolved[name] for name in TopologicalSorter(graph).static_order()}

    def _obstacle(self, name: str, resource: Mapping[str, Any]) -> str:
        if name == self.failing:
            self.failing = ""
            return "it was told to fail"
        given = _given_name(resource)
        taken = {(one.kind, one.name) for one in self.account}
        return f"{given} already exists" if given and (resource["Type"], given) in taken else ""

    def _make(self, name: str, resource: Mapping[str, Any]) -> Made:
        # tests.cloudformation names what has no name like this, also in the outputs.
        physical = _given_name(resource) or f"labor-lake-{name.lower()}"
        one = Made(name, resource["Type"], physical, resource.get("DeletionPolicy", "Delete"))
        self.account.append(one)
        return one

    def _take_back(self, made: list[Made]) -> None:
        for one in reversed(made):
            del self.resources[one.logical_id]
            if one.policy != "Retain":
                assert not one.holds_objects, f"CloudFormation cannot delete {one.name}."
                self.account.remove(one)
            self._tell(one.logical_id, "DELETE_COMPLETE")

    def _tell(self, name: str, status: str, reason: str = "") -> None:
        self._events.append(
            {
                "EventId": str(next(self._numbers)),
                "LogicalResourceId": name,
                "PhysicalResourceId": "arn-of-the-stack" if name == "labor-lake" else name,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
            }
        )

    def _end(self, status: str) -> None:
        self.status = status
        self._tell("labor-lake", status)


@cache
def _read(text: str) -> Template:
    """A template, read once for all tests."""
    return Template(text)


def _given_name(resource: Mapping[str, Any]) -> str:
    properties = resource["Properties"]
    names = (
        properties.get("Name"),
        properties.get("DatabaseInput", {}).get("Name"),
        properties.get("LogGroupName"),
        properties.get("StatementName"),
    )
    if resource["Type"] in _WITHOUT_NAME:
        return ""
    return next((name for name in names if name), "")


def _names_in(given: Any) -> Iterator[str]:
    """What a part of a template names: by Ref, GetAtt, Sub and DependsOn."""
    if isinstance(given, dict):
        for key, value in given.items():
            if key in ("Ref", "DependsOn") and isinstance(value, str):
                yield value
            elif key == "Fn::GetAtt":
                yield value[0]
            elif key == "Fn::Sub":
                yield from _NAMED.findall(value if isinstance(value, str) else value[0])
            yield from _names_in(value)
    elif isinstance(given, list):
        for one in given:
            yield from _names_in(one)


@contextmanager
def deploying_to(cloud: FakeCloudFormation) -> Iterator[FakeCloudFormation]:
    """`lake deploy` asks this CloudFormation from now on, and waits for nothing."""

    def upload(code: Code, bucket: str, _: object) -> int:
        cloud.fill(bucket)
        return len(code.files)

    with (
        patch.object(boto3, "client", lambda service, **_: cloud),
        patch.object(stacks, "_POLL_SECONDS", 0),
        patch.object(deploy, "install_packages", lambda _: None),
        patch.object(deploy, "make_code", lambda _: Code("code/1a2b", {"a": b""})),
        patch.object(deploy, "upload", upload),
        patch.object(deploy, "send", lambda template, *_: {"TemplateBody": template}),
    ):
        yield cloud
