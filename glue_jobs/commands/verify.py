"""`lake verify`: everything against what was recorded of it; `--repair` restores what it can."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import IntegrityFailure, LakeError
from glue_jobs.job import (
    Outcome,
    Run,
    exit_code,
    new_run_id,
    open_run,
    perform,
    print_error,
    resolved,
)
from glue_jobs.logs import JsonLog
from glue_jobs.rebuild import rebuild_differences
from glue_jobs.repair import repair
from glue_jobs.storage import open_storage
from glue_jobs.terminal import PlainProgress
from glue_jobs.verification import RAW, REBUILD, UPSTREAM, problems_of, recorded_subjects, verify

if TYPE_CHECKING:
    import argparse

    from glue_jobs.verification import Findings, Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is compared, and whether anything is changed."""
    parser.add_argument("--repair", action="store_true", help="bring back what can be, and say how")
    parser.add_argument(
        "--rebuild",
        action="store_true",
        help="make all tables and the history again from raw files, and compare their rows",
    )
    parser.add_argument(
        "--upstream", action="store_true", help="ask upstream about every file, too"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Prints what is wrong, and what was done about it; exit 7 if anything is left."""
    settings = resolved(vars(arguments)).settings
    writes = arguments.repair or arguments.upstream
    run = (
        open_run(settings, new_run_id())
        if writes
        else Run(settings, open_storage(settings.lake, settings.region), new_run_id())
    )
    if run.settings.log_format == "json":
        run = replace(run, progress=JsonLog(run.run_id))
    elif not arguments.json:
        run = replace(run, progress=PlainProgress())

    def job(run: Run) -> Outcome:
        return verified(
            run,
            mend=arguments.repair,
            upstream=arguments.upstream,
            rebuild=arguments.rebuild,
        )

    if writes:
        document, failures = perform("verify", job, run)
    else:  # nothing is written, not even a summary
        outcome = job(run)
        document, failures = outcome.details, outcome.failures
    if arguments.json:
        print(json.dumps(document, indent=1, sort_keys=True))
    else:
        _print(document)
        for failure in failures:
            if not isinstance(failure, IntegrityFailure) or "checked" not in document:
                print_error(failure, debug=arguments.debug, log_format=run.settings.log_format)
    return exit_code(failures)


def verified(run: Run, *, mend: bool, upstream: bool, rebuild: bool = False) -> Outcome:
    """Compares everything, brings back what it can if told to, and compares again."""
    found = _found(run, upstream=upstream, rebuild=rebuild)
    repaired: dict[Problem, str] = {}
    told: dict[Problem, str] = {}
    # A manifest that is back may show what else is missing; so may a file of the raw zone.
    while mend and (new := [one for one in found.problems if one not in repaired | told]):
        for problem in new:
            try:
                repaired[problem] = _repair_under_lease(run, problem)
            except LakeError as error:
                told[problem] = str(error)
        found = _found(run, upstream=upstream, rebuild=rebuild)
    problems = list(dict.fromkeys([*repaired, *found.problems]))
    left = [problem for problem in problems if problem in found.problems]
    entries = [
        {
            "key": problem.noted.key,
            "area": problem.noted.area,
            "noted_in": problem.noted.noted_in,
            "problem": problem.what,
            "repaired": None if problem in left else repaired[problem],
            "not_repaired": told.get(problem),
        }
        for problem in problems
    ]
    failures = list(found.failures)
    if left:
        count = "1 object does" if len(left) == 1 else f"{len(left)} objects do"
        failures.append(IntegrityFailure(f"{count} not match what was recorded."))
    details = {
        "checked": dict(found.checked),
        "problems": entries,
        "left_over": found.left_over,
        "upstream": upstream,
        "rebuild": rebuild,
    }
    return Outcome(bool(repaired), details, failures)


def _found(run: Run, *, upstream: bool, rebuild: bool) -> Findings:
    """What is wrong with the lake; with its tables only if all that they stand on is right."""
    found = verify(run, upstream=upstream)
    if rebuild and not found.problems:
        for subject in recorded_subjects(run.storage):
            found.checked[REBUILD] += 1
            found.problems += rebuild_differences(run, subject)
    return found


def _repair_under_lease(run: Run, problem: Problem) -> str:
    """Repairs, while nobody else writes the subject, what is still wrong with it."""
    noted = problem.noted
    if not noted.subject:
        return repair(run, noted)
    with run.storage.lease(noted.subject, run.run_id):
        comes_again = noted.area in (UPSTREAM, REBUILD)
        if not comes_again and problem not in problems_of(run, noted.subject):
            return "with another object, or by a run that went on meanwhile"
        return repair(run, noted)


def _print(document: dict[str, Any]) -> None:
    if "checked" not in document:
        return
    for entry in document["problems"]:
        print(f"{entry['key']} {entry['problem']}.")
        if entry["noted_in"]:
            print(f"  recorded in {entry['noted_in']}")
        if entry["repaired"]:
            print(f"  restored {entry['repaired']}")
        elif entry["not_repaired"]:
            print(f"  not restored: {entry['not_repaired']}")
    for key in document["left_over"]:
        print(f"{key} is orphaned: no manifest or pointer refers to it.")
    compared = sum(document["checked"].values())
    left = sum(entry["repaired"] is None for entry in document["problems"])
    restored = len(document["problems"]) - left
    more = f", {restored} restored" if restored else ""
    print(f"{compared:,} objects compared{more}, {left} do not match what was recorded.")
    raw_restored = any(one["repaired"] and one["area"] == RAW for one in document["problems"])
    if raw_restored and not document["rebuild"]:
        print("Tables that were made from the damaged file: lake verify --rebuild compares them.")
