"""Stands in for a Trino server on the loopback interface: says what a test has prepared."""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Columns = list[tuple[str, str]]


class FakeTrino:
    """Answers every statement with the same pages, or the same failure.

    Attributes:
        address: where it is.
        columns: names and types of the answer.
        pages: rows, page by page.
        error: as Trino's protocol has one; None: the statement is answered.
        status: of the answer to a statement; another than 200 has no body.
        statements: what was asked, oldest first.
        headers: of the last statement.
        cancelled: how many queries the client has ended.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.columns: Columns = [("_col0", "integer")]
        self.pages: list[list[list[Any]]] = [[[1]]]
        self.error: dict[str, Any] | None = None
        self.status = 200
        self.statements: list[str] = []
        self.headers: dict[str, str] = {}
        self.cancelled = 0

    def page(self, number: int) -> dict[str, Any]:
        """One answer of the protocol; the first has no rows yet."""
        answer: dict[str, Any] = {
            "id": "query", "infoUri": f"{self.address}/ui", "stats": {"state": "RUNNING"},
        }  # fmt: skip
        if self.error is not None:
            return {**answer, "error": self.error}
        if number:
            answer["columns"] = [_column(name, kind) for name, kind in self.columns]
            answer["data"] = self.pages[number - 1]
        if number < len(self.pages):
            answer["nextUri"] = f"{self.address}/v1/statement/query/{number + 1}"
        return answer


def _column(name: str, kind: str) -> dict[str, Any]:
    # The client wants to see sizes; the project reads the type's name.
    sizes = [{"kind": "LONG", "value": 1}] * 2
    return {
        "name": name, "type": kind,
        "typeSignature": {"rawType": kind.partition("(")[0], "arguments": sizes},
    }  # fmt: skip


@contextlib.contextmanager
def fake_trino() -> Iterator[FakeTrino]:
    """Starts one and ends it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fake.statements.append(body.decode())
            fake.headers = dict(self.headers.items())
            self.say(fake.status, fake.page(0) if fake.status == 200 else None)

        def do_GET(self) -> None:
            self.say(200, fake.page(int(self.path.rpartition("/")[2])))

        def do_DELETE(self) -> None:
            fake.cancelled += 1
            self.say(204, None)

        def say(self, status: int, document: dict[str, Any] | None) -> None:
            body = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake = FakeTrino(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
