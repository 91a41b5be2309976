"""The rehearsal's own parts: it sees a call that is not allowed, and walks triggers rightly."""

from __future__ import annotations

import copy
import json
import os
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from glue_jobs.catalog.glue import partition_inputs, table_input
from glue_jobs.catalog.pointers import Pointer, Table, TableFile
from glue_jobs.tables.columns import TableColumn
from tests.cloudformation import Stack, Template
from tests.deployment.test_template import GIVEN, JOBS, STACK, TEMPLATE
from tests.rehearsal.calls import Asked, Call, calls_of, priced
from tests.rehearsal.checks import asked_too_early, catalog_differences, is_one_sentence, writes
from tests.rehearsal.glue import Glue, JobRun, become_user
from tests.rehearsal.permissions import (
    UNUSED_FOR_A_REASON,
    Grant,
    grants_of,
    reason_is_for,
    without_call,
    without_permission,
)
from tests.rehearsal.server import REGION, USER, Cloud, Failure

_SIGNED = (
    "AWS4-HMAC-SHA256 Credential=land_bls/20261123/us-east-1/{}/aws4_request, SignedHeaders=host"
)
_GLUE = "arn:aws:glue:us-east-1:123456789012:"


def s3(method: str, path: str, query: str = "", **headers: str) -> list[tuple[str, str]]:
    given = {"authorization": _SIGNED.format("s3"), **headers}
    calls = calls_of(Asked(method, path, query, given, b""))
    assert {call.caller for call in calls} == {"land_bls"}
    return [(call.action, call.resource.removeprefix("arn:aws:s3:::")) for call in calls]


@pytest.mark.parametrize(
    ("method", "path", "query", "action", "resource"),
    [
        ("GET", "/lake", "list-type=2&prefix=raw/", "s3:ListBucket", "lake"),
        ("GET", "/lake", "versioning", "s3:GetBucketVersioning", "lake"),
        ("GET", "/lake", "versions&prefix=x", "s3:ListBucketVersions", "lake"),
        ("GET", "/lake/raw/a", "", "s3:GetObject", "lake/raw/a"),
        ("HEAD", "/lake/raw/a", "", "s3:GetObject", "lake/raw/a"),
        ("GET", "/lake/raw/a", "versionId=1", "s3:GetObjectVersion", "lake/raw/a"),
        ("PUT", "/lake/raw/a", "x-id=PutObject", "s3:PutObject", "lake/raw/a"),
        ("POST", "/lake/raw/a", "uploads", "s3:PutObject", "lake/raw/a"),
        ("PUT", "/lake/raw/a", "partNumber=1&uploadId=2", "s3:PutObject", "lake/raw/a"),
        ("DELETE", "/lake/raw/a", "uploadId=2", "s3:AbortMultipartUpload", "lake/raw/a"),
        ("DELETE", "/lake/raw/a", "", "s3:DeleteObject", "lake/raw/a"),
        ("DELETE", "/lake/raw/a", "versionId=1", "s3:DeleteObjectVersion", "lake/raw/a"),
        ("GET", "/lake/raw/a", "uploadId=2", "s3:ListMultipartUploadParts", "lake/raw/a"),
        ("GET", "/lake/data_file%3D0/a", "", "s3:GetObject", "lake/data_file=0/a"),
        ("PUT", "/lake", "", "s3:CreateBucket", "lake"),
        ("DELETE", "/lake", "", "s3:DeleteBucket", "lake"),
        ("POST", "/lake", "delete", "s3:DeleteObject", "lake/*"),
        ("PUT", "/lake", "versioning", "s3:PUT?versioning", "lake"),
        ("GET", "/lake/raw/a", "tagging", "s3:GET?tagging", "lake/raw/a"),
    ],
)
def test_a_request_to_s3_is_known_as_its_action(method, path, query, action, resource):
    assert s3(method, path, query) == [(action, resource)]


@pytest.mark.parametrize(
    ("source", "action"),
    [("/lake/a", "s3:GetObject"), ("lake/a?versionId=1", "s3:GetObjectVersion")],
)
def test_a_copy_reads_one_object_and_writes_another(source, action):
    assert s3("PUT", "/lake/b", **{"x-amz-copy-source": source}) == [
        (action, "lake/a"),
        ("s3:PutObject", "lake/b"),
    ]


@pytest.mark.parametrize(
    ("operation", "body", "resource"),
    [
        ("GetTables", {"DatabaseName": "d"}, "table/d/*"),
        ("GetTable", {"DatabaseName": "d", "Name": "t"}, "table/d/t"),
        ("UpdateTable", {"DatabaseName": "d", "TableInput": {"Name": "t"}}, "table/d/t"),
        ("UpdatePartition", {"DatabaseName": "d", "TableName": "t"}, "table/d/t"),
        ("GetDatabase", {"Name": "d"}, None),
    ],
)
def test_a_request_to_glue_needs_permission_on_all_that_holds_what_it_is_on(
    operation, body, resource
):
    headers = {
        "authorization": _SIGNED.format("glue"),
        "x-amz-target": f"AWSGlue.{operation}",
    }
    calls = calls_of(Asked("POST", "/", "", headers, json.dumps(body).encode()))
    levels = ["catalog", "database/d", *([resource] if resource else [])]
    assert calls == [Call("land_bls", f"glue:{operation}", f"{_GLUE}{name}") for name in levels]


def test_requests_are_counted_by_what_they_cost():
    calls = [
        call("s3:PutObject", "/raw/x"),
        call("s3:ListBucket", ""),
        call("s3:GetObjectVersion", "/raw/x"),
        call("s3:DeleteObject", "/leases/pr.json"),
        Call("build_tables", "glue:GetTables", f"{_GLUE}catalog"),
        Call("build_tables", "glue:GetTables", f"{_GLUE}database/labor_lake"),
        Call("publish_reports", "athena:StartQueryExecution", "workgroup/labor_lake"),
        Call("publish_reports", "athena:GetQueryResults", "workgroup/labor_lake"),
    ]
    assert priced(calls) == {"PUT": 2, "GET": 1, "catalog": 1, "queries": 1}


# Permissions.


def call(action: str, resource: str) -> Call:
    return Call("land_bls", action, f"arn:aws:s3:::labor-lake-lakebucket{resource}")


def test_a_call_outside_the_role_is_seen():
    grants = grants_of(STACK, "land_bls")
    fine = [call("s3:PutObject", "/raw/bls/pr/x"), call("s3:ListBucket", "")]
    assert without_permission(fine, grants) == []
    for wrong in (
        call("s3:PutObject", "/curated/x"),
        call("s3:PutObject", "/raw/population/x"),
        call("s3:DeleteObjectVersion", "/raw/bls/pr/x"),
        call("s3:DeleteObject", "/*"),
        call("s3:CreateBucket", ""),
        call("s3:PUT?versioning", ""),
        Call("land_bls", "glue:GetTables", f"{_GLUE}database/labor_lake"),
    ):
        assert without_permission([*fine, wrong], grants) == [wrong]


def test_a_permission_that_nobody_used_or_explained_is_seen():
    idle = Grant("s3:PutObject", "arn:aws:s3:::labor-lake-lakebucket/curated/*")
    grants = [Grant("s3:GetObject", "arn:aws:s3:::labor-lake-lakebucket/raw/*"), idle]
    used = [call("s3:GetObject", "/raw/x")]
    assert without_call("land_bls", used, grants) == [idle]
    assert without_call("land_bls", [*used, call("s3:PutObject", "/curated/x")], grants) == []


def test_a_reason_without_a_permission_is_seen():
    for whose, what in UNUSED_FOR_A_REASON:
        grants = {job: grants_of(STACK, job) for job in JOBS if whose in ("*", job)}
        assert any(
            reason_is_for(whose, what, job, grant) for job in grants for grant in grants[job]
        ), (whose, what)


def test_a_policy_that_says_more_than_is_understood_is_refused():
    role = copy.deepcopy(STACK.resources["LandBlsRole"])
    role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Condition"] = {"Bool": {}}
    conditional = Stack({**STACK.resources, "LandBlsRole": role}, STACK.outputs)
    with pytest.raises(ValueError, match="land_bls has a statement that is not a plain Allow"):
        grants_of(conditional, "land_bls")


# What must hold after a day.


@pytest.mark.parametrize(
    ("action", "resource", "is_write"),
    [
        ("s3:GetObject", "/raw/x", False),
        ("s3:ListBucket", "", False),
        ("s3:PutObject", "/runs/1/land_bls.json", False),
        ("s3:PutObject", "/leases/pr.json", False),
        ("s3:DeleteObject", "/leases/population.json", False),
        ("s3:PutObject", "/raw/leases/pr.json", True),
        ("s3:PutObject", "/raw/runs/x", True),
        ("s3:DeleteObject", "/runs/1/land_bls.json", True),
        ("s3:PUT?versioning", "", True),
        ("glue:UpdateTable", "", True),
        ("glue:GetTables", "", False),
        ("athena:StartQueryExecution", "", True),
    ],
)
def test_a_write_is_known_by_its_call(action, resource, is_write):
    made = call(action, resource)
    assert writes([made, replace(made, caller=USER)]) == ([made] if is_write else [])


def test_a_statement_that_reads_a_view_before_it_is_made_is_seen():
    tables = ["t"]
    view = "-- Inputs: t.\ncreate or replace view v as\nselect * from t\n"
    report = "-- Inputs: v, t.\nselect * from v, t\n"
    assert asked_too_early([view, report], tables) == []
    assert asked_too_early([report, view], tables) == ["v"]
    assert asked_too_early([report], tables) == ["v"]


@pytest.mark.parametrize(
    ("told", "held"),
    [
        ("error: There is no such bucket.", True),
        ("error: There is no such bucket.\nerror: There is none.", False),
        ("Traceback (most recent call last):\nerror: There is none.", False),
        ("Killed", False),
        ("", False),
    ],
)
def test_one_sentence_is_one_sentence(told, held):
    assert is_one_sentence(told) is held


def columns() -> tuple[TableColumn, ...]:
    return (TableColumn("series_id", "string", "What is observed."),)


def pointer(release: str) -> Pointer:
    keys = (TableColumn("data_file", "string", "Which file."),)
    files = tuple(
        TableFile(f"data/data_file={name}/part-00000.parquet", 1, 1, "0", (name,))
        for name in ("0.Current", "1.AllData")
    )
    tables = {
        "pr_data": Table(columns(), files, keys),
        "pr_class": Table(columns(), (TableFile("class/part-00000.parquet", 1, 1, "0"),)),
    }
    return Pointer("pr", release, f"curated/pr/{release}/", tables)


@mock_aws
def test_a_catalog_that_is_behind_its_pointers_is_seen(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "rehearsed")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    glue = boto3.client("glue")
    glue.create_database(DatabaseInput={"Name": "d"})
    uri, old, new = "s3://lake", pointer("R1"), pointer("R2")
    for name, table in old.tables.items():
        entry = table_input(uri, old, name, table)
        glue.create_table(DatabaseName="d", TableInput=entry)
        parts = partition_inputs(uri, old, table).values() if table.partition_keys else ()
        for part in parts:
            glue.create_partition(DatabaseName="d", TableName=name, PartitionInput=part)
    assert catalog_differences("d", uri, [old]) == []
    assert catalog_differences("d", uri, [new]) == ["pr_class", "pr_data"]
    fewer = replace(old, tables={"pr_class": old.tables["pr_class"]})
    assert catalog_differences("d", uri, [fewer]) == ["pr_data"]
    moved = table_input(uri, new, "pr_data", new.tables["pr_data"])
    glue.update_table(DatabaseName="d", TableInput=moved)
    assert catalog_differences("d", uri, [old]) == ["pr_data"]


# The simulated cloud.


def test_whoever_rehearses_reaches_nothing_of_their_own(monkeypatch):
    with monkeypatch.context() as patched:
        for name in list(os.environ):
            if name.startswith("AWS_"):
                patched.delenv(name)
        patched.setenv("AWS_PROFILE", "mine")
        patched.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
        patched.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        with Cloud() as cloud:
            environ = {**os.environ}
            become_user(cloud.address)
            try:
                boto3.Session().client("s3").create_bucket(Bucket="mine")
                assert [one.action for one in cloud.calls] == ["s3:CreateBucket"]
            finally:
                os.environ.clear()
                os.environ.update(environ)


def test_the_cloud_notes_who_called_and_fails_what_it_is_told(monkeypatch):
    with Cloud() as cloud:
        client = cloud.client("s3", "land_bls")
        client.create_bucket(Bucket="noted")
        cloud.fail(Failure("s3:PutObject", "AccessDenied", after=1, status=403))
        client.put_object(Bucket="noted", Key="a", Body=b"x")
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            client.put_object(Bucket="noted", Key="b", Body=b"x")
        client.put_object(Bucket="noted", Key="c", Body=b"x")
        keys = [entry["Key"] for entry in client.list_objects_v2(Bucket="noted")["Contents"]]
        assert keys == ["a", "c"]
        cloud.fail(Failure("*", "ExpiredToken", lasting=True))
        for _ in range(2):
            with pytest.raises(client.exceptions.ClientError, match="ExpiredToken"):
                client.get_object(Bucket="noted", Key="a")
        cloud.fail(None)
        assert client.get_object(Bucket="noted", Key="a")["Body"].read() == b"x"
        puts = [one for one in cloud.calls if one.action == "s3:PutObject"]
        assert [one.caller for one in puts] == ["land_bls"] * len(puts)
        assert puts[-1].resource == "arn:aws:s3:::noted/c"


# The walk.


class Played(Glue):
    """Runs no process; each job ends as it is told, and its starts are noted."""

    def __init__(self, stack: Stack, tmp_path: Any, **codes: list[int]) -> None:
        super().__init__(stack, "", tmp_path)
        self.started: list[str] = []
        self._codes = codes

    def run_job(self, name, run_id, environ, arguments=None):
        self.started.append(name.rpartition("-")[2])
        job, again, _ = self.started[-1].partition("_again")
        codes = self._codes.get(job, [0])
        code = codes.pop(0) if len(codes) > 1 else codes[0]
        return JobRun(job, code, 0.0, 0.0, 0.0, 2 if again else 1)


def walk(tmp_path, *, retries: bool = True, **codes: list[int]) -> tuple[list[str], dict[str, str]]:
    glue = Played(STACK, tmp_path, **codes)
    runs = glue.run_workflow("wr_1", {}, retries=retries)
    return glue.started, {run.job: run.state for run in runs}


def test_the_walk_starts_each_job_when_those_before_it_have_succeeded(tmp_path):
    started, states = walk(tmp_path)
    assert started == ["land_bls", "land_population", "build_tables", "publish_reports"]
    assert set(states.values()) == {"SUCCEEDED"}


def test_the_walk_stops_where_both_tries_of_a_job_fail(tmp_path):
    started, states = walk(tmp_path, land_population=[7])
    assert started == ["land_bls", "land_population", "land_population_again"]
    assert states["land_population"] == "FAILED"


def test_without_retries_it_stops_at_the_first_try(tmp_path):
    started, states = walk(tmp_path, retries=False, land_bls=[7])
    assert (started, states) == (["land_bls"], {"land_bls": "FAILED"})


def test_after_a_second_try_that_succeeds_the_walk_goes_on(tmp_path):
    started, states = walk(tmp_path, build_tables=[5, 0])
    assert started[2:] == ["build_tables", "build_tables_again", "publish_reports"]
    assert states["build_tables"] == "SUCCEEDED"


def test_a_function_that_is_not_known_is_refused():
    text = "Parameters: {}\nConditions: {}\nOutputs: {}\nResources:\n  A:\n    Type: !Base64 x\n"
    with pytest.raises(ValueError, match="uses Fn::Base64"):
        Template(text).resolve({})
    assert TEMPLATE.resolve(GIVEN).resources.keys() == STACK.resources.keys()
