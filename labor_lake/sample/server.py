"""An HTTP server on the loopback interface that sends answers, faulty ones too, and stops at once.

It says nothing on stderr. Clients that hang up are nothing to it; anything else that goes wrong
inside it is kept in ``failures``, so that no test passes because of a broken simulator.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, Callable

from labor_lake.sample.answer import head_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labor_lake.sample.answer import Answer

_POLL_SECONDS = 0.01
_NO_LINGER = struct.pack("ii", 1, 0)


class ServerClosed(ConnectionError):
    """The server closed while an answer was waiting or dripping."""


class LoopbackServer(ThreadingHTTPServer):
    """Serves from ``start`` to ``close``, each connection in a thread of its own.

    Args:
        respond: gives the answer for a method, a path with its query, and headers, whose names
            are in title case. It is called from several threads.

    Attributes:
        failures: what went wrong inside the server.
    """

    request_queue_size = 128
    daemon_threads = False  # so that closing waits for them

    def __init__(self, respond: Callable[[str, str, Mapping[str, str]], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond = respond
        self.failures: list[BaseException] = []
        self._closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        self._thread = threading.Thread(
            target=self.serve_forever, args=(_POLL_SECONDS,), daemon=True
        )

    def start(self) -> None:
        """Begins to serve."""
        self._thread.start()

    def close(self) -> None:
        """Ends every connection, also those that stall, and waits until all threads have ended."""
        self._closing.set()
        self.shutdown()
        self._thread.join()
        with self._connections_lock:
            for connection in self._connections:
                _shut(connection)
        self.server_close()

    def pause(self, seconds: float) -> None:
        """Waits.

        Raises:
            ServerClosed: the server closes meanwhile.
        """
        if self._closing.wait(seconds):
            raise ServerClosed

    def server_bind(self) -> None:
        """Binds without asking for the host's name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remembers the connection: one that is kept alive would outlive the server."""
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forgets a connection that ends."""
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keeps what is not just a client that hung up."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError):
            self.failures.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body can wait 40 ms for the header's receipt
    server: LoopbackServer

    def do_GET(self) -> None:
        """Answers one request."""
        headers = {name.title(): value for name, value in self.headers.items()}
        answer = self.server.respond(self.command, self.path, headers)
        self.server.pause(answer.delay)
        if answer.status is not None:
            self._send_head(answer)
            self._send_body(answer)
        if answer.reset:
            self._reset()

    do_HEAD = do_CONNECT = do_GET  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Says nothing."""

    def _send_head(self, answer: Answer) -> None:
        if answer.head is None:
            self.wfile.write(head_of(answer))
            return
        self.close_connection = True  # nobody knows where such an answer ends
        for part in answer.head:
            self.wfile.write(part)

    def _send_body(self, answer: Answer) -> None:
        if self.command == "HEAD":
            return
        sent = 0
        for part in answer.body:
            self.wfile.write(part)
            sent += len(part)
        if sent != answer.length:
            self.close_connection = True

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        # Closed here, since socketserver would end the connection in order first.
        self.rfile.close()
        self.connection.close()


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was faster
