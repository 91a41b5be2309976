"""Pointer files: which release folder of a survey is current, and what is in it.

`current/pr.json` is the truth about the survey's tables; every catalog and view is derived from
it. It is replaced in one conditional write after the folder is complete, so a reader sees one
release or the next, whole. Folders are immutable; a superseded one stays until `lake vacuum`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from glue_jobs.catalog.manifests import to_json
from glue_jobs.errors import IntegrityFailure
from glue_jobs.storage import names
from glue_jobs.tables.columns import TableColumn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from glue_jobs.storage.protocol import Storage


@dataclass(frozen=True)
class TableFile:
    """One Parquet file of a table.

    Attributes:
        path: inside the release folder.
        rows: in it.
        bytes: its size.
        sha256: hash of its bytes, in hex.
        partition: value of the partition key; empty in a table without partitions.
        source: name of the landed file it was made from; empty for a table of the lake's own.
        source_sha256: hash of that file's bytes or content.
        rejects: lines of that file that were set aside.
        rejects_path: inside the release folder: those lines; empty where there are none.
    """

    path: str
    rows: int
    bytes: int
    sha256: str
    partition: str = ""
    source: str = ""
    source_sha256: str = ""
    rejects: int = 0
    rejects_path: str = ""


@dataclass(frozen=True)
class Table:
    """One table: its columns without the partition key, the key if there is one, its files."""

    columns: tuple[TableColumn, ...]
    files: tuple[TableFile, ...]
    partition_key: TableColumn | None = None

    @property
    def rows(self) -> int:
        """Rows in all its files."""
        return sum(file.rows for file in self.files)

    @property
    def all_columns(self) -> tuple[TableColumn, ...]:
        """Its columns, the partition key last, as Athena shows them."""
        return self.columns + ((self.partition_key,) if self.partition_key else ())


@dataclass(frozen=True)
class Pointer:
    """The current release of a survey or of the population.

    Attributes:
        subject: the survey's code, or ``population``.
        release: its name, ``20250904T123000Z``.
        folder: the key of its folder, with the closing slash.
        tables: by name.
        made_by: schema version and writer; other ones would make other files of the same input.
        tag: what replacing the pointer needs.
    """

    subject: str
    release: str
    folder: str
    tables: Mapping[str, Table]
    made_by: str = ""
    tag: str | None = field(default=None, compare=False)

    def files(self) -> Iterator[tuple[str, TableFile]]:
        """Every file with its table's name."""
        for name, table in self.tables.items():
            for file in table.files:
                yield name, file


def load_pointer(storage: Storage, subject: str) -> Pointer | None:
    """The pointer as it is now, or None where nothing was published yet."""
    content = storage.get(names.pointer(subject))
    if content is None:
        return None
    return _parse(content.body, content.tag, names.pointer(subject))


def load_pointers(storage: Storage) -> list[Pointer]:
    """All pointers of a lake, in the order of their subjects."""
    keys = [stored.key for stored in storage.scan(names.CURRENT)]
    contents = [(key, storage.get(key)) for key in keys]
    return [_parse(content.body, content.tag, key) for key, content in contents if content]


def past_pointers(storage: Storage, subject: str) -> list[tuple[Pointer, Any]]:
    """Every pointer a subject ever had, oldest first, with the moment it was published."""
    key = names.pointer(subject)
    pointers = []
    for stored in storage.versions(key):
        with storage.open(key, stored.version) as stream:
            pointers.append((_parse(stream.read(), None, key), stored.modified))
    return pointers


def publish(storage: Storage, pointer: Pointer) -> None:
    """Makes a complete folder the current one, or raises ``LostRace``.

    ``pointer.tag`` is the tag of the pointer that it replaces, None if there was none.
    """
    document = {
        "subject": pointer.subject,
        "release": pointer.release,
        "folder": pointer.folder,
        "made_by": pointer.made_by,
        "tables": {name: asdict(table) for name, table in pointer.tables.items()},
    }
    storage.swap(names.pointer(pointer.subject), to_json(document), pointer.tag)


def _parse(body: bytes, tag: str | None, key: str) -> Pointer:
    try:
        document = json.loads(body)
        tables = {name: _table(table) for name, table in document["tables"].items()}
        subject, release, folder = (document[name] for name in ("subject", "release", "folder"))
        return Pointer(subject, release, folder, tables, document["made_by"], tag)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise IntegrityFailure(f"{key} is not the pointer that was written there.") from None


def _table(document: dict[str, Any]) -> Table:
    partition_key = document["partition_key"]
    return Table(
        tuple(TableColumn(**column) for column in document["columns"]),
        tuple(TableFile(**file) for file in document["files"]),
        TableColumn(**partition_key) if partition_key else None,
    )
