"""`lake run` and the four jobs by name: lands, builds, publishes, here or on AWS."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import DeployFailure, LakeError, UsageError
from glue_jobs.flags import resolve_settings
from glue_jobs.logs import JsonLog, print_error
from glue_jobs.opening import open_run
from glue_jobs.running import exit_code, new_run_id, perform
from glue_jobs.sources.bls.site import check_contact
from glue_jobs.sources.registry import SOURCES, upstream
from glue_jobs.storage import names
from glue_jobs.storage.open import open_storage
from glue_jobs.summaries import parse_summary
from glue_jobs.table_names import observations
from glue_jobs.visible import visible
from labor_lake.after_publish import NAME, after_publish, is_wanted
from labor_lake.commands.deploy import add_stack, deployment
from labor_lake.terminal import PlainProgress, TerminalProgress
from labor_lake.workflow import WorkflowResult, job_named, jobs, run_workflow

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from glue_jobs.progress import Progress
    from glue_jobs.running import Run

SHOWN_SETTINGS = (
    *("lake", "contact", "surveys", "datasets"),
    *("allow_removals", "allow_shrink", "time_limit", "workers"),
    *("page", "series", "on_release"),
)
"""What the help lists."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to run; a single job runs here."""
    if parser.prog.endswith(" run"):
        parser.add_argument(
            "--on-aws", action="store_true", help="start the stack's workflow and follow it"
        )
        add_stack(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Runs all jobs, or the one that the command names."""
    if getattr(arguments, "on_aws", False):
        return run_on_aws(arguments)
    settings = resolve_settings(vars(arguments)).settings
    job = arguments.command.replace("-", "_")
    if job in ("run", "land_bls"):
        # Before the population is asked, too: the command is wrong.
        check_contact(settings.contact)
    run = open_run(settings, new_run_id())
    result = follow(run, job if job in jobs() else None, arguments)
    return exit_code(result.failures)


def follow(run: Run, job: str | None, arguments: argparse.Namespace) -> WorkflowResult:
    """Runs one job or all, telling how far it is and what came of it."""
    progress = progress_of(run, as_json=arguments.json)
    run = replace(run, progress=progress)
    try:
        if job is None:
            result = _with_what_follows(run, run_workflow(run))
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
            for line in describe_summary(summary):
                print(visible(line))
        if not result.failures and not result.changed:
            print("Nothing is new.")
    # What stops every job, such as a lake that cannot be written to, is told once.
    for failure in {str(failure): failure for failure in result.failures}.values():
        print_error(failure, debug=arguments.debug, log_format=run.settings.log_format)
    return result


def _with_what_follows(run: Run, result: WorkflowResult) -> WorkflowResult:
    """Adds what is done after a publish, where the settings ask for it."""
    if not is_wanted(run):
        return result
    job = partial(after_publish, summaries=result.summaries)
    summary, failures = perform(NAME, job, run)
    return WorkflowResult((*result.summaries, summary), (*result.failures, *failures))


def run_on_aws(arguments: argparse.Namespace) -> int:
    """Starts the workflow of a stack, follows it, and tells what each job's summary says.

    Raises:
        LakeError: it could not be started, or a job failed.
    """
    region = resolve_settings(vars(arguments)).settings.region
    standing = deployment("stacks").Stack(arguments.stack, region).standing()
    if standing is None or "WorkflowName" not in standing.outputs:
        raise UsageError(
            f"The stack {arguments.stack} has no workflow.", hint="`lake deploy` makes it."
        )
    workflow = deployment("workflow_run").Workflow(standing.outputs["WorkflowName"], region)
    run_id = workflow.start()
    print(f"The run {run_id} has started.", file=sys.stderr)
    states = workflow.follow(run_id, lambda line: print(line, file=sys.stderr, flush=True))
    summaries = _summaries(standing.outputs["LakeUri"], region, run_id, states)
    if arguments.json:
        print(json.dumps(list(summaries.values()), indent=1, sort_keys=True))
    else:
        for summary in summaries.values():
            for line in describe_summary(summary):
                print(visible(line))
    return _ended(states, summaries)


def _summaries(
    lake: str, region: str, run_id: str, states: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """What the jobs of a run have written of themselves; Glue's own word stands without it."""
    try:
        storage = open_storage(lake, region)
        keys = {job: names.run_summary(run_id, job) for job in states}
        contents = {job: storage.get(key) for job, key in keys.items()}
        return {
            job: parse_summary(found.body, keys[job]) for job, found in contents.items() if found
        }
    except LakeError as error:
        print(f"The jobs' summaries are left out: {error}", file=sys.stderr)
        return {}


def _ended(states: Mapping[str, Any], summaries: Mapping[str, dict[str, Any]]) -> int:
    """Tells what failed; returns the exit code of the whole run."""
    codes = [0]
    for state in states.values():
        errors = summaries.get(state.job, {}).get("errors", ())
        told = [(error["exit_code"], error["message"], error["hint"]) for error in errors]
        # The last job fails for the others: with their exit code, when it has none of its own.
        speaks_for_others = state.state == "FAILED" and len(codes) > 1
        if state.state != "SUCCEEDED" and not told and not speaks_for_others:
            told = [(DeployFailure.exit_code, state.message or f"it ended in {state.state}.", "")]
        codes += [code for code, _, _ in told]
        for _, message, hint in told:
            print(visible(f"error: {state.job}: {message}"), file=sys.stderr)
            if hint:
                print(visible(f"hint:  {hint}"), file=sys.stderr)
        if told:
            print(f"hint:  {state.logs}", file=sys.stderr)
    if len(states) < len(jobs()) and len(codes) == 1:
        print("error: The run was stopped before all of its jobs had started.", file=sys.stderr)
        codes.append(DeployFailure.exit_code)
    return max(codes)


def describe_summary(summary: dict[str, Any]) -> list[str]:
    """What a job did, in lines for people."""
    return [*_landed(summary), *_built(summary), *_reported(summary), *_followed(summary)]


def _landed(summary: dict[str, Any]) -> Iterator[str]:
    for source in SOURCES:
        if summary["job"] == f"land_{source}":
            yield from upstream(source).describe(summary)


def _built(summary: dict[str, Any]) -> Iterator[str]:
    for subject, built in summary.get("releases", {}).items():
        if built.get("changed"):
            count = observations(subject, built["rows"])
            yield f"{subject}: published the release {built['release']}, {count:,} observations"
            for name, held in built.get("held", {}).items():
                yield f"{subject}: {name} is held back since {held['since']}"
            yield from (f"{subject}: warning: {warning}" for warning in built["warnings"])
            if built["rejects"]:
                yield f"{subject}: {built['rejects']} lines were set aside"


def _reported(summary: dict[str, Any]) -> Iterator[str]:
    if summary.get("reports"):
        yield f"reports: {', '.join(summary['reports'])}"
    for name, reason in summary.get("skipped", {}).items():
        yield f"reports: {name} was left out: {reason}"
    for name in summary.get("held", {}):
        yield f"reports: {name} could not be renewed"
    if summary["job"] != NAME:
        yield from (f"reports: warning: {warning}" for warning in summary.get("warnings", ()))


def _followed(summary: dict[str, Any]) -> Iterator[str]:
    if "pages" in summary:
        yield f"page: {summary['pages']} files"
    if summary["job"] == NAME:
        yield from (f"warning: {warning}" for warning in summary["warnings"])


def progress_of(run: Run, *, as_json: bool) -> Progress:
    """Who tells how far a run is: a bar, lines, or lines of JSON.

    Args:
        run: whose.
        as_json: whether a program reads the result; then nobody looks at a bar.
    """
    if run.settings.log_format == "json":
        return JsonLog(run.run_id)
    return TerminalProgress() if sys.stderr.isatty() and not as_json else PlainProgress()
