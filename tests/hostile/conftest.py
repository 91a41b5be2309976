"""A lake whose upstream says hostile things wherever it can say anything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from labor_lake.cli import main
from labor_lake.sample import render
from labor_lake.workflow import run_workflow
from tests.hostile.corpus import FIELDS
from tests.lakes import RELEASED, run_at
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SERIES = [*FIELDS, *(f"PR{text}" for text in FIELDS)]
"""Identifiers of series; `lake trace` finds a survey's by its first two letters."""

NATION = '=1+1\x1b[2J<script>"; drop table population; --'
DATA_FILE = "pr.data.0.Current"
COLUMNS = (
    *("order", "select", "table", "drop_table_pr_data", "group", "data_file", "release"),
    "reserved_code",
)


@dataclass(frozen=True)
class Printed:
    """What a command has said, and its exit code."""

    code: int
    out: str
    err: str


def table_file(*rows: Sequence[str]) -> bytes:
    """A flat file of any text, without padding."""
    return "".join("\t".join(row) + "\r\n" for row in rows).encode()


def serve(upstream: Upstream, value: str, days: int) -> None:
    """Serves a release in which every text is a hostile one."""
    moment = RELEASED + timedelta(days=days)

    def put(name: str, *rows: Sequence[str]) -> None:
        upstream.set_file("pr", name, table_file(*rows), moment)

    codes = ["U", "Z", *FIELDS]
    for name, column in (("sector", "name"), ("class", "text"), ("measure", "text")):
        put(f"pr.{name}", (f"{name}_code", f"{name}_{column}"), *((text, text) for text in codes))
    put("pr.duration", ("duration_code", "duration_text"), ("1", "=2+2\x1b[1m\\[/x]"))
    put("pr.seasonal", ("seasonal_code", "seasonal_text"), ("S", "@SUM(A1)"))
    put("pr.period", ("period", "period_abbr", "period_name"), ("Q01", "\x07", "+1+1"))
    put("pr.footnote", ("footnote_code", "footnote_text"), *((text, text) for text in FIELDS))
    put("pr.reserved", COLUMNS, *((text,) * len(COLUMNS) for text in FIELDS))
    put(
        "pr.series",
        (
            *("series_id", "sector_code", "class_code", "measure_code", "duration_code"),
            *("seasonal", "base_year", "footnote_codes"),
        ),
        *(
            (series, text, text, text, "1", "S", text, text)
            for series, text in zip(SERIES, FIELDS * 2)
        ),
    )
    figures = [(series, "2018", "Q01", value, text) for series, text in zip(SERIES, FIELDS * 2)]
    header = ("series_id", "year", "period", "value", "footnote_codes")
    for name in (DATA_FILE, "pr.data.1.AllData"):
        put(name, header, *figures)
    body = json.loads(render.population_body("ACS 1-year Estimate", {2017: 1000, 2018: 2000}))
    for row in body["data"]:
        row["Nation"] = NATION
    upstream.cubes["acs_yg_total_population_1"] = json.dumps(body).encode()


@pytest.fixture(scope="session")
def _built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "lake"
    with Upstream() as upstream:
        for number, value in enumerate(("1.0", "-1.5")):
            serve(upstream, value, number)
            done = run_workflow(run_at(folder, upstream, f"run-{number}"))
            assert list(done.failures) == []
    return folder


@pytest.fixture
def lake(_built):
    """Two releases, all their tables and reports; a test only reads it."""
    return _built


@pytest.fixture
def told(lake, capsys):
    """Runs a command on the lake."""

    def run(*words: str, lake: Path = lake) -> Printed:
        capsys.readouterr()
        command, *others = words
        code = main([command, "--lake", str(lake), *others])
        said = capsys.readouterr()
        return Printed(code, said.out, said.err)

    return run
