"""The Glue catalog to the letter: each key, value, page and version of what it is told."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from glue_jobs.catalog.glue import GlueCatalog
from tests.aws import DATABASE, REGION
from tests.catalog.glue_tables import (
    COLUMNS,
    R1,
    R2,
    catalog_now,
    data,
    expected,
    mapping,
    publish_release,
    revisions,
)

if TYPE_CHECKING:
    from typing import Callable


def parameters_of(table: str) -> dict[str, str]:
    """What the catalog says of a table's projection and places."""
    entry = boto3.client("glue").get_table(DatabaseName=DATABASE, Name=table)["Table"]
    told: dict[str, str] = entry["Parameters"]
    return {key: told[key] for key in told if "projection" in key or "template" in key}


def test_a_data_table_is_projected_and_names_each_value_once(storage, catalog):
    publish_release(storage, R1, pr_data=data("0.Current", "1.AllData"))
    catalog.show()
    template = f"{storage.uri}/curated/pr/{R1}-1/data/data_file=${{data_file}}/"
    assert parameters_of("pr_data") == {
        "projection.enabled": "true",
        "projection.data_file.type": "enum",
        "projection.data_file.values": "0.Current,1.AllData",
        "storage.location.template": template,
    }


def test_the_revisions_are_registered_each_where_its_state_lies_and_are_not_projected(
    storage, catalog
):
    states = [
        ("0.Current", "2024", "aa", 1),
        ("0.Current", "2025", "bb", 3),
        ("1.All", "2025", "cc", 1),
    ]
    publish_release(storage, R2, pr_revisions=revisions(*states))
    assert catalog.show() == {"tables created": 1, "partitions created": 3}
    assert parameters_of("pr_revisions") == {"projection.enabled": "false"}
    glue = boto3.client("glue")
    table = glue.get_table(DatabaseName=DATABASE, Name="pr_revisions")["Table"]
    location = table["StorageDescriptor"]["Location"]
    assert location == f"{storage.uri}/history/pr/see-partitions/"
    assert list(storage.list_objects("history/pr/see-partitions/")) == []
    partitions = glue.get_partitions(DatabaseName=DATABASE, TableName="pr_revisions")["Partitions"]
    found = {
        tuple(one["Values"]): (
            one["StorageDescriptor"]["Location"],
            one["Parameters"]["recordCount"],
        )
        for one in partitions
    }
    assert found == {
        (name, year): (
            f"{storage.uri}/history/pr/data_file={name}/release_year={year}/{state}/",
            str(sum(range(count + 1))),
        )
        for name, year, state, count in states
    }


@pytest.mark.parametrize("files", [1, 40])
def test_what_a_publish_asks_of_glue_does_not_grow_with_years_and_files(files, storage, catalog):
    """One data file has its first release of a year, so two years of it change, and no other."""
    closed = [
        (f"{number}.Other", year, "aa", 1)
        for number in range(files)
        for year in ("2023", "2024", "2025")
    ]
    publish_release(storage, R1, pr_revisions=revisions(*closed, ("0", "2024", "aa", 12)))
    catalog.show()
    asked: list[str] = []
    catalog._client.meta.events.register(
        "before-call.glue", lambda model, **_: asked.append(model.name)
    )
    news = (("0", "2024", "bb", 1), ("0", "2025", "aa", 1))
    publish_release(storage, R2, pr_revisions=revisions(*closed, *news))
    assert catalog.show() == {"tables moved": 1, "partitions moved": 1, "partitions created": 1}
    assert sorted(asked) == [
        "CreatePartition",
        "GetPartitions",
        "GetTables",
        "UpdatePartition",
        "UpdateTable",
    ]


def test_a_table_that_an_older_version_projected_is_projected_no_more(storage, catalog):
    publish_release(storage, R1, pr_revisions=revisions(("0", "2025", "aa", 1)))
    catalog.show()
    glue = boto3.client("glue")
    entry = glue.get_table(DatabaseName=DATABASE, Name="pr_revisions")["Table"]
    told = {
        name: entry[name]
        for name in ("Name", "TableType", "PartitionKeys", "Parameters", "StorageDescriptor")
    }
    told["Parameters"]["projection.enabled"] = "true"
    glue.update_table(DatabaseName=DATABASE, TableInput=told)
    assert catalog.show() == {"tables moved": 1}
    assert parameters_of("pr_revisions") == {"projection.enabled": "false"}


def test_a_partition_whose_files_were_written_anew_moves_to_their_folder(storage, catalog):
    publish_release(storage, R1, pr_revisions=revisions(("0.Current", "2025", "aa", 2)))
    catalog.show()
    publish_release(storage, R1, pr_revisions=revisions(("0.Current", "2025", "bb", 2)))
    assert catalog.show() == {"partitions moved": 1}
    history = f"{storage.uri}/history/pr/"
    partition = f"{history}data_file=0.Current/release_year=2025/bb/"
    assert catalog_now() == {
        "pr_revisions": (f"{history}see-partitions/", {"0.Current": partition})
    }


def test_what_differs_is_told_and_not_changed(storage, catalog):
    publish_release(storage, R1, pr_data=data("0.Current"), pr_class=mapping("class"))
    assert sorted(catalog.differences()) == [
        "create_partition pr_data",
        "create_table pr_class",
        "create_table pr_data",
    ]
    assert catalog_now() == {}
    catalog.show()
    publish_release(storage, R2, pr_data=data("0.Current"))
    before = catalog_now()
    assert catalog.differences() == [
        "update_table pr_data",
        "update_partition pr_data",
        "delete_table pr_class",
    ]
    assert catalog_now() == before


def test_a_column_that_is_no_more_leaves_the_catalog(storage, catalog):
    publish_release(storage, R1, pr_class=mapping("class"))
    catalog.show()
    publish_release(storage, R1, pr_class=replace(mapping("class"), columns=COLUMNS[:1]))
    assert catalog.show() == {"tables moved": 1}
    table = boto3.client("glue").get_table(DatabaseName=DATABASE, Name="pr_class")["Table"]
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == ["series_id"]


def in_two_pages(entries: str) -> Callable[..., None]:
    """Cuts each answer in two, as Glue does with long ones: the first entry, then the rest."""
    calls = itertools.count()

    def cut(parsed: dict[str, Any], **_: object) -> None:
        if next(calls) % 2:
            parsed[entries] = parsed[entries][1:]
        else:
            parsed.update({entries: parsed[entries][:1], "NextToken": "more"})

    return cut


def test_a_catalog_of_several_pages_is_read_to_its_end(storage, catalog):
    publish_release(
        storage, R1, pr_data=data("0.Current", "1.AllData", "2.More"), pr_class=mapping("class")
    )
    catalog.show()
    events = catalog._client.meta.events
    events.register("after-call.glue.GetTables", in_two_pages("TableList"))
    events.register("after-call.glue.GetPartitions", in_two_pages("Partitions"))
    assert catalog.differences() == []


def test_old_versions_of_a_table_are_not_archived(storage, catalog):
    """Glue keeps a million of them, and the pointers keep the past themselves."""
    asked: list[bool] = []

    def note(params, **_):
        asked.append(params["SkipArchive"])

    catalog._client.meta.events.register("provide-client-params.glue.UpdateTable", note)
    for release in (R1, R2):
        publish_release(storage, release, pr_class=mapping("class"))
        catalog.show()
    assert asked == [True]


@pytest.mark.parametrize("operation", ["CreateTable", "CreatePartition"])
def test_what_another_run_has_just_made_is_as_good(operation, storage, catalog):
    publish_release(storage, R1, pr_data=data("0.Current"))
    other = GlueCatalog(storage, DATABASE, REGION)
    overtaken: list[bool] = []

    def overtake(**_):
        if not overtaken:
            overtaken.append(True)
            other.show()

    catalog._client.meta.events.register(f"before-call.glue.{operation}", overtake)
    catalog.show()
    assert catalog_now() == {"pr_data": expected(storage, R1, "0.Current")}
