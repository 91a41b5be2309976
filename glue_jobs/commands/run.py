"""`lake run` and the four jobs by name: lands, builds, publishes."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glue_jobs.job import exit_code, new_run_id, open_run, perform, print_error, resolved
from glue_jobs.terminal import PlainProgress, TerminalProgress, shown_bytes
from glue_jobs.workflow import STAGES, WorkflowResult, job_named, run_workflow

if TYPE_CHECKING:
    import argparse

    from glue_jobs.job import Run
    from glue_jobs.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the settings."""


def execute(arguments: argparse.Namespace) -> int:
    """Runs all jobs, or the one that the command names."""
    run = open_run(resolved(vars(arguments)).settings, new_run_id())
    job = arguments.command.replace("-", "_")
    result = follow(run, job if any(job in stage.jobs for stage in STAGES) else None, arguments)
    return exit_code(result.failures)


def follow(run: Run, job: str | None, arguments: argparse.Namespace) -> WorkflowResult:
    """Runs one job or all, telling how far it is and what came of it."""
    progress = _progress(arguments)
    run = replace(run, progress=progress)
    try:
        if job is None:
            result = run_workflow(run)
        else:
            summary, failures = perform(job, job_named(job), run)
            result = WorkflowResult((summary,), tuple(failures))
    finally:
        if isinstance(progress, TerminalProgress):
            progress.close()
    if arguments.json:
        print(json.dumps(list(result.summaries), indent=1, sort_keys=True))
    else:
        for summary in result.summaries:
            for line in described(summary):
                print(line)
        if not result.failures and not result.changed:
            print("Nothing is new.")
    for failure in result.failures:
        print_error(failure, debug=arguments.debug)
    return result


def described(summary: dict[str, Any]) -> list[str]:
    """What a job did, in lines for people."""
    lines = []
    for survey, landed in summary.get("surveys", {}).items():
        if landed.get("changed"):
            lines.append(
                f"{survey}: landed {len(landed['stored'])} of {landed['listed']} files,"
                f" {shown_bytes(landed['bytes'])} downloaded"
                + (f", {len(landed['removed'])} removed" if landed["removed"] else "")
            )
    for key, landed in summary.get("datasets", {}).items():
        if landed.get("changed"):
            lines.append(f"population {key}: landed")
    for subject, built in summary.get("releases", {}).items():
        if built.get("changed"):
            rows = sum(built["rows"].values())
            lines.append(f"{subject}: published the release {built['release']}, {rows:,} rows")
            lines += [f"{subject}: warning: {warning}" for warning in built["warnings"]]
            if built["rejects"]:
                lines.append(f"{subject}: {built['rejects']} lines were set aside")
    if summary.get("reports"):
        lines.append(f"reports: {', '.join(summary['reports'])}")
    for name, reason in summary.get("skipped", {}).items():
        lines.append(f"reports: {name} was left out: {reason}")
    return lines


def _progress(arguments: argparse.Namespace) -> Progress:
    return TerminalProgress() if sys.stderr.isatty() and not arguments.json else PlainProgress()
