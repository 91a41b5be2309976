"""The tables of a lake in S3 on a Trino server without Glue, in the server's own file metastore.

Each table of a release is registered once, in a schema beside the lake's, under a name that holds
a hash of all that it is: its columns, and where its partitions lie. In the lake's schema stands a
view of the table's name over it, which ``CREATE OR REPLACE`` moves from one release to the next in
one step, so that a query meets one of them whole. The table that the view was moved from stays
until the next move: a query may be reading it.

All of it is derived from the pointers, and only what differs is done: whatever a publish that died
has left out, the next one does.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from glue_jobs.catalog.glue import table_folder
from glue_jobs.storage import names
from glue_jobs.table_names import subject_of
from labor_lake.engines.literals import quoted, text, trino_type

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from glue_jobs.catalog.pointers import Pointer, Table
    from labor_lake.engines.trino.notes import Notes
    from labor_lake.engines.trino.session import Session


class OwnTables:
    """What the pointers say, as one Trino server's catalog has it."""

    def __init__(self, session: Session, uri: str, database: str) -> None:
        """Prepares; nothing is asked yet.

        Args:
            session: on the server.
            uri: the lake's address.
            database: the lake's schema.
        """
        self._session, self._uri = session, uri
        self._schema, self._files = database, f"{database}_files"

    def show(
        self, pointers: Sequence[Pointer], notes: Notes, damaged: Collection[str] = ()
    ) -> None:
        """Has the catalog say what the pointers say.

        Args:
            pointers: of all subjects that can be told.
            notes: of the lake's schema.
            damaged: subjects that cannot be told; what is shown of them stays as it is.
        """
        for schema in (self._schema, self._files):
            self._session.ask(f"create schema if not exists {schema}")
        registered = {row[0] for row in self._session.ask(f"show tables from {self._files}")}
        for pointer in pointers:
            for name, table in pointer.tables.items():
                folders = _folders(pointer, table)
                own = f"{name}_{_digest(table, folders)}"
                if notes.made_from(name) == own and own in registered:
                    continue
                if own in registered:  # by a publish that died: nobody knows how far it came
                    self._session.ask(f"drop table {self._files}.{own}")
                self._register(own, pointer, table, folders)
                before = notes.made_from(name)
                self._session.ask(notes.noting(self._view(name, own), name, own))
                self._drop_older(name, {own, before}, registered)

        named = {name for pointer in pointers for name in pointer.tables}
        for name in notes.views():
            is_table = notes.made_from(name).startswith(f"{name}_")
            # What a pointer that cannot be read names, nobody knows.
            if is_table and name not in named and subject_of(name) not in damaged:
                self._session.ask(f"drop view {name}")

    def _view(self, name: str, own: str) -> str:
        source = f"{self._files}.{own}"
        return f"create or replace view {name} as select * from {source}"  # noqa: S608 - own names

    def _register(
        self, own: str, pointer: Pointer, table: Table, folders: Mapping[tuple[str, ...], str]
    ) -> None:
        location = f"{self._uri}/{table_folder(pointer, table)}"
        self._session.ask(_create(f"{self._files}.{own}", table, location))
        keys = _texts(key.name for key in table.partition_keys)
        for values, folder in folders.items():
            place = text(f"{self._uri}/{folder}")
            self._session.ask(
                f"call system.register_partition({text(self._files)}, {text(own)}, {keys},"
                f" {_texts(values)}, {place})"
            )

    def _drop_older(self, name: str, kept: set[str], registered: Iterable[str]) -> None:
        """Drops what two publishes ago was current; the files themselves stay."""
        for own in sorted(registered):
            if own.rpartition("_")[0] == name and own not in kept:
                self._session.ask(f"drop table {self._files}.{own}")


def _create(name: str, table: Table, location: str) -> str:
    columns = ", ".join(
        f"{quoted(column.name)} {trino_type(column.type)}" for column in table.all_columns
    )
    keys = _texts(key.name for key in table.partition_keys)
    partitioned = f", partitioned_by = {keys}" if table.partition_keys else ""
    return (
        f"create table {name} ({columns}) with (external_location = {text(location)},"
        f" format = 'PARQUET'{partitioned})"
    )


def _folders(pointer: Pointer, table: Table) -> dict[tuple[str, ...], str]:
    """The key of each partition's folder, by its values; none for a table without partitions."""
    start = table.folder or pointer.folder
    return {
        file.partition: start + names.containing_folder(file.path)
        for file in table.files
        if table.partition_keys
    }


def _digest(table: Table, folders: Mapping[tuple[str, ...], str]) -> str:
    columns = [(column.name, column.type) for column in table.all_columns]
    places = sorted((list(values), folder) for values, folder in folders.items())
    files = sorted(file.sha256 for file in table.files)
    return hashlib.sha256(json.dumps([columns, places, files]).encode()).hexdigest()[:16]


def _texts(values: Iterable[str] | Iterator[str]) -> str:
    return f"array[{', '.join(map(text, values))}]"
