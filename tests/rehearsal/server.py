"""The simulated cloud: moto behind a door of our own.

The door records every call with the job that made it, has chosen calls fail, and gives moto the
answers to Athena's queries, which moto does not compute, and the views that Athena makes.
"""

from __future__ import annotations

import io
import json
import re
import threading
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Callable

import boto3
from moto.athena.models import QueryResults, athena_backends
from moto.glue.models import glue_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.athena_rules import complaints, is_literal
from tests.rehearsal.calls import Asked, caller_and_service, calls_of, operation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.rehearsal.answers import Answer
    from tests.rehearsal.calls import Call

_CREATES_VIEW = re.compile(r"^create or replace view (\w+)", re.MULTILINE)

ACCOUNT, REGION = "123456789012", "us-east-1"
USER = "user"
"""The access key of this process; each job has its own."""


@dataclass
class Failure:
    """What a later call of a job is answered with.

    Attributes:
        action: ``glue:UpdateTable``, or ``*`` for any.
        code: AWS's error code.
        after: how many such calls go well before.
        status: of the HTTP answer.
        lasting: whether every such call fails from then on.
    """

    action: str
    code: str
    after: int = 0
    status: int = 400
    lasting: bool = False


class Cloud:
    """S3, Glue's catalog and Athena on the loopback interface; a context manager.

    Attributes:
        calls: what was asked for, in its order.
        statements: what Athena was asked, by database, in its order.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.statements: dict[str, list[str]] = defaultdict(list)
        self._answers: dict[str, Callable[[str, Sequence[str]], Answer | None]] = {}
        self._failure: Failure | None = None
        self._lock = threading.Lock()
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server(
            "127.0.0.1", 0, self._app, threaded=True, request_handler=_QuietHandler
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Cloud:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def client(self, service: str, caller: str) -> Any:
        """A client of one of its services, whose calls are noted as somebody's."""
        return boto3.client(
            service,
            endpoint_url=self.address,
            region_name=REGION,
            aws_access_key_id=caller,
            aws_secret_access_key="x",
        )

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer_queries(
        self, database: str, answer: Callable[[str, Sequence[str]], Answer | None]
    ) -> None:
        """Sets what answers queries in a database: rows for a SELECT, None for a statement."""
        self._answers[database] = answer

    def fail(self, failure: Failure | None) -> None:
        """Has a later call fail, or none any more."""
        self._failure = failure

    def _app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        asked = _asked(environ)
        calls = [_in_its_workgroup(call, asked) for call in calls_of(asked)]
        with self._lock:
            self.calls.extend(call for call in calls if call.caller)
            failure = self._due(calls)
        if failure is not None:
            return _refused(failure, caller_and_service(asked)[1], start_response)
        if operation_of(asked) == "StartQueryExecution":
            return self._start_query(asked, environ, start_response)
        if caller_and_service(asked)[1] == "glue":
            body = _without_empty_comments(asked.body)
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        return self._forward(environ, start_response)

    def _forward(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        answer: Iterable[bytes] = self._moto(environ, start_response)
        return answer

    def _due(self, calls: list[Call]) -> Failure | None:
        failure = self._failure
        asked_for = {call.action for call in calls if call.caller != USER}
        if failure is None or not asked_for or failure.action not in ("*", *asked_for):
            return None
        if failure.after:
            failure.after -= 1
            return None
        if not failure.lasting:
            self._failure = None
        return failure

    def _start_query(
        self, asked: Asked, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        body = json.loads(asked.body)
        sql = str(body["QueryString"])
        given = body.get("ExecutionParameters", ())
        told = [*complaints(sql), *(f"{one} is no literal" for one in given if not is_literal(one))]
        if told:
            refusal = Failure("athena:StartQueryExecution", "InvalidRequestException")
            return _refused(refusal, "athena", start_response, " ".join(told))
        database = body["QueryExecutionContext"]["Database"]
        answer = self._answers[database](sql, given) if database in self._answers else None
        # moto gives a new execution the first answer in its queue, so nobody may come between.
        with self._lock:
            self.statements[database].append(sql)
            if view := _CREATES_VIEW.search(sql):
                _put_view(database, view[1])
            if answer is not None:
                backend = athena_backends[ACCOUNT][REGION]
                backend.query_results_queue.append(QueryResults(answer.rows, answer.columns))
            return self._forward(environ, start_response)


def _without_empty_comments(body: bytes) -> bytes:
    """What Glue may make of a column whose comment is empty: one without."""

    def without(entry: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in entry.items() if (key, value) != ("Comment", "")}

    return json.dumps(json.loads(body or b"{}", object_hook=without)).encode()


def _in_its_workgroup(call: Call, asked: Asked) -> Call:
    """A call that names an execution alone is on the workgroup that the execution runs in."""
    if not call.resource.endswith(":workgroup/*"):
        return call
    execution = json.loads(asked.body).get("QueryExecutionId")
    started = athena_backends[ACCOUNT][REGION].executions.get(execution)
    if started is None or started.workgroup is None:
        return call
    return replace(call, resource=f"{call.resource[:-1]}{started.workgroup.name}")


def _put_view(database: str, name: str) -> None:
    """Puts a view into the catalog as Athena does: a new one, without what another one said."""
    glue = glue_backends[ACCOUNT][REGION]
    view = {"Name": name, "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "/* Presto View */"}
    given = {**view, "Parameters": {"presto_view": "true"}}
    glue.get_database(database).tables.pop(name, None)
    glue.create_table(database, name, given)


class _QuietHandler(WSGIRequestHandler):
    """Keeps the requests out of the terminal."""

    def log_request(self, *_: object) -> None:
        """Nothing."""


def _asked(environ: dict[str, Any]) -> Asked:
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    body = b""
    if "x-amz-target" in headers:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
    path = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
    return Asked(
        environ["REQUEST_METHOD"],
        str(path).partition("?")[0],
        environ.get("QUERY_STRING", ""),
        headers,
        body,
    )


def _refused(
    failure: Failure, service: str, start_response: Callable[..., Any], why: str = "rehearsed"
) -> Iterable[bytes]:
    if service == "s3":
        body = f"<Error><Code>{failure.code}</Code><Message>{why}</Message></Error>"
        kind = "application/xml"
    else:
        body = json.dumps({"__type": failure.code, "message": why})
        kind = "application/x-amz-json-1.1"
    start_response(f"{failure.status} Refused", [("Content-Type", kind)])
    return [body.encode()]
