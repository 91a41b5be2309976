"""The demo's upstream with a script of faults, and a log of what was asked.

::

    with Upstream.sample() as upstream:
        upstream.script("*/pr.data.0.Current", Truncate(1000), Status(503))
        ...  # land from upstream.bls_url and upstream.population_url
        assert upstream.unplayed == []
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from labor_lake.sample import bls_service, upstream
from labor_lake.sample.upstream import Request, UpstreamFile
from tests.simulator.script import Script

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from labor_lake.sample.answer import Answer, Content
    from labor_lake.sample.server import LoopbackServer
    from tests.simulator.faults import Step

__all__ = ["Request", "Upstream", "UpstreamFile"]


class Upstream(upstream.Upstream):
    """Both upstreams, which misbehave as they are told."""

    def __init__(self) -> None:
        super().__init__()
        self._script = Script()

    @property
    def unplayed(self) -> list[tuple[str, Step]]:
        """Path and step of the script that no request met yet; steps without end are left out."""
        with self._lock:
            return self._script.left()

    def script(
        self,
        path: str,
        *steps: Step,
        times: int = 1,
        forever: bool = False,
        method: str | None = None,
    ) -> None:
        """Answers the next requests for a path by steps, one each; then normal service resumes.

        Args:
            path: from its first slash on, with or without the query; or a pattern with ``*``.
            steps: what goes wrong, in order. A HEAD leaves a step whose fault is in the body.
            times: how often all the steps are played.
            forever: play them over and over until ``clear_script``.
            method: only for GET or HEAD.
        """
        with self._lock:
            self._script.add(path, steps, times=times, forever=forever, method=method)

    def clear_script(self) -> None:
        """Serves normally from now on."""
        with self._lock:
            self._script.clear()

    def _answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        step = self._script.take(method, target)
        answer = super()._answer(method, target, headers)
        if step is None:
            return answer
        return step.change(answer, _RequestStage(self, self._open_server(), target))


@dataclass(frozen=True)
class _RequestStage:
    """What a step can do while one request is answered."""

    upstream: Upstream
    server: LoopbackServer
    target: str

    def pause(self, seconds: float) -> None:
        self.server.pause(seconds)

    def replace_file(self, body: Content, last_modified: datetime) -> None:
        path = unquote(urlsplit(self.target).path)
        survey, _, name = path[len(bls_service.ROOT) :].partition("/")
        self.upstream.set_file(survey, name, body, last_modified)
