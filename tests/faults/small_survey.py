"""A survey so small that it can be landed some hundred times: two releases, and a third."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING

from labor_lake.sample import render
from tests.faults.lake import DATA_FILE, Lake, change_file, lake_after

if TYPE_CHECKING:
    from tests.faults.places import Places
    from tests.simulator.upstream import Upstream

CUBE = "acs_yg_total_population_1"
FIRST = datetime(2025, 9, 4, 12, 30, tzinfo=timezone.utc)
OTHERS = ("ap", "cu")
"""Two more surveys, for lakes of several."""

_SERIES = "PRS30006011"
_YEARS = {2013: 316128839, 2014: 318857056}


def serve_release(upstream: Upstream, number: int) -> None:
    """Serves release 1, 2 or 3: a changed file each; a document that is in the odd ones only."""
    moment = FIRST + timedelta(days=number)
    if number == 1:
        rows = [("class_code", "class_text"), ("3", "Employees"), ("6", "All workers")]
        change_file(upstream, "pr.class", render.table_file(rows), FIRST)
        rows = [("series_id", "class_code"), (_SERIES, "6")]
        change_file(upstream, "pr.series", render.table_file(rows), FIRST)
    # All releases' figures have the same width: their files have the same size.
    figures = [
        (_SERIES, "2013", f"Q0{quarter}", f"{number}.{quarter}", "R") for quarter in (1, 2, 3)
    ]
    change_file(upstream, DATA_FILE, render.data_file(figures), moment)
    if number % 2:
        change_file(upstream, "pr.txt", b"Read me.\r\n", FIRST)
    else:
        upstream.remove_file("pr", "pr.txt")
    years = {**_YEARS, 2014 + number: 320_000_000}
    upstream.cubes[CUBE] = render.population_body("ACS 1-year Estimate", years)


def serve_others(upstream: Upstream, number: int) -> None:
    """Serves release 1, 2 … of two more surveys: a data file each, and its series."""
    for survey in OTHERS:
        series = f"{survey.upper()}U1"
        figures = [(series, "2013", f"M0{month}", f"{number}.{month}", "") for month in (1, 2)]
        table = render.table_file([("series_id", "area_code"), (series, "0")])
        moment = FIRST + timedelta(days=number)
        upstream.set_file(survey, f"{survey}.series", table, FIRST)
        upstream.set_file(survey, f"{survey}.data.0.Current", render.data_file(figures), moment)


def lake_with(places: Places, upstream: Upstream, *numbers: int) -> Lake:
    """A lake in which these releases were landed and built, one after the other."""
    serve = [partial(serve_release, number=number) for number in numbers]
    return lake_after(places, upstream, f"small {numbers}", serve, allow_removals=1)
