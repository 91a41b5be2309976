"""The job graph, and how it runs here: conditions, no sleeping.

    land_bls ────────┐
                     ├─→ build_tables ─→ publish_reports
    land_population ─┘

A job starts when every job before it has done its work, if only for some subjects: what was landed
is built, and what was built is reported, whatever became of the rest. The run's verdict is the
worst of all. On AWS a Glue workflow walks the same graph.
"""

from __future__ import annotations

import importlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glue_jobs.running import perform
from glue_jobs.sources.registry import landing_job, landing_jobs

if TYPE_CHECKING:
    from glue_jobs.errors import LakeError
    from glue_jobs.running import Job, Run


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
    summaries: list[dict[str, Any]] = []
    failures: list[LakeError] = []
    for stage in stages():
        named = [(name, job_named(name)) for name in stage.jobs]
        with ThreadPoolExecutor(len(named)) as pool:
            futures = [pool.submit(perform, name, job, run) for name, job in named]
            for future in futures:
                summary, failed = future.result()
                summaries.append(summary)
                failures.extend(failed)
        if any(summary["stopped"] for summary in summaries):
            break
    return WorkflowResult(tuple(summaries), tuple(failures))
