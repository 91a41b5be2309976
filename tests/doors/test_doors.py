"""docs/doors.md: each piece of code on the page counts what `lake query` counts."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import pytest

from glue_jobs.running import perform
from glue_jobs.storage.s3 import S3Storage
from labor_lake.cli import main
from labor_lake.workflow import job_named
from tests.aws import DATABASE, aws_server, new_bucket
from tests.doors.releases import (
    FIRST_ROWS,
    SECOND_ROWS,
    change,
    publish_first,
    publish_second,
)
from tests.engines.fake_trino import fake_trino
from tests.lakes import run_at
from tests.simulator.upstream import Upstream
from tests.test_docs import samples

PAGE = (Path(__file__).parents[2] / "docs" / "doors.md").read_text("utf-8")
COUNTED = {"0.Current": SECOND_ROWS, "1.AllData": FIRST_ROWS}

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")


def code(title: str) -> str:
    """The piece of code on the page that begins with that comment."""
    (found,) = samples(PAGE, f"# {title}\n")
    return found


def run(*pieces: str) -> dict[str, Any]:
    """What pieces of code leave behind, one after the other."""
    names: dict[str, Any] = {}
    for piece in pieces:
        exec(compile(piece, "docs/doors.md", "exec"), names)
    return names


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a lake of two releases in it."""
    made = tmp_path_factory.mktemp("doors")
    publish_first(made / "lake")
    publish_second(made / "lake")
    return made


@pytest.fixture
def lake(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return folder / "lake"


def test_lake_query_counts_the_rows_of_the_second_release(lake, capsys):
    (call,) = samples(PAGE, "lake query")
    assert main([*shlex.split(call)[1:], "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["data_file"]: row["n"] for row in told} == COUNTED


def test_a_glob_counts_both_releases_as_the_page_warns(lake):
    counted = pl.read_parquet("lake/curated/pr/*/data/*/*.parquet").height
    assert counted == FIRST_ROWS + SECOND_ROWS + 2 * FIRST_ROWS
    assert "data_file" not in pl.read_parquet("lake/curated/pr/*/data/*/*.parquet").columns
    assert PAGE.partition("\n\n")[2].startswith("**Never read `curated/` by a glob")


@pytest.mark.parametrize("tool", ["pandas", "polars"])
def test_what_reads_files_reads_those_of_the_pointer(tool, lake):
    assert dict(run(code("The files of a table"), code(tool))["counts"]) == COUNTED


def test_duckdb_reads_the_file_that_lake_attach_writes(lake):
    (call,) = samples(PAGE, "lake attach")
    assert main(shlex.split(call.splitlines()[0])[1:]) == 0
    assert dict(run(code("DuckDB"))["counts"]) == COUNTED


def test_every_column_of_every_table_is_there_in_pandas_and_polars(lake):
    for table in ("pr_series", "pr_revisions", "population", "pr_labels"):
        files = code("The files of a table")
        read = [
            run(files, code(tool).replace("pr_data", table).partition("counts =")[0])["data"]
            for tool in ("pandas", "polars")
        ]
        assert list(read[0].columns) == read[1].columns
        assert len(read[0]) == read[1].height > 0
    revisions = code("polars").replace("pr_data", "pr_revisions").partition("counts =")[0]
    schema = run(code("The files of a table"), revisions)["data"].schema
    assert (schema["release"], schema["release_year"]) == (pl.String, pl.String)


@pytest.fixture(scope="module")
def in_s3():
    """A lake of two releases in S3, with its catalog."""
    with aws_server() as address, Upstream.sample() as upstream:
        boto3.client("glue").create_database(DatabaseInput={"Name": DATABASE})
        storage = S3Storage(f"s3://{new_bucket()}/lake")
        for run_id in ("first", "second"):
            one = replace(run_at(Path(), upstream, run_id), storage=storage)
            for job in ("land_bls", "land_population", "build_tables"):
                assert perform(job, job_named(job), one)[1] == []
            change(upstream)
        yield address


def test_awswrangler_reads_the_table_of_the_catalog(in_s3):
    assert dict(run(code("awswrangler"))["counts"]) == COUNTED


def test_awswrangler_needs_dataset_for_the_folder_of_a_table(in_s3):
    import awswrangler as wr

    s3 = boto3.client("s3")
    (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    pointer = json.load(s3.get_object(Bucket=bucket, Key="lake/current/pr.json")["Body"])
    place = f"s3://{bucket}/lake/{pointer['folder']}data/"
    assert "data_file" not in wr.s3.read_parquet(place).columns
    data = wr.s3.read_parquet(place, dataset=True)
    assert dict(data.groupby("data_file", observed=True).size().items()) == COUNTED


def test_a_text_goes_to_athena_with_its_quotes(in_s3, monkeypatch):
    import awswrangler as wr

    asked: dict[str, Any] = {}
    monkeypatch.setattr(
        wr.athena, "read_sql_query", lambda sql, **given: asked.update(given, sql=sql)
    )
    run(code("Athena"))
    assert asked["sql"].count("?") == 1
    assert (asked["params"], asked["paramstyle"]) == (["'Q01'"], "qmark")


def test_a_client_of_trino_asks_the_catalog_that_the_lake_is_shown_by():
    with fake_trino() as fake:
        fake.columns = [("data_file", "varchar"), ("_col1", "bigint")]
        fake.pages = [[list(pair) for pair in COUNTED.items()]]
        port = fake.address.rpartition(":")[2]
        snippet = re.sub(
            r'host="localhost", port=\d+', f'host="127.0.0.1", port={port}', code("Trino")
        )
        assert dict(map(tuple, run(snippet)["counts"])) == COUNTED
        assert fake.headers["X-Trino-Catalog"] == "awsdatacatalog"
        assert fake.headers["X-Trino-Schema"] == "labor_lake"
