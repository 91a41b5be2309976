"""A lake in S3 and the Glue catalog that shows it, on a simulated AWS."""

from __future__ import annotations

import boto3
import pytest

from glue_jobs.catalog.glue import GlueCatalog
from glue_jobs.storage.s3 import S3Storage
from tests.aws import DATABASE, REGION, aws_server, new_bucket


@pytest.fixture
def storage():
    """A lake in a bucket of its own, beside an empty Glue database."""
    with aws_server():
        boto3.client("glue").create_database(DatabaseInput={"Name": DATABASE})
        yield S3Storage(f"s3://{new_bucket()}/lake")


@pytest.fixture
def catalog(storage):
    return GlueCatalog(storage, DATABASE, REGION)
