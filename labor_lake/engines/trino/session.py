"""One user's session on a Trino server: a statement in, its answer's pages out.

The client is Trino's own. It tries again what a busy server refuses, and follows the pages of an
answer; what nobody reads further is cancelled on the server, and so is what Ctrl-C ends.
"""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from trino import auth, client, dbapi, exceptions

from glue_jobs.errors import UsageError
from glue_jobs.reports.answers import typed_schema
from labor_lake.engines.past import Rewritten
from labor_lake.engines.trino import values
from labor_lake.engines.trino.failures import failure_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Callable, TypeVar

    from glue_jobs.settings import Settings

    _Result = TypeVar("_Result")

PASSWORD = "LAKE_TRINO_PASSWORD"  # noqa: S105 - the variable's name
"""Where the password is read from, and from nowhere else: flags and files are seen by others."""

_BATCH_ROWS = 10_000
_FAILURES = (exceptions.Error, exceptions.HttpError)


class Session:
    """Statements of one user, one after the other."""

    def __init__(self, settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
        """Prepares; nothing is asked yet.

        Args:
            settings: name the server, its catalog, the database and the user.
            environ: may have the password.

        Raises:
            UsageError: no server is named, or a password would go out unencrypted.
        """
        if not settings.trino_url:
            raise UsageError(
                "The engine trino needs the address of a server.",
                hint="--trino-url gives it, or LAKE_TRINO_URL.",
            )
        self.address = settings.trino_url
        password = environ.get(PASSWORD, "")
        if password and not self.address.startswith("https://"):
            raise UsageError(
                f"{PASSWORD} is set, and {self.address} is plain http.",
                hint="A password goes to an https address only.",
            )
        http_session = client.TrinoRequest.http.Session()
        # Without one of its own, it would send a password of ~/.netrc.
        http_session.auth = _send_nothing
        self._connection = dbapi.Connection(
            host=self.address,
            user=settings.trino_user,
            source="labor-lake",
            catalog=settings.trino_catalog,
            schema=settings.database,
            timezone="UTC",
            auth=auth.BasicAuthentication(settings.trino_user, password) if password else None,
            http_session=http_session,
            encoding=None,  # type: ignore[arg-type] # pages come from the server, no other host
            legacy_primitive_types=True,  # as the protocol has them: exact
            legacy_prepared_statements=False,
        )

    def stream(self, asked: Rewritten, parameters: Sequence[object] = ()) -> pa.RecordBatchReader:
        """The answer to a statement, batch by batch.

        Raises:
            UsageError: the statement is wrong; also while the answer is read.
            TryAgainLater: the server does not answer, or could not.
        """
        cursor = self._connection.cursor()
        self._wait_for(cursor, asked, lambda: cursor.execute(asked.text, list(parameters)))
        described = self._wait_for(cursor, asked, lambda: cursor.description) or []
        first = self._wait_for(cursor, asked, lambda: cursor.fetchmany(_BATCH_ROWS))
        kinds = [values.kind_of(column.type_code) for column in described]
        for place, kind in enumerate(kinds):
            if pa.types.is_timestamp(kind.arrow) and kind.arrow.tz:
                kinds[place] = values.in_zone(kind, values.zone_in([row[place] for row in first]))
        columns = [(column.name, column.type_code) for column in described]
        untyped = pa.schema([(f"c{place}", kind.arrow) for place, kind in enumerate(kinds)])
        schema = typed_schema(untyped, columns)

        def batches() -> Iterator[Any]:
            with closing(cursor):
                yield None  # from now on the cursor is closed, whether or not anybody reads
                rows = first
                while rows:
                    arrays = [
                        values.column(kind, [row[place] for row in rows])
                        for place, kind in enumerate(kinds)
                    ]
                    yield pa.RecordBatch.from_arrays(arrays, schema=schema)
                    rows = self._wait_for(cursor, asked, lambda: cursor.fetchmany(_BATCH_ROWS))

        answer = batches()
        next(answer)
        return pa.RecordBatchReader.from_batches(schema, answer)

    def ask(self, sql: str) -> list[list[Any]]:
        """The rows of a statement of the project's own, as the protocol has them."""
        cursor, asked = self._connection.cursor(), Rewritten(sql)
        self._wait_for(cursor, asked, lambda: cursor.execute(sql))
        rows: list[list[Any]] = self._wait_for(cursor, asked, cursor.fetchall)
        return rows

    def _wait_for(self, cursor: dbapi.Cursor, asked: Rewritten, act: Callable[[], _Result]) -> Any:
        """Has the client do something; Ctrl-C ends the query on the server, too."""
        try:
            return act()
        except KeyboardInterrupt:
            cursor.cancel()  # type: ignore[no-untyped-call]
            raise
        except _FAILURES as error:
            raise failure_of(error, asked, self.address) from error


def _send_nothing(request: Any) -> Any:
    return request
