"""`lake query` and its output: Athena SQL against the current tables."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.errors import UsageError
from glue_jobs.flags import resolve_settings
from glue_jobs.progress import write_line
from labor_lake.answers import write_answer
from labor_lake.asking import notes_on, open_asked
from labor_lake.output import check_place
from labor_lake.spreadsheets import load_library

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from glue_jobs.engines.protocol import Engine
    from glue_jobs.settings import Settings

FILE_FORMATS = ("csv", "json", "parquet", "xlsx")
_NEED_A_FILE = {"parquet": "Parquet", "xlsx": "A spreadsheet"}

SHOWN_SETTINGS = ("lake", "workgroup", "region")
"""What the help lists."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The statement, and what to do with the answer."""
    parser.add_argument("sql", help="the statement; @FILE reads it from a file, - from stdin")
    parser.add_argument(
        "--param", action="append", default=[], metavar="VALUE", help="a value for a ?, in order"
    )
    add_as_of(parser)
    parser.add_argument(
        "--format", choices=("table", *FILE_FORMATS), help="(default: table, or as --output ends)"
    )
    parser.add_argument(
        "--output", metavar="FILE", type=Path, help="write the answer to a file: answer.csv"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Answers it."""
    form = form_of(arguments)
    engine = engine_of(arguments)
    answer = engine.stream(_statement(arguments.sql), arguments.param)
    write_answer(answer, form, arguments.output)
    return 0


def form_of(arguments: argparse.Namespace, formats: Sequence[str] = FILE_FORMATS) -> str:
    """The format of the answer: the given one, or what the file's name ends with.

    Args:
        arguments: with the output, and the format if one is given.
        formats: that a file may have.

    Raises:
        UsageError: the answer and its place do not go together.
    """
    output: Path | None = arguments.output
    given = "json" if arguments.json else arguments.format
    if output is None:
        if given in _NEED_A_FILE:
            told = f"{_NEED_A_FILE[given]} needs a file to go to."
            raise UsageError(told, hint=f"--output answer.{given}")
        return given or "table"
    form = given or output.suffix[1:].lower()
    if form not in formats:
        endings = f"{', '.join(f'.{one}' for one in formats[:-1])} or .{formats[-1]}"
        raise UsageError(
            f"{output} says no format.", hint=f"End it with {endings}, or add --format."
        )
    check_place(output)
    if form == "xlsx":
        load_library()
    return form


def add_as_of(parser: argparse.ArgumentParser) -> None:
    """At which moment."""
    parser.add_argument(
        "--as-of",
        metavar="DATE",
        help="as it was known at the end of that date (2025-06-30), or at a release",
    )


def engine_of(arguments: argparse.Namespace) -> Engine:
    """The engine over the lake that the settings name, as of now or of a moment."""
    settings = resolve_settings(vars(arguments)).settings
    as_of = getattr(arguments, "as_of", None)
    tell_notes(settings, as_of, as_json=arguments.json)
    return open_asked(settings, as_of)[0]


def tell_notes(settings: Settings, as_of: str | None, *, as_json: bool) -> None:
    """Says on stderr what one should know of a moment; as JSON where a program reads."""
    for note in notes_on(settings, as_of) if as_of else ():
        write_line(json.dumps({"note": note}) if as_json else f"note: {note}")


def _statement(given: str) -> str:
    if given != "-" and not given.startswith("@"):
        return given
    place = "The statement on stdin" if given == "-" else given[1:]
    try:
        return sys.stdin.read() if given == "-" else Path(given[1:]).read_text("utf-8")
    except OSError as error:
        raise UsageError(f"{place} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{place} is not UTF-8.", hint="Save it as UTF-8.") from None
