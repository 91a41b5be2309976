"""A statement as of a moment: what it reads is put before it, as a WITH.

The catalog of Athena or of a Trino server shows the current release alone. The revisions of a
survey tell its data at any moment; a source that keeps releases has few rows, and those of its past
release go into the statement itself. Nothing is written into the catalog.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

import athena_sql
from glue_jobs import table_names
from glue_jobs.catalog.pointers import column_names, load_pointer
from glue_jobs.errors import UnsupportedSQL, UsageError
from glue_jobs.sources.registry import upstream_of
from glue_jobs.sql_files import inputs
from glue_jobs.views import views_over
from labor_lake.engines.literals import quoted, text, trino_type
from labor_lake.engines.vintages import data_as_of, known_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from glue_jobs.catalog.pointers import Pointer, Table
    from glue_jobs.storage.protocol import Storage

_FIRST_WITH = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*with\b(?P<recursive>\s+recursive\b)?", re.IGNORECASE | re.DOTALL
)
_BODY = re.compile(r"create or replace view [a-z0-9_]+ as\n(.*)", re.DOTALL)


@dataclass(frozen=True)
class Rewritten:
    """A statement, and what the server is asked for it.

    Attributes:
        sql: as it was written.
        before: what is put before it, in lines of its own.
        start: where it goes on after that; what was before is left out.
    """

    sql: str
    before: str = ""
    start: int = 0

    @property
    def text(self) -> str:
        """What the server is asked."""
        return self.before + self.sql[self.start :].rstrip().rstrip(";")

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Where a line and a column of ``text`` are in ``sql``; the start, if before it."""
        own = line - self.before.count("\n")
        left_out = self.sql[: self.start]
        if own < 1:
            return 1, 1
        if own == 1:
            column += len(left_out) - left_out.rfind("\n") - 1
        return own + left_out.count("\n"), column


class Past:
    """What was known at a moment, in the words of statements; nothing where that is now."""

    def __init__(self, storage: Storage, pointers: Sequence[Pointer], database: str) -> None:
        """Takes what there is; nothing is read yet."""
        self._storage, self._pointers, self._database = storage, pointers, database

    def rewrite(self, sql: str) -> Rewritten:
        """A statement that reads what was known at the moment.

        Raises:
            UsageError: it reads what was not known then.
            UnsupportedSQL: the lake cannot tell what it reads.
        """
        if not self._tables:
            return Rewritten(sql)
        try:
            read = athena_sql.table_references(sql, self._database)
        except athena_sql.AthenaSQLError as error:
            kind = UnsupportedSQL if isinstance(error, athena_sql.UnsupportedSQL) else UsageError
            raise kind(str(error), hint=error.hint, excerpt=error.excerpt) from error
        parts: dict[str, str] = {}
        for name in sorted(read):
            self._add(name, parts)
        if not parts:
            return Rewritten(sql)
        listed = ",\n".join(f"{name} as (\n{part}\n)" for name, part in parts.items())
        first = _FIRST_WITH.match(sql)
        if first is None:
            return Rewritten(sql, f"with {listed}\n")
        return Rewritten(sql, f"with{first['recursive'] or ''} {listed},\n", first.end())

    def _add(self, name: str, parts: dict[str, str]) -> None:
        """Adds a table or view after what it reads itself, unless it is today's."""
        if name in parts:
            return
        if name in self._views:
            view = self._views[name]
            for read in sorted(inputs(view)):
                self._add(read, parts)
            found = _BODY.search(view)
            if found and inputs(view) & parts.keys():
                parts[name] = found[1].strip().rstrip(";")
        elif name in self._tables:
            for read in _read_by(name, self._tables[name]):
                self._add(read, parts)
            parts[name] = self._tables[name]
        elif name not in self._columns:
            raise UsageError(f"There is no table {name} as of that moment.")

    @cached_property
    def _columns(self) -> Mapping[str, Sequence[str]]:
        return column_names(self._pointers)

    @cached_property
    def _views(self) -> Mapping[str, str]:
        return views_over(self._columns)

    @cached_property
    def _tables(self) -> Mapping[str, str]:
        """What tables were that are other ones now, by name."""
        return {
            name: sql for pointer in self._pointers for name, sql in self._other_tables(pointer)
        }

    def _other_tables(self, pointer: Pointer) -> Iterator[tuple[str, str]]:
        subject = pointer.subject
        if upstream_of(subject).keeps_releases:
            current = load_pointer(self._storage, subject)
            if current is None or current.folder != pointer.folder:
                for name, table in pointer.tables.items():
                    yield name, self._rows(pointer, name, table)
        elif pointer.until:
            for name in (table_names.revisions(subject), table_names.releases(subject)):
                if name in pointer.tables:
                    known = known_until(pointer.tables[name], pointer.until)
                    source = f"{self._database}.{name}"
                    yield name, f"select * from {source} where {known}"  # noqa: S608 - own names
            data = table_names.data(subject)
            if data in pointer.tables:
                yield data, data_as_of(data, pointer.tables[data])

    def _rows(self, pointer: Pointer, name: str, table: Table) -> str:
        """A small table of a past release, row by row."""
        rows = []
        for file in table.files:
            with self._storage.open(pointer.key_of(name, file)) as stream:
                for row in pq.read_table(stream, partitioning=None).to_pylist():
                    values = [row[column.name] for column in table.columns]
                    rows.append(f"({', '.join(map(_literal, (*values, *file.partition)))})")
        columns = ", ".join(
            f"cast({quoted(column.name)} as {trino_type(column.type)}) as {quoted(column.name)}"
            for column in table.all_columns
        )
        titles = ", ".join(quoted(column.name) for column in table.all_columns)
        return f"select {columns} from (values {', '.join(rows)}) as t ({titles})"  # noqa: S608


def _read_by(name: str, sql: str) -> list[str]:
    """The table of revisions, where a table of data is put together from it."""
    revisions = table_names.revisions_beside(name)
    return [revisions] if f" {quoted(revisions)})" in sql else []


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return text(value)
    return f"double {text(repr(value))}" if isinstance(value, float) else str(value)
