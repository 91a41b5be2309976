"""Shows a lake's tables in the AWS Glue Data Catalog, as the pointer files say.

The pointers are the truth; the catalog is derived from them at every run and only what differs is
written, so a run that died half way is healed by the next. A table's Location is its folder in the
current release, and its partitions lie under it; both are moved by one call each, and nothing is
deleted before the new is there, so a reader meets one release or the other.

Of a table in the release folder Athena reads the partitions from the table's own parameters
(partition projection), so that one ``UpdateTable`` moves a whole table at once. Its partitions in
the catalog are for everybody else: awswrangler, Spark, Glue's own console.

The table of revisions is not projected, since each of its partitions lies where its last change
has put it: everybody reads the registered partitions, and a publish moves those that it changed.
Its own Location is an empty folder, as ``names.registered_only`` says.

Source: docs.aws.amazon.com/athena/latest/ug/partition-projection.html, read November 2026: with
projection enabled Athena ignores the partitions that are registered in the catalog.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from glue_jobs.aws_errors import code_of, telling
from glue_jobs.catalog.pointers import load_pointer, readable_pointers
from glue_jobs.errors import TryAgainLater, UsageError
from glue_jobs.storage import names
from glue_jobs.table_names import subject_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Callable

    from glue_jobs.catalog.pointers import Pointer, Table, TableFile
    from glue_jobs.storage.protocol import Storage
    from glue_jobs.tables.columns import TableColumn

_OWNER = "labor_lake"
"""Value of the parameter `made_by`, which tells the lake's tables from others in the database."""

_INPUT_FORMAT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
_OUTPUT_FORMAT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_ROUNDS = 3


class GlueCatalog:
    """One Glue database that shows one lake."""

    def __init__(self, storage: Storage, database: str, region: str) -> None:
        """Makes a client; nothing is asked of Glue yet.

        Args:
            storage: the lake, in S3.
            database: the Glue database, which exists: CloudFormation owns it.
            region: the database's AWS region; empty for the SDK's own.
        """
        self.database = database
        self._storage = storage
        config = Config(retries={"mode": "standard", "max_attempts": 5})
        with telling("open the Glue catalog"):
            self._client: Any = boto3.client("glue", region_name=region or None, config=config)

    def show(self) -> dict[str, int]:
        """Makes the catalog say what the pointers say; returns how many of what were changed.

        Of a subject whose pointer cannot be read, it goes on saying what it said.

        Raises:
            UsageError: there is no such database.
            TryAgainLater: other runs keep publishing meanwhile.
        """
        changes: Counter[str] = Counter()
        pointers, damaged = readable_pointers(self._storage)
        for _ in range(_ROUNDS):
            changes.update(self._show(pointers, damaged, self._call, self._tables()))
            seen = pointers
            pointers, damaged = readable_pointers(self._storage)
            # Another run may have published while this one worked with older pointers.
            if pointers == seen:
                return dict(changes)
        raise TryAgainLater(
            "Other runs are publishing while the Glue catalog is brought up to date.",
            hint="Run again; the next run repairs the catalog.",
        )

    def show_subject(self, subject: str) -> dict[str, int]:
        """Makes the catalog say what one subject's pointer says, while others are being built.

        It returns the same as ``show``, which is to follow: it sees to whatever happens meanwhile.
        """
        pointer = load_pointer(self._storage, subject)
        pointers = [pointer] if pointer else []
        return dict(self._show(pointers, (), self._call, self._tables(subject)))

    def differences(self) -> list[str]:
        """What ``show`` would do, ``update_table pr_data``; nothing is changed.

        Raises:
            UsageError: there is no such database.
        """
        told: list[str] = []

        def tell(operation: str, table: str, **_: Any) -> None:
            told.append(f"{operation} {table}")

        self._show(*readable_pointers(self._storage), tell, self._tables())
        return told

    def _show(
        self,
        pointers: Sequence[Pointer],
        damaged: Collection[str],
        change: Callable[..., None],
        found: Mapping[str, dict[str, Any]],
    ) -> Counter[str]:
        changes: Counter[str] = Counter()
        for pointer in pointers:
            for name, table in pointer.tables.items():
                wanted = table_input(self._storage.uri, pointer, name, table)
                if name not in found:
                    change("create_table", name, TableInput=wanted)
                    changes["tables created"] += 1
                elif _differs(wanted, found[name]):
                    self._check_own(found[name])
                    change("update_table", name, TableInput=wanted, SkipArchive=True)
                    changes["tables moved"] += 1
                if table.partition_keys:
                    known = self._partitions(name) if name in found else {}
                    changes.update(self._show_partitions(pointer, name, known, change))
        named = {name for pointer in pointers for name in pointer.tables}
        for name, entry in found.items():
            # What a pointer that cannot be read names, nobody knows.
            if name not in named and subject_of(name) not in damaged and _is_own(entry):
                change("delete_table", name, Name=name)
                changes["tables removed"] += 1
        return changes

    def _show_partitions(
        self,
        pointer: Pointer,
        name: str,
        found: Mapping[tuple[str, ...], dict[str, Any]],
        change: Callable[..., None],
    ) -> Counter[str]:
        changes: Counter[str] = Counter()
        partitions = partition_inputs(self._storage.uri, pointer, pointer.tables[name])
        for value, wanted in partitions.items():
            if value not in found:
                change("create_partition", name, TableName=name, PartitionInput=wanted)
                changes["partitions created"] += 1
            elif _differs(wanted, found[value]):
                change(
                    "update_partition",
                    name,
                    TableName=name,
                    PartitionValueList=list(value),
                    PartitionInput=wanted,
                )
                changes["partitions moved"] += 1
        for value in sorted(set(found) - set(partitions)):
            change("delete_partition", name, TableName=name, PartitionValues=list(value))
            changes["partitions removed"] += 1
        return changes

    def _tables(self, subject: str = "") -> dict[str, dict[str, Any]]:
        """The database's tables by name, or those of one subject."""
        which = {"Expression": f"{subject}.*"} if subject else {}
        pages = self._client.get_paginator("get_tables").paginate(
            DatabaseName=self.database, **which
        )
        with telling(f"read the Glue database {self.database}"):
            try:
                found = {entry["Name"]: entry for page in pages for entry in page["TableList"]}
                return {
                    name: entry
                    for name, entry in found.items()
                    if not subject or subject_of(name) == subject
                }
            except self._client.exceptions.EntityNotFoundException as error:
                region = self._client.meta.region_name
                raise UsageError(
                    f"There is no Glue database {self.database} in {region}.",
                    hint="`lake deploy` makes it; --database and --region choose another.",
                ) from error

    def _partitions(self, table: str) -> dict[tuple[str, ...], dict[str, Any]]:
        pages = self._client.get_paginator("get_partitions").paginate(
            DatabaseName=self.database, TableName=table
        )
        with telling(f"read the partitions of {self.database}.{table}"):
            return {tuple(entry["Values"]): entry for page in pages for entry in page["Partitions"]}

    def _check_own(self, entry: Mapping[str, Any]) -> None:
        if not _is_own(entry):
            raise UsageError(
                f"The Glue table {self.database}.{entry['Name']} is not the lake's and is in its"
                " place; nothing was changed in it.",
                hint="Rename or drop it, or give the lake a database of its own: --database.",
            )

    def _call(self, operation: str, table: str, **arguments: Any) -> None:
        """One change of the catalog; one that another run has just made is as good."""
        with telling(f"change the Glue table {self.database}.{table}"):
            try:
                getattr(self._client, operation)(DatabaseName=self.database, **arguments)
            except self._client.exceptions.ClientError as error:
                if code_of(error) not in ("AlreadyExistsException", "EntityNotFoundException"):
                    raise


def table_input(uri: str, pointer: Pointer, name: str, table: Table) -> dict[str, Any]:
    """A table as Glue takes it.

    Args:
        uri: the lake's address, ``s3://bucket/prefix``.
        pointer: the release that the table belongs to.
        name: its name.
        table: its columns and files.
    """
    location = f"{uri}/{table_folder(pointer, table)}"
    parameters = {
        "EXTERNAL": "TRUE",
        "classification": "parquet",
        "compressionType": "zstd",
        "parquet.compression": "ZSTD",
        "made_by": _OWNER,
        "release": pointer.release,
        "recordCount": str(table.rows),
        "sizeKey": str(sum(file.bytes for file in table.files)),
    }
    if table.partition_keys:
        parameters["projection.enabled"] = "false" if table.folder else "true"
    if table.partition_keys and not table.folder:
        for place, key in enumerate(table.partition_keys):
            values = dict.fromkeys(file.partition[place] for file in table.files)
            parameters[f"projection.{key.name}.type"] = "enum"
            parameters[f"projection.{key.name}.values"] = ",".join(values)
        places = "".join(f"{key.name}=${{{key.name}}}/" for key in table.partition_keys)
        parameters["storage.location.template"] = location + places
    return {
        "Name": name,
        "Description": f"Release {pointer.release} of {pointer.subject}, made by Labor Lake.",
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [_column(key) for key in table.partition_keys],
        "Parameters": parameters,
        "StorageDescriptor": _storage_descriptor(location, table),
    }


def partition_inputs(
    uri: str, pointer: Pointer, table: Table
) -> dict[tuple[str, ...], dict[str, Any]]:
    """A table's partitions as Glue takes them, by their values: each is a folder of its own."""
    partitions: dict[tuple[str, ...], list[TableFile]] = {}
    for file in table.files:
        partitions.setdefault(file.partition, []).append(file)
    start = table.folder or pointer.folder
    inputs = {}
    for values, files in partitions.items():
        folder = names.containing_folder(files[0].path)
        inputs[values] = {
            "Values": list(values),
            "Parameters": {
                "recordCount": str(sum(file.rows for file in files)),
                "sizeKey": str(sum(file.bytes for file in files)),
            },
            "StorageDescriptor": _storage_descriptor(f"{uri}/{start}{folder}", table),
        }
    return inputs


def table_folder(pointer: Pointer, table: Table) -> str:
    """The folder that holds the table's files and nothing else, with its closing slash.

    Of a table of revisions that is none.
    """
    if table.folder and table.partition_keys:
        return names.registered_only(pointer.subject)
    if table.folder:
        return table.folder + names.containing_folder(table.files[0].path)
    return f"{pointer.folder}{table.files[0].path.split('/')[0]}/"


def _storage_descriptor(location: str, table: Table) -> dict[str, Any]:
    return {
        "Columns": [_column(column) for column in table.columns],
        "Location": location,
        "InputFormat": _INPUT_FORMAT,
        "OutputFormat": _OUTPUT_FORMAT,
        "Compressed": True,
        "SerdeInfo": {
            "SerializationLibrary": _SERDE,
            "Parameters": {"serialization.format": "1"},
        },
        "StoredAsSubDirectories": False,
    }


def _column(column: TableColumn) -> dict[str, str]:
    # An empty comment is left out: a service that keeps none would seem to differ every day.
    comment = {"Comment": column.comment} if column.comment else {}
    return {"Name": column.name, "Type": column.type, **comment}


def _is_own(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("Parameters", {}).get("made_by") == _OWNER)


def _differs(wanted: object, found: object) -> bool:
    """Whether anything that is wanted is otherwise; Glue adds entries of its own."""
    if isinstance(wanted, dict):
        known = found if isinstance(found, dict) else {}
        return any(_differs(value, known.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) != len(found) or any(map(_differs, wanted, found))
    return wanted != found
