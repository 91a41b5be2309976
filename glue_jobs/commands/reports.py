"""`lake reports`: prints the latest reports."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import UsageError
from glue_jobs.job import opened_lake
from glue_jobs.storage import names

if TYPE_CHECKING:
    import argparse

    from glue_jobs.storage.protocol import Storage

SHOWN_ROWS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which report, and how."""
    parser.add_argument("report", nargs="?", help="one report's name (default: all)")
    parser.add_argument("--format", choices=("table", "csv", "json"), default="table")


def execute(arguments: argparse.Namespace) -> int:
    """Prints them."""
    storage = opened_lake(vars(arguments))
    print_reports(storage, arguments.report, "json" if arguments.json else arguments.format)
    return 0


def print_reports(storage: Storage, only: str | None, form: str) -> None:
    """Prints one report or all: tables for people (long ones cut), CSV and JSON whole.

    Raises:
        UsageError: there are no reports yet, or none of that name.
    """
    index = storage.get(names.report("latest", "report.json"))
    if index is None:
        raise UsageError(
            f"The lake {storage.uri} has no reports yet.",
            hint="`lake demo` makes some from an excerpt, `lake run` from live data.",
        )
    known = json.loads(index.body)["reports"]
    if only is not None and only not in known:
        raise UsageError(f"There is no report {only!r}.", hint=f"There are: {', '.join(known)}.")
    chosen = [only] if only else sorted(known, key=lambda name: (known[name]["rows"], name))
    bodies = {name: _csv_of(storage, name) for name in chosen}
    if form == "csv":
        sys.stdout.write("\n".join(bodies.values()))
    elif form == "json":
        documents = {name: list(csv.DictReader(io.StringIO(body))) for name, body in bodies.items()}
        print(json.dumps(documents, indent=1))
    else:
        for name, body in bodies.items():
            _print_table(name, body, known[name], storage.uri, whole=only is not None)


def _csv_of(storage: Storage, name: str) -> str:
    content = storage.get(names.report("latest", f"{name}.csv"))
    if content is None:
        raise UsageError(f"The report {name} is missing.", hint="`lake verify` tells what else is.")
    return content.body.decode()


def _print_table(name: str, body: str, entry: dict[str, Any], lake: str, *, whole: bool) -> None:
    from glue_jobs.terminal import print_table  # noqa: PLC0415 - csv and json do without

    header, *rows = csv.reader(io.StringIO(body))
    shown = rows if whole or len(rows) <= SHOWN_ROWS else rows[:SHOWN_ROWS]
    numbers = [
        column for place, column in enumerate(header) if all(_is_number(row[place]) for row in rows)
    ]
    print_table(name, header, shown, numbers)
    if len(shown) < len(rows):
        more = len(rows) - len(shown)
        print(f"… and {more} more row{'s' if more > 1 else ''}: lake reports {name} --lake {lake}")
    made_from = ", ".join(
        f"{source['subject']} {source['release']}" for source in entry["made_from"]
    )
    print(f"made from {made_from}\n")


def _is_number(text: str) -> bool:
    return not text or text.lstrip("-").replace(".", "", 1).isdigit()
