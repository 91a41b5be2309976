"""What the four jobs share: arguments in, a run summary out, an exit code that tells the truth.

A job is a function from a ``Run`` to its outcome. ``perform`` runs it inside any program;
``main_of`` makes it a Glue Python-shell script and a `python -m` module.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import sys
import time
import traceback
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from glue_jobs import settings as settings_module
from glue_jobs.catalog.manifests import to_json
from glue_jobs.demo_mark import refuse_demo_lake
from glue_jobs.errors import InternalFailure, LakeError, UsageError
from glue_jobs.logs import JsonLog, describe_failure, log_failure
from glue_jobs.moments import release_name, to_text
from glue_jobs.progress import Progress, write_line
from glue_jobs.settings import RetryPolicy
from glue_jobs.storage import names, open_storage
from glue_jobs.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glue_jobs.settings import Resolved, Setting, Settings
    from glue_jobs.storage.protocol import Storage


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
    """

    settings: Settings
    storage: Storage
    run_id: str
    now: Callable[[], datetime] = _utc_now
    progress: Progress = field(default_factory=Progress)
    retry: RetryPolicy = field(default_factory=RetryPolicy)


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
Earlier = Callable[["Storage", str], "list[LakeError]"]


def act_on_each(
    run: Run, subjects: Sequence[str], act: Callable[[str], dict[str, Any]]
) -> tuple[dict[str, dict[str, Any]], list[LakeError]]:
    """Acts on each subject alone: one that fails stops no other.

    What may heal is tried once more when all others are done.

    Args:
        run: the job's.
        subjects: surveys or datasets, by name.
        act: does the work for one, and returns its part of the summary.

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

    for subject in subjects:
        attempt(subject)
    for subject in [name for name, failure in failures.items() if failure.retryable]:
        if run.retry.again:
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


def main_of(name: str, job: Job, argv: Sequence[str] | None, earlier: Earlier | None = None) -> int:
    """Runs a job as a program of its own: the summary as one JSON line, errors in a sentence.

    In a workflow the last job's exit code is that of the whole run, and a job before it that did
    its work for some subjects ends with 0: Glue starts nothing after a job that has failed.

    Args:
        name: the job's.
        job: what it does.
        argv: the arguments; None for the process's own.
        earlier: of a workflow's last job: gives what the run's other jobs have failed with.
    """
    # Glue's Python shell buffers stdout; a killed job's last lines would be lost.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)
    parser = argument_parser(name, job.__doc__ or "")
    # Glue adds arguments of its own.
    given, _ = parser.parse_known_args(argv)
    try:
        run_id = run_id_of(given.WORKFLOW_RUN_ID)
        settings = resolved(vars(given)).settings
        run = open_run(settings, run_id)
        if settings.log_format == "json":
            run = replace(run, progress=JsonLog(run_id))
        summary, failures = perform(name, job, run)
        if given.WORKFLOW_RUN_ID and earlier:
            failures = [*earlier(run.storage, run_id), *failures]
    except LakeError as error:
        print_error(error, log_format=log_format_of(vars(given)))
        return error.exit_code
    print(json.dumps(summary, sort_keys=True))
    for failure in failures:
        # A job's log is read by who maintains it.
        print_error(
            failure,
            debug=isinstance(failure, InternalFailure),
            log_format=settings.log_format,
        )
    goes_on = given.WORKFLOW_RUN_ID and not earlier and not summary["stopped"]
    return 0 if goes_on else exit_code(failures)


def exit_with(code: int) -> None:
    """Ends the process, if the code is not 0: some runners take every SystemExit for a failure."""
    if code:
        sys.exit(code)


def argument_parser(name: str, text: str) -> argparse.ArgumentParser:
    """A parser of the settings, with Glue's underscores or with dashes."""
    parser = argparse.ArgumentParser(
        name,
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # an argument of Glue's own is none of ours, cut short
    )
    add_setting_flags(parser, underscores=True)
    parser.add_argument("--WORKFLOW_NAME", help=argparse.SUPPRESS)
    parser.add_argument("--WORKFLOW_RUN_ID", default="", help=argparse.SUPPRESS)
    return parser


def add_setting_flags(
    parser: argparse.ArgumentParser,
    chosen: Sequence[Setting] = settings_module.SETTINGS,
    *,
    underscores: bool = False,
) -> None:
    """Adds one flag per setting: with dashes for people, with underscores too for Glue."""
    group = parser.add_argument_group("settings")
    for setting in chosen:
        dashed = f"--{setting.name.replace('_', '-')}"
        spellings = dict.fromkeys([dashed, f"--{setting.name}"] if underscores else [dashed])
        if setting.metavar:
            group.add_argument(
                *spellings, dest=setting.name, metavar=setting.metavar, help=setting.help
            )
        else:
            # A bare switch on a terminal; Glue gives every argument a value.
            group.add_argument(
                *spellings,
                dest=setting.name,
                nargs="?",
                const="true",
                metavar="true|false",
                help=setting.help,
            )


def resolved(given: Mapping[str, Any]) -> Resolved:
    """Settles the settings from parsed flags, the environment and `lake.toml`."""
    flags = {
        setting.name: given[setting.name]
        for setting in settings_module.SETTINGS
        if given.get(setting.name) is not None
    }
    return settings_module.resolve(flags, os.environ, _lake_toml(Path("lake.toml")))


def open_run(settings: Settings, run_id: str) -> Run:
    """Opens the lake for a run that writes into it.

    Raises:
        UsageError: the lake is a demo's.
    """
    storage = open_storage(settings.lake, settings.region)
    refuse_demo_lake(storage)
    return Run(settings, storage, run_id)


def opened_lake(given: Mapping[str, Any]) -> Storage:
    """The lake that parsed flags name.

    Raises:
        UsageError: there is none.
    """
    settings = resolved(given).settings
    storage = open_storage(settings.lake, settings.region)
    refuse_missing_lake(settings)
    return storage


def refuse_missing_lake(settings: Settings) -> None:
    """Says so where a command that only reads would read nothing.

    Raises:
        UsageError: there is no lake.
    """
    if not settings.lake.startswith("s3://") and not Path(settings.lake).expanduser().is_dir():
        raise UsageError(
            f"There is no lake in {settings.lake}.",
            hint="`lake demo` makes one in ./lake-demo, to be read with --lake ./lake-demo;"
            " `lake run` fills one with live data.",
        )


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
    return f"{release_name(_utc_now())}-{secrets.token_hex(2)}"


def log_format_of(given: Mapping[str, Any]) -> str:
    """What stderr is to be written in, also where the settings are wrong."""
    try:
        return resolved(given).settings.log_format
    except LakeError:
        return str(given.get("log_format") or os.environ.get("LAKE_LOG_FORMAT", ""))


def print_error(error: LakeError, *, debug: bool = False, log_format: str = "text") -> None:
    """Tells a failure on stderr: one sentence, and what to do about it; a traceback on demand."""
    if log_format == "json":
        log_failure(error, debug=debug)
        return
    lines = traceback.format_exception(type(error), error, error.__traceback__) if debug else []
    lines = [line.rstrip("\n") for line in lines]
    lines.append(f"error: {visible(str(error))}")
    lines += [f"       {line}" for line in getattr(error, "excerpt", "").splitlines()]
    if error.hint:
        lines.append(f"hint:  {visible(error.hint)}")
    write_line("\n".join(lines))


def _lake_toml(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - only who has a lake.toml needs it
    else:
        import tomli as tomllib  # noqa: PLC0415
    try:
        given: Mapping[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from None
    return given
