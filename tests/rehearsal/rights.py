"""The last days of a rehearsal: what AWS refuses, and what the roles of the jobs allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

from tests.rehearsal import checks
from tests.rehearsal.days import JOBS
from tests.rehearsal.permissions import grants_of, without_call, without_permission
from tests.rehearsal.server import Failure

if TYPE_CHECKING:
    from tests.rehearsal.days import Rehearsal

_ELSEWHERE = ("forgetful", "missing-bucket")


def refusals(rehearsal: Rehearsal) -> None:
    """What AWS refuses is one clear sentence each."""
    rehearsal.tell("\nWhat AWS refuses")
    unversioned, missing = _ELSEWHERE
    boto3.client("s3").create_bucket(Bucket=unversioned)
    _is_refused(rehearsal, "an unversioned bucket", 2, lake=f"s3://{unversioned}")
    _is_refused(rehearsal, "a missing bucket", 2, lake=f"s3://{missing}")
    _is_refused(rehearsal, "expired credentials", 2, failure=("*", "ExpiredToken", 400))
    _is_refused(rehearsal, "a denied action", 7, failure=("s3:GetObject", "AccessDenied", 403))
    _is_refused(rehearsal, "the wrong region", 2, job="build_tables", region="eu-west-1")


def permissions(rehearsal: Rehearsal) -> None:
    """Each role allows what its job did, and no more."""
    rehearsal.tell("\nPermissions")
    calls = rehearsal.calls()
    for job in JOBS:
        grants = grants_of(rehearsal.stack, job)
        # Not on what `refusals` tried in place of the stack's own things.
        inside = [
            call
            for call in calls
            if rehearsal.glue.callers[call.caller] == job
            and not any(name in call.resource for name in _ELSEWHERE)
        ]
        denied = without_permission(inside, grants)
        idle = without_call(job, inside, grants)
        rehearsal.holds(f"{job}: {len(inside)} calls, each allowed", inside and not denied)
        rehearsal.holds(f"{job}: {len(grants)} permissions, each used or explained", not idle)
        for call in dict.fromkeys(denied):
            rehearsal.tell(f"         not allowed: {call.action} on {call.resource}")
        for grant in idle:
            rehearsal.tell(f"         not used: {grant.action} on {grant.resource}")


def _is_refused(
    rehearsal: Rehearsal,
    what: str,
    code: int,
    job: str = "land_bls",
    failure: tuple[str, str, int] | None = None,
    **arguments: str,
) -> None:
    if failure is not None:
        action, refusal, status = failure
        rehearsal.cloud.fail(Failure(action, refusal, status=status, lasting=True))
    run = rehearsal.run_job(job, {f"--{name}": value for name, value in arguments.items()})
    rehearsal.cloud.fail(None)
    held = run.exit_code == code and checks.is_one_sentence(run.told)
    rehearsal.holds(f"{what}: exit {code}, one sentence", held)
    rehearsal.quote(run)
