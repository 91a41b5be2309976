"""A lake from the bundled excerpt, a stranger's file beside it, and a listener on the loopback."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from labor_lake.cli import main

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

CONTACT = "someone.unmistakable@example.org"
SECRET = "what-nobody-was-to-read"


@dataclass(frozen=True)
class Heard:
    """One request as it came in."""

    target: str
    headers: dict[str, str]


@contextmanager
def listener(tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[Heard]]]:
    """A server that answers 200 to everything; gives its port and what it hears."""
    heard: list[Heard] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(Heard(self.path, dict(self.headers)))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    class Quiet(HTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that hangs up is what some tests want."""

    server = Quiet(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_port, heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def everything_below(folder: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="session")
def _demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "lake"
    assert main(["demo", "--json", "--lake", str(folder)]) == 0
    return folder


@pytest.fixture
def lake(_demo, tmp_path, monkeypatch):
    """A lake's folder; beside it lies a file that is none of its business."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.csv").write_text(f"text\n{SECRET}\n")
    return shutil.copytree(_demo, tmp_path / "lake", symlinks=True)
