"""The Glue catalog says what the pointers say, whatever it said before."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import awswrangler as wr
import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glue_jobs.catalog.glue import GlueCatalog, _differs, _storage_descriptor
from glue_jobs.catalog.pointers import Table
from glue_jobs.errors import StorageFailure, TryAgainLater, UsageError
from glue_jobs.running import perform
from glue_jobs.tables.columns import TableColumn
from labor_lake.workflow import job_named
from tests.aws import DATABASE, REGION
from tests.catalog.glue_tables import (
    R1,
    R2,
    catalog_now,
    data,
    expected,
    mapping,
    publish_release,
)
from tests.lakes import run_at
from tests.simulator.upstream import Upstream


def test_a_first_release_makes_tables_and_partitions(storage, catalog):
    publish_release(storage, R1, pr_data=data("0.Current", "1.AllData"), pr_class=mapping("class"))
    assert catalog.show() == {"tables created": 2, "partitions created": 2}
    assert catalog_now() == {
        "pr_data": expected(storage, R1, "0.Current", "1.AllData"),
        "pr_class": (f"{storage.uri}/curated/pr/{R1}-1/class/", {}),
    }


def test_one_subject_is_shown_and_no_other_is_touched(storage, catalog):
    publish_release(storage, R1, pr_data=data("0.Current"), pr_class=mapping("class"))
    catalog.show()
    publish_release(storage, R2, pr_data=data("0.Current"))
    stray = {"Name": "prices", "Parameters": {"made_by": "labor_lake"}, "StorageDescriptor": {}}
    boto3.client("glue").create_table(DatabaseName=DATABASE, TableInput=stray)
    assert catalog.show_subject("ap") == {}
    assert catalog.show_subject("pr") == {
        "tables moved": 1,
        "partitions moved": 1,
        "tables removed": 1,
    }
    tables = boto3.client("glue").get_tables(DatabaseName=DATABASE)["TableList"]
    assert {table["Name"] for table in tables} == {"pr_data", "prices"}


def test_a_table_says_what_its_columns_mean_and_how_it_is_stored(storage, catalog):
    publish_release(storage, R1, pr_data=data("0.Current", "1.AllData"))
    catalog.show()
    table = boto3.client("glue").get_table(DatabaseName=DATABASE, Name="pr_data")["Table"]
    assert table["StorageDescriptor"]["Columns"] == [
        {"Name": "series_id", "Type": "string", "Comment": "BLS's name of the series"},
        {"Name": "value", "Type": "double", "Comment": "the figure"},
    ]
    assert table["PartitionKeys"] == [
        {"Name": "data_file", "Type": "string", "Comment": "the upstream file"}
    ]
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["Parameters"].items() >= {
        ("classification", "parquet"),
        ("parquet.compression", "ZSTD"),
        ("recordCount", "4"),
        ("release", R1),
    }
    assert "parquet" in table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]


def test_athena_finds_the_partitions_in_the_table_itself_so_that_one_call_moves_all(
    storage, catalog
):
    publish_release(storage, R1, pr_data=data("0.Current", "1.AllData"))
    catalog.show()
    table = boto3.client("glue").get_table(DatabaseName=DATABASE, Name="pr_data")["Table"]
    assert table["Parameters"].items() >= {
        ("projection.enabled", "true"),
        ("projection.data_file.type", "enum"),
        ("projection.data_file.values", "0.Current,1.AllData"),
        (
            "storage.location.template",
            f"{storage.uri}/curated/pr/{R1}-1/data/data_file=${{data_file}}/",
        ),
    }


def test_a_second_look_changes_nothing(storage, catalog):
    publish_release(storage, R1, pr_data=data("0.Current"), pr_class=mapping("class"))
    catalog.show()
    assert catalog.show() == {}


def test_a_new_release_moves_tables_and_partitions_and_removes_what_is_no_more(storage, catalog):
    publish_release(storage, R1, pr_data=data("0.Current", "2.Gone"), pr_class=mapping("class"))
    catalog.show()
    publish_release(storage, R2, pr_data=data("0.Current", "3.New"), pr_measure=mapping("measure"))
    assert catalog.show() == {
        "tables moved": 1,
        "tables created": 1,
        "tables removed": 1,
        "partitions moved": 1,
        "partitions created": 1,
        "partitions removed": 1,
    }
    assert catalog_now() == {
        "pr_data": expected(storage, R2, "0.Current", "3.New"),
        "pr_measure": (f"{storage.uri}/curated/pr/{R2}-1/measure/", {}),
    }


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda glue: glue.delete_table(DatabaseName=DATABASE, Name="pr_data"), id="t"),
        pytest.param(
            lambda glue: glue.delete_partition(
                DatabaseName=DATABASE, TableName="pr_data", PartitionValues=["0.Current"]
            ),
            id="p",
        ),
        pytest.param(
            lambda glue: glue.update_table(
                DatabaseName=DATABASE,
                TableInput={"Name": "pr_data", "Parameters": {"made_by": "labor_lake"}},
            ),
            id="u",
        ),
    ],
)
def test_what_somebody_changed_is_repaired(harm, storage, catalog):
    publish_release(storage, R1, pr_data=data("0.Current"))
    catalog.show()
    before = catalog_now()
    harm(boto3.client("glue"))
    assert catalog.show() != {}
    assert catalog_now() == before


def test_other_tables_and_views_of_the_database_are_left_alone(storage, catalog):
    glue = boto3.client("glue")
    glue.create_table(DatabaseName=DATABASE, TableInput={"Name": "mine"})
    glue.create_table(
        DatabaseName=DATABASE, TableInput={"Name": "best_year", "TableType": "VIRTUAL_VIEW"}
    )
    publish_release(storage, R1, pr_class=mapping("class"))
    catalog.show()
    names = {table["Name"] for table in glue.get_tables(DatabaseName=DATABASE)["TableList"]}
    assert names == {"mine", "best_year", "pr_class"}


def test_somebody_else_s_table_of_the_same_name_is_not_taken_over(storage, catalog):
    boto3.client("glue").create_table(DatabaseName=DATABASE, TableInput={"Name": "pr_class"})
    publish_release(storage, R1, pr_class=mapping("class"))
    with pytest.raises(UsageError, match=r"labor_lake\.pr_class is not the lake's"):
        catalog.show()


def test_a_database_that_is_not_there_is_told_with_its_region(storage):
    with pytest.raises(UsageError, match="no Glue database other in eu-west-1"):
        GlueCatalog(storage, "other", "eu-west-1").show()


def fail(catalog: GlueCatalog, operation: str, code: str, *, after: bool = False) -> list[str]:
    """Has each later call of an operation fail, before it acts or after."""
    events = catalog._client.meta.events
    calls: list[str] = []

    def answer(http_response, parsed, **_):
        calls.append(code)
        parsed["Error"] = {"Code": code, "Message": "said by AWS"}
        http_response.status_code = 400

    def request(params, **_):
        calls.append(code)
        params["DatabaseName"] = "no-such-database" if not after else params["DatabaseName"]

    events.register(f"after-call.glue.{operation}", answer)
    if not after:
        events.register(f"provide-client-params.glue.{operation}", request)
    return calls


@pytest.mark.parametrize("operation", ["CreateTable", "CreatePartition"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "answer-lost"])
def test_s4_a_call_that_fails_half_way_is_repaired_by_the_next_run(
    operation, after, storage, catalog
):
    publish_release(storage, R1, pr_data=data("0.Current", "1.AllData"), pr_class=mapping("class"))
    broken = GlueCatalog(storage, DATABASE, REGION)
    calls = fail(broken, operation, "AccessDeniedException", after=after)
    with pytest.raises(StorageFailure, match=r"Cannot change the Glue table labor_lake\.pr_"):
        broken.show()
    assert calls
    catalog.show()
    assert catalog_now() == {
        "pr_data": expected(storage, R1, "0.Current", "1.AllData"),
        "pr_class": (f"{storage.uri}/curated/pr/{R1}-1/class/", {}),
    }
    assert catalog.show() == {}


def test_a_run_that_was_overtaken_does_not_take_the_catalog_back(storage, catalog):
    publish_release(storage, R1, pr_data=data("0.Current"))
    other = GlueCatalog(storage, DATABASE, REGION)
    overtaken: list[bool] = []

    def overtake(**_):
        if not overtaken:
            overtaken.append(True)
            publish_release(storage, R2, pr_data=data("0.Current"))
            other.show()

    catalog._client.meta.events.register("before-call.glue.GetTables", overtake)
    catalog.show()
    assert catalog_now() == {"pr_data": expected(storage, R2, "0.Current")}


def test_runs_that_keep_publishing_end_for_later(storage, catalog):
    publish_release(storage, R1, pr_data=data("0.Current"))
    numbers = iter(range(1, 99))

    def publish_again(**_):
        publish_release(storage, f"202502{next(numbers):02}T000000Z", pr_data=data("0.Current"))

    catalog._client.meta.events.register("before-call.glue.GetTables", publish_again)
    with pytest.raises(TryAgainLater, match="Other runs are publishing"):
        catalog.show()


def write_release(storage, release: str, *partitions: str) -> None:
    """Real Parquet, each row of which says the release it is of; then the pointer."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"series_id": [release], "value": [1.0]}), sink)
    body = sink.getvalue().to_pybytes()
    table = data(*partitions)
    files = tuple(replace(file, bytes=len(body)) for file in table.files)
    for file in files:
        storage.put(f"curated/pr/{release}-1/{file.path}", body)
    publish_release(storage, release, pr_data=replace(table, files=files))


def releases_read() -> list[set[str]]:
    """What a reader finds now, of the whole table and of each file; nothing where it is refused."""
    found: list[set[str]] = []
    for wanted in (None, partial(in_file, "0.Current"), partial(in_file, "1.AllData")):
        try:
            frame = wr.s3.read_parquet_table("pr_data", DATABASE, partition_filter=wanted)
        except Exception as error:
            if "is not under the root path" not in str(error):
                raise
            found.append(set())
        else:
            found.append(set(frame["series_id"]))
    return found


def test_a_reader_meets_one_release_between_any_two_calls(storage, catalog):
    write_release(storage, R1, "0.Current", "1.AllData")
    catalog.show()
    assert releases_read() == [{R1}] * 3
    write_release(storage, R2, "0.Current", "1.AllData")
    assert releases_read() == [{R1}] * 3
    met: list[set[str]] = []

    def look(**_):
        met.extend(releases_read())

    for operation in ("UpdateTable", "UpdatePartition"):
        catalog._client.meta.events.register(f"after-call.glue.{operation}", look)
    assert catalog.show() == {"tables moved": 1, "partitions moved": 2}
    assert len(met) == 3 * 3
    assert all(len(releases) <= 1 for releases in met)
    assert met[0] == {R2}  # without a filter, from the first call on
    assert releases_read() == [{R2}] * 3


def in_file(name: str, keys: dict[str, str]) -> bool:
    return keys["data_file"] == name


def test_awswrangler_reads_the_tables_that_the_jobs_made(storage):
    with Upstream.sample() as upstream:
        run = replace(run_at(Path(), upstream), storage=storage)
        for name in ("land_bls", "land_population", "build_tables"):
            _, failures = perform(name, job_named(name), run)
            assert failures == []
    whole = wr.s3.read_parquet_table("pr_data", DATABASE)
    rows = {name: len(whole[whole["data_file"] == name]) for name in ("0.Current", "1.AllData")}
    assert all(rows.values())
    for name, count in rows.items():
        wanted = partial(in_file, name)
        part = wr.s3.read_parquet_table("pr_data", DATABASE, partition_filter=wanted)
        assert len(part) == count
    assert set(wr.catalog.tables(database=DATABASE)["Table"]) >= {"pr_data", "population"}


def test_a_quiet_day_writes_nothing_to_a_service_that_drops_empty_comments():
    """Columns that only one file of BLS has come without a comment."""
    column = TableColumn("publishing_status", "string", "")
    table = Table((column, TableColumn("series_id", "string", "the series")), ())
    told = _storage_descriptor("s3://lake/x/", table)["Columns"]
    assert told == [
        {"Name": "publishing_status", "Type": "string"},
        {"Name": "series_id", "Type": "string", "Comment": "the series"},
    ]
    assert not _differs(told, [{**one, "Parameters": {}} for one in told])
