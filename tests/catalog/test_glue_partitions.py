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


def test_the_revisions_lie_where_the_history_is_and_name_each_value_once(storage, catalog):
    places = [("0.Current", R1), ("0.Current", R2), ("1.AllData", R1)]
    publish_release(storage, R2, pr_revisions=revisions("history/pr/0001/", *places))
    assert catalog.show() == {"tables created": 1, "partitions created": 3}
    glue = boto3.client("glue")
    table = glue.get_table(DatabaseName=DATABASE, Name="pr_revisions")["Table"]
    folder = f"{storage.uri}/history/pr/0001/"
    assert table["StorageDescriptor"]["Location"] == folder
    assert {key: value for key, value in table["Parameters"].items() if "projection" in key} == {
        "projection.enabled": "true",
        "projection.data_file.type": "enum",
        "projection.data_file.values": "0.Current,1.AllData",
        "projection.release.type": "enum",
        "projection.release.values": f"{R1},{R2}",
    }
    template = f"{folder}data_file=${{data_file}}/release=${{release}}/"
    assert table["Parameters"]["storage.location.template"] == template
    partitions = glue.get_partitions(DatabaseName=DATABASE, TableName="pr_revisions")["Partitions"]
    found = {tuple(one["Values"]): one["StorageDescriptor"]["Location"] for one in partitions}
    assert found == {
        (name, release): f"{folder}data_file={name}/release={release}/" for name, release in places
    }


def test_after_a_backfill_the_revisions_move_to_their_new_folder(storage, catalog):
    place = ("0.Current", R1)
    publish_release(storage, R1, pr_revisions=revisions("history/pr/0001/", place))
    catalog.show()
    publish_release(storage, R1, pr_revisions=revisions("history/pr/0002/", place))
    assert catalog.show() == {"tables moved": 1, "partitions moved": 1}
    folder = f"{storage.uri}/history/pr/0002/"
    partition = f"{folder}data_file=0.Current/release={R1}/"
    assert catalog_now() == {"pr_revisions": (folder, {"0.Current": partition})}


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
