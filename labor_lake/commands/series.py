"""`lake series`: one series, what it is in words, its figures, and how they were printed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from glue_jobs.flags import resolve_settings
from glue_jobs.progress import write_line
from glue_jobs.reports.answers import json_rows
from labor_lake.answers import write_answer
from labor_lake.client import Lake
from labor_lake.commands.query import FILE_FORMATS, add_as_of, form_of
from labor_lake.numbers import count_digits, shown_figure
from labor_lake.series import CHANGES
from labor_lake.tabular import print_table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from labor_lake.client import Figures

_SHOWN = 12
"""Figures in a terminal: a year of months."""

_DRAWN = 60
"""Figures in the line that is drawn of a series."""

_IS_RATE = re.compile(r"%|\b(percent|change|rate|ratio)\b", re.IGNORECASE).search

_BARS = "▁▂▃▄▅▆▇█"
SHOWN_SETTINGS = ("lake",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which series, and what of it."""
    from pathlib import Path  # noqa: PLC0415 - the type of an argument

    parser.add_argument("series_id", help="CUUR0000SA0; `lake find` finds it by words")
    for name, text in CHANGES.items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, action="store_true", help=f"a column: {text}")
    add_as_of(parser)
    parser.add_argument(
        "--format",
        choices=("table", *FILE_FORMATS),
        help="all figures, in that format (default: table, or as --output ends)",
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="write them to a file")


def execute(arguments: argparse.Namespace) -> int:
    """Prints it."""
    form = form_of(arguments)
    lake = Lake(resolve_settings(vars(arguments)).settings)
    chosen = [name for name in CHANGES if getattr(arguments, name)]
    label = lake.label(arguments.series_id)
    # What people ask for first; of a rate, or of a change, it would say nothing.
    tells_change = form == "table" and not _IS_RATE(label.title)
    shown = chosen or (["year_over_year"] if tells_change else [])
    figures = lake.series(label.series_id, as_of=arguments.as_of, changes=shown)
    for note in figures.notes:
        write_line(f"note: {note}")
    if form == "table":
        _print(lake, figures, shown, as_of=arguments.as_of)
    elif arguments.json:
        print(json.dumps(_described(figures), indent=1))
    else:
        output: Path | None = arguments.output
        write_answer(figures.table.to_reader(), form, output)
    return 0


def _described(figures: Figures) -> dict[str, Any]:
    """A series ready for JSON: its label, what one should know, its figures."""
    label = pa.Table.from_pylist([dict(figures.label.row)])
    return {
        "survey": figures.label.survey,
        "label": json_rows(label)[0],
        "notes": list(figures.notes),
        "figures": json_rows(figures.table),
    }


def _print(lake: Lake, figures: Figures, changes: Sequence[str], as_of: str | None) -> None:
    label, row = figures.label, figures.label.row
    print(label.title)
    told = [label.series_id, f"survey {label.survey}", label.frequency, row.get("seasonal_text")]
    if row["unit"] and row["unit"] not in label.title:
        told.append(row["unit"])
    print(", ".join(str(one) for one in told if one))
    if row["series_footnotes"]:
        print(row["series_footnotes"])
    rows = figures.table.to_pylist()
    if not rows:
        print("It has no dated figures.")
        return
    drawn = [one["value"] for one in rows[-_DRAWN:] if one["value"] is not None]
    print(
        f"\n{draw(drawn)}  {rows[-min(len(rows), _DRAWN)]['date']:%b %Y} to"
        f" {rows[-1]['date']:%b %Y}"
    )
    header = ["date", "period", "value", *changes, "footnotes"]
    digits = max(count_digits(one["value"]) for one in rows[-_SHOWN:])
    cells = [
        [
            f"{one['date']:%Y-%m-%d}",
            one["period"],
            shown_figure(one["value"], one["value_text"], digits),
            *(_change(one[name], name) for name in changes),
            one["footnote_codes"] or "",
        ]
        for one in rows[-_SHOWN:]
    ]
    print_table("", header, cells, ["value", *changes])
    if len(rows) > _SHOWN:
        print(f"the last {_SHOWN} of {len(rows):,} figures; --format csv gives all")
    if as_of is None:
        _print_prints(lake, figures)


def _print_prints(lake: Lake, figures: Figures) -> None:
    """How the newest figure that was printed more than once came to what it is."""
    newest = figures.table.to_pylist()[-1]["date"].year
    prints = lake.prints(figures.label.series_id).table.to_pylist()
    revised = [one for one in prints if one["print"] > 1 and one["date"].year >= newest - 1]
    if not revised:
        return
    last = revised[-1]
    own = [one for one in prints if (one["date"], one["period"]) == (last["date"], last["period"])]
    told = " → ".join(shown_figure(one["value"], one["value_text"]) for one in own)
    print(
        f"{last['date'].year} {last['period']} as it was printed: {told}"
        f" ({own[0]['release'][:8]} to {own[-1]['release'][:8]})"
    )


def draw(values: Sequence[float]) -> str:
    """A line of bars, as high as the values."""
    if not values:
        return ""
    low, high = min(values), max(values)
    span = high - low
    highest = len(_BARS) - 1
    return "".join(_BARS[round((one - low) / span * highest) if span else 3] for one in values)


def _change(value: float | None, name: str) -> str:
    if value is None:
        return ""
    return f"{value:+.15g}" if name == "change" else f"{value:+.1f} %"
