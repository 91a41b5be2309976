"""Athena SQL on a laptop: DuckDB over a lake in a directory.

First the connection is closed to the outside: it can read the folders of releases and of history
and nothing else, and it can load nothing. When a statement first reads a table, that becomes a view
over exactly the Parquet files that its pointer names; so does a view of the project, after what it
reads itself. What a person asks is answered only if it is one SELECT when it comes to DuckDB.

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
from glue_jobs.engines.own_sql import own_failure
from glue_jobs.errors import IntegrityFailure, LakeError, UnsupportedSQL, UsageError
from glue_jobs.reports.answers import typed_schema
from glue_jobs.sql_files import sql_files
from glue_jobs.storage.names import CURATED, HISTORY
from glue_jobs.storage.scratch import ScratchFolder
from labor_lake.engines import shows
from labor_lake.engines.failures import failure_of, reason_of
from labor_lake.engines.literals import text
from labor_lake.engines.relations import Relations

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Callable

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage
    from labor_lake.engines.relations import Relation


_Result = TypeVar("_Result")

_HEARS_EVERY_SECONDS = 0.05
"""A signal that comes just before Python waits for a thread does not end that waiting."""

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
        """Opens a connection in memory; nothing of the lake is read yet.

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
        self._worker = ThreadPoolExecutor(1, "query")
        # Its thread starts now: were it interrupted while it does, there would be a second one.
        self._worker.submit(lambda: None).result()
        root = str(Path(storage.uri).expanduser().absolute())
        self._relations = Relations(root, pointers, damaged or {}, settings.database)
        self._made: dict[str, LakeError | None] = {}
        self._connection: Any = duckdb.connect(":memory:")
        self._macros: set[str] = set()
        for setting in athena_sql.SETTINGS:
            self._connection.execute(setting)
        # Threads add doubles in the order in which they finish: with two, one query prints other
        # last digits each time, and lists and unordered rows come in another order.
        self._connection.execute("SET threads = 1")
        # DuckDB's own choice would be the current directory.
        overflow = ScratchFolder()
        weakref.finalize(self, overflow.remove)
        readable = ", ".join(text(f"{root}/{zone}") for zone in (CURATED, HISTORY))
        self._connection.execute(f"SET temp_directory = {text(str(overflow.path))}")
        self._connection.execute(f"SET allowed_directories = [{readable}]")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def create_views(self, wanted: Collection[str]) -> dict[str, LakeError]:
        """Makes views of the project over the tables that are there, unless they are made.

        One that cannot be made stops no other; whoever asks for it, or for a view over it, is told.
        Those of a template, six of each survey, are made when a statement reads them: all of them
        would take longer than all reports.
        """
        failures: dict[str, LakeError] = {}
        own = sql_files("views")
        for name in (one for one in self._relations.views if one in wanted and one in own):
            try:
                self._look_up(name)
            except LakeError as error:
                failures[name] = error
        return failures

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
                relation = self._look_up(statement.table)
                return shows.answer(statement, relation, self._relations.schema).to_reader()
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
            translation = athena_sql.translate(statement, self._relations.schema)
        except athena_sql.AthenaSQLError as error:
            raise self._relations.refusal(error) from error
        for name in sorted(translation.tables):
            self._look_up(name)
        self._make_macros(translation.sql)
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

    def _look_up(self, name: str) -> Relation | None:
        """The table or view of a name, which DuckDB has from now on; None where there is none.

        Raises:
            LakeError: it cannot be read, or not be made, which is the lake's fault.
        """
        relation = self._relations.find(name)
        if relation is None:
            failure = self._relations.failure_behind(name)
        else:
            if name not in self._made:
                self._made[name] = self._make(name, relation)
            failure = self._made[name]
        if failure:
            raise failure
        return relation

    def _make(self, name: str, relation: Relation) -> LakeError | None:
        """Has DuckDB make its view of a table or view; returns why that cannot be."""
        try:
            for read in relation.reads:
                self._look_up(read)
            self._make_macros(relation.statement)
            self._connection.execute(relation.statement)
        except LakeError as error:
            return error
        except duckdb.Error as error:
            if relation.definition:
                return own_failure(failure_of(error), f"The view {name} cannot be made")
            return IntegrityFailure(
                f"The table {name} cannot be read: {reason_of(error).rstrip('.')}.",
                hint="`lake verify` tells what is wrong.",
            )
        return None

    def _make_macros(self, statement: str) -> None:
        """Makes the macros that a statement calls, unless they are made."""
        for macro in athena_sql.macros_in([statement]):
            if macro not in self._macros:
                self._connection.execute(macro)
                self._macros.add(macro)

    def _select(self, translated: str) -> Any:
        """The one statement, which reads: whatever the translation did, nothing else is run."""
        statements = self._connection.extract_statements(translated)
        if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
            raise UnsupportedSQL("The local engine answers one query, and changes nothing.")
        return statements[0]
