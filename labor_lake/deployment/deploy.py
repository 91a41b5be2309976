"""Deploys the stack: buckets first, then the code into them, then the jobs that run it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Callable

import boto3

from glue_jobs.aws_errors import code_of, telling
from glue_jobs.errors import IntegrityFailure, UsageError
from glue_jobs.storage.scratch import scratch_folder
from labor_lake.deployment.bundles import install_packages, make_code
from labor_lake.deployment.template import LONGEST_BODY, make_template, parameters_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labor_lake.deployment.bundles import Code
    from labor_lake.deployment.stacks import ChangeSet, Stack, Standing

_UPLOADS_AT_ONCE = 4

Confirm = Callable[["ChangeSet"], bool]
Tell = Callable[[str], None]


def deploy(
    stack: Stack, given: Mapping[str, str], region: str, confirm: Confirm, tell: Tell
) -> Standing | None:
    """Makes the stack or brings it up to date.

    Args:
        stack: which.
        given: parameters that shall have these values; the others keep theirs.
        region: of the artifacts bucket; empty for the SDK's own choice.
        confirm: shown each change set; False ends without a change.
        tell: progress, a line at a time.

    Returns:
        The stack as it stands at the end; None if somebody said no.

    Raises:
        UsageError: a given parameter is none of the template's.
        LakeError: it could not be done; what stood before still stands.
    """
    template = make_template()
    known = parameters_of(template)
    for name in sorted(set(given) - known):
        raise UsageError(
            f"The template has no parameter {name}.", hint=f"It has {', '.join(sorted(known))}."
        )
    tell("Downloading the packages of the jobs, about 90 MB.")
    with scratch_folder() as folder:
        install_packages(folder)
        tell("Making the bundles.")
        code = make_code(folder / "packages")
    standing = stack.standing()
    if standing is None:
        tell(f"The stack {stack.name} is new: its buckets come first, its jobs second.")
        bare = {"TemplateBody": make_template(with_queries=False)}
        standing = _change(stack, bare, {**given, "CodePrefix": ""}, known, None, confirm, tell)
        if standing is None:
            return None
    bucket = standing.outputs["ArtifactsBucketName"]
    uploaded = upload(code, bucket, region)
    tell(f"Uploaded {uploaded} of {len(code.files)} files under {code.prefix}/.")
    sent = send(template, f"{code.prefix}/template.json", bucket, region)
    with_code = {**given, "CodePrefix": code.prefix}
    return _change(stack, sent, with_code, known, standing, confirm, tell)


def send(template: str, key: str, bucket: str, region: str) -> dict[str, str]:
    """How CloudFormation gets a template: in the call, or where it is too long, from a bucket.

    Raises:
        IntegrityFailure: another template lies in its place.
    """
    body = template.encode()
    if len(body) <= LONGEST_BODY:
        return {"TemplateBody": template}
    with telling(f"upload to s3://{bucket}"):
        client: Any = boto3.client("s3", region_name=region or None)
        _put(client, bucket, key, body)
    return {"TemplateURL": f"{client.meta.endpoint_url}/{bucket}/{key}"}


def upload(code: Code, bucket: str, region: str) -> int:
    """Puts the code where the jobs look for it; returns how many files were not there yet.

    Raises:
        IntegrityFailure: one of them is there with other bytes.
    """
    with telling(f"upload to s3://{bucket}"):
        client: Any = boto3.client("s3", region_name=region or None)
        with ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
            keys = {f"{code.prefix}/{name}": body for name, body in code.files.items()}
            return sum(pool.map(lambda item: _put(client, bucket, *item), keys.items()))


def _put(client: Any, bucket: str, key: str, body: bytes) -> bool:
    """Writes an object, unless it is there, which its bytes must prove: the jobs will run it."""
    try:
        client.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
    except client.exceptions.ClientError as error:
        if code_of(error) not in ("PreconditionFailed", "412"):
            raise
        if client.get_object(Bucket=bucket, Key=key)["Body"].read() != body:
            raise IntegrityFailure(
                f"s3://{bucket}/{key} is not the code that belongs there.",
                hint="Find out who wrote it: jobs would run it. Delete it, then deploy again.",
            ) from None
        return False
    return True


def _change(
    stack: Stack,
    template: Mapping[str, str],
    given: Mapping[str, str],
    known: set[str],
    standing: Standing | None,
    confirm: Confirm,
    tell: Tell,
) -> Standing | None:
    """Proposes, asks, carries out; the stack as it stands where there is nothing to change."""
    parameters: dict[str, str | None] = dict(given)
    # One that the template has no longer cannot keep its value.
    for name in standing.parameters & known if standing else ():
        parameters.setdefault(name, None)
    change_set = stack.propose(template, parameters)
    if change_set is None:
        tell("Nothing to change: the stack is as the template says.")
        return standing
    try:
        confirmed = confirm(change_set)
    except BaseException:  # nobody there to ask, or Ctrl-C: nothing is left behind
        stack.forget(change_set)
        raise
    if not confirmed:
        stack.forget(change_set)
        return None
    return stack.carry_out(change_set, tell)
