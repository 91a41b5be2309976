"""Athena SQL on a laptop: DuckDB over a lake in a directory.

First the connection is closed to the outside: it can read the folders of releases and of history
and nothing else, and it can load nothing. Then every table of the pointer files becomes a view over
exactly the Parquet files they name, and the project's views are created on top, in the order of
what they read. What a person asks is answered only if it is one SELECT when it comes to DuckDB.

A query runs on one thread, so that the same query over the same releases gives the same answer to
the last digit, on any machine. It is not the program's main one, which hears Ctrl-C meanwhile.
"""

from __future__ import annotations

import weakref
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import pyarrow as pa

import athena_sql
from glue_jobs import table_names
from glue_jobs.engines.own_sql import own_failure
from glue_jobs.errors import IntegrityFailure, LakeError, UnsupportedSQL, UsageError
from glue_jobs.history.layout import by_year
from glue_jobs.reports.answers import typed_schema
from glue_jobs.sql_files import inputs, sql_files, views_in_order
from glue_jobs.storage.names import CURATED, HISTORY
from glue_jobs.storage.scratch import ScratchFolder
from glue_jobs.table_names import subject_of
from glue_jobs.timestamps import year_of
from labor_lake.engines import shows
from labor_lake.engines.failures import failure_of, reason_of
from labor_lake.engines.shows import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Callable

    from glue_jobs.catalog.pointers import Pointer, Table
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage


_Result = TypeVar("_Result")

_HEARS_EVERY_SECONDS = 0.05
"""A signal that comes just before Python waits for a thread does not end that waiting."""

_HIDDEN = {"$path": "string"}
"""What Athena knows of each row besides its columns: the file that it comes from."""

_BATCH_ROWS = 10_000
"""Of an answer: enough to be quick, and some MB at most even where rows are wide."""


class DuckDBEngine:
    """The local engine, as ``engines.protocol.Engine`` describes it."""

    def __init__(
        self,
        storage: Storage,
        pointers: Iterable[Pointer],
        settings: Settings,
        damaged: Mapping[str, LakeError] | None = None,
    ) -> None:
        """Opens a connection in memory, and all views on it.

        Nothing is written but what a large query cannot hold in memory: it goes into a folder of
        its own, which ends with the engine. A table whose file is missing, no Parquet, or
        elsewhere, and a view that cannot be made, are told to whoever asks for them.

        Args:
            storage: the lake, in a directory.
            pointers: the releases to ask.
            settings: the database is what Athena calls the lake, for ``database.table``.
            damaged: what whoever asks for a subject's tables is told, by subject; of those whose
                pointer cannot be read.
        """
        self._damaged = damaged or {}
        self._worker = ThreadPoolExecutor(1, "query")
        # Its thread starts now: were it interrupted while it does, there would be a second one.
        self._worker.submit(lambda: None).result()
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
        self._unreadable: dict[str, LakeError] = {}
        for pointer in pointers:
            # A data table without files comes last: it is put together from its revisions.
            for name, table in sorted(_tables(pointer), key=lambda item: not item[1].files):
                paths = [f"{root}/{pointer.key_of(name, file)}" for file in table.files]
                until = pointer.until if name == table_names.revisions(pointer.subject) else ""
                view = _table_view(name, paths, table, until) if paths else _data_as_of(name, table)
                try:
                    self._create_table(name, view)
                except IntegrityFailure as error:
                    self._unreadable[name] = error  # whoever asks for it is told; nobody else
                else:
                    self._add(name, _relation_of(table), _HIDDEN if paths else {})
        self.create_views()
        self._connection.execute("SET lock_configuration = true")

    def create_views(self) -> list[LakeError]:
        """Makes the project's views over the tables that are there, unless they are made.

        One that cannot be made stops no other; whoever asks for it, or for a view over it, is told.
        """
        failures: list[LakeError] = []
        for name, sql in views_in_order(self._relations).items():
            if name not in self._relations:
                try:
                    self._create_view(name, sql)
                except LakeError as error:
                    self._unreadable[name] = own_failure(error, f"The view {name} cannot be made")
                    failures.append(self._unreadable[name])
        return list(dict.fromkeys(failures))  # a view over a failed one has failed with that

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
                if failure := self._failure_behind(statement.table):
                    raise failure
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
        answer = self._wait_for(lambda: self._begin(translation.sql, values))
        schema = typed_schema(answer.schema, translation.columns, translation.zones)
        return pa.RecordBatchReader.from_batches(schema, self._batches(answer, schema))

    def _begin(self, sql: str, values: Mapping[str, object]) -> pa.RecordBatchReader:
        relation = self._connection.sql(self._select(sql), params=values)
        # DuckDB 1.4, the last one for Python 3.9, has the older name alone.
        read = getattr(relation, "to_arrow_reader", None) or relation.fetch_record_batch
        return read(_BATCH_ROWS)

    def _batches(self, answer: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """An answer's batches with other names and metadata."""
        # The end as a value: in a generator, StopIteration from within is an error.
        while (batch := self._wait_for(lambda: next(answer, None))) is not None:
            # Only the zones differ, in which the same moments are shown.
            columns = [part.cast(field.type) for part, field in zip(batch.columns, schema)]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    def _wait_for(self, act: Callable[[], _Result]) -> _Result:
        """Has DuckDB do something while this thread hears Ctrl-C, which ends the query.

        Raises:
            LakeError: it has failed.
        """
        try:
            task = self._worker.submit(act)
            while not wait([task], _HEARS_EVERY_SECONDS).done:
                pass
            return task.result()
        except KeyboardInterrupt:
            idle = self._worker.submit(lambda: None)
            # Again and again: DuckDB forgets what came before the query has begun.
            while not wait([idle], _HEARS_EVERY_SECONDS).done:
                self._connection.interrupt()
            raise
        except (duckdb.Error, OSError) as error:  # what fails late comes through Arrow's door
            raise failure_of(error) from error

    def _add(self, name: str, relation: Relation, hidden: Mapping[str, str] | None = None) -> None:
        self._relations[name] = relation
        self._schema.add(name, relation.columns, hidden, view=bool(relation.definition))

    def _refusal(self, error: athena_sql.AthenaSQLError) -> LakeError:
        """What the lake says of a statement that is not answered."""
        if failure := self._failure_behind(error.word):
            return failure
        kind = UnsupportedSQL if isinstance(error, athena_sql.UnsupportedSQL) else UsageError
        return kind(str(error), hint=error.hint, excerpt=error.excerpt)

    def _create_table(self, name: str, view: str) -> None:
        try:
            self._connection.execute(view)
        except duckdb.Error as error:
            raise IntegrityFailure(
                f"The table {name} cannot be read: {reason_of(error).rstrip('.')}.",
                hint="`lake verify` tells what is wrong.",
            ) from error

    def _create_view(self, name: str, sql: str) -> None:
        try:
            view = athena_sql.translate(sql, self._schema)
            self._connection.execute(view.sql)
        except athena_sql.AthenaSQLError as error:
            raise self._refusal(error) from error
        except duckdb.Error as error:
            raise failure_of(error) from error
        self._add(name, Relation(view.types, {}, definition=sql))

    def _failure_behind(self, name: str) -> LakeError | None:
        """Why there is no table or view of that name, where that is the lake's fault."""
        if name in self._relations:
            return None
        for one in _behind(name):
            if one in self._unreadable:
                return self._unreadable[one]
            if subject_of(one) in self._damaged:
                return self._damaged[subject_of(one)]
        return None

    def _select(self, translated: str) -> Any:
        """The one statement, which reads: whatever the translation did, nothing else is run."""
        statements = self._connection.extract_statements(translated)
        if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
            raise UnsupportedSQL("The local engine answers one query, and changes nothing.")
        return statements[0]


def _behind(name: str) -> Iterator[str]:
    """That name, then all that the project's view of that name reads, also through others."""
    yield name
    for read in sorted(inputs(sql_files("views").get(name, ""))):
        yield from _behind(read)


def _tables(pointer: Pointer) -> Iterator[tuple[str, Table]]:
    """The tables of a release; the revisions of an older version's lake as they are written now."""
    for name, table in pointer.tables.items():
        is_revisions = name == table_names.revisions(pointer.subject)
        yield name, by_year(table) if is_revisions else table


def _table_view(name: str, paths: Sequence[str], table: Table, until: str) -> str:
    """The DuckDB view over a table's files: its columns, the partition's values, and the path.

    Of revisions, those up to a release, if one is given; other years' files are not opened.
    """
    columns = ", ".join(_name(column.name) for column in table.columns)
    parts = []
    for path, file in zip(paths, table.files):
        partition = "".join(
            f", {_text(value)} AS {_name(key.name)}"
            for key, value in zip(table.partition_keys, file.partition)
        )
        source = f"read_parquet({_text(path)}, hive_partitioning = false)"
        hidden = f', {_text(path)} AS "$path"'
        parts.append(f"SELECT {columns}{partition}{hidden} FROM {source}")  # noqa: S608 - quoted
    rows = " UNION ALL ".join(parts)
    if until:
        known = f"release_year <= {_text(year_of(until))} AND release <= {_text(until)}"
        rows = f"SELECT * FROM ({rows}) WHERE {known}"  # noqa: S608 - quoted above
    return f"CREATE VIEW {_name(name)} AS {rows}"


def _data_as_of(name: str, table: Table) -> str:
    """The DuckDB view of a data table that gives every observation by its last change."""
    columns = ", ".join(_name(column.name) for column in table.all_columns)
    revisions = _name(table_names.revisions_beside(name))
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


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
