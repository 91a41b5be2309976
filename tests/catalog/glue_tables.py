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
RELEASE_YEAR = TableColumn("release_year", "string", "the year of the release")


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


def revisions(*states: tuple[str, str, str, int]) -> Table:
    """A table of revisions: per partition its data file, its year, its state and its files."""
    files = [
        TableFile(
            f"data_file={name}/release_year={year}/{state}/{number}.parquet",
            number,
            9,
            HASH,
            (name, year),
        )
        for name, year, state, count in states
        for number in range(1, count + 1)
    ]
    return Table(COLUMNS, tuple(files), (KEY, RELEASE_YEAR), "history/pr/")
