"""What BLS and the Census publish during a rehearsal: a real capture where there is one."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tests.simulator.faults import Step
from tests.simulator.upstream import Upstream
from tests.wheels import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from labor_lake.sample.answer import Answer
    from tests.simulator.faults import Stage

CAPTURES = ROOT.parent / "shared" / "data"
DATA_FILES = ("pr.data.0.Current", "pr.data.1.AllData")
_CUBE = "acs_yg_total_population_1"
_RELEASED = datetime(2025, 9, 4, 12, 30, tzinfo=timezone.utc)


def open_upstream(month: str = "2025-10") -> tuple[Upstream, Path | None]:
    """Serves the capture of a month and says where its reports are, or the bundled excerpt."""
    if not CAPTURES.is_dir():
        return Upstream.sample(), None
    upstream = Upstream()
    upstream.from_folder("pr", CAPTURES / "bls" / "pr" / month, _RELEASED)
    upstream.cubes[_CUBE] = (CAPTURES / "population" / "tesseract-acs1-2025-10.json").read_bytes()
    return upstream, CAPTURES / "expected"


def with_data_file(upstream: Upstream, path: Path) -> None:
    """Serves one large data file in place of the survey's own."""
    upstream.surveys["pr"] = {}
    upstream.set_file("pr", DATA_FILES[0], path, _RELEASED)


def moment_of(number: int) -> datetime:
    """When a release is published, by its number; none of a rehearsal's is still to come."""
    return _RELEASED + timedelta(days=60 * number)


def publish_release(upstream: Upstream, number: int) -> None:
    """BLS adds an observation to each data file: the last series goes on for another year."""
    for name in DATA_FILES:
        if name not in upstream.surveys["pr"]:
            continue
        served = upstream.surveys["pr"][name].body
        body = served if isinstance(served, bytes) else served.read_bytes()
        last = body.rstrip(b"\r\n").rpartition(b"\n")[2]
        fields = last.split(b"\t")
        fields[1] = str(int(fields[1]) + 1).encode()
        upstream.set_file("pr", name, body + b"\t".join(fields) + b"\r\n", moment_of(number))


def break_file(upstream: Upstream, name: str, number: int) -> None:
    """BLS serves something else in a file's place, on a release's day."""
    upstream.set_file("pr", name, b"Under construction.\r\n", moment_of(number))


def publish_population(upstream: Upstream) -> None:
    """The API has another year."""
    answer = json.loads(upstream.cubes[_CUBE])
    last = answer["data"][-1]
    answer["data"].append({**last, "Year": last["Year"] + 1})
    answer["page"]["total"] += 1
    upstream.cubes[_CUBE] = json.dumps(answer).encode()


class Gate(Step):
    """Holds one answer back until it is let go.

    Attributes:
        entered: whether somebody is waiting.
    """

    def __init__(self) -> None:
        self.entered = threading.Event()
        self._open = threading.Event()

    def change(self, answer: Answer, stage: Stage) -> Answer:
        """The same answer, its body later."""
        return replace(answer, body=self._held(answer.body))

    def open(self) -> None:
        """Lets it go."""
        self._open.set()

    def _held(self, body: Iterable[bytes]) -> Iterator[bytes]:
        self.entered.set()
        self._open.wait(timeout=50)
        yield from body
