"""A job as a program of its own: arguments in, a run summary out, a truthful exit code.

``main_of`` makes a job a Glue Python-shell script and a `python -m` module.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Callable

from glue_jobs.errors import InternalFailure, LakeError, OutOfTime
from glue_jobs.flags import add_setting_flags, log_format_of, resolve_settings
from glue_jobs.logs import JsonLog, print_error
from glue_jobs.opening import open_run
from glue_jobs.running import exit_code, perform, run_id_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glue_jobs.running import Job
    from glue_jobs.storage.protocol import Storage

Earlier = Callable[["Storage", str], "list[LakeError]"]


def main_of(name: str, job: Job, argv: Sequence[str] | None, earlier: Earlier | None = None) -> int:
    """Runs a job as a program of its own: the summary as one JSON line, errors in a sentence.

    In a workflow the last job's exit code is that of the whole run, and a job before it that did
    its work for some subjects ends with 0: Glue starts nothing after a job that has failed. A run
    that reached its time limit has not failed, and must not set off the alarm: a first landing
    takes several, and each goes on where the last one has stopped.

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
        settings = resolve_settings(vars(given)).settings
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
    if not given.WORKFLOW_RUN_ID:
        return exit_code(failures)
    if not earlier and not summary["stopped"]:
        return 0
    return exit_code([failure for failure in failures if not isinstance(failure, OutOfTime)])


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
