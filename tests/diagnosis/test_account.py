"""`lake doctor` on a lake in S3: what is there, and which rights are missing."""

from __future__ import annotations

import sys
from typing import Any

import boto3
import pytest

from labor_lake.diagnosis.account import Account, workgroup
from tests.aws import REGION, new_bucket
from tests.diagnosis.pages import answers_of, closed_port, deny, fail, found, page_of, said
from tests.engines.fake_trino import fake_trino

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")


def test_an_account_with_all_rights_has_no_line_that_fails(cloud, capsys):
    before = boto3.client("s3").list_object_versions(Bucket=cloud[5:])
    page = page_of(capsys, "--lake", cloud, code=0)
    assert {name for name, status in found(page).items() if status == "ok"} >= {
        "credentials",
        "s3:ListBucket",
        "s3:GetBucketVersioning",
        "s3:GetObject",
        "s3:ListBucketVersions",
        "s3:PutObject",
        "glue:GetDatabase",
        "glue:GetTables",
        "glue:GetPartitions",
        "athena:GetWorkGroup",
    }
    assert found(page)["athena:StartQueryExecution"] == "skipped"
    assert "<account>" in said(page, "credentials")
    after = boto3.client("s3").list_object_versions(Bucket=cloud[5:])
    assert (before.get("Versions"), after.get("Versions")) == (None, None)  # nothing was written


@pytest.mark.parametrize(
    ("operation", "action", "status", "means"),
    [
        ("s3.ListObjectsV2", "s3:ListBucket", "failed", "Nothing of the lake can be read"),
        ("s3.GetBucketVersioning", "s3:GetBucketVersioning", "warning", "No run can write"),
        ("s3.GetObject", "s3:GetObject", "failed", "No table and no report can be read"),
        ("s3.PutObject", "s3:PutObject", "warning", "Queries work from here, runs do not"),
        ("s3.ListObjectVersions", "s3:ListBucketVersions", "warning", "lake verify --repair"),
        ("glue.GetDatabase", "glue:GetDatabase", "failed", "which tables there are"),
        ("glue.GetTables", "glue:GetTables", "failed", "which tables there are"),
        ("glue.GetPartitions", "glue:GetPartitions", "failed", "find no rows"),
        ("athena.GetWorkGroup", "athena:GetWorkGroup", "failed", "Athena answers no query"),
    ],
)
def test_a_right_that_is_missing_is_named_with_what_does_not_work_then(
    operation, action, status, means, cloud, capsys, monkeypatch
):
    deny(monkeypatch, operation)
    page = page_of(capsys, "--lake", cloud, code=7 if status == "failed" else 0)
    assert found(page)[action] == status
    assert means in said(page, action)
    assert "lack" in said(page, action) or "grants it" in said(page, action)


def test_a_bucket_that_is_not_there_is_said_so(cloud, capsys):
    page = page_of(capsys, "--lake", "s3://nobody-s-bucket", code=7)
    assert "there is no such bucket" in said(page, "s3:ListBucket")
    assert found(page)["the bucket"] == "skipped"
    assert found(page)["glue:GetDatabase"] == "ok"  # all else is looked at


def test_a_bucket_without_versions_is_said_so(cloud, capsys):
    page = page_of(capsys, "--lake", f"s3://{new_bucket(versioned=False)}", code=7)
    assert "keeps no versions" in said(page, "versions")


def test_a_database_that_is_not_there_is_said_so(cloud, capsys):
    page = page_of(capsys, "--lake", cloud, "--database", "x", code=7)
    assert found(page)["glue:GetDatabase"] == "failed"
    assert "glue:GetTables" not in found(page)


def test_a_workgroup_that_is_not_there_is_said_so(cloud, capsys, monkeypatch):
    fail(
        monkeypatch,
        400,
        "InvalidRequestException",
        "WorkGroup is not found.",
        "athena.GetWorkGroup",
    )
    page = page_of(capsys, "--lake", cloud, code=7)
    assert "WorkGroup is not found" in said(page, "athena:GetWorkGroup")
    assert "--workgroup" in said(page, "athena:GetWorkGroup")


def test_a_workgroup_that_is_turned_off_is_said_so(monkeypatch):
    group = {"WorkGroup": {"State": "DISABLED"}}
    answers_of(monkeypatch, athena={"get_work_group": [group]})
    told = list(workgroup(Account(REGION), "labor_lake"))
    assert [one.status for one in told] == ["ok", "failed", "skipped"]
    assert told[1].text == "labor_lake is DISABLED."


def test_a_storage_that_heeds_no_condition_is_said_so(cloud, capsys, monkeypatch):
    """A write went through that could not: two runs at once would destroy each other's work."""
    make = Account.client

    def heed_nothing(params, **_):
        del params["IfMatch"]

    def client(self: Account, service: str) -> Any:
        made = make(self, service)
        made.meta.events.register("provide-client-params.s3.PutObject", heed_nothing)
        return made

    monkeypatch.setattr(Account, "client", client)
    page = page_of(capsys, "--lake", cloud, code=7)
    assert "leases/doctor was written" in said(page, "conditions")


def test_without_network_aws_is_one_line_and_the_rest_is_skipped(capsys, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    page = page_of(capsys, "--lake", "s3://bucket", "--region", REGION, code=7)
    assert "AWS did not answer in time" in said(page, "aws")
    assert (found(page)["bucket"], found(page)["catalog"]) == ("skipped", "skipped")


def test_without_the_aws_packages_the_page_says_which_to_install(capsys, monkeypatch, demo_lake):
    monkeypatch.setitem(sys.modules, "boto3", None)
    for name in ("account", "stack"):
        monkeypatch.delitem(sys.modules, f"labor_lake.diagnosis.{name}", raising=False)
    assert found(page_of(capsys, "--lake", demo_lake, code=0))["content"] == "ok"
    page = page_of(capsys, "--lake", "s3://bucket", code=7)
    assert "pip install 'labor-lake[aws]'" in said(page, "aws")


def test_a_trino_server_is_asked_which_tables_it_shows(aws, capsys):
    with fake_trino() as trino:
        given = ["--lake", f"s3://{new_bucket()}", "--catalog", "none", "--engine", "trino"]
        page = page_of(capsys, *given, "--trino-url", trino.address, code=0)
        assert found(page)["Trino"] in ("ok", "warning")
    nobody = f"http://127.0.0.1:{closed_port()}"
    page = page_of(capsys, *given, "--trino-url", nobody, code=7)
    assert "does not answer" in said(page, "engine")
