"""An AWS account, asked without changing anything: who asks, and which rights are missing.

A right is found missing by a call that needs it and changes nothing. What is written to S3 carries
a condition that cannot hold: S3 denies the call first, and refuses the condition afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from glue_jobs.aws_errors import code_of, telling, told
from labor_lake.diagnosis.findings import FAILED, OK, SKIPPED, WARNING, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_CONFIG = Config(
    connect_timeout=5, read_timeout=15, retries={"mode": "standard", "max_attempts": 2}
)
"""Somebody waits for the page; a service that does not answer is a finding."""

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "403"})
_NO_OBJECT = frozenset({"404", "NoSuchKey", "PreconditionFailed", "412"})
_ABSENT = frozenset({"EntityNotFoundException", "ResourceNotFoundException"})
_NO_TAG = '"00000000000000000000000000000000"'
_PROBE = "leases/doctor"
"""No subject is called so; the roles of all jobs may write there."""


@dataclass(frozen=True)
class DryCall:
    """A call that needs one right, and changes nothing.

    Attributes:
        action: the right, as IAM names it: ``s3:GetObject``.
        operation: the client's method.
        request: its arguments.
        lacking: what does not work without the right, as a sentence.
        status: of a finding that the right is missing.
        expected: codes of answers that only somebody gets who has the right.
    """

    action: str
    operation: str
    request: Mapping[str, Any]
    lacking: str
    status: str = FAILED
    expected: frozenset[str] = field(default=frozenset())


class Account:
    """The account that the credentials of this machine lead to."""

    def __init__(self, region: str) -> None:
        """Prepares; nothing is asked yet.

        Args:
            region: empty for the SDK's own choice.
        """
        with telling("open AWS"):
            self._session = boto3.Session(region_name=region or None)
        self.region = str(self._session.region_name or "")

    def client(self, service: str) -> Any:
        """A client that gives up soon."""
        with telling(f"open {service}"):
            return self._session.client(service, config=_CONFIG)

    def ask(self, call: DryCall) -> tuple[Finding, dict[str, Any]]:
        """Makes a dry call; gives the finding, and the answer, empty where there was none."""
        client = self.client(call.action.partition(":")[0])
        try:
            answer: dict[str, Any] = getattr(client, call.operation)(**call.request)
        except (ClientError, BotoCoreError) as error:
            code = code_of(error)
            if code in call.expected:
                return Finding(OK, call.action, "It is allowed."), {}
            failure = told(error, f"try {call.action}")
            if code not in _DENIED:
                return Finding(FAILED, call.action, str(failure), failure.hint), {}
            hint = failure.hint or "Whoever administers the account grants it."
            return Finding(call.status, call.action, f"It is denied. {call.lacking}", hint), {}
        return Finding(OK, call.action, "It is allowed."), answer

    def identity(self) -> Finding:
        """Who asks, as AWS sees it."""
        if not self.region:
            return Finding(FAILED, "region", "No AWS region is set.", "--region us-east-1")
        with telling("ask AWS who asks"):
            caller = self.client("sts").get_caller_identity()["Arn"]
        return Finding(OK, "credentials", f"AWS knows them: {caller}, in {self.region}.")


def bucket(account: Account, uri: str) -> Iterator[Finding]:
    """Whether the lake's bucket is there, keeps versions, and may be read and written."""
    name, _, prefix = uri.removeprefix("s3://").partition("/")
    start = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    found, _ = account.ask(
        DryCall(
            "s3:ListBucket",
            "list_objects_v2",
            {"Bucket": name, "Prefix": start, "MaxKeys": 1},
            "Nothing of the lake can be read.",
        )
    )
    yield found
    if found.status == FAILED:
        yield Finding(SKIPPED, "the bucket", "Nothing else was asked of it.")
        return
    found, answer = account.ask(
        DryCall(
            "s3:GetBucketVersioning",
            "get_bucket_versioning",
            {"Bucket": name},
            "No run can write from here, since each looks first whether versions are kept.",
            WARNING,
        )
    )
    yield found
    if found.status == OK and answer.get("Status") != "Enabled":
        yield Finding(
            FAILED,
            "versions",
            f"The bucket {name} keeps no versions; no run writes into it.",
            "Turn versioning on in the console of S3: Properties, Bucket Versioning.",
        )
    for call in _of_objects(name, start):
        yield account.ask(call)[0]
    yield _write(account, name, start)


def _of_objects(name: str, start: str) -> Iterator[DryCall]:
    yield DryCall(
        "s3:GetObject",
        "get_object",
        {"Bucket": name, "Key": f"{start}demo.json"},
        "No table and no report can be read.",
        expected=_NO_OBJECT,
    )
    yield DryCall(
        "s3:ListBucketVersions",
        "list_object_versions",
        {"Bucket": name, "Prefix": start, "MaxKeys": 1},
        "`lake verify --repair` and `lake backfill` cannot see older contents.",
        WARNING,
    )


def _write(account: Account, name: str, start: str) -> Finding:
    """Whether objects may be written, by a write whose condition cannot hold."""
    key = f"{start}{_PROBE}"
    found, answer = account.ask(
        DryCall(
            "s3:PutObject",
            "put_object",
            {"Bucket": name, "Key": key, "Body": b"", "IfMatch": _NO_TAG},
            "Queries work from here, runs do not; the jobs on AWS have roles of their own.",
            WARNING,
            _NO_OBJECT,
        )
    )
    if not answer:
        return found
    return Finding(
        FAILED,
        "conditions",
        f"This storage writes although the condition does not hold: {key} was written.",
        "Two runs at once could destroy a release there. Delete the object; use another storage.",
    )


def catalog(account: Account, database: str) -> Iterator[Finding]:
    """Whether the Glue database is there, and may be read."""
    missing = "Athena and `lake query` cannot see which tables there are."
    found, _ = account.ask(DryCall("glue:GetDatabase", "get_database", {"Name": database}, missing))
    yield found
    if found.status != OK:
        return
    found, answer = account.ask(
        DryCall("glue:GetTables", "get_tables", {"DatabaseName": database}, missing)
    )
    yield found
    if found.status != OK:
        return
    tables = [one["Name"] for one in answer["TableList"]]
    if not tables:
        hint = "The first run makes them: lake run --on-aws"
        yield Finding(WARNING, "tables", f"The database {database} has no table yet.", hint)
    yield account.ask(
        DryCall(
            "glue:GetPartitions",
            "get_partitions",
            {"DatabaseName": database, "TableName": next(iter(tables), "pr_data"), "MaxResults": 1},
            "awswrangler, Spark and Trino find no rows.",
            expected=_ABSENT,
        )
    )[0]


def workgroup(account: Account, name: str) -> Iterator[Finding]:
    """Whether the Athena workgroup is there and takes queries."""
    found, answer = account.ask(
        DryCall(
            "athena:GetWorkGroup",
            "get_work_group",
            {"WorkGroup": name},
            "Athena answers no query of yours.",
        )
    )
    yield found
    if found.status != OK:
        return
    group = answer["WorkGroup"]
    engine = group.get("Configuration", {}).get("EngineVersion", {})
    version = engine.get("EffectiveEngineVersion") or engine.get("SelectedEngineVersion", "")
    if group.get("State", "ENABLED") != "ENABLED":
        hint = "Somebody turned it off in Athena's console; turn it on there."
        yield Finding(FAILED, "workgroup", f"{name} is {group['State']}.", hint)
    else:
        yield Finding(OK, "workgroup", f"{name} takes queries. {version}".strip())
    yield Finding(
        SKIPPED,
        "athena:StartQueryExecution",
        "It was not tried, since that would be a query.",
        "lake query 'select 1' tries it.",
    )
