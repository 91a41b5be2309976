"""`lake verify`: everything against what was recorded of it; `--repair` restores what it can."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import IntegrityFailure, LakeError
from glue_jobs.flags import resolve_settings
from glue_jobs.logs import JsonLog, print_error
from glue_jobs.opening import open_run, refuse_missing_lake
from glue_jobs.running import Outcome, Run, exit_code, new_run_id, perform
from glue_jobs.storage.open import open_storage
from labor_lake.rebuild import rebuild_differences
from labor_lake.repair import repair
from labor_lake.terminal import PlainProgress
from labor_lake.verification import (
    DATE,
    HISTORY,
    MANIFEST,
    ORDER,
    POINTER,
    RAW,
    REBUILD,
    UPSTREAM,
    is_being_written,
    problems_of,
    recorded_subjects,
    verify,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from labor_lake.verification import Findings, Problem

SHOWN_SETTINGS = ("lake", "contact")
"""What the help lists."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is compared, and whether anything is changed."""
    parser.add_argument("--repair", action="store_true", help="bring back what can be, and say how")
    parser.add_argument(
        "--rebuild",
        action="store_true",
        help="make all tables and the history again from raw files, and compare their rows",
    )
    parser.add_argument(
        "--bytes",
        action="store_true",
        help="read every object in S3 whole, which takes long; a directory is always read",
    )
    parser.add_argument(
        "--upstream", action="store_true", help="ask upstream about every file, too"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Prints what is wrong, and what was done about it; exit 7 if anything is left."""
    settings = resolve_settings(vars(arguments)).settings
    writes = arguments.repair or arguments.upstream
    run = (
        open_run(settings, new_run_id())
        if writes
        else Run(settings, open_storage(settings.lake, settings.region), new_run_id())
    )
    refuse_missing_lake(settings)
    if run.settings.log_format == "json":
        run = replace(run, progress=JsonLog(run.run_id))
    elif not arguments.json:
        run = replace(run, progress=PlainProgress())

    def job(run: Run) -> Outcome:
        return verify_lake(
            run,
            mend=arguments.repair,
            upstream=arguments.upstream,
            rebuild=arguments.rebuild,
            reads=arguments.bytes,
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


def verify_lake(
    run: Run, *, mend: bool, upstream: bool, rebuild: bool = False, reads: bool = True
) -> Outcome:
    """Compares everything, brings back what it can if told to, and compares again."""
    found = _found(run, upstream=upstream, rebuild=rebuild, reads=reads)
    repaired: dict[Problem, str] = {}
    told: dict[Problem, str] = {}
    # A manifest that is back may show what else is missing; and what could not be repaired may be
    # once something else has been.
    has_helped = mend
    while has_helped and (left := [one for one in found.problems if one not in repaired]):
        told = {}
        count = len(repaired)
        for subject in dict.fromkeys(problem.noted.subject for problem in left):
            own = [problem for problem in left if problem.noted.subject == subject]
            _repair_subject(run, subject, own, repaired, told)
        has_helped = len(repaired) > count
        found = _found(run, upstream=upstream, rebuild=rebuild, reads=reads)
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
        count_left = "1 object does" if len(left) == 1 else f"{len(left)} objects do"
        failures.append(IntegrityFailure(f"{count_left} not match what was recorded."))
    details = {
        "checked": dict(found.checked),
        "problems": entries,
        "left_over": found.left_over,
        "upstream": upstream,
        "rebuild": rebuild,
    }
    return Outcome(bool(repaired), details, failures)


def _found(run: Run, *, upstream: bool, rebuild: bool, reads: bool) -> Findings:
    """What is wrong with the lake; with a subject's rows only if what they stand on is right."""
    found = verify(run, upstream=upstream, reads=reads)
    damaged = {problem.noted.subject for problem in found.problems}
    for subject in recorded_subjects(run.storage) if rebuild else ():
        if run.storage.is_leased(subject):
            found.failures.append(is_being_written(subject, "its rows"))
        elif subject not in damaged:
            found.checked[REBUILD] += 1
            found.problems += rebuild_differences(run, subject)
    return found


def _repair_subject(
    run: Run,
    subject: str,
    problems: Sequence[Problem],
    repaired: dict[Problem, str],
    told: dict[Problem, str],
) -> None:
    """Repairs, while nobody else writes the subject, what is still wrong with it."""
    try:
        with run.storage.lease(subject, run.run_id) if subject else contextlib.nullcontext():
            now = problems_of(run, subject) if subject else list(problems)
            for problem in sorted(problems, key=lambda one: ORDER.index(one.noted.area)):
                again = problem.noted.area in (UPSTREAM, REBUILD)
                if not again and problem not in now:
                    repaired[problem] = "meanwhile: a run, or another repair, has mended it"
                    continue
                try:
                    repaired[problem] = repair(run, problem.noted)
                except LakeError as error:
                    told[problem] = str(error)
                if problem.noted.area == REBUILD and problem in repaired:
                    rest = [one for one in problems if one.noted.area == REBUILD]
                    repaired.update(dict.fromkeys(rest, repaired[problem]))
                    break
                if problem.noted.area in (MANIFEST, POINTER, DATE, HISTORY):
                    now = problems_of(run, subject)  # other objects are named now
    except LakeError as error:
        told.update(dict.fromkeys(problems, str(error)))


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
