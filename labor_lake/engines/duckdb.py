"""Athena SQL on a laptop: DuckDB over a lake in a directory.

First the connection is closed to the outside: it can read the folders of releases and of history
and nothing else, and it can load nothing. Then every table of the pointer files becomes a view over
exactly the Parquet files they name, and the project's views are created on top, in the order of
what they read. What a person asks is answered only if it is one SELECT when it comes to DuckDB.

A query runs on one thread, so that the same query over the same releases gives the same answer to
the last digit, on any machine.
"""

from __future__ import annotations

import re
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

import athena_sql
from glue_jobs.errors import IntegrityFailure, LakeError, UnsupportedSQL, UsageError
from glue_jobs.reports.answers import typed_schema
from glue_jobs.sql_files import base_tables, sql_files, views_in_order
from glue_jobs.storage.names import CURATED, HISTORY
from glue_jobs.storage.scratch import ScratchFolder
from labor_lake.engines import shows
from labor_lake.engines.shows import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from glue_jobs.catalog.pointers import Pointer, Table
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage


_BATCH_ROWS = 10_000
"""Of an answer: enough to be quick, and some MB at most even where rows are wide."""


class DuckDBEngine:
    """The local engine, as ``engines.protocol.Engine`` describes it."""

    def __init__(self, storage: Storage, pointers: Iterable[Pointer], settings: Settings) -> None:
        """Opens a connection in memory, and all views on it.

        Nothing is written but what a large query cannot hold in memory: it goes into a folder of
        its own, which ends with the engine.

        Args:
            storage: the lake, in a directory.
            pointers: the releases to ask.
            settings: the database is what Athena calls the lake, for ``database.table``.

        Raises:
            IntegrityFailure: a pointer names a file that is missing, no Parquet, or elsewhere.
        """
        self._schema = athena_sql.Schema(settings.database)
        self._connection: Any = duckdb.connect(":memory:")
        for setting in athena_sql.SESSION_SETTINGS:
            self._connection.execute(setting)
        # Threads add doubles in the order in which they finish: with two, one query prints other
        # last digits each time, and lists and unordered rows come in another order.
        self._connection.execute("SET threads = 1")
        # DuckDB's own choice would be the current directory.
        overflow = ScratchFolder()
        weakref.finalize(self, overflow.remove)
        root = Path(storage.uri).expanduser().absolute()
        readable = ", ".join(_text(f"{root}/{zone}") for zone in (CURATED, HISTORY))
        self._connection.execute(f"SET temp_directory = {_text(str(overflow.path))}")
        self._connection.execute(f"SET allowed_directories = [{readable}]")
        self._connection.execute("SET enable_external_access = false")
        self._relations: dict[str, Relation] = {}
        self._unreadable: dict[str, IntegrityFailure] = {}
        for pointer in pointers:
            # A data table without files comes last: it is put together from its revisions.
            for name, table in sorted(pointer.tables.items(), key=lambda item: not item[1].files):
                paths = [f"{root}/{pointer.key_of(name, file)}" for file in table.files]
                view = _table_view(name, paths, table) if paths else _data_as_of(name, table)
                try:
                    self._create_table(name, view)
                except IntegrityFailure as error:
                    self._unreadable[name] = error  # whoever asks for it is told; nobody else
                else:
                    self._add(name, _relation_of(table))
        self.create_views()
        self._connection.execute("SET lock_configuration = true")

    def create_views(self) -> list[LakeError]:
        """Makes the project's views over the tables that are there, unless they are made."""
        for name, sql in views_in_order(self._relations).items():
            if name not in self._relations:
                view = athena_sql.translate(sql, self._schema)
                self._connection.execute(view.sql)
                self._add(name, Relation(view.types, {}, definition=sql))
        return []

    def query(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The answer to one Athena statement, whole."""
        return self.stream(sql, parameters).read_all()

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> pa.RecordBatchReader:
        """The answer, batch by batch; SHOW and DESCRIBE are answered from the catalog.

        The next statement ends the stream of the one before.
        """
        try:
            statement = athena_sql.parse(sql)
            if isinstance(statement, athena_sql.Show):
                return shows.answer(statement, self._relations, self._schema.database).to_reader()
            if isinstance(statement, athena_sql.CreateView):
                raise UsageError(
                    "A view of your own would be gone with this command.",
                    hint="Put it into a WITH, or as a file into sql/views/.",
                )
            if len(statement.parameters) != len(parameters):
                raise UsageError(
                    f"The statement has {len(statement.parameters)} ?, and {len(parameters)} values"
                    " for them.",
                    hint="lake query takes one --param for each, in order.",
                )
            translation = athena_sql.translate(statement, self._schema)
        except athena_sql.AthenaSQLError as error:
            raise self._refusal(error) from error
        values = dict(zip(translation.parameters, parameters))
        try:
            relation = self._connection.sql(self._select(translation.sql), params=values)
            # DuckDB 1.4, the last one for Python 3.9, has the older name alone.
            read = getattr(relation, "to_arrow_reader", None) or relation.fetch_record_batch
            answer = read(_BATCH_ROWS)
        except duckdb.Error as error:
            raise _failed(error) from error
        schema = typed_schema(answer.schema, translation.columns)
        return pa.RecordBatchReader.from_batches(schema, _batches(answer, schema))

    def _add(self, name: str, relation: Relation) -> None:
        self._relations[name] = relation
        self._schema.add(name, relation.columns)

    def _refusal(self, error: athena_sql.AthenaSQLError) -> LakeError:
        """What the lake says of a statement that is not answered."""
        for table in _behind(error.word):
            if table in self._unreadable:
                return self._unreadable[table]
        kind = UnsupportedSQL if isinstance(error, athena_sql.UnsupportedSQL) else UsageError
        return kind(str(error), hint=error.hint, excerpt=error.excerpt)

    def _create_table(self, name: str, view: str) -> None:
        try:
            self._connection.execute(view)
        except duckdb.Error as error:
            raise IntegrityFailure(
                f"The table {name} cannot be read: {_reason(error).rstrip('.')}.",
                hint="`lake verify` tells what is wrong.",
            ) from error

    def _select(self, translated: str) -> Any:
        """The one statement, which reads: whatever the translation did, nothing else is run."""
        statements = self._connection.extract_statements(translated)
        if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
            raise UnsupportedSQL("The local engine answers one query, and changes nothing.")
        return statements[0]


def _batches(answer: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """An answer's batches with other names and metadata."""
    while True:
        try:
            batch = answer.read_next_batch()
        except StopIteration:
            return
        except (duckdb.Error, OSError) as error:  # what fails later comes through Arrow's door
            raise _failed(error) from error
        yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)


def _behind(name: str) -> set[str]:
    """The table of that name, or those that the project's view of that name reads."""
    return {name} | base_tables(sql_files("views").get(name, ""))


def _failed(error: Exception) -> LakeError:
    if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory Error" in str(error):
        return LakeError(
            "There is too little memory for this query.",
            hint="Ask for fewer rows or columns, or give the machine more memory.",
        )
    return UsageError(f"The query failed: {_reason(error)}")


def _table_view(name: str, paths: Sequence[str], table: Table) -> str:
    """The DuckDB view over a table's files: its columns, and the partition's values as the last."""
    columns = ", ".join(_name(column.name) for column in table.columns)
    parts = []
    for path, file in zip(paths, table.files):
        partition = "".join(
            f", {_text(value)} AS {_name(key.name)}"
            for key, value in zip(table.partition_keys, file.partition)
        )
        source = f"read_parquet({_text(path)}, hive_partitioning = false)"
        parts.append(f"SELECT {columns}{partition} FROM {source}")  # noqa: S608 - quoted above
    return f"CREATE VIEW {_name(name)} AS {' UNION ALL '.join(parts)}"


def _data_as_of(name: str, table: Table) -> str:
    """The DuckDB view of a data table that gives every observation by its last change."""
    columns = ", ".join(_name(column.name) for column in table.all_columns)
    revisions = _name(name.removesuffix("_data") + "_revisions")
    return (
        f"CREATE VIEW {_name(name)} AS SELECT {columns} FROM"  # noqa: S608 - quoted above
        " (SELECT *, row_number() OVER (PARTITION BY data_file, series_id, year, period"
        f" ORDER BY release DESC) AS place FROM {revisions})"
        " WHERE place = 1 AND change <> 'withdrawn'"
    )


def _relation_of(table: Table) -> Relation:
    names = [key.name for key in table.partition_keys]
    return Relation(
        {column.name: column.type for column in table.all_columns},
        {column.name: column.comment for column in table.all_columns},
        tuple(
            "/".join(f"{name}={value}" for name, value in zip(names, file.partition))
            for file in table.files
            if names
        ),
    )


def _reason(error: Exception) -> str:
    """The first line of DuckDB's text; the sentence itself where a macro failed with one."""
    first = str(error).splitlines()[0]
    said = re.search(r"Could not convert string '(.+)' to INT8", first)
    return f"{said[1]}." if said else first


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
