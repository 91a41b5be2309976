"""Reads what the jobs said of themselves: the summaries under `runs/`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glue_jobs.documents import ADDED_LATER, Count, Moment, read_as, read_document
from glue_jobs.errors import LakeError, OutOfTime
from glue_jobs.sources.registry import landing_jobs
from glue_jobs.storage import names

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Storage


@dataclass(frozen=True)
class _Failure:
    """A failure as a summary has it."""

    error: str
    message: str
    hint: str
    exit_code: Count
    retryable: bool


@dataclass(frozen=True)
class _Summary:
    """The fields that somebody reads; there are more, and every job has its own."""

    job: str
    started_at: Moment
    exit_code: Count
    errors: tuple[_Failure, ...]
    surveys: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, metadata=ADDED_LATER)
    gone: Mapping[str, str] = field(default_factory=dict, metadata=ADDED_LATER)
    datasets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, metadata=ADDED_LATER)
    upstream: bool = field(default=False, metadata=ADDED_LATER)


def parse_summary(body: bytes, key: str) -> dict[str, Any]:
    """A job's summary from its file's bytes.

    Raises:
        IntegrityFailure: they are none.
    """
    return read_document(body, _summary_of, f"{key} is not the summary that was written there.")


class EarlierFailure(LakeError):
    """What another job of the same run has failed with, as its summary tells it."""

    def __init__(self, job: str, told: Mapping[str, Any]) -> None:
        """Takes a failure from a summary."""
        super().__init__(f"{job}: {told['message']}", hint=told["hint"])
        self.exit_code, self.retryable = told["exit_code"], told["retryable"]


def _earlier(job: str, told: Mapping[str, Any]) -> LakeError:
    failure = EarlierFailure(job, told)
    if told["error"] == OutOfTime.__name__:
        return OutOfTime(str(failure), hint=failure.hint)
    return failure


def jobs_before_the_last() -> tuple[str, ...]:
    """The jobs of a run whose verdict the last one gives."""
    return (*landing_jobs(), "build_tables")


def failures_of_run(storage: Storage, run_id: str) -> list[LakeError]:
    """What the jobs of a run have failed with, the last one apart; ``OutOfTime`` stays that.

    Raises:
        LakeError: a summary cannot be read.
    """
    failures: list[LakeError] = []
    for job in jobs_before_the_last():
        key = names.run_summary(run_id, job)
        content = storage.get(key)
        if content is None:
            failures.append(LakeError(f"{job} has left no summary of the run {run_id}."))
            continue
        told = parse_summary(content.body, key)["errors"]
        failures += [_earlier(job, failure) for failure in told]
    return failures


def _summary_of(document: Any) -> dict[str, Any]:
    read = {one.name for one in dataclasses.fields(_Summary)}
    if not isinstance(document, dict):
        raise ValueError("it is not an object")
    read_as(_Summary, {name: value for name, value in document.items() if name in read})
    return document
