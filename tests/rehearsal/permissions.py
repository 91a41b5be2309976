"""Holds what each job's role may do against what the job did."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.cloudformation import Stack
    from tests.rehearsal.calls import Call

UNUSED_FOR_A_REASON = {
    ("*", "logs:CreateLogGroup"): "Glue writes the logs, by the job's role",
    ("*", "logs:CreateLogStream"): "Glue writes the logs, by the job's role",
    ("*", "logs:PutLogEvents"): "Glue writes the logs, by the job's role",
    ("*", "s3:GetObject code/"): "Glue fetches wheel and script by the job's role",
    ("*", "s3:AbortMultipartUpload"): "only when a large upload breaks",
    ("land_bls", "s3:GetObjectVersion"): "puts back what a lost race left in a file's place",
    ("land_population", "s3:GetObjectVersion"): "puts back what a lost race left in its place",
    ("land_population", "s3:DeleteObject"): "only when the API needs fewer pages than before",
    ("land_bls", "s3:DeleteObject"): "only when BLS has removed a file",
    ("build_tables", "glue:DeleteTable"): "only when a file is no table any more",
    ("build_tables", "glue:DeletePartition"): "only when BLS has removed a data file",
    ("build_tables", "s3:ListBucketVersions"): "only when the history is written anew",
    ("publish_reports", "s3:GetObject curated/"): "Athena reads the tables by the job's role",
    ("publish_reports", "s3:GetObject history/"): "Athena reads the tables by the job's role",
    ("publish_reports", "s3:GetBucketLocation"): "Athena asks for it by the job's role",
    ("publish_reports", "s3:ListBucket"): "Athena lists its results by the job's role",
    ("publish_reports", "s3:PutObject athena-results/"): "Athena writes by the job's role",
    ("publish_reports", "s3:ListMultipartUploadParts"): "Athena writes by the job's role",
    ("publish_reports", "glue:GetDatabase"): "Athena plans by the job's role",
    ("publish_reports", "glue:GetPartitions"): "Athena plans by the job's role",
    ("publish_reports", "glue:GetTables"): "Athena plans by the job's role",
    ("publish_reports", "glue:CreateTable"): "Athena makes a view by the job's role",
}
"""Permissions without a call in the rehearsal: by job and action, where needed with a folder."""


@dataclass(frozen=True)
class Grant:
    """One action that a role allows on one pattern of resources."""

    action: str
    resource: str


def grants_of(stack: Stack, job: str) -> list[Grant]:
    """What the role of a job allows.

    Raises:
        ValueError: a statement says more than this comparison understands.
    """
    jobs = stack.of_type("AWS::Glue::Job").values()
    arn = next(entry["Role"] for entry in jobs if entry["Name"].endswith(f"-{job}"))
    role = next(
        role
        for name, role in stack.of_type("AWS::IAM::Role").items()
        if arn.endswith(f"-{name.lower()}")
    )
    statements = [
        statement
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    for statement in statements:
        if set(statement) != {"Effect", "Action", "Resource"} or statement["Effect"] != "Allow":
            raise ValueError(f"The role of {job} has a statement that is not a plain Allow.")
    return [
        Grant(action, resource)
        for statement in statements
        for action in statement["Action"]
        for resource in statement["Resource"]
    ]


def without_permission(calls: Iterable[Call], grants: Iterable[Grant]) -> list[Call]:
    """The calls that no grant covers."""
    known = list(grants)
    return [call for call in calls if not any(_covers(grant, call) for grant in known)]


def without_call(job: str, calls: Iterable[Call], grants: Iterable[Grant]) -> list[Grant]:
    """The grants that no call needed, and that have no reason to stand all the same."""
    made = list(calls)
    return [
        grant
        for grant in grants
        if not any(_covers(grant, call) for call in made) and not _has_reason(job, grant)
    ]


def _covers(grant: Grant, call: Call) -> bool:
    return grant.action == call.action and fnmatchcase(call.resource, grant.resource)


def _has_reason(job: str, grant: Grant) -> bool:
    return any(reason_is_for(*reason, job, grant) for reason in UNUSED_FOR_A_REASON)


def reason_is_for(whose: str, what: str, job: str, grant: Grant) -> bool:
    """Whether an entry of ``UNUSED_FOR_A_REASON`` speaks of a grant of a job."""
    action, _, folder = what.partition(" ")
    return whose in ("*", job) and action == grant.action and folder in grant.resource
