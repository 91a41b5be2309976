"""Both upstreams in one small server on the loopback interface.

It lists and serves files as download.bls.gov does and answers as the population API does. The
demo runs on it with the bundled excerpt::

    with Upstream.sample() as upstream:
        ...  # land from upstream.bls_url and upstream.population_url
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from labor_lake.sample import bls_service, excerpt, population_service, render
from labor_lake.sample.bls_service import UpstreamFile
from labor_lake.sample.server import LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from labor_lake.sample.answer import Answer, Content

__all__ = ["Request", "Upstream", "UpstreamFile"]


@dataclass(frozen=True)
class Request:
    """One request that was received.

    Attributes:
        method: GET or HEAD.
        path: as asked for, with the query.
        headers: as sent, their names in title case: ``If-Modified-Since``.
        status: what was answered; None where the connection was ended without an answer.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    status: int | None


class Upstream:
    """The two upstreams; a context manager that serves while it is open.

    Attributes:
        surveys: the files by survey and name; change them by ``set_file`` and its like.
        cubes: the population API's answers, by cube, as they are sent.
        page_limit: the most rows of one answer of the population API; None for all.
        listing_line_breaks: lists in the style of 2013.
        requests: the log, in the order of arrival.
    """

    def __init__(self) -> None:
        self.surveys: dict[str, dict[str, UpstreamFile]] = {}
        self.cubes: dict[str, bytes] = {}
        self.page_limit: int | None = None
        self.listing_line_breaks = False
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._server: LoopbackServer | None = None

    @classmethod
    def sample(cls, released: datetime = excerpt.RELEASED) -> Self:
        """Serves the bundled excerpt, as of one of its releases."""
        upstream = cls()
        for name, (body, moment) in excerpt.files(released).items():
            upstream.set_file("pr", name, body, moment)
        for cube, (dataset_name, years) in excerpt.population().items():
            upstream.cubes[cube] = render.population_body(dataset_name, years)
        return upstream

    def __enter__(self) -> Self:
        self._server = LoopbackServer(self._respond)
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        server = self._open_server()
        server.close()
        self._server = None
        if server.failures and error is None:
            raise server.failures[0]

    @property
    def bls_url(self) -> str:
        """The folder that lists the surveys."""
        return self._url(bls_service.ROOT)

    @property
    def population_url(self) -> str:
        """The population API."""
        return self._url(population_service.PATH)

    def set_file(self, survey: str, name: str, body: Content, last_modified: datetime) -> None:
        """Serves and lists a file from now on, in place of the one of that name."""
        with self._lock:
            self.surveys.setdefault(survey, {})[name] = UpstreamFile(body, last_modified)

    def remove_file(self, survey: str, name: str) -> None:
        """Serves and lists a file no longer."""
        with self._lock:
            del self.surveys[survey][name]

    def from_folder(
        self, survey: str, folder: Path, last_modified: datetime | Mapping[str, datetime]
    ) -> None:
        """Serves a folder of captured files, and nothing else, as a survey.

        Args:
            survey: its code.
            folder: holds the files under the names of BLS.
            last_modified: when they were written: all at one moment, or by name.
        """
        files = {
            path.name: UpstreamFile(
                path,
                last_modified if isinstance(last_modified, datetime) else last_modified[path.name],
            )
            for path in folder.iterdir()
            if path.is_file()
        }
        with self._lock:
            self.surveys[survey] = files

    def clear_log(self) -> None:
        """Forgets the requests so far."""
        with self._lock:
            self.requests.clear()

    def _respond(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        with self._lock:
            answer = self._answer(method, target, headers)
            self.requests.append(Request(method, target, headers, answer.status))
        return answer

    def _answer(self, _method: str, target: str, headers: Mapping[str, str]) -> Answer:
        asked = urlsplit(target)
        if asked.path == population_service.PATH:
            return population_service.answer_population(
                self.cubes, parse_qs(asked.query), self.page_limit
            )
        return bls_service.answer_bls(
            self.surveys, asked.path, headers, line_breaks=self.listing_line_breaks
        )

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._open_server().server_port}{path}"

    def _open_server(self) -> LoopbackServer:
        if self._server is None:
            raise RuntimeError("the upstream is not open: use it in a with statement")
        return self._server
