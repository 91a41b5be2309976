"""How a job runs: what it works with, what becomes of it, and the summary that it leaves.

A job is a function from a ``Run`` to its ``Outcome``. ``perform`` runs it inside any program, and
``act_on_each`` keeps one subject's trouble from the others.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from glue_jobs.documents import to_json
from glue_jobs.errors import InternalFailure, LakeError, OutOfTime, UsageError
from glue_jobs.logs import describe_failure
from glue_jobs.progress import Progress
from glue_jobs.settings import RetryPolicy
from glue_jobs.storage import names
from glue_jobs.timestamps import release_name, shown_seconds, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage

_Shared = TypeVar("_Shared")

SUMMARY_SCHEMA = 1
"""The version of a summary's fields; fields may be added without a new one."""


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Run:
    """What a job works with.

    Attributes:
        settings: what the run was told.
        storage: the lake.
        run_id: the run's name; all jobs of one workflow run share it.
        now: the clock; given so that tests choose the time.
        progress: who wants to hear how far it is.
        retry: how often and how long upstreams are asked; given so that tests need not wait.
        shared: what there is one of in a run, by class: an upstream's client, so that its rate
            holds; the workers.
        clock: seconds, which only go on; given so that tests choose how long a run takes.
        started: when the run began, by that clock.
        hand_on: called with each subject that a landing has finished, when it begins the next.
        handed_on: the subjects that landings beside this job hand on; they are built first.
    """

    settings: Settings
    storage: Storage
    run_id: str
    now: Callable[[], datetime] = _utc_now
    progress: Progress = field(default_factory=Progress)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    shared: dict[type, Any] = field(default_factory=dict, repr=False)
    clock: Callable[[], float] = time.monotonic
    started: float = field(default_factory=time.monotonic)
    hand_on: Callable[[str], None] = lambda _: None
    handed_on: Iterable[str] = ()

    def out_of_time(self) -> OutOfTime | None:
        """Why nothing new may be begun, once the time limit is reached; else None."""
        limit = self.settings.time_limit
        if limit is None or self.clock() - self.started < limit:
            return None
        return OutOfTime(
            f"The time limit of {shown_seconds(limit)} was reached; nothing new was begun.",
            hint="Run again: that goes on where this run has stopped.",
        )

    def share(self, kind: type[_Shared], make: Callable[[], _Shared]) -> _Shared:
        """The run's one of a class, made when it is first asked for."""
        if kind not in self.shared:
            self.shared[kind] = make()
        found: _Shared = self.shared[kind]
        return found


@dataclass
class Outcome:
    """What a job did.

    Attributes:
        changed: whether anything but the summary was written.
        details: counts, names and warnings, ready for JSON.
        failures: what went wrong in a part, while other parts went on.
        stopped: whether the job failed as a whole, so that the next one has nothing to stand on.
    """

    changed: bool = False
    details: dict[str, Any] = field(default_factory=dict)
    failures: list[LakeError] = field(default_factory=list)
    stopped: bool = False


Job = Callable[[Run], Outcome]


def act_on_each(
    run: Run,
    subjects: Iterable[str],
    act: Callable[[str], dict[str, Any]],
    *,
    hand_on: Callable[[str], None] = lambda _: None,
) -> tuple[dict[str, dict[str, Any]], list[LakeError]]:
    """Acts on each subject alone: one that fails stops no other.

    What may heal is tried once more when all others are done and there is time; else the time
    limit would take the place of what went wrong.

    Args:
        run: the job's.
        subjects: surveys or datasets, by name.
        act: does the work for one, and returns its part of the summary.
        hand_on: called with one that was acted on, when the next one begins.

    Returns:
        The parts by subject, with ``error`` in place of the rest where one failed; the failures.
    """
    told: dict[str, dict[str, Any]] = {}
    failures: dict[str, LakeError] = {}

    def attempt(subject: str) -> None:
        failures.pop(subject, None)
        try:
            told[subject] = act(subject)
        except LakeError as error:
            failures[subject] = error
        except Exception as error:  # noqa: BLE001 - what one survey's files bring up is theirs alone
            failures[subject] = InternalFailure(error)
        if subject in failures:
            told[subject] = {"error": str(failures[subject])}

    before = None
    for subject in subjects:
        if before is not None and before not in failures:
            hand_on(before)
        attempt(subject)
        before = subject
    for subject in [name for name, failure in failures.items() if failure.retryable]:
        if run.retry.again and not run.out_of_time():
            attempt(subject)
    return told, list(failures.values())


def perform(name: str, job: Job, run: Run) -> tuple[dict[str, Any], list[LakeError]]:
    """Runs a job, writes its summary under ``runs/`` and returns it with the failures.

    The summary's fields are those of docs/operations.md; their meaning does not change.
    """
    run = replace(run, progress=run.progress.of(name))
    run.progress.job_started()
    started, clock = run.now(), time.monotonic()
    try:
        outcome = job(run)
    except LakeError as error:
        outcome = Outcome(failures=[error], stopped=True)
    except Exception as error:  # noqa: BLE001 - the summary has to tell this, too
        outcome = Outcome(failures=[InternalFailure(error)], stopped=True)
    failures = _each_once(outcome.failures)
    summary = {
        "schema": SUMMARY_SCHEMA,
        "job": name,
        "run_id": run.run_id,
        "lake": run.storage.uri,
        "started_at": to_text(started),
        "seconds": round(time.monotonic() - clock, 3),
        "exit_code": exit_code(failures),
        "changed": outcome.changed,
        "stopped": outcome.stopped,
        "errors": [describe_failure(failure) for failure in failures],
        **outcome.details,
    }
    try:
        run.storage.put(names.run_summary(run.run_id, name), to_json(summary))
    except LakeError as error:
        # What stopped the whole job stops its summary as well: the first sentence says it all.
        failures = failures if outcome.stopped else _each_once([*failures, error])
        summary.update(exit_code=exit_code(failures), stopped=True)
    run.progress.job_finished(summary)
    return summary, failures


def _each_once(failures: Sequence[LakeError]) -> list[LakeError]:
    """What hits every subject alike, such as a bucket without versions, is told once."""
    told: dict[str, LakeError] = {}
    for failure in failures:
        told.setdefault(str(failure), failure)
    return list(told.values())


def exit_code(failures: Sequence[LakeError]) -> int:
    """0 without failures; else the code of the one that most needs a person."""
    return max((failure.exit_code for failure in failures), default=0)


def run_id_of(given: str) -> str:
    """The run's name: the workflow's own, or a new one for a job that runs alone.

    Raises:
        UsageError: the name could not be part of a key.
    """
    if given and not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", given):
        raise UsageError(f"--WORKFLOW_RUN_ID {given!r} is not a valid run id.")
    return given or new_run_id()


def new_run_id() -> str:
    """A run's name: its start and four random letters, so that two at once differ."""
    import secrets  # noqa: PLC0415 - a command that only reads starts faster without it

    return f"{release_name(_utc_now())}-{secrets.token_hex(2)}"
