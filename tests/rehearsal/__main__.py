"""`python -m tests.rehearsal`: rehearses, and says what held."""

from __future__ import annotations

import argparse
import sys
import textwrap
import time
from functools import partial
from typing import TYPE_CHECKING

import boto3

from bench.generate import generate
from glue_jobs.errors import LakeError
from glue_jobs.logs import print_error
from glue_jobs.storage.scratch import scratch_folder
from labor_lake.deployment.bundles import ROOT, install_packages, make_code
from labor_lake.deployment.template import make_template
from labor_lake.tabular import print_table
from tests.cloudformation import Template
from tests.rehearsal.account import bucket_of, create_resources
from tests.rehearsal.all_surveys import PARAMETERS as ALL_SURVEYS
from tests.rehearsal.all_surveys import days_of_all_surveys
from tests.rehearsal.answers import Answerer
from tests.rehearsal.days import Rehearsal
from tests.rehearsal.environments import GLUES_PYTHON, find_python, install, version_of
from tests.rehearsal.first_deploy import first_deploys_that_fail
from tests.rehearsal.glue import Glue, become_user
from tests.rehearsal.rights import permissions, refusals
from tests.rehearsal.server import Cloud
from tests.rehearsal.ten_surveys import PARAMETERS as TEN_SURVEYS
from tests.rehearsal.two_stacks import FIRST_MONTH, NAME, days_of_two_stacks
from tests.rehearsal.upstreams import open_upstream, with_data_file

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence
    from pathlib import Path

    from tests.rehearsal.glue import JobRun

KEPT = ROOT / ".rehearsal"


def main(argv: Sequence[str] | None = None) -> int:
    """Rehearses; 0 if all held, 7 if something did not."""
    parser = argparse.ArgumentParser("python -m tests.rehearsal", description=__doc__)
    parser.add_argument(
        "--data-mb",
        type=int,
        metavar="N",
        help="only a data file of N MB and its next release: what memory each job needs",
    )
    parser.add_argument(
        "--world",
        type=float,
        metavar="SCALE",
        help="only all surveys, made up, at this part of their real size: what the jobs spend",
    )
    given = parser.parse_args(argv)
    started = time.monotonic()
    with scratch_folder() as folder:
        try:
            failures = rehearse(folder, given.data_mb, given.world)
        except LakeError as error:
            print_error(error)
            return error.exit_code
    seconds = time.monotonic() - started
    if failures:
        print(f"\n{len(failures)} things did not hold, after {seconds:.0f} s:")
        for failure in failures:
            print(f"- {failure}")
        return 7
    print(f"\nAll held, after {seconds:.0f} s.")
    return 0


def rehearse(folder: Path, data_mb: int | None, world: float | None) -> list[str]:
    """Plays all days; returns what did not hold."""
    python = find_python()
    if version_of(python) != GLUES_PYTHON:
        print(f"There is no Python {GLUES_PYTHON} here; the jobs run on {version_of(python)}.")
    install_packages(folder)
    code = make_code(folder / "packages")
    given = {"Contact": "you@example.com", "CodePrefix": code.prefix}
    template = Template(make_template())
    stack = template.resolve(given if world is None else {**given, **ALL_SURVEYS})
    larger = template.resolve({**given, **TEN_SURVEYS})
    second = template.resolve(given, stack=NAME)
    served, expected = open_upstream()
    served_to_second, _ = open_upstream(FIRST_MONTH)
    with Cloud() as cloud, served as upstream, served_to_second as older:
        become_user(cloud.address)
        size = sum(map(len, code.files.values())) / 1e6
        print(f"Python {version_of(python)}, {size:.0f} MB of code in {code.prefix}")
        installed = install(code, python, KEPT, folder)
        create_resources(stack, code)
        glues, answerers = [], []
        for one in (stack, second):
            place = folder / one.outputs["WorkflowName"]
            place.mkdir()
            glues.append(Glue(one, cloud.address, place, installed))
            bucket = bucket_of(one, "LakeBucket")
            answerers.append(Answerer(boto3.client("s3"), bucket, place / "answers"))
        cloud.answer_queries(stack.outputs["DatabaseName"], answerers[0])
        rehearsal = Rehearsal(stack, cloud, glues[0], upstream, _tell)
        beside = rehearsal.beside(second, glues[1], older)
        if world is not None:
            rehearsal.play(partial(days_of_all_surveys, rehearsal, world))
        elif data_mb is None:
            for day in (
                partial(rehearsal.first_day, expected),
                rehearsal.day_with_nothing_new,
                partial(days_of_two_stacks, rehearsal, beside, code, answerers[1], expected),
                rehearsal.day_of_a_release,
                rehearsal.day_of_a_failing_subject,
                rehearsal.day_of_a_held_file,
                rehearsal.day_without_athena,
                rehearsal.day_of_a_broken_catalog,
                rehearsal.day_of_two_runs,
                partial(rehearsal.days_of_ten_surveys, larger),
                partial(first_deploys_that_fail, rehearsal),
                partial(refusals, rehearsal),
                partial(permissions, rehearsal),
            ):
                # Without a good first day the others would say nothing of their own.
                if not rehearsal.failures:
                    rehearsal.play(day)
        else:
            generate(folder / "large", data_mb * 1_000_000)
            with_data_file(upstream, folder / "large")
            rehearsal.large_day(data_mb)
        rehearsal.memory()
        _print_runs(rehearsal.runs)
        _print_requests(rehearsal.requests)
    return rehearsal.failures


def _tell(text: str) -> None:
    """Prints lines so that each fits a terminal of 80 columns; an address stays in one piece."""
    for line in text.splitlines():
        print(
            textwrap.fill(
                line,
                80,
                subsequent_indent=" " * 9,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )


def _print_runs(runs: Sequence[tuple[str, JobRun]]) -> None:
    rows = [
        [
            *(day, run.job, run.state, str(run.exit_code)),
            *(f"{run.seconds:.1f}", f"{run.cpu_seconds:.1f}", f"{run.peak_mb:.0f}"),
        ]
        for day, run in runs
    ]
    print()
    header = ["day", "job", "state", "exit", "seconds", "CPU s", "peak MB"]
    print_table("", header, rows, header[3:])


def _print_requests(requests: Sequence[tuple[str, Counter[str]]]) -> None:
    kinds = ("PUT", "GET", "catalog", "queries")
    rows = [[day, *(str(counts[kind]) for kind in kinds)] for day, counts in requests]
    print()
    header = ["requests on a day", "PUT and LIST", "GET", "to the catalog", "to Athena"]
    print_table("", header, rows, header[1:])


if __name__ == "__main__":
    sys.exit(main())
