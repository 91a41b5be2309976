"""`lake find`: the series that words describe, the best first.

It reads the search indexes that the builds have made, and no table; neither pyarrow nor DuckDB is
loaded for it.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from typing import TYPE_CHECKING

from glue_jobs.catalog.indexes import load_index_files
from glue_jobs.errors import UsageError
from glue_jobs.flags import resolve_settings
from glue_jobs.labels.facts import GIANTS
from glue_jobs.logs import describe_failure, print_error
from glue_jobs.opening import open_lake
from glue_jobs.progress import write_line
from glue_jobs.running import exit_code
from glue_jobs.subjects import asked_survey
from labor_lake.client import Lake
from labor_lake.finding import find, is_searched
from labor_lake.index_files import open_indexes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glue_jobs.catalog.indexes import IndexFiles
    from labor_lake.finding import Found

FREQUENCIES = ("monthly", "quarterly", "semiannual", "annual")
_LIMIT = 20
_SEASONALITY = re.compile(r",? *(?:not )?seasonally adjusted$|^\((?:seas|unadj)\) *", re.IGNORECASE)
_NARROWEST = 24
"""Columns of a title: with fewer nobody would know one from another."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which words, and which series to leave out."""
    parser.add_argument("words", nargs="+", metavar="WORDS", help="what the series are about")
    parser.add_argument("--survey", default="", metavar="CODE", help="only of this survey: cu")
    parser.add_argument("--frequency", choices=FREQUENCIES, default="", help="only such series")
    parser.add_argument(
        "--seasonal",
        choices=("S", "U"),
        default="",
        help="only seasonally adjusted (S), or only unadjusted ones (U)",
    )
    parser.add_argument(
        "--limit",
        type=_positive,
        default=_LIMIT,
        metavar="N",
        help=f"how many at most (default: {_LIMIT})",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Prints them."""
    settings = resolve_settings(vars(arguments)).settings
    storage = open_lake(settings)
    words = " ".join(arguments.words)
    survey = asked_survey(arguments.survey) if arguments.survey else ""
    listed = load_index_files(storage)
    _refuse_unbuilt(listed, survey)
    indexes, failures = open_indexes(storage, listed, words, survey)
    filters = {
        "frequency": arguments.frequency,
        "seasonal": arguments.seasonal,
        "limit": arguments.limit,
    }
    scans = survey in GIANTS and survey in listed.without
    if scans:
        found = Lake(settings).find(words, survey=survey, **filters)
    else:
        found = find(indexes, words, survey=survey, **filters)
    without = [code for code in listed.without if is_searched(code, words, survey) and not scans]
    if arguments.json:
        document = {
            "series": [one._asdict() for one in found],
            "without_index": without,
            "errors": [describe_failure(failure) for failure in failures],
        }
        print(json.dumps(document, indent=1))
        return exit_code(failures)
    if indexes or scans:
        _print(found, words, survey)
    if without:
        write_line(f"No search index yet: {', '.join(without)}. `lake run` makes it.")
    for failure in failures:
        print_error(failure, debug=arguments.debug)
    return exit_code(failures)


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of series from 1 on")
    return number


def _refuse_unbuilt(listed: IndexFiles, survey: str) -> None:
    """Says so where nothing of what is asked for could be searched.

    Raises:
        UsageError: the lake has no tables of the survey, or of any.
    """
    built = {*(file.survey for file in listed.files), *listed.without, *listed.damaged}
    if not built:
        raise UsageError(
            "The lake has no series yet: nothing is built.", hint="`lake run` lands and builds."
        )
    if survey and survey not in built:
        raise UsageError(
            f"The lake has no release of {survey}.",
            hint=f"`lake run --surveys {survey}` lands and builds it.",
        )


def _print(found: Sequence[Found], words: str, survey: str) -> None:
    if not found:
        where = f" in {survey}" if survey else ""
        print(f"No series{where} has anything of: {words}.")
        left_out = "" if survey else f" {', '.join(GIANTS)} are searched with --survey only;"
        print(f"Fewer or other words may find it;{left_out} `lake surveys` lists all surveys.")
        return
    missed = list(dict.fromkeys(word for one in found for word in one.missed))
    if missed and all(one.missed for one in found):
        print(
            f"No series has all of: {words}. These have most of it; missing: {', '.join(missed)}."
        )
    header = ("series_id", "title", "freq", "adj", "last")
    rows = [
        (
            one.series_id,
            _SEASONALITY.sub("", one.title),
            one.frequency[:1].upper(),
            one.seasonal,
            one.last_period,
        )
        for one in found
    ]
    _print_rows(header, rows)


def _print_rows(header: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    """Prints a table whose titles are cut to the width of a terminal."""
    from labor_lake.tabular import print_table  # noqa: PLC0415 - JSON needs no table

    if sys.stdout.isatty():
        others = [max(map(len, column)) for column in zip(header, *rows)]
        taken = sum(others) - others[1] + 3 * len(header) - 1
        room = max(shutil.get_terminal_size().columns - taken, _NARROWEST)
        rows = [(row[0], _cut(row[1], room), *row[2:]) for row in rows]
    print_table("", header, rows, spare=("freq", "adj", "last"))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"
