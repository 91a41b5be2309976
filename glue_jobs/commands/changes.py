"""`lake changes`: what a release added, revised and withdrew."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from glue_jobs.catalog.pointers import load_pointer, load_pointers, tables_of
from glue_jobs.commands.query import moment_of
from glue_jobs.engines import open_engine
from glue_jobs.errors import UsageError
from glue_jobs.job import opened_lake, resolved
from glue_jobs.moments import release_name
from glue_jobs.report_files import printed_rows
from glue_jobs.sql_files import absent, sql_files
from glue_jobs.subjects import survey_code
from glue_jobs.terminal import print_table

if TYPE_CHECKING:
    import argparse

    import pyarrow as pa

    from glue_jobs.catalog.pointers import Pointer, Snapshot

SHOWN_ROWS = 20
_NUMBERS = ("year", "previous_value", "value", "difference")
# In words where the survey has a view of its own, else by series_id.
_WORDS = "sector_name, measure_text, duration_text, "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of which survey, release and file."""
    parser.add_argument("survey", help="its two-letter code: pr")
    parser.add_argument(
        "--release", metavar="DATE", help="the last one by the end of that date (default: newest)"
    )
    parser.add_argument(
        "--data-file", metavar="NAME", help="its partition: 1.AllData (default: the first)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Prints them, the biggest moves first."""
    storage = opened_lake(vars(arguments))
    survey = survey_code(arguments.survey)
    pointer = load_pointer(storage, survey)
    if pointer is None:
        raise UsageError(f"The lake has no release of {survey}.", hint="lake status")
    snapshot = chosen(pointer, arguments.release, arguments.data_file)
    pointers = load_pointers(storage)
    engine = open_engine(storage, pointers, resolved(vars(arguments)).settings)
    statement = _statement(survey, tables_of(pointers))
    partition = snapshot.source.partition(".data.")[2]
    answer = engine.query(statement, [partition, snapshot.release])
    if arguments.json:
        print(json.dumps(_document(survey, snapshot, answer), indent=1, default=str))
    elif snapshot == _first(pointer, snapshot.source):
        print(f"{snapshot.source} of {snapshot.release} is the first that the lake has seen.")
    else:
        _print(survey, snapshot, answer)
    return 0


def chosen(pointer: Pointer, until: str | None, data_file: str | None) -> Snapshot:
    """The vintage whose changes are asked for.

    Raises:
        UsageError: there is none by that date, or no such file.
    """
    files = sorted({one.source for one in pointer.history})
    source = f"{pointer.subject}.data.{data_file}" if data_file else next(iter(files), "")
    if source not in files:
        known = ", ".join(name.partition(".data.")[2] for name in files)
        raise UsageError(f"There is no data file {data_file}.", hint=f"There are: {known}.")
    known_until = release_name(moment_of(until)) if until else "9"
    found = [one for one in pointer.history if one.source == source and one.release <= known_until]
    if not found:
        raise UsageError(
            f"What {source} said at {until} is unknown: the lake has seen it since"
            f" {_first(pointer, source).release}."
        )
    return found[-1]


def _first(pointer: Pointer, source: str) -> Snapshot:
    return next(one for one in pointer.history if one.source == source)


def _statement(survey: str, tables: set[str]) -> str:
    view = sql_files("views").get(f"{survey}_changes")
    in_words = view is not None and not absent(view, tables)
    source = f"{survey}_changes" if in_words else f"{survey}_revisions"
    difference = (
        "difference"
        if in_words
        else "cast(value as decimal(18, 6)) - cast(previous_value as decimal(18, 6)) as difference"
    )
    return (
        f"select change, series_id, {_WORDS if in_words else ''}year, period, previous_value,"  # noqa: S608 - names of our own
        f" value, {difference} from {source}"
        " where data_file = ? and release = ? and change in ('added', 'revised', 'withdrawn')"
        " order by abs(difference) desc nulls last, series_id, year, period"
    )


def _counts(answer: pa.Table) -> dict[str, int]:
    return dict(sorted(Counter(answer.column("change").to_pylist()).items()))


def _document(survey: str, snapshot: Snapshot, answer: pa.Table) -> dict[str, Any]:
    return {
        "survey": survey,
        "source": snapshot.source,
        "release": snapshot.release,
        "unflagged": snapshot.unflagged,
        "counts": _counts(answer),
        "changes": answer.to_pylist(),
    }


def _print(survey: str, snapshot: Snapshot, answer: pa.Table) -> None:
    counts = ", ".join(f"{count:,} {change}" for change, count in _counts(answer).items())
    print(f"{snapshot.source}, release {snapshot.release}: {counts or 'no value has changed'}.")
    if snapshot.unflagged:
        print(
            f"{snapshot.unflagged:,} of {snapshot.revised:,} revised values do not bear BLS's mark:"
            " a release before this one was missed."
        )
    if not answer.num_rows:
        return
    header, rows = printed_rows(answer)
    print_table("", header, rows[:SHOWN_ROWS], _NUMBERS)
    if len(rows) > SHOWN_ROWS:
        print(f"… and {len(rows) - SHOWN_ROWS:,} more: lake changes {survey} --json gives all.")
