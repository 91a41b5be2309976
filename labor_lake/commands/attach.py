"""`lake attach`: the lake for DuckDB, as a file of views that needs no labor_lake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import readable_pointers
from glue_jobs.flags import resolve_settings
from glue_jobs.opening import open_lake
from glue_jobs.progress import write_line
from labor_lake.engines.plain_duckdb import write_script
from labor_lake.output import check_place, whole_file

if TYPE_CHECKING:
    import argparse

SHOWN_SETTINGS = ("lake",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where it goes."""
    parser.add_argument(
        "--output", metavar="FILE", type=Path, help="write it to a file, for `duckdb -init FILE`"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Prints the statements, or writes them to a file."""
    output: Path | None = arguments.output
    if output:
        check_place(output)
    settings = resolve_settings(vars(arguments)).settings
    storage = open_lake(settings)
    pointers, damaged = readable_pointers(storage)
    root = storage.uri.rstrip("/")
    if not root.startswith("s3://"):
        root = str(Path(root).expanduser().absolute())
    script, left_out = write_script(root, pointers, damaged, settings.database)
    for failure in damaged.values():
        write_line(f"note: {failure}")
    for name, why in left_out.items():
        write_line(f"note: {name} is left out: {why}")
    if output:
        with whole_file(output) as made:
            made.write_text(script, "utf-8")
    elif arguments.json:
        told = {name: str(why) for name, why in left_out.items()}
        print(json.dumps({"sql": script, "left_out": told}, indent=1))
    else:
        print(script, end="")
    return 0
