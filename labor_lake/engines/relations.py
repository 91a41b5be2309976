"""What a lake has to ask: the pointers' tables, and the project's views over them.

Each is described when a statement first reads it, so that a lake of a thousand tables costs who
asks for one no more than a lake of ten. What stands in a pointer needs no file to be opened.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import athena_sql
from glue_jobs import table_names
from glue_jobs.catalog.pointers import column_names
from glue_jobs.engines.own_sql import own_failure
from glue_jobs.errors import LakeError, UnsupportedSQL, UsageError
from glue_jobs.history.layout import by_year
from glue_jobs.sql_files import inputs
from glue_jobs.table_names import subject_of
from glue_jobs.tables import schemas
from glue_jobs.views import outline, views_over
from labor_lake.engines.literals import quoted, text
from labor_lake.engines.vintages import data_as_of, known_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from glue_jobs.catalog.pointers import Pointer, Table
    from glue_jobs.tables.columns import TableColumn

DUCKDB_TYPES = {
    "bigint": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "double": "DOUBLE",
    "int": "INTEGER",
    "smallint": "SMALLINT",
    "timestamp": "TIMESTAMP",
}
"""Of columns that a file may lack; any other one is text."""

_PATH = {"$path": "string"}
"""What Athena knows of each row besides its columns: the file that it comes from."""


@dataclass(frozen=True)
class Relation:
    """A table or a view, as the catalog knows it, and how DuckDB gets it.

    Attributes:
        columns: name and Athena type, the partition key last.
        statement: makes DuckDB's view of it.
        comments: of the columns, by name.
        partitions: ``data_file=0.Current`` and so on; empty for a table without.
        definition: a view's statement in Athena; empty for a table.
        hidden: columns that * does not mean, with their Athena types.
        reads: what DuckDB must have before it.
    """

    columns: Mapping[str, str]
    statement: str
    comments: Mapping[str, str] = field(default_factory=dict)
    partitions: tuple[str, ...] = ()
    definition: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
    reads: tuple[str, ...] = ()


class Relations:
    """All of them by name; an ``athena_sql.Catalog``.

    Attributes:
        schema: what statements are translated with.
    """

    def __init__(
        self,
        root: str,
        pointers: Iterable[Pointer],
        damaged: Mapping[str, LakeError],
        database: str,
    ) -> None:
        """Takes what there is; nothing is described yet.

        Args:
            root: the lake's folder.
            pointers: the releases to ask.
            damaged: what whoever asks for a subject's tables is told, by subject.
            database: what Athena calls the lake.
        """
        self.schema = athena_sql.Schema(database, catalog=self)
        self._root, self._damaged = root, damaged
        self._pointers = {name: pointer for pointer in pointers for name in pointer.tables}
        self._found: dict[str, Relation] = {}
        self._failures: dict[str, LakeError] = {}

    @cached_property
    def views(self) -> Mapping[str, str]:
        """The project's views whose tables are there, each after those that it reads."""
        return views_over(column_names(self._pointers.values()))

    def listed(self) -> dict[str, bool]:
        """All tables and views; a view that is known to be impossible is none."""
        views = {name: True for name in self.views if name not in self._failures}
        return {**views, **dict.fromkeys(self._pointers, False)}

    def describe(self, table: str) -> athena_sql.Described | None:
        """What a statement may read of a table or view; None where there is none."""
        found = self.find(table)
        if found is None:
            return None
        return athena_sql.Described(found.columns, found.hidden, bool(found.definition))

    def find(self, name: str) -> Relation | None:
        """The table or view of a name; None where there is none, or the view is impossible."""
        if name in self._found or name in self._failures:
            return self._found.get(name)
        if name in self._pointers:
            self._found[name] = _table(self._root, self._pointers[name], name)
        elif name in self.views:
            self._define(name, self.views[name])
        return self._found.get(name)

    def failure_behind(self, name: str) -> LakeError | None:
        """Why there is no table or view of a name, where that is the lake's fault."""
        if self.find(name):
            return None
        for one in _behind(name):
            if one in self._failures:
                return self._failures[one]
            if subject_of(one) in self._damaged:
                return self._damaged[subject_of(one)]
        return None

    def refusal(self, error: athena_sql.AthenaSQLError) -> LakeError:
        """What the lake says of a statement that is not answered."""
        if failure := self.failure_behind(error.word):
            return failure
        kind = UnsupportedSQL if isinstance(error, athena_sql.UnsupportedSQL) else UsageError
        return kind(str(error), hint=error.hint, excerpt=error.excerpt)

    def _define(self, name: str, sql: str) -> None:
        try:
            view = athena_sql.translate(sql, self.schema)
        except athena_sql.AthenaSQLError as error:
            failure = own_failure(self.refusal(error), f"The view {name} cannot be made")
            self._failures[name] = failure
        else:
            reads = tuple(sorted(view.tables))
            self._found[name] = Relation(view.types, view.sql, definition=sql, reads=reads)


def _behind(name: str) -> Iterator[str]:
    """That name, then all that the project's view of that name reads, also through others."""
    yield name
    for read in sorted(inputs(outline(name))):
        yield from _behind(read)


def _table(root: str, pointer: Pointer, name: str) -> Relation:
    """A table of a release; one of an older version's lake as it is written now."""
    table, until = pointer.tables[name], ""
    if name == table_names.revisions(pointer.subject):
        table, until = _with_columns(by_year(table), schemas.REVISIONS), pointer.until
    elif name == table_names.releases(pointer.subject):
        until = pointer.until
    elif name == table_names.data(pointer.subject):
        table = _with_columns(table, schemas.describe_columns(schemas.DATA_COLUMNS))
    paths = [f"{root}/{pointer.key_of(name, file)}" for file in table.files]
    rows = _over_files(paths, table, until) if paths else data_as_of(name, table)
    statement = f"CREATE OR REPLACE VIEW {quoted(name)} AS {rows}"
    keys = [key.name for key in table.partition_keys]
    return Relation(
        {column.name: column.type for column in table.all_columns},
        statement,
        {column.name: column.comment for column in table.all_columns},
        tuple(
            "/".join(f"{key}={value}" for key, value in zip(keys, file.partition))
            for file in table.files
            if keys
        ),
        hidden=_PATH if paths else {},
        reads=() if paths else (table_names.revisions_beside(name),),
    )


def _with_columns(table: Table, columns: Iterable[TableColumn]) -> Table:
    """A table with the columns that it would have now; where its files have none, it is null."""
    known = {column.name for column in table.columns}
    missing = (column for column in columns if column.name not in known)
    return replace(table, columns=(*table.columns, *missing))


def _over_files(paths: Sequence[str], table: Table, until: str) -> str:
    """The rows of a table's files, in DuckDB: its columns, the partition's values, and the path.

    A file may lack a column: not all data files have the same ones. Of revisions, those up to a
    release, if one is given; other years' files are not opened.
    """
    names = [quoted(column.name) for column in table.all_columns]
    typed = (
        f"CAST(NULL AS {DUCKDB_TYPES.get(column.type, 'VARCHAR')}) AS {quoted(column.name)}"
        for column in table.columns
    )
    parts = [f"SELECT {', '.join(typed)} WHERE false"]
    for path, file in zip(paths, table.files):
        partition = "".join(
            f", {text(value)} AS {quoted(key.name)}"
            for key, value in zip(table.partition_keys, file.partition)
        )
        source = f"read_parquet({text(path)}, hive_partitioning = false)"
        hidden = f', {text(path)} AS "$path"'
        parts.append(f"SELECT *{partition}{hidden} FROM {source}")  # noqa: S608 - quoted
    rows = f"({' UNION ALL BY NAME '.join(parts)})"
    rows = f'SELECT {", ".join(names)}, "$path" FROM {rows}'  # noqa: S608 - quoted above
    if until:
        rows = f"SELECT * FROM ({rows}) WHERE {known_until(table, until)}"  # noqa: S608 - quoted
    return rows
