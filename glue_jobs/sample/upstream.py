"""Both upstreams in one small server on the loopback interface.

It lists and serves files as download.bls.gov does (``Last-Modified``, ``If-Modified-Since``, 403
without an e-mail address in the User-Agent) and answers as the population API does. The demo runs
on it with the bundled excerpt; tests give it captured files and a script of faults, and read the
log of what was asked.
"""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from email.utils import format_datetime
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from glue_jobs.moments import from_header
from glue_jobs.sample import excerpt, faults, render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_ROOT = "/pub/time.series/"
_API = "/tesseract/data.jsonrecords"


@dataclass(frozen=True)
class ServedFile:
    """A file as the server has it: its bytes, and when it was last written."""

    body: bytes | Path
    last_modified: datetime
    listed_size: int | None = None

    def read(self) -> bytes:
        """Its bytes."""
        return self.body.read_bytes() if isinstance(self.body, Path) else self.body

    @property
    def size(self) -> int:
        """What the listing says of its size."""
        if self.listed_size is not None:
            return self.listed_size
        return self.body.stat().st_size if isinstance(self.body, Path) else len(self.body)


@dataclass(frozen=True)
class Asked:
    """One request that was received."""

    method: str
    path: str
    headers: Mapping[str, str]


class Upstream:
    """The two upstreams; a context manager that serves while it is open."""

    def __init__(self) -> None:
        self.surveys: dict[str, dict[str, ServedFile]] = {}
        self.cubes: dict[str, bytes] = {}
        self.rows_per_page: int | None = None
        self.asked: list[Asked] = []
        self._script: list[tuple[str, faults.Step, int]] = []
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @classmethod
    def sample(cls) -> Upstream:
        """Serves the bundled excerpt."""
        upstream = cls()
        for name, (body, moment) in excerpt.files().items():
            upstream.put("pr", name, body, moment)
        for cube, (dataset_name, years) in excerpt.population().items():
            upstream.cubes[cube] = render.population_body(dataset_name, years)
        return upstream

    def __enter__(self) -> Upstream:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def host(self) -> str:
        """Where it listens, as a web address without a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def bls_url(self) -> str:
        """The folder that lists the surveys."""
        return self.host + _ROOT

    @property
    def population_url(self) -> str:
        """The population API."""
        return self.host + _API

    def put(
        self,
        survey: str,
        name: str,
        body: bytes | Path,
        last_modified: datetime,
        listed_size: int | None = None,
    ) -> None:
        """Serves a file from now on; ``listed_size`` makes the listing say another size."""
        files = self.surveys.setdefault(survey, {})
        files[name] = ServedFile(body, last_modified, listed_size)
        self.surveys[survey] = dict(sorted(files.items()))

    def remove(self, survey: str, name: str) -> None:
        """Serves and lists a file no longer."""
        del self.surveys[survey][name]

    def put_folder(self, survey: str, folder: Path, last_modified: datetime) -> None:
        """Serves a folder of captured files, and nothing else, as a survey."""
        self.surveys[survey] = {}
        for path in sorted(folder.iterdir()):
            self.put(survey, path.name, path, last_modified)

    def script(self, path: str, *steps: faults.Step) -> None:
        """Answers the next requests whose path ends so (``*`` stands for anything) by steps."""
        with self._lock:
            self._script += [(f"*{path}", step, step.times) for step in steps]

    def next_step(self, path: str) -> faults.Step | None:
        """Takes the next step for a path from the script."""
        with self._lock:
            for place, (pattern, step, times) in enumerate(self._script):
                if fnmatchcase(path, pattern):
                    self._script[place] = (pattern, step, times - 1)
                    if times == 1:
                        del self._script[place]
                    return step
        return None

    def paths(self) -> list[str]:
        """The paths that were asked for, in order, without their queries."""
        return [urlsplit(asked.path).path for asked in self.asked]


def _handler_for(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        served = upstream

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Upstream

    def do_GET(self) -> None:
        """Answers one request, by the script or as the real servers do."""
        path = urlsplit(self.path).path
        self.served.asked.append(Asked(self.command, self.path, dict(self.headers)))
        step = self.served.next_step(path)
        try:
            if isinstance(step, faults.Reply):
                self._send(step.status, step.body, dict(step.headers))
            elif isinstance(step, faults.Stall):
                self.served.closing.wait(30)
                self.close_connection = True
            elif path.startswith(_ROOT):
                self._bls(path, step)
            elif path == _API:
                self._population(parse_qs(urlsplit(self.path).query), step)
            else:
                self._send(404, b"", {})
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Says nothing: the requests are in ``asked``."""

    def _bls(self, path: str, step: faults.Step | None) -> None:
        if "@" not in self.headers.get("User-Agent", ""):
            self._send(403, faults.BLOCK_PAGE, {"Content-Type": "text/html"})
            return
        survey, _, name = path[len(_ROOT) :].partition("/")
        if not survey:
            folders = list(self.served.surveys)
            self._send(200, render.listing(_ROOT, {}, folders), {"Content-Type": "text/html"})
        elif survey not in self.served.surveys:
            self._send(404, faults.BLOCK_PAGE, {"Content-Type": "text/html"})
        elif not name:
            rows = {
                name: (file.size, file.last_modified)
                for name, file in self.served.surveys[survey].items()
            }
            self._send(200, render.listing(path, rows, []), {"Content-Type": "text/html"}, step)
        elif name not in self.served.surveys[survey]:
            self._send(404, b"", {})
        else:
            self._file(survey, name, step)

    def _file(self, survey: str, name: str, step: faults.Step | None) -> None:
        file = self.served.surveys[survey][name]
        if isinstance(step, faults.Replaced):
            later = datetime.now(timezone.utc).replace(microsecond=0)
            self.served.surveys[survey][name] = replace(file, body=step.body, last_modified=later)
        headers = {
            "Last-Modified": format_datetime(file.last_modified, usegmt=True),
            "ETag": f'"{int(file.last_modified.timestamp()):x}:0"',
            "Accept-Ranges": "bytes",
            "Content-Type": "application/octet-stream",
        }
        since = from_header(self.headers.get("If-Modified-Since"))
        if since is not None and file.last_modified <= since:
            self._send(304, b"", headers)
        else:
            self._send(200, file.read(), headers, step)

    def _population(self, query: Mapping[str, list[str]], step: faults.Step | None) -> None:
        cube = query.get("cube", [""])[0]
        if cube not in self.served.cubes:
            self._send(404, b'{"error":true,"detail":"unknown cube"}', {})
            return
        body = self.served.cubes[cube]
        if self.served.rows_per_page is not None:
            offset = int(query.get("limit", ["0,0"])[0].partition(",")[2] or 0)
            body = excerpt.page_of(body, offset, self.served.rows_per_page)
        self._send(200, body, {"Content-Type": "application/json"}, step)

    def _send(
        self, status: int, body: bytes, headers: dict[str, str], step: faults.Step | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD" or status == 304:
            return
        if isinstance(step, (faults.CutShort, faults.Reset)):
            self.wfile.write(body[: step.after])
            self._hang_up(reset=isinstance(step, faults.Reset))
        elif isinstance(step, faults.Drip):
            for place in range(0, len(body), 2):
                self.wfile.write(body[place : place + 2])
                if self.served.closing.wait(step.every_seconds):
                    break
        else:
            self.wfile.write(body)

    def _hang_up(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
