"""`lake changes`: what a release added, revised and withdrew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import load_pointer, readable_pointers
from glue_jobs.engines.open import open_engine
from glue_jobs.errors import UsageError
from glue_jobs.flags import resolve_settings
from glue_jobs.opening import open_lake
from glue_jobs.reports.changes import (
    SHOWN,
    as_printed,
    changes_of,
    data_files,
    summary_lines,
    vintages_of,
)
from glue_jobs.sources.places import data_place
from glue_jobs.subjects import asked_survey
from glue_jobs.timestamps import release_name
from labor_lake.asking import moment_of
from labor_lake.tabular import print_table

if TYPE_CHECKING:
    import argparse

    from glue_jobs.catalog.pointers import Pointer, Vintage

_SPARE = ("title", "duration_text", "measure_text", "sector_name", "difference")
"""Columns that a narrow terminal does without, the first to go first."""

_NUMBERS = ("year", "previous_value", "value", "difference")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of which survey, release and file."""
    parser.add_argument("survey", help="its two-letter code: pr")
    parser.add_argument(
        "--release", metavar="DATE", help="the last one by the end of that date (default: newest)"
    )
    parser.add_argument(
        "--data-file",
        metavar="NAME",
        help="1.AllData, or its whole name (default: the first of the release)",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Prints them, the biggest moves first."""
    settings = resolve_settings(vars(arguments)).settings
    storage = open_lake(settings)
    survey = asked_survey(arguments.survey)
    pointer = load_pointer(storage, survey)
    if pointer is None:
        raise UsageError(f"The lake has no release of {survey}.", hint="lake status")
    vintage = choose_vintage(pointer, arguments.release, arguments.data_file)
    pointers, damaged = readable_pointers(storage)
    engine = open_engine(storage, pointers, settings, damaged)
    document = changes_of(engine, pointer, vintage)
    if arguments.json:
        print(json.dumps(document, indent=1, default=str))
        return 0
    if not arguments.release and vintage.release != pointer.release:
        print(f"{pointer.release} has not changed {vintage.source}; the last release that did:")
    for line in summary_lines(document):
        print(line)
    changes = document["changes"]
    if changes:
        shown = [as_printed(change) for change in changes[:SHOWN]]
        rows = [["" if cell is None else f"{cell}" for cell in one.values()] for one in shown]
        print_table("", list(shown[0]), rows, _NUMBERS, spare=_SPARE)
    if len(changes) > SHOWN:
        print(f"… and {len(changes) - SHOWN:,} more: lake changes {survey} --json gives all.")
    return 0


def choose_vintage(pointer: Pointer, until: str | None, data_file: str | None) -> Vintage:
    """The vintage whose changes are asked for.

    Raises:
        UsageError: there is none by that date, or no such file.
    """
    files = data_files(pointer)
    partitions = {name: data_place(pointer.subject, name).partition for name in files}
    asked = [one for one, partition in partitions.items() if data_file in (None, one, partition)]
    source = next(iter(asked), "")
    if not source:
        known = ", ".join(partitions.values())
        raise UsageError(f"There is no data file {data_file}.", hint=f"There are: {known}.")
    known_until = release_name(moment_of(until, "--release")) if until else "9"
    seen = vintages_of(pointer, source)
    found = [one for one in seen if one.release <= known_until]
    if not found:
        raise UsageError(
            f"What {source} said at {until} is unknown: the lake has seen it since"
            f" {seen[0].release}."
        )
    return found[-1]
