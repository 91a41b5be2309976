"""Two stacks in one simulated account: what is shown of their days would be seen to be wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from labor_lake.deployment.bundles import Code
from tests.deployment.test_template import GIVEN, JOBS, STACK, TEMPLATE
from tests.rehearsal.account import bucket_of, create_resources, delete_resources, state_of
from tests.rehearsal.calls import Call
from tests.rehearsal.glue import become_user
from tests.rehearsal.permissions import grants_of, without_permission
from tests.rehearsal.server import Cloud
from tests.rehearsal.two_stacks import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cloudformation import Stack

CODE = Code("code/1a2b", {"land_bls.py": b"..."})
SECOND = TEMPLATE.resolve(GIVEN, stack=NAME)
_GLUE = "arn:aws:glue:us-east-1:123456789012:"


@pytest.fixture
def account(monkeypatch) -> Iterator[None]:
    """An account that moto has not met before, in which the first stack stands."""
    environ = {**os.environ}
    with Cloud() as cloud:
        become_user(cloud.address)
        for stack in (STACK, SECOND):
            _forget(stack)
        create_resources(STACK, CODE)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(environ)


def _forget(stack: Stack) -> None:
    """moto's account is that of the process: another test may have left something in it."""
    for logical_id in stack.of_type("AWS::S3::Bucket"):
        bucket = boto3.resource("s3").Bucket(bucket_of(stack, logical_id))
        if bucket.creation_date:
            bucket.object_versions.delete()
            bucket.delete()
    databases = boto3.client("glue").get_databases()["DatabaseList"]
    names = {stack.outputs["DatabaseName"]} & {one["Name"] for one in databases}
    for name in names:
        boto3.client("glue").delete_database(Name=name)
    boto3.client("athena").delete_work_group(WorkGroup=stack.outputs["WorkgroupName"])


def fill(stack: Stack) -> None:
    """Puts into a stack what its jobs would."""
    bucket = bucket_of(stack, "LakeBucket")
    boto3.client("s3").put_object(Bucket=bucket, Key="raw/bls/pr/pr.class", Body=b"x")
    table = {"Name": "pr_class", "StorageDescriptor": {"Location": f"s3://{bucket}/x/"}}
    glue = boto3.client("glue")
    glue.create_table(DatabaseName=stack.outputs["DatabaseName"], TableInput=table)


@pytest.mark.usefixtures("account")
def test_a_second_stack_comes_and_goes_beside_the_first():
    fill(STACK)
    before = state_of(STACK)
    assert all(before.values())
    create_resources(SECOND, CODE)
    fill(SECOND)
    assert state_of(STACK) == before
    delete_resources(SECOND)
    assert state_of(STACK) == before
    kept = boto3.client("s3").list_objects_v2(Bucket=bucket_of(SECOND, "LakeBucket"))
    assert [entry["Key"] for entry in kept["Contents"]] == ["raw/bls/pr/pr.class"]
    with pytest.raises(ClientError, match="not found"):
        state_of(SECOND)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("name", ["DatabaseName", "WorkgroupName"])
def test_a_second_stack_with_a_name_of_the_first_is_refused(name):
    taken = TEMPLATE.resolve({**GIVEN, name: "labor_lake"}, stack=NAME)
    with pytest.raises(ClientError, match="already exists"):
        create_resources(taken, CODE)


@pytest.mark.usefixtures("account")
def test_what_comes_into_a_stack_is_seen():
    before = state_of(STACK)
    fill(STACK)
    now = state_of(STACK)
    bucket, database = bucket_of(STACK, "LakeBucket"), "database labor_lake"
    assert {place for place in now if now[place] != before[place]} == {bucket, database}


def test_no_role_of_a_stack_reaches_what_is_of_the_other():
    for own, other in ((STACK, SECOND), (SECOND, STACK)):
        calls = [Call("", grant.action, grant.resource) for grant in _of_the_lake(own)]
        theirs = [grant for job in JOBS for grant in grants_of(other, job)]
        assert len(calls) > 50
        assert without_permission(calls, theirs) == calls


def _of_the_lake(stack: Stack):
    """What its roles allow on what has the stack's name in it, which is all but a few things."""
    names = (stack.outputs["DatabaseName"], *_buckets(stack))
    for grant in (grant for job in JOBS for grant in grants_of(stack, job)):
        if any(name in grant.resource for name in names):
            yield grant
        else:
            shared = (":catalog", ":database/default", ":log-group:/aws-glue/python-jobs*")
            assert grant.resource.endswith(shared)


def _buckets(stack: Stack) -> list[str]:
    return [bucket_of(stack, name) for name in stack.of_type("AWS::S3::Bucket")]
