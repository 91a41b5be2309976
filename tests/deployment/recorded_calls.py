"""Records which rights a command's calls to AWS need: an action on a resource, as IAM names them.

Source: the service authorization reference of each service, read November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import boto3.session

from tests.policies import ACCOUNT, REGION, STACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

_S3 = {
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "HeadObject": "GetObject",
    "HeadBucket": "ListBucket",
}
_NEEDS_NO_RIGHT = {"sts:GetCallerIdentity"}
_OF_THE_TEST = "ListBuckets"
"""Asked by what plays CloudFormation."""
_TABLE_CALLS = ("GetTables", "GetPartitions")


@dataclass(frozen=True)
class Needed:
    """A right that a call needs."""

    action: str
    resource: str


class Recorder:
    """Notes what every client calls that is made while it is there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.needed: set[Needed] = set()
        make = boto3.session.Session.client

        def client(session: Any, service: str, *args: Any, **given: Any) -> Any:
            made = make(session, service, *args, **given)
            made.meta.events.register("before-parameter-build", self._note)
            return made

        monkeypatch.setattr(boto3.session.Session, "client", client)

    def _note(self, params: dict[str, Any], model: Any, **_: object) -> None:
        if model.name == _OF_THE_TEST:
            return
        service = model.service_model.endpoint_prefix
        for resource in resources_of(service, model.name, params):
            name = _S3.get(model.name, model.name) if service == "s3" else model.name
            if f"{service}:{name}" not in _NEEDS_NO_RIGHT:
                self.needed.add(Needed(f"{service}:{name}", resource))


def resources_of(service: str, operation: str, params: Mapping[str, Any]) -> list[str]:
    """What a call is on.

    Raises:
        KeyError: of a service that no command has called yet.
    """
    if service == "s3":
        key = f"/{params['Key']}" if "Key" in params else ""
        return [f"arn:aws:s3:::{params['Bucket']}{key}"]
    start = f"arn:aws:{service}:{REGION}:{ACCOUNT}:"
    if service == "cloudformation":
        # The ARN of a change set does not name its stack, which the right is on all the same.
        return [f"{start}stack/{params.get('StackName', STACK)}/an-id"]
    if service == "glue" and operation in (*_TABLE_CALLS, "GetDatabase"):
        database = params.get("DatabaseName") or params["Name"]
        levels = [f"{start}catalog", f"{start}database/{database}"]
        table = [f"{start}table/{database}/{params.get('TableName', '*')}"]
        return [*levels, *(table if operation in _TABLE_CALLS else [])]
    named = {
        "glue": lambda: f"{'trigger' if 'Trigger' in operation else 'workflow'}/{params['Name']}",
        "athena": lambda: f"workgroup/{params['WorkGroup']}",
        "logs": lambda: f"log-group:{params['logGroupName']}:log-stream:{params['logStreamName']}",
        "sts": lambda: "",
    }
    return [start + named[service]()]


def allows(policy: Mapping[str, Any], needed: Needed) -> bool:
    """Whether a policy of plain statements allows what is needed."""
    return any(
        needed.action in statement["Action"]
        and any(fnmatchcase(needed.resource, known) for known in statement["Resource"])
        for statement in policy["Statement"]
    )
