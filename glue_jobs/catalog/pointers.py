"""Pointer files: which release folder of a survey is current, and what is in it.

`current/pr.json` is the truth about the survey's tables; every catalog and view is derived from
it. It is replaced in one conditional write after the folder is complete, so a reader sees one
release or the next, whole. Folders are immutable; a superseded one stays until `lake vacuum`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Optional

from glue_jobs.documents import (
    ADDED_LATER,
    NOT_STORED,
    Count,
    Moment,
    Release,
    Sha256,
    read_as,
    read_document,
    to_json,
)
from glue_jobs.errors import IntegrityFailure, StorageFailure, TryAgainLater
from glue_jobs.storage import names
from glue_jobs.storage.names import FileName, FolderOrNone, Part, Path, PathOrNone
from glue_jobs.storage.recorded import intact_body
from glue_jobs.tables.columns import TableColumn, TableName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from glue_jobs.errors import LakeError
    from glue_jobs.storage.protocol import Storage

FileNameOrNone = Annotated[str, re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)?").fullmatch]
Sha256OrNone = Annotated[str, re.compile(r"([0-9a-f]{64})?").fullmatch]


@dataclass(frozen=True)
class TableFile:
    """One Parquet file of a table.

    Attributes:
        path: inside its table's folder.
        rows: in it.
        bytes: its size.
        sha256: hash of its bytes, in hex.
        partition: values of the partition keys; none in a table without partitions.
        source: name of the landed file it was made from; empty for a table of the lake's own.
        source_sha256: hash of that file's bytes or content.
        rejects: lines of that file that were set aside.
        rejects_path: inside the release folder: those lines; empty where there are none.
        texts: values that are text instead of numbers.
        unlisted: observations of series that the shown series file does not name.
        index_path: inside the release folder: the index that its series are found by; or empty.
        index_bytes: the size of that index.
        index_sha256: the hash of its bytes, in hex.
    """

    path: Path
    rows: Count
    bytes: Count
    sha256: Sha256
    partition: tuple[Part, ...] = ()
    source: FileNameOrNone = ""
    source_sha256: Sha256OrNone = ""
    rejects: Count = 0
    rejects_path: PathOrNone = ""
    texts: Count = field(default=0, metadata=ADDED_LATER)
    unlisted: Count = field(default=0, metadata=ADDED_LATER)
    index_path: PathOrNone = field(default="", metadata=ADDED_LATER)
    index_bytes: Count = field(default=0, metadata=ADDED_LATER)
    index_sha256: Sha256OrNone = field(default="", metadata=ADDED_LATER)


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        columns: without the partition keys.
        files: in the order of their partitions.
        partition_keys: outermost first.
        folder: the key of the folder that the files' paths start from, with the closing slash;
            empty for the release folder.
    """

    columns: tuple[TableColumn, ...]
    files: tuple[TableFile, ...]
    partition_keys: tuple[TableColumn, ...] = ()
    folder: FolderOrNone = ""

    @property
    def rows(self) -> int:
        """Rows in all its files."""
        return sum(file.rows for file in self.files)

    @property
    def all_columns(self) -> tuple[TableColumn, ...]:
        """Its columns, the partition keys last, as Athena shows them."""
        return self.columns + self.partition_keys


@dataclass(frozen=True)
class Vintage:
    """One vintage of one data file that the lake has seen.

    Attributes:
        source: the file.
        release: when BLS wrote it, ``20250904T123000Z``.
        sha256: hash of its bytes, in hex.
        key: where these bytes lie in the raw zone, as one of its versions.
        rows: changes against the vintage before.
        revised: values among them that are other ones than before.
        unflagged: of these, how many do not bear BLS's mark of a revision.
        born_marked: observations that were not there before, and bear the mark all the same.
    """

    source: FileName
    release: Release
    sha256: Sha256
    key: Path
    rows: Count
    revised: Count
    unflagged: Count
    born_marked: Count = field(default=0, metadata=ADDED_LATER)

    @property
    def missed_before(self) -> bool:
        """Whether BLS must have had a release between this one and the one before it."""
        return bool(self.unflagged or self.born_marked)


@dataclass(frozen=True)
class HeldBack:
    """Why a release does not show a file as it was landed, but as it was before.

    Attributes:
        reason: what is wrong with the landed file, in a sentence.
        hint: what to do about it, or empty.
        since: when the first of its landed versions that are held back was retrieved.
        sha256: hash of the landed file's bytes, in hex.
        shown_sha256: the same of its effective version, the newest landed one that converted, which
            the release shows; empty where no version did, so that there is no table.
        allowed: whether it was told to accept a table that shrank.
    """

    reason: str
    hint: str
    since: Moment
    sha256: Sha256
    shown_sha256: Sha256OrNone
    allowed: bool


@dataclass(frozen=True)
class Pointer:
    """The current release of a survey or of the population.

    Attributes:
        subject: the survey's code, or ``population``.
        release: its name, ``20250904T123000Z``.
        folder: the key of its folder, with the closing slash.
        tables: by name.
        made_by: schema version and writer; other ones would make other files of the same input.
        history: the vintages of each data file, by file and release.
        held: the landed files that are held back, by name.
        tag: what replacing the pointer needs.
        until: the last release of which it shows revisions, where it is shown as of a moment.
    """

    subject: str
    release: Release
    folder: FolderOrNone
    tables: Mapping[TableName, Table]
    made_by: str = ""
    history: tuple[Vintage, ...] = ()
    held: Mapping[FileName, HeldBack] = field(default_factory=dict, metadata=ADDED_LATER)
    # Optional, since Python 3.9 cannot evaluate the annotation `str | None`.
    tag: Optional[str] = field(default=None, compare=False, metadata=NOT_STORED)  # noqa: UP045
    until: str = field(default="", metadata=NOT_STORED)

    def files(self) -> Iterator[tuple[str, TableFile]]:
        """Every file with its table's name."""
        for name, table in self.tables.items():
            for file in table.files:
                yield name, file

    def key_of(self, table: str, file: TableFile) -> str:
        """Where a table's file lies."""
        return (self.tables[table].folder or self.folder) + file.path


@dataclass(frozen=True)
class PastPointer:
    """A version of a pointer.

    Attributes:
        version: its name.
        published_at: when it became the current one.
        pointer: what it said; None where its bytes have rotten.
    """

    version: str
    published_at: datetime
    pointer: Pointer | None


def load_pointer(storage: Storage, subject: str) -> Pointer | None:
    """The pointer as it is now, or None where nothing was published yet."""
    content = storage.get(names.pointer(subject))
    if content is None:
        return None
    return parse_pointer(content.body, content.tag, names.pointer(subject))


def readable_pointers(storage: Storage) -> tuple[list[Pointer], dict[str, LakeError]]:
    """The pointers of a lake that can be read, in the order of their subjects.

    Returns:
        The pointers; and, by subject, why another cannot be read. Its damage is that subject's
        alone: whoever needs nothing of it goes on.
    """
    pointers: list[Pointer] = []
    damaged: dict[str, LakeError] = {}
    for key in [stored.key for stored in storage.list_objects(names.CURRENT)]:
        try:
            if content := storage.get(key):
                pointers.append(parse_pointer(content.body, content.tag, key))
        except (IntegrityFailure, StorageFailure) as error:
            damaged[names.subject_of(key)] = error
    return pointers, damaged


def past_pointers(storage: Storage, subject: str) -> list[PastPointer]:
    """Every pointer a subject ever had, the current one too, oldest first."""
    key = names.pointer(subject)
    past = []
    for stored in storage.versions(key):
        pointer = None
        with contextlib.suppress(IntegrityFailure):
            pointer = parse_pointer(intact_body(storage, stored), None, key)
        past.append(PastPointer(stored.version, stored.modified, pointer))
    return past


def tables_of(pointers: Iterable[Pointer]) -> set[str]:
    """The names of all tables."""
    return {name for pointer in pointers for name in pointer.tables}


def column_types(pointers: Iterable[Pointer]) -> dict[str, list[tuple[str, str]]]:
    """The columns of all tables with their types, by the tables' names."""
    return {
        name: [(column.name, column.type) for column in table.all_columns]
        for pointer in pointers
        for name, table in pointer.tables.items()
    }


def column_names(pointers: Iterable[Pointer]) -> dict[str, list[str]]:
    """The columns of all tables, by the tables' names."""
    return {
        name: [column.name for column in table.all_columns]
        for pointer in pointers
        for name, table in pointer.tables.items()
    }


def missing_files(storage: Storage, pointer: Pointer) -> list[str]:
    """The keys of a pointer's files that are not there, or have another size than was recorded."""
    folders = {pointer.folder, *(table.folder for table in pointer.tables.values())} - {""}
    found = {
        stored.key: stored.size for folder in folders for stored in storage.list_objects(folder)
    }
    missing = []
    for table, file in pointer.files():
        key = pointer.key_of(table, file)
        if found.get(key) != file.bytes:
            missing.append(key)
        if file.rejects_path and pointer.folder + file.rejects_path not in found:
            missing.append(pointer.folder + file.rejects_path)
        if file.index_path and found.get(pointer.folder + file.index_path) != file.index_bytes:
            missing.append(pointer.folder + file.index_path)
    return sorted(missing)


def check_is_there(storage: Storage, pointer: Pointer) -> None:
    """Looks for every file that a pointer would name.

    Raises:
        TryAgainLater: one is not there. A vacuum removes none that is being made, unless whoever
            makes it was asleep for so long that its lease expired.
    """
    missing = missing_files(storage, pointer)
    if missing:
        raise TryAgainLater(
            f"{missing[0]} was removed while the release {pointer.release} of {pointer.subject}"
            " was made; the release was not published.",
            hint="`lake run` makes again what is missing.",
        )


def publish(storage: Storage, pointer: Pointer) -> None:
    """Makes a complete folder the current one.

    ``pointer.tag`` is the tag of the pointer that it replaces, None if there was none.

    Raises:
        TryAgainLater: a file that the pointer would name is not there.
        LostRace: another run has published meanwhile.
    """
    check_is_there(storage, pointer)
    key, body = names.pointer(pointer.subject), to_json(_document_of(pointer))
    # A pointer that nobody could read would leave the subject without any.
    _read(body, key, f"{key} would not be a pointer that can be read; nothing was published.")
    storage.put_if_match(key, body, pointer.tag)


def _document_of(pointer: Pointer) -> dict[str, Any]:
    """A pointer as it is written: version 0.1 knows no field that is left out where it is empty."""
    document = asdict(pointer)
    del document["tag"], document["until"]
    if not pointer.held:
        del document["held"]
    for vintage in document["history"]:
        if not vintage["born_marked"]:
            del vintage["born_marked"]
    for table in document["tables"].values():
        for file in table["files"]:
            if not file["index_path"]:
                del file["index_path"], file["index_bytes"], file["index_sha256"]
    return document


def parse_pointer(body: bytes, tag: str | None, key: str) -> Pointer:
    """A pointer from its file's bytes.

    Raises:
        IntegrityFailure: they are none.
    """
    return replace(_read(body, key, f"{key} is not the pointer that was written there."), tag=tag)


def _read(body: bytes, key: str, told: str) -> Pointer:
    return read_document(body, lambda document: _pointer_of(document, key), told)


def _pointer_of(document: Any, key: str) -> Pointer:
    """A pointer whose parts fit its key and each other.

    Raises:
        ValueError: they do not.
    """
    pointer = read_as(Pointer, document)
    subject = pointer.subject
    folder = f"{names.CURATED}{subject}/{pointer.release}-[0-9a-f]+(-[0-9]+)?/"
    raw = (f"{names.RAW}bls/{subject}/", f"{names.BACKFILL}{subject}/")
    fits = (
        key == names.pointer(subject)
        and re.fullmatch(folder, pointer.folder)
        and all(_fits(table, f"{names.HISTORY}{subject}/") for table in pointer.tables.values())
        and all(vintage.key.startswith(raw) for vintage in pointer.history)
    )
    if not fits:
        raise ValueError(f"it is not a pointer of {key}")
    return pointer


def _fits(table: Table, history: str) -> bool:
    """Whether a table's files fit its place, its partition keys and each other.

    It has a file if it is the release's, each file has a value for every key, and each partition
    has one folder, which is no other's: whoever reads a partition lists its folder. An index has
    its hash.
    """
    values = {file.partition for file in table.files}
    places = {(file.partition, names.containing_folder(file.path)) for file in table.files}
    folders = {folder for _, folder in places}
    return (
        (table.folder.startswith(history) if table.folder else bool(table.files))
        and all(len(value) == len(table.partition_keys) for value in values)
        and all(bool(file.index_path) == bool(file.index_sha256) for file in table.files)
        and (not table.partition_keys or len(values) == len(places) == len(folders))
    )
