"""Which search indexes the pointers name: read without the rest of them.

A pointer lists every file and vintage of a survey, and all of it is held to its form where it is
read whole. A search opens the pointers of all surveys and needs one file of each, so only that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glue_jobs.documents import Count, Sha256, read_as, read_document
from glue_jobs.errors import IntegrityFailure, StorageFailure
from glue_jobs.storage import names
from glue_jobs.storage.names import FolderOrNone, Path

if TYPE_CHECKING:
    from glue_jobs.errors import LakeError
    from glue_jobs.storage.protocol import Storage


@dataclass(frozen=True)
class _Named:
    """An index as a pointer names it."""

    folder: FolderOrNone
    index_path: Path
    index_bytes: Count
    index_sha256: Sha256


@dataclass(frozen=True)
class IndexFile:
    """A search index of a lake.

    Attributes:
        survey: whose.
        key: where it lies.
        bytes: its size.
        sha256: hash of its bytes, in hex.
    """

    survey: str
    key: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class IndexFiles:
    """The search indexes of a lake.

    Attributes:
        files: in the order of their surveys.
        without: surveys that have none yet: an older version of the lake made their tables.
        damaged: by survey, why its pointer cannot be read.
    """

    files: tuple[IndexFile, ...]
    without: tuple[str, ...]
    damaged: dict[str, LakeError]


def load_index_files(storage: Storage) -> IndexFiles:
    """The search indexes that the pointers of a lake name."""
    files: list[IndexFile] = []
    without: list[str] = []
    damaged: dict[str, LakeError] = {}
    for key in [stored.key for stored in storage.list_objects(names.CURRENT)]:
        subject = names.subject_of(key)
        if len(subject) != 2:  # the population has no series
            continue
        try:
            found = _index_of(storage, key, subject)
        except (IntegrityFailure, StorageFailure) as error:
            damaged[subject] = error
            continue
        if found:
            files.append(found)
        else:
            without.append(subject)
    return IndexFiles(tuple(files), tuple(without), damaged)


def _index_of(storage: Storage, key: str, subject: str) -> IndexFile | None:
    content = storage.get(key)
    if content is None:
        return None
    told = f"{key} is not the pointer that was written there."
    return read_document(content.body, lambda document: _parse(document, subject), told)


def _parse(document: Any, subject: str) -> IndexFile | None:
    """The index of the table that has one.

    Raises:
        ValueError: the document is no pointer of the subject.
    """
    try:
        folder, tables = document["folder"], document["tables"]
        named = [
            {"folder": folder, **{name: file[name] for name in file if name in _FIELDS}}
            for table in tables.values()
            for file in table["files"]
            if file.get("index_path")
        ]
    except (TypeError, KeyError, AttributeError):
        raise ValueError("it has other fields") from None
    if not named:
        return None
    one = read_as(_Named, named[0])
    if not one.folder.startswith(names.releases(subject)):
        raise ValueError("it names the folder of another subject")
    return IndexFile(subject, one.folder + one.index_path, one.index_bytes, one.index_sha256)


_FIELDS = frozenset(("index_path", "index_bytes", "index_sha256"))
