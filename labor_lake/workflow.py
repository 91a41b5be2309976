"""The job graph, and how it runs here: conditions, no sleeping.

    land_bls ────────┐
                     ├─→ build_tables ─→ publish_reports
    land_population ─┘

A job starts when every job before it has done its work, if only for some subjects: what was landed
is built, and what was built is reported, whatever became of the rest. The run's verdict is the
worst of all. On AWS a Glue workflow runs the jobs in this order, one after the other. Here a
landing hands each survey on when it begins the next one, and what was handed on is built meanwhile.
"""

from __future__ import annotations

import importlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from threading import Condition
from typing import TYPE_CHECKING, Any

from glue_jobs.running import perform
from glue_jobs.sources.registry import landing_job, landing_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glue_jobs.errors import LakeError
    from glue_jobs.running import Job, Run

    _Ended = tuple[dict[str, Any], list[LakeError]]


@dataclass(frozen=True)
class Stage:
    """Jobs that run side by side, once all jobs of the stage before have done their work."""

    jobs: tuple[str, ...]


def stages() -> tuple[Stage, ...]:
    """The graph: each stage waits for the one before it."""
    return (
        Stage(landing_jobs()),
        Stage(("build_tables",)),
        Stage(("publish_reports",)),
    )


def jobs() -> tuple[str, ...]:
    """All jobs, in the order of the graph."""
    return tuple(job for stage in stages() for job in stage.jobs)


@dataclass(frozen=True)
class WorkflowResult:
    """What became of a run: the summaries of the jobs that ran, and all failures."""

    summaries: tuple[dict[str, Any], ...]
    failures: tuple[LakeError, ...]

    @property
    def changed(self) -> bool:
        """Whether any job changed anything."""
        return any(summary["changed"] for summary in self.summaries)


def job_named(name: str) -> Job:
    """A job's function, imported when it is asked for."""
    if name in landing_jobs():
        return landing_job(name)
    job: Job = getattr(importlib.import_module(f"glue_jobs.{name}"), name)
    return job


def run_workflow(run: Run) -> WorkflowResult:
    """Walks the graph in this process; stops after a job that failed as a whole."""
    landing, building, *later = stages()
    ended = _land_and_build(run, landing.jobs, *building.jobs)
    for stage in later:
        if any(summary["stopped"] for summary, _ in ended):
            break
        ended += [perform(name, job_named(name), run) for name in stage.jobs]
    failures = [failure for _, failures in ended for failure in failures]
    return WorkflowResult(tuple(summary for summary, _ in ended), tuple(failures))


def _land_and_build(run: Run, landings: tuple[str, ...], building: str) -> list[_Ended]:
    """Runs the jobs that land side by side, and the one that builds beside them."""
    handover = _Handover(landings)
    jobs = {name: job_named(name) for name in (*landings, building)}

    def land(name: str) -> _Ended:
        stopped = True
        try:
            ended = perform(name, jobs[name], replace(run, hand_on=partial(handover.give, name)))
            stopped = ended[0]["stopped"]
        finally:
            handover.end(name, stopped=stopped)
        return ended

    with ThreadPoolExecutor(len(landings)) as pool:
        try:
            landed = [pool.submit(land, name) for name in landings]
            built = []
            if handover.is_to_be_built():
                behind = replace(run, handed_on=handover.given())
                built = [perform(building, jobs[building], behind)]
            return [one.result() for one in landed] + built
        finally:
            handover.close()


class _Handover:
    """Subjects on their way from the jobs that land to the one that builds.

    The build begins as soon as each landing has handed something on or ended, and not at all if
    one has failed as a whole before that.
    """

    def __init__(self, landings: tuple[str, ...]) -> None:
        self._waited_for = set(landings)
        self._at_work = set(landings)
        self._is_to_be_built: bool | None = None
        self._changed = Condition()
        self._given: deque[str] = deque()

    def give(self, landing: str, subject: str) -> None:
        """Hands on a subject that is landed."""
        with self._changed:
            self._given.append(subject)
            self._heard_of(landing, stopped=False)

    def end(self, landing: str, *, stopped: bool) -> None:
        """A landing has ended, or failed as a whole."""
        with self._changed:
            self._at_work.discard(landing)
            self._heard_of(landing, stopped=stopped)

    def close(self) -> None:
        """Nothing more is to come."""
        for landing in tuple(self._at_work):
            self.end(landing, stopped=True)

    def is_to_be_built(self) -> bool:
        """Waits until it is known."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_to_be_built is not None)
            return bool(self._is_to_be_built)

    def given(self) -> Iterator[str]:
        """The subjects as they come, until all landings have ended."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._given or not self._at_work)
                if not self._given:
                    return
                subject = self._given.popleft()
            yield subject

    def _heard_of(self, landing: str, *, stopped: bool) -> None:
        self._waited_for.discard(landing)
        if self._is_to_be_built is None and (stopped or not self._waited_for):
            self._is_to_be_built = not stopped
        self._changed.notify_all()
