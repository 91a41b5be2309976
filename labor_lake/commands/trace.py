"""`lake trace`: where each value that the lake ever held for an observation came from."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from glue_jobs.flags import resolve_settings
from glue_jobs.opening import open_lake
from labor_lake.tabular import print_table
from labor_lake.tracing import find_traces

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which observation."""
    parser.add_argument("series_id", help="PRS30006032")
    parser.add_argument("year", help="2018")
    parser.add_argument("period", help="Q01")


def execute(arguments: argparse.Namespace) -> int:
    """Prints one line per vintage that has the observation."""
    storage = open_lake(resolve_settings(vars(arguments)).settings)
    key = (arguments.series_id, arguments.year, arguments.period)
    found = find_traces(storage, *key)
    if arguments.json:
        print(json.dumps([asdict(trace) for trace in found], indent=1))
        return 0
    rows = [
        [one.release, one.source, one.value, f"{one.line:,}", one.sha256[:12], one.raw]
        for one in found
    ]
    header = ["release", "file", "value", "line", "sha256", "raw line"]
    print_table(" ".join(key), header, rows, ["value", "line"])
    return 0
