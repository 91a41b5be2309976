"""What a stack makes in the simulated account, what lies there, and what its deletion leaves.

Of what the template describes, moto makes buckets, the database, the workgroup and the saved
queries; a role is what `permissions.py` holds calls against, and the rest makes nothing that a job
meets. A prepared statement is left out: moto knows them by name alone, AWS by workgroup and name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3

from glue_jobs.storage import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labor_lake.deployment.bundles import Code
    from tests.cloudformation import Stack

_EVERY_DAY = (names.RUNS, names.LEASES)


def bucket_of(stack: Stack, logical_id: str) -> str:
    """A bucket's name."""
    kind = stack.resources[logical_id]["Type"]
    assert kind == "AWS::S3::Bucket"
    if logical_id == "ArtifactsBucket":
        return stack.outputs["ArtifactsBucketName"]
    return urlsplit(stack.outputs["LakeUri"]).netloc


def create_resources(stack: Stack, code: Code) -> None:
    """Makes what the jobs rely on, and uploads their code as a deployment would.

    Raises:
        ClientError: a name is taken in the account.
    """
    s3, glue, athena = (boto3.client(service) for service in ("s3", "glue", "athena"))
    for database in stack.of_type("AWS::Glue::Database").values():
        glue.create_database(DatabaseInput=database["DatabaseInput"])
    for workgroup in stack.of_type("AWS::Athena::WorkGroup").values():
        athena.create_work_group(
            Name=workgroup["Name"], Configuration=workgroup["WorkGroupConfiguration"]
        )
    for query in stack.of_type("AWS::Athena::NamedQuery").values():
        athena.create_named_query(**query)
    for logical_id, bucket in stack.of_type("AWS::S3::Bucket").items():
        name = bucket_of(stack, logical_id)
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(
            Bucket=name, VersioningConfiguration=bucket["VersioningConfiguration"]
        )
    for path, body in code.files.items():
        key = f"{code.prefix}/{path}"
        s3.put_object(Bucket=bucket_of(stack, "ArtifactsBucket"), Key=key, Body=body)


def delete_resources(stack: Stack) -> None:
    """Deletes the stack as CloudFormation would: what the template says to keep, stays.

    Raises:
        ClientError: a bucket that is not to be kept holds something.
    """
    s3, glue, athena = (boto3.client(service) for service in ("s3", "glue", "athena"))
    for logical_id in stack.of_type("AWS::S3::Bucket"):
        if "DeletionPolicy" not in stack.resources[logical_id]:
            s3.delete_bucket(Bucket=bucket_of(stack, logical_id))
    for workgroup in stack.of_type("AWS::Athena::WorkGroup").values():
        athena.delete_work_group(
            WorkGroup=workgroup["Name"], RecursiveDeleteOption=workgroup["RecursiveDeleteOption"]
        )
    for database in stack.of_type("AWS::Glue::Database").values():
        glue.delete_database(Name=database["DatabaseInput"]["Name"])


def state_of(stack: Stack) -> dict[str, list[str]]:
    """What lies in the account of a stack, but for what each run leaves: summaries and leases.

    Returns:
        Each object of its buckets with its version, each table of its database, each saved query
        of its workgroup, by where they are.
    """
    s3, glue, athena = (boto3.client(service) for service in ("s3", "glue", "athena"))
    state = {}
    for logical_id in stack.of_type("AWS::S3::Bucket"):
        bucket = bucket_of(stack, logical_id)
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        state[bucket] = [
            f"{entry['Key']} {entry['VersionId']}"
            for page in pages
            for kind in ("Versions", "DeleteMarkers")
            for entry in page.get(kind, ())
            if not entry["Key"].startswith(_EVERY_DAY)
        ]
    database, workgroup = stack.outputs["DatabaseName"], stack.outputs["WorkgroupName"]
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
    tables = [table for page in pages for table in page["TableList"]]
    state[f"database {database}"] = [
        text for table in tables for text in _table_and_partitions(glue, database, table)
    ]
    queries = athena.list_named_queries(WorkGroup=workgroup)["NamedQueryIds"]
    state[f"workgroup {workgroup}"] = [
        _text(athena.get_named_query(NamedQueryId=one)["NamedQuery"]) for one in queries
    ]
    return state


def _table_and_partitions(glue: Any, database: str, table: dict[str, Any]) -> Iterator[str]:
    yield _text(table)
    if table.get("PartitionKeys"):
        pages = glue.get_paginator("get_partitions").paginate(
            DatabaseName=database, TableName=table["Name"]
        )
        yield from (_text(entry) for page in pages for entry in page["Partitions"])


def _text(entry: object) -> str:
    return json.dumps(entry, sort_keys=True, default=str)
