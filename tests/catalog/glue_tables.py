"""Releases with small tables for the Glue catalog to show, and what it shows then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

from glue_jobs.catalog.pointers import Pointer, Table, TableFile, load_pointer, publish
from glue_jobs.tables.columns import TableColumn
from tests.aws import DATABASE
from tests.lakes import put_files

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Storage

COLUMNS = (
    TableColumn("series_id", "string", "BLS's name of the series"),
    TableColumn("value", "double", "the figure"),
)
HASH = "ab" * 32
R1, R2 = "20250101T000000Z", "20250102T000000Z"
KEY = TableColumn("data_file", "string", "the upstream file")
RELEASE = TableColumn("release", "string", "when BLS wrote the vintage")


def data(*partitions: str) -> Table:
    files = [
        TableFile(f"data/data_file={name}/part-00000.parquet", 2, 100, HASH, partition=(name,))
        for name in partitions
    ]
    return Table(COLUMNS, tuple(files), (KEY,))


def mapping(name: str) -> Table:
    return Table(COLUMNS, (TableFile(f"{name}/part-00000.parquet", 3, 50, HASH),))


TWO_FILES = data("0.Current", "1.AllData")
CLASS = mapping("class")


def publish_release(storage: Storage, release: str, **tables: Table) -> None:
    current = load_pointer(storage, "pr")
    tag = current.tag if current else None
    pointer = Pointer("pr", release, f"curated/pr/{release}-1/", tables, tag=tag)
    put_files(storage, pointer)
    publish(storage, pointer)


def catalog_now() -> dict[str, tuple[str, dict[str, str]]]:
    """Per table its location, and the location of each of its partitions."""
    client = boto3.client("glue")
    shown = {}
    for table in client.get_tables(DatabaseName=DATABASE)["TableList"]:
        partitions = client.get_partitions(DatabaseName=DATABASE, TableName=table["Name"])
        shown[table["Name"]] = (
            table["StorageDescriptor"]["Location"],
            {
                partition["Values"][0]: partition["StorageDescriptor"]["Location"]
                for partition in partitions["Partitions"]
            },
        )
    return shown


def expected(storage: Storage, release: str, *partitions: str) -> tuple[str, dict[str, str]]:
    folder = f"{storage.uri}/curated/pr/{release}-1/data/"
    return folder, {name: f"{folder}data_file={name}/" for name in partitions}


def revisions(folder: str, *places: tuple[str, str]) -> Table:
    """A table with two partition keys, in a folder of its own."""
    files = [
        TableFile(
            f"data_file={name}/release={release}/part-00000.parquet", 1, 9, HASH, (name, release)
        )
        for name, release in places
    ]
    return Table(COLUMNS, tuple(files), (KEY, RELEASE), folder)
