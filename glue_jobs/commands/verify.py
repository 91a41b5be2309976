"""`lake verify`: everything against what was noted of it; `--repair` brings back what it can."""

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
from glue_jobs.repair import repair
from glue_jobs.storage import open_storage
from glue_jobs.terminal import PlainProgress
from glue_jobs.verification import verify

if TYPE_CHECKING:
    import argparse

    from glue_jobs.verification import Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether upstream is asked, and whether anything is changed."""
    parser.add_argument("--repair", action="store_true", help="bring back what can be, and say how")
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
        return verified(run, mend=arguments.repair, upstream=arguments.upstream)

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
            if not isinstance(failure, IntegrityFailure):
                print_error(failure, debug=arguments.debug, log_format=run.settings.log_format)
    return exit_code(failures)


def verified(run: Run, *, mend: bool, upstream: bool) -> Outcome:
    """Compares everything, brings back what it can if told to, and compares again."""
    found = verify(run, upstream=upstream)
    repaired: dict[Problem, str] = {}
    told: dict[Problem, str] = {}
    # A manifest that is back may show what else is missing; so may a file of the raw zone.
    while mend and (new := [one for one in found.problems if one not in repaired | told]):
        for problem in new:
            try:
                repaired[problem] = repair(run, problem.noted)
            except LakeError as error:
                told[problem] = str(error)
        found = verify(run, upstream=upstream)
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
    failures: list[LakeError] = []
    if left:
        failures.append(IntegrityFailure(f"{len(left)} objects are not as they were noted."))
    details = {
        "checked": dict(found.checked),
        "problems": entries,
        "left_over": found.left_over,
        "upstream": upstream,
    }
    return Outcome(bool(repaired), details, failures)


def _print(document: dict[str, Any]) -> None:
    if "checked" not in document:
        return
    for entry in document["problems"]:
        print(f"{entry['key']} {entry['problem']}.")
        if entry["noted_in"]:
            print(f"  noted in {entry['noted_in']}")
        if entry["repaired"]:
            print(f"  restored {entry['repaired']}")
        elif entry["not_repaired"]:
            print(f"  not restored: {entry['not_repaired']}")
    for key in document["left_over"]:
        print(f"{key} is left over; nothing names it.")
    compared = sum(document["checked"].values())
    left = sum(entry["repaired"] is None for entry in document["problems"])
    restored = len(document["problems"]) - left
    more = f", {restored} were restored" if restored else ""
    print(f"{compared:,} objects were compared{more}, {left} are not as they were noted.")
