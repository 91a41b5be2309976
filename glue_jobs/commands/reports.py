"""`lake reports`: prints the latest reports."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import tables_of
from glue_jobs.commands.query import add_as_of, asked_of
from glue_jobs.engines import open_engine
from glue_jobs.errors import QualityFailure, UsageError
from glue_jobs.job import opened_lake, resolved
from glue_jobs.report_files import from_csv, printed_rows, to_csv
from glue_jobs.report_index import read_reports
from glue_jobs.sql_files import absent, sql_files
from glue_jobs.visible import visible, write_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from glue_jobs.report_index import Held, ReportIndex
    from glue_jobs.storage.protocol import Storage

SHOWN_ROWS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which report, and how."""
    parser.add_argument("report", nargs="?", help="one report's name (default: all)")
    add_as_of(parser)
    parser.add_argument("--format", choices=("table", "csv", "json"), default="table")


def execute(arguments: argparse.Namespace) -> int:
    """Prints them."""
    form = "json" if arguments.json else arguments.format
    if arguments.as_of:
        _print_as_of(arguments, form)
        return 0
    held = print_reports(opened_lake(vars(arguments)), arguments.report, form)
    for name, why in held.items():
        print(visible(f"{name} was not renewed since {why.since}: {why.reason}"), file=sys.stderr)
    return QualityFailure.exit_code if held else 0


def print_reports(storage: Storage, only: str | None, form: str) -> dict[str, Held]:
    """Prints one report or all: tables for people (long ones cut), CSV and JSON whole.

    Returns:
        Why some of them, by name, are older than their inputs.

    Raises:
        QualityFailure: the one report was never made, since something was wrong each time.
        UsageError: there are no reports yet, or none of that name.
        IntegrityFailure: a report is not as it was made.
    """
    index, bodies = read_reports(storage, lambda index: _chosen(index, only))
    made_from = {
        name: ", ".join(f"{one.subject} {one.release}" for one in index.reports[name].made_from)
        for name in bodies
    }
    _print(bodies, form, made_from, None if only else f"--lake {storage.uri}")
    return {name: held for name, held in index.held.items() if only in (None, name)}


def _chosen(index: ReportIndex, only: str | None) -> list[str]:
    """The names of the one report or of all, the short ones first."""
    if only is None:
        return sorted(index.reports, key=lambda name: (index.reports[name].rows, name))
    if only not in index.reports and only in index.held:
        raise QualityFailure(f"{only} could not be made yet: {index.held[only].reason}")
    if only not in index.reports:
        raise UsageError(
            f"There is no report {only!r}.", hint=f"There are: {', '.join(index.reports)}."
        )
    return [only]


def _print_as_of(arguments: argparse.Namespace, form: str) -> None:
    """Makes the reports anew from what was known at a moment, and prints them."""
    storage, pointers = asked_of(arguments)
    engine = open_engine(storage, pointers, resolved(vars(arguments)).settings)
    statements = sql_files("reports")
    if arguments.report and arguments.report not in statements:
        raise UsageError(
            f"There is no report {arguments.report!r}.", hint=f"There are: {', '.join(statements)}."
        )
    chosen = [arguments.report] if arguments.report else list(statements)
    for name in list(chosen):
        if reason := absent(statements[name], tables_of(pointers)):
            print(f"{name} is unknown at {arguments.as_of}: {reason} yet.", file=sys.stderr)
            chosen.remove(name)
    answers = {name: printed_rows(engine.query(statements[name])) for name in chosen}
    bodies = {name: to_csv(*rows) for name, rows in answers.items()}
    made_from = dict.fromkeys(chosen, f"what was known at {arguments.as_of}")
    more = None if arguments.report else f"--as-of {arguments.as_of}"
    _print(bodies, form, made_from, more)


def _print(
    bodies: Mapping[str, bytes], form: str, made_from: Mapping[str, str], more: str | None
) -> None:
    """Prints reports; tables are cut where ``more`` says how to see the rest."""
    if form == "csv":
        write_text(b"\n".join(bodies.values()).decode())
    elif form == "json":
        documents = {}
        for name, body in bodies.items():
            header, rows = from_csv(body)
            documents[name] = [dict(zip(header, row)) for row in rows]
        print(json.dumps(documents, indent=1))
    else:
        for name, body in bodies.items():
            _print_table(name, body, made_from[name], more)


def _print_table(name: str, body: bytes, made_from: str, more: str | None) -> None:
    from glue_jobs.terminal import print_table  # noqa: PLC0415 - csv and json do without

    header, rows = from_csv(body)
    shown = rows if more is None else shown_rows(rows)
    numbers = [
        column for place, column in enumerate(header) if all(_is_number(row[place]) for row in rows)
    ]
    print_table(name, header, shown, numbers)
    if len(shown) < len(rows):
        count = len(rows) - len(shown)
        print(f"… and {count} more row{'s' if count > 1 else ''}: lake reports {name} {more}")
    print(f"made from {made_from}\n")


def shown_rows(rows: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """The rows of a report that are shown in place of all, in their order.

    Those without an empty cell say most: of a report that sets figures beside each other, the
    first rows may be the ones for which only one side is there.
    """
    if len(rows) <= SHOWN_ROWS:
        return rows
    return ([row for row in rows if all(row)] or rows)[:SHOWN_ROWS]


def _is_number(text: str) -> bool:
    return not text or text.lstrip("-").replace(".", "", 1).isdigit()
