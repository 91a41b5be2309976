"""`lake reports`: prints the latest reports."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import readable_pointers, tables_of
from glue_jobs.catalog.vintages import known_since
from glue_jobs.engines.own_sql import query_own
from glue_jobs.errors import LakeError, QualityFailure, UsageError
from glue_jobs.flags import log_format_of, resolve_settings
from glue_jobs.logs import print_error
from glue_jobs.opening import open_lake
from glue_jobs.reports.files import from_csv, printed_rows, to_csv
from glue_jobs.reports.index import read_reports
from glue_jobs.running import exit_code
from glue_jobs.sql_files import sql_files
from glue_jobs.table_names import subject_of
from glue_jobs.views import base_tables
from glue_jobs.visible import visible, write_text
from labor_lake.asking import open_asked
from labor_lake.commands.query import add_as_of, form_of, tell_notes
from labor_lake.output import whole_file
from labor_lake.spreadsheets import write_spreadsheet

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from glue_jobs.reports.index import Held, ReportIndex
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage
    from labor_lake.spreadsheets import Sheet

SHOWN_ROWS = 12
_FILE_FORMATS = ("csv", "json", "xlsx")
_NUMBER_OR_NONE = re.compile(r"(-?[0-9]+([.][0-9]+)?)?")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which report, and how."""
    parser.add_argument("report", nargs="?", help="one report's name (default: all)")
    add_as_of(parser)
    parser.add_argument(
        "--format",
        choices=("table", *_FILE_FORMATS),
        help="(default: table, or as --output ends)",
    )
    parser.add_argument(
        "--output", metavar="FILE", type=Path, help="write them to a file; .xlsx has a sheet each"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Prints them."""
    form = form_of(arguments, _FILE_FORMATS)
    if form == "csv" and arguments.report is None:
        raise UsageError(
            "CSV holds one report, since each has other columns.",
            hint="Name one, as in `lake reports best_year --format csv`; --json gives all of them.",
        )
    settings = resolve_settings(vars(arguments)).settings
    if arguments.as_of:
        return _print_as_of(arguments, settings, form)
    held = print_reports(open_lake(settings), arguments.report, form, arguments.output)
    for name, why in held.items():
        print(visible(f"{name} was not renewed since {why.since}: {why.reason}"), file=sys.stderr)
    return QualityFailure.exit_code if held else 0


def print_reports(
    storage: Storage, only: str | None, form: str, output: Path | None = None
) -> dict[str, Held]:
    """Prints one report or all, or writes them to a file.

    Tables for people are cut where they are long; other formats have all rows.

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
    if output:
        _write(bodies, form, output)
    else:
        _print(bodies, form, made_from, None if only else f"--lake {storage.uri}")
    return {name: held for name, held in index.held.items() if only in (None, name)}


def _chosen(index: ReportIndex, only: str | None) -> list[str]:
    """The names of the one report or of all."""
    if only is None and not index.reports:
        raise QualityFailure(
            "No report could be made yet.", hint="`lake status` says what the last run failed with."
        )
    if only is None:
        return sorted(index.reports)
    if only not in index.reports and only in index.held:
        raise QualityFailure(f"{only} could not be made yet: {index.held[only].reason}")
    if only not in index.reports:
        raise UsageError(
            f"There is no report {only!r}.", hint=f"There are: {', '.join(index.reports)}."
        )
    return [only]


def _print_as_of(arguments: argparse.Namespace, settings: Settings, form: str) -> int:
    """Makes the reports anew from what was known at a moment, prints them, gives the exit code.

    Raises:
        LakeError: none of them can be made.
    """
    tell_notes(settings, arguments.as_of, as_json=arguments.json)
    engine, storage, pointers, damaged = open_asked(settings, arguments.as_of)
    statements = sql_files("reports")
    if arguments.report and arguments.report not in statements:
        raise UsageError(
            f"There is no report {arguments.report!r}.", hint=f"There are: {', '.join(statements)}."
        )
    chosen = [arguments.report] if arguments.report else list(statements)
    bodies: dict[str, bytes] = {}
    failures: dict[str, LakeError] = {}
    unknown: list[str] = []
    for name in chosen:
        lacking = base_tables(statements[name]) - tables_of(pointers)
        if lacking and damaged.keys().isdisjoint(map(subject_of, lacking)):
            since = _known_since(storage, lacking)
            unknown.append(f"{name} is unknown at {arguments.as_of}: {since}")
            continue
        try:
            told = f"The report {name} cannot be made"
            bodies[name] = to_csv(*printed_rows(query_own(engine, told, statements[name])))
        except LakeError as error:
            failures[str(error)] = error
    if not bodies:
        for failure in failures.values():
            raise failure
        raise UsageError(" ".join(unknown))
    for told in unknown:
        print(told, file=sys.stderr)
    made_from = dict.fromkeys(bodies, f"what was known at {arguments.as_of}")
    more = None if arguments.report else f"--as-of {arguments.as_of} --lake {storage.uri}"
    if arguments.output:
        _write(bodies, form, arguments.output)
    else:
        _print(bodies, form, made_from, more)
    for failure in failures.values():
        print_error(failure, debug=arguments.debug, log_format=log_format_of(vars(arguments)))
    return exit_code(list(failures.values()))


def _known_since(storage: Storage, lacking: AbstractSet[str]) -> str:
    """Since when the lake knows what a report lacks, in a sentence."""
    told = [
        f"{pointer.subject} is known since {known_since(storage, pointer)}"
        for pointer in readable_pointers(storage)[0]
        if lacking & pointer.tables.keys()
    ]
    return f"{', '.join(told) or 'the lake has never had ' + ', '.join(sorted(lacking))}."


def _print(
    bodies: Mapping[str, bytes], form: str, made_from: Mapping[str, str], more: str | None
) -> None:
    """Prints reports; tables are cut where ``more`` says how to see the rest."""
    if form != "table":
        write_text(_text(bodies, form))
    else:
        for name, body in bodies.items():
            _print_table(name, body, made_from[name], more)


def _write(bodies: Mapping[str, bytes], form: str, output: Path) -> None:
    """Writes reports to a file."""
    with whole_file(output) as made:
        if form == "xlsx":
            sheets = ((name, _sheet(*from_csv(body))) for name, body in bodies.items())
            write_spreadsheet(sheets, made)
        else:
            made.write_text(_text(bodies, form), "utf-8", newline="")


def _text(bodies: Mapping[str, bytes], form: str) -> str:
    """Reports as CSV or JSON."""
    if form == "csv":
        return b"\n".join(bodies.values()).decode()
    documents = {}
    for name, body in bodies.items():
        header, rows = from_csv(body)
        documents[name] = [dict(zip(header, row)) for row in _typed(header, rows)]
    return json.dumps(documents, indent=1) + "\n"


def _sheet(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Sheet:
    """A report for a spreadsheet."""
    return header, _typed(header, rows)


def _typed(
    header: Sequence[str], rows: Sequence[Sequence[str]]
) -> Iterator[list[str | float | None]]:
    """Rows whose numbers are such."""
    numbers = _number_columns(header, rows)
    for row in rows:
        yield [_number(cell) if column in numbers else cell for column, cell in zip(header, row)]


def _print_table(name: str, body: bytes, made_from: str, more: str | None) -> None:
    from labor_lake.tabular import print_table  # noqa: PLC0415 - csv and json do without

    header, rows = from_csv(body)
    shown = rows if more is None else shown_rows(rows)
    print_table(name, header, shown, _number_columns(header, rows))
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


def _number_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        column
        for place, column in enumerate(header)
        if all(_NUMBER_OR_NONE.fullmatch(row[place]) for row in rows)
    ]


def _number(cell: str) -> int | float | None:
    return None if not cell else float(cell) if "." in cell else int(cell)
