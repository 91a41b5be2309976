"""Athena: where users go when one machine is too small, and where the jobs on AWS ask.

Statements run in one workgroup, which limits what a query may read and says where its answer is
written. Nothing is created but the project's views.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import awswrangler as wr
import boto3
import pyarrow as pa

from glue_jobs.aws_errors import hint_on, telling
from glue_jobs.catalog.pointers import column_types
from glue_jobs.catalog.views import ViewNotes
from glue_jobs.engines.own_sql import own_failure
from glue_jobs.errors import LakeError, StorageFailure, TryAgainLater, UsageError
from glue_jobs.sql_files import inputs
from glue_jobs.tables.types import arrow_type
from glue_jobs.views import digest_of, views_over

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.settings import Settings

_POLL_SECONDS = 0.5
_SYSTEM, _OTHER = 1, 3  # AthenaError.ErrorCategory; 2 is the statement's own fault
_BATCH_ROWS = 10_000

# Athena takes 20 DDL statements of an account at a time, of which others may want some.
_VIEWS_AT_ONCE = 8


class AthenaEngine:
    """The engine on AWS, as ``engines.protocol.Engine`` describes it."""

    def __init__(self, pointers: Iterable[Pointer], settings: Settings) -> None:
        """Prepares; nothing is asked of Athena yet."""
        self._columns = column_types(pointers)
        self._database = settings.database
        self._workgroup = settings.workgroup
        self._region = settings.region or None
        self._sessions = threading.local()
        with telling("open Athena"):
            self._session  # noqa: B018 - of this thread; what is wrong with it is told now

    @property
    def _session(self) -> boto3.Session:
        """This thread's own: no two may make a client of one session at a time."""
        if not hasattr(self._sessions, "own"):
            self._sessions.own = boto3.Session(region_name=self._region)
        own: boto3.Session = self._sessions.own
        return own

    def create_views(self, wanted: Collection[str]) -> dict[str, LakeError]:
        """Creates or replaces views of the project whose tables are there, in their order.

        A view that was made from the same statement over the same columns stays. One that cannot be
        made stops no other; where it was there, it still answers. Athena takes a second or so for
        each, and a survey has six: those that read no other view are made some at a time.
        """
        failures: dict[str, LakeError] = {}
        notes = ViewNotes(self._session.client("glue"), self._database)
        views = views_over(
            {name: [column for column, _ in columns] for name, columns in self._columns.items()}
        )

        def create(name: str) -> None:
            digest = digest_of(name, views, self._columns)
            try:
                if notes.made_from(name) != digest:
                    self._run(views[name], ())
                    notes.note(name, digest)
            except LakeError as error:
                failures[name] = own_failure(error, f"The view {name} cannot be made")

        chosen = [name for name in views if name in wanted]
        on_tables = [name for name in chosen if not inputs(views[name]) & views.keys()]
        with ThreadPoolExecutor(_VIEWS_AT_ONCE, "view") as threads:
            list(threads.map(create, on_tables))
        for name in (one for one in chosen if one not in on_tables):
            create(name)
        return failures

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> pa.RecordBatchReader:
        """The answer batch by batch, once it has arrived whole: awswrangler gives no less."""
        return self.query(sql, parameters).to_reader(max_chunksize=_BATCH_ROWS)

    def query(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The answer to one statement; a text among the parameters becomes a varchar."""
        execution = self._run(sql, [_literal(value) for value in parameters])
        with telling("read Athena's answer"):
            if execution["StatementType"] != "DML":
                return self._shown(execution["QueryExecutionId"])
            types = self._columns_of(execution["QueryExecutionId"])
            answer = wr.athena.get_query_results(
                query_execution_id=execution["QueryExecutionId"], boto3_session=self._session
            )
        return pa.table({name: _column(answer[name], kind) for name, kind in types.items()})

    def _columns_of(self, execution_id: str) -> dict[str, str]:
        """The columns of an answer, with their types as Athena names them.

        Raises:
            UsageError: two have one name; awswrangler would give one of them, and that silently.
        """
        head = self._session.client("athena").get_query_results(
            QueryExecutionId=execution_id, MaxResults=1
        )
        columns = head["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        types = {}
        for column in columns:
            name, kind = column["Name"], column["Type"]
            if name in types:
                raise UsageError(
                    f"Two columns of Athena's answer are named {name}.",
                    hint=f"Give each a name of its own: AS {name}_2.",
                )
            sizes = f"({column['Precision']},{column.get('Scale', 0)})"
            types[name] = kind + sizes if kind == "decimal" else kind
        return types

    def _shown(self, execution_id: str) -> pa.Table:
        """What SHOW and DESCRIBE answer: lines of text, which awswrangler does not read."""
        pages = self._session.client("athena").get_paginator("get_query_results")
        lines = [
            "\t".join(cell.get("VarCharValue", "") for cell in row["Data"])
            for page in pages.paginate(QueryExecutionId=execution_id)
            for row in page["ResultSet"]["Rows"]
        ]
        return pa.table({"answer": pa.array(lines, pa.string())})

    def _run(self, sql: str, parameters: Sequence[str]) -> dict[str, Any]:
        """Waits until a statement has run; returns what Athena says of its execution.

        Raises:
            UsageError: Athena could not answer it, or the workgroup's limit ended it.
        """
        given: dict[str, Any] = {"params": list(parameters), "paramstyle": "qmark"}
        with telling(f"ask Athena in the workgroup {self._workgroup}"):
            try:
                execution: str = wr.athena.start_query_execution(
                    sql,
                    database=self._database,
                    workgroup=self._workgroup,
                    boto3_session=self._session,
                    **(given if parameters else {}),
                )
                ended: dict[str, Any] = wr.athena.wait_query(
                    execution,
                    boto3_session=self._session,
                    athena_query_wait_polling_delay=_POLL_SECONDS,
                )
            except wr.exceptions.QueryCancelled as error:
                raise _failure(UsageError, error) from error
            except wr.exceptions.QueryFailed as error:
                raise _failure(self._whose_fault(execution), error) from error
        return ended

    def _whose_fault(self, execution: str) -> type[LakeError]:
        """The class of error for a query that failed, by what Athena says of the failure."""
        asked = self._session.client("athena").get_query_execution(QueryExecutionId=execution)
        told = asked["QueryExecution"]["Status"].get("AthenaError", {})
        if told.get("Retryable") or told.get("ErrorCategory") == _SYSTEM:
            return TryAgainLater
        return StorageFailure if told.get("ErrorCategory") == _OTHER else UsageError


def _failure(kind: type[LakeError], error: Exception) -> LakeError:
    told = _one_line(error)
    return kind(
        f"Athena could not answer the query: {told}",
        hint=hint_on(told) or "The query's page in the Athena console says more.",
    )


def _column(values: Any, kind: str) -> pa.Array:
    """One column of an answer with the type that Athena says; other types as pandas has them."""
    return pa.Array.from_pandas(values, type=arrow_type(kind))


def _literal(value: object) -> str:
    """A parameter as Athena takes it: the text of a SQL literal."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).removeprefix("Query error: ").rstrip(".") + "."
