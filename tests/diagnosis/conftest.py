"""A simulated account for the page of `lake doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from tests.aws import REGION, aws_server, new_bucket

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def aws() -> Iterator[str]:
    with aws_server() as address:
        yield address


@pytest.fixture
def cloud(aws, monkeypatch) -> str:
    """A versioned bucket, a database and a workgroup, all empty; gives the lake's address."""
    monkeypatch.setenv("AWS_REGION", REGION)
    boto3.client("glue").create_database(DatabaseInput={"Name": "labor_lake"})
    boto3.client("athena").create_work_group(Name="labor_lake", Configuration={})
    return f"s3://{new_bucket()}"
