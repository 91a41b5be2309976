"""What the current release has of a subject: to be taken over, or to hold new tables against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.errors import IntegrityFailure
from glue_jobs.storage.verified import copy_verified
from glue_jobs.tables.plan import Planned, Role, is_same_converter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from glue_jobs.catalog.pointers import HeldBack, Pointer, TableFile
    from glue_jobs.storage.protocol import Storage


@dataclass(frozen=True)
class Remake:
    """What is made again, although nothing new was landed.

    Attributes:
        tables: all tables, from the raw zone; nothing is copied.
        history: the history, from all vintages that the raw zone holds.
        lacking: of the history, what is not there, or is laid out as an older version did it.
    """

    tables: bool = False
    history: bool = False
    lacking: bool = False


class CurrentRelease:
    """The release that the pointer names; an empty one where nothing was published yet.

    Attributes:
        held: the files that it holds back, by name.
    """

    def __init__(self, storage: Storage, pointer: Pointer | None, schema: str) -> None:
        """Takes the lake, the subject's pointer, and the digest of what a conversion gives now."""
        self._storage, self._schema = storage, schema
        self._tables = pointer.tables if pointer else {}
        self._folder = pointer.folder if pointer else ""
        self._made_by = pointer.made_by if pointer else None
        self.held: Mapping[str, HeldBack] = pointer.held if pointer else {}

    @property
    def is_of_this_converter(self) -> bool:
        """Whether its tables are what a conversion would give now."""
        return self._made_by is not None and is_same_converter(self._made_by, self._schema)

    def in_place_of(self, place: Planned) -> TableFile | None:
        """The Parquet file in a landed file's place, whichever file it was made from."""
        table = self._tables.get(place.table)
        files = table.files if table else ()
        return next((file for file in files if file.path == place.path), None)

    def made_from(self, place: Planned) -> TableFile | None:
        """The Parquet file that was made from a landed file.

        One in its place may have been made from a file that is gone, whose name differed from this
        one's in case or punctuation alone.
        """
        file = self.in_place_of(place)
        return file if file and file.source == place.name else None

    def place_of(self, name: str) -> Planned | None:
        """The place of the table that was made from a landed file; None where there is none."""
        for table, made in self._tables.items():
            for file in made.files:
                if file.source == name and not made.folder:
                    partition = file.partition[0] if file.partition else ""
                    return Planned(
                        name, self._role(table), table, partition, file.path, made.partition_keys
                    )
        return None

    def is_made_of(self, place: Planned, sha256: str) -> bool:
        """Whether the file in a place was made of a content."""
        file = self.made_from(place)
        return file is not None and file.source_sha256 == sha256

    def columns_of(self, table: str) -> list[str]:
        """The names of a table's columns; none where there is no such table."""
        return [one.name for one in self._tables[table].columns] if table in self._tables else []

    def _role(self, table: str) -> Role:
        """What a table's file is, as far as its name tells; its header tells the rest."""
        subject = table_names.subject_of(table)
        roles = {
            table_names.data(subject): Role.DATA,
            table_names.series(subject): Role.SERIES,
        }
        return roles.get(table, Role.OTHER)

    def is_there(self, file: TableFile) -> bool:
        """Whether it still has a file, its index, and the lines that were set aside of it."""
        sized = {file.path: file.bytes}
        if file.index_path:
            sized[file.index_path] = file.index_bytes
        for path, size in sized.items():
            stored = self._storage.stat(self._folder + path)
            if stored is None or stored.size != size:
                return False
        rejects = self._folder + file.rejects_path
        return not file.rejects_path or self._storage.stat(rejects) is not None

    def copy_if_whole(self, file: TableFile, path: Path) -> bool:
        """Copies a file that is there whole; False where it is not."""
        if not self.is_there(file):
            return False
        try:
            copy_verified(self._storage, self._folder + file.path, file.sha256, path)
        except IntegrityFailure:
            return False
        return True
