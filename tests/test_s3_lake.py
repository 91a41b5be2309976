"""The `lake` command on a lake in S3, which the jobs filled: as on one in a directory."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.running import perform
from glue_jobs.storage.local import LocalStorage
from glue_jobs.storage.s3 import S3Storage
from labor_lake.cli import main
from labor_lake.state import describe
from labor_lake.workflow import job_named
from tests.aws import DATABASE, aws_server, new_bucket
from tests.lakes import run_at
from tests.simulator.upstream import Upstream

JOBS = ("land_bls", "land_population", "build_tables")


@pytest.fixture(scope="module")
def lake():
    with aws_server(), Upstream.sample() as upstream:
        boto3.client("glue").create_database(DatabaseInput={"Name": DATABASE})
        storage = S3Storage(f"s3://{new_bucket()}/lake")
        for run_id in ("wr_a", "wr_b"):
            run = replace(run_at(Path(), upstream, run_id), storage=storage)
            for job in JOBS:
                assert perform(job, job_named(job), run)[1] == []
        yield storage


def test_a_second_run_writes_its_summary_and_nothing_else(lake):
    versions = boto3.client("s3").list_object_versions(Bucket=lake.bucket)["Versions"]
    # A lease is written and taken back by whoever looks; it holds nothing.
    keys = [entry["Key"] for entry in versions if "/leases/" not in entry["Key"]]
    second = [key for key in keys if "/runs/wr_b/" in key]
    assert sorted(second) == [f"lake/runs/wr_b/{job}.json" for job in sorted(JOBS)]
    assert len(set(keys)) == len(keys)


def test_status_says_what_is_landed_and_current(lake, capsys):
    assert main(["status", "--lake", lake.uri, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["lake"] == lake.uri
    assert told["subjects"]["pr"]["files"] == 12
    assert told["subjects"]["pr"]["release"] == "20250904T123000Z"
    assert told["subjects"]["population"]["rows"] == {"population": 10}
    assert {summary["run_id"] for summary in told["last_run"].values()} == {"wr_b"}


def test_verify_finds_an_object_that_was_overwritten(lake, capsys):
    assert main(["verify", "--lake", lake.uri]) == 0
    assert "0 do not match what was recorded" in capsys.readouterr().out
    pointer = load_pointer(lake, "pr")
    assert pointer is not None
    key = f"{pointer.folder}class/part-00000.parquet"
    client = boto3.client("s3")
    named = {"Bucket": lake.bucket, "Key": f"lake/{key}"}
    before = client.get_object(**named)["Body"].read()
    client.put_object(**named, Body=b"rotten")
    assert main(["verify", "--lake", lake.uri]) == 7
    assert f"{key} has other bytes than were stored" in capsys.readouterr().out
    client.put_object(**named, Body=before)


def test_vacuum_leaves_what_is_current(lake, capsys):
    assert main(["vacuum", "--lake", lake.uri, "--keep-days", "0"]) == 0
    assert capsys.readouterr().out.startswith("0 release folders removed")


def test_without_glue_a_lake_is_built_read_and_verified_all_the_same(lake, capsys):
    """The server of the module's lake stays; another bucket, and no database of that name."""
    storage = S3Storage(f"s3://{new_bucket()}/lake")
    settings = {"catalog": "none", "database": "no_such_database"}
    with Upstream.sample() as upstream:
        run = replace(run_at(Path(), upstream, "wr_a", **settings), storage=storage)
        for job in JOBS:
            assert perform(job, job_named(job), run)[1] == []
    assert main(["verify", "--lake", storage.uri, "--catalog", "none"]) == 0
    assert main(["query", "select 1", "--lake", storage.uri, "--catalog", "none"]) == 2
    told = capsys.readouterr().err
    assert "Athena reads a lake in S3 through Glue, and the setting catalog is none." in told


def test_a_bucket_that_is_not_there_is_told_in_one_sentence(lake, capsys):
    assert main(["status", "--lake", "s3://no-such-bucket/lake"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "error: Cannot list s3://no-such-bucket/lake/raw/: there is no such bucket."
    assert told[1].startswith("hint:  `lake deploy`")
    assert len(told) == 2


def test_the_last_run_is_the_one_that_wrote_last_whatever_its_name(tmp_path):
    storage = LocalStorage(tmp_path)
    for age, run_id in enumerate(("wr_m", "wr_z", "wr_a")):
        summary = {"job": "land_bls", "run_id": run_id, "exit_code": 0, "errors": []}
        summary["started_at"] = "2025-09-05T06:00:00Z"
        storage.put(f"runs/{run_id}/land_bls.json", json.dumps(summary).encode())
        os.utime(tmp_path / f"runs/{run_id}/land_bls.json", (1e9 - age, 1e9 - age))
    assert describe(storage)["last_run"]["land_bls"]["run_id"] == "wr_m"
