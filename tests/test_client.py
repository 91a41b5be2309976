"""The lake in Python and the commands over it: a series by its id, in words, dated, changed."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import date

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import labor_lake
from glue_jobs.errors import UsageError
from labor_lake.cli import main
from labor_lake.commands.series import draw
from labor_lake.workflow import run_workflow
from tests.lakes import run_at
from tests.simulator.upstream import Upstream

SERIES = "PRS85006092"
INDEX = "PRS85006093"
TITLE = (
    "Labor productivity (output per hour), Nonfarm Business, All workers,"
    " % Change from previous quarter, Seasonal Adjusted"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A lake with the excerpt."""
    made = tmp_path_factory.mktemp("client") / "lake"
    with Upstream.sample() as upstream:
        assert run_workflow(run_at(made, upstream)).failures == ()
    return str(made)


@pytest.fixture(scope="module")
def lake(folder):
    with labor_lake.open(folder) as opened:
        yield opened


def run(folder, *words, capsys):
    code = main([*words, "--lake", folder])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_series_is_dated_figures_without_annual_averages(lake):
    figures = lake.series(SERIES.lower())
    assert figures.title == TITLE
    assert figures.table.column_names == ["date", "value", "value_text", "footnote_codes", "period"]
    rows = list(figures)
    assert len(rows) == len(figures) == 122
    assert {row["period"] for row in rows} == {"Q01", "Q02", "Q03", "Q04"}
    assert rows[0]["date"] == date(1995, 1, 1)
    assert (rows[-1]["date"], rows[-1]["value"]) == (date(2025, 4, 1), 3.3)


def test_a_series_goes_to_pandas_polars_and_whatever_reads_arrow(lake):
    figures = lake.series(SERIES)
    frame = figures.to_pandas()
    assert isinstance(frame.index, pd.DatetimeIndex)
    assert figures.to_pandas(index=None).columns[0] == "date"
    assert figures.to_polars()["value"].to_list() == frame["value"].to_list()
    assert pl.DataFrame(figures).height == len(figures)  # as it is, by the protocol
    assert pa.table(figures).equals(figures.to_arrow())


def test_changes_are_computed_in_the_digits_that_bls_prints(lake):
    rows = list(lake.series(SERIES, changes=["change", "percent_change", "year_over_year"]))
    assert list(rows[0]) == [
        *("date", "value", "change", "percent_change", "year_over_year"),
        *("value_text", "footnote_codes", "period"),
    ]
    assert [row["change"] for row in rows[:3]] == [None, 1.7, -1.9]
    assert rows[4]["year_over_year"] == pytest.approx(100 * (2.5 / 0.2 - 1))
    assert rows[3]["percent_change"] is None  # of 0.0
    with pytest.raises(UsageError, match="There is no growth"):
        lake.series(SERIES, changes=["growth"])


def test_a_series_that_has_annual_averages_alone_is_annual(lake):
    ids = lake.sql("select series_id from pr_labels where frequency = 'annual' limit 1")
    for row in ids:
        figures = lake.series(row["series_id"])
        assert {one["period"] for one in figures} == {"Q05"}
        assert all(one["date"].month == 1 for one in figures)


@pytest.mark.parametrize(
    ("asked", "told"),
    [("XYZ", "The lake has no series XYZ."), ("PRS1", "The lake has no series PRS1.")],
)
def test_a_series_that_is_not_there_is_told(lake, asked, told):
    with pytest.raises(UsageError, match=told):
        lake.series(asked)


def test_tables_are_listed_read_and_streamed(lake):
    assert {"pr_data", "pr_labels", "pr_values", "series", "population"} <= set(lake.tables())
    assert len(lake.table("pr_sector")) == lake.table("pr_sector").table.num_rows > 3
    assert isinstance(lake.stream_table("pr_data"), pa.RecordBatchReader)
    with pytest.raises(UsageError, match="no table pr_datas"):
        lake.table("pr_datas")
    (row,) = lake.sql("select count(*) as n from pr_data where period = ?", ["Q05"])
    assert row["n"] > 0
    assert lake.stream("select 1 as a").read_all().to_pylist() == [{"a": 1}]


def test_prints_changes_and_traces_of_a_figure(lake):
    prints = list(lake.prints(SERIES, 2025, "q02"))
    assert [(row["print"], row["value"], row["is_first_print"]) for row in prints] == [
        (1, 3.3, None)
    ]
    assert len(lake.prints(SERIES)) > 100
    assert len(lake.changes("pr")) == 0  # nothing was there before
    assert len(lake.changes("pr", "20250904T123000Z")) == 0
    traces = lake.trace(SERIES, 2025, "Q02")
    assert {one.value for one in traces} == {"3.3"}


def test_as_of_a_day_before_the_lake_knew_anything_is_refused(lake):
    with pytest.raises(UsageError, match="is unknown"):
        lake.series(SERIES, as_of=date(2020, 1, 1))
    assert lake.series(SERIES, as_of="2025-12-31").notes == ()


def test_a_lake_that_is_not_there_is_told_at_once(tmp_path):
    with pytest.raises(UsageError, match="There is no lake in"):
        labor_lake.open(tmp_path / "none")
    with pytest.raises(UsageError, match="There is no setting contct"):
        labor_lake.open(tmp_path, contct="me")


def test_to_import_it_imports_nothing_that_is_large():
    asked = "import sys, labor_lake; labor_lake.open; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    ).stdout.split()
    large = {"pyarrow", "duckdb", "sqlglot", "pandas", "polars", "rich", "boto3", "requests"}
    assert "labor_lake.client" in loaded
    assert not large & set(loaded)


def test_the_command_tells_a_series_in_words_draws_it_and_gives_its_last_figures(folder, capsys):
    code, out, _ = run(folder, "series", SERIES, capsys=capsys)
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == TITLE
    assert lines[1] == f"{SERIES}, survey pr, quarterly, Seasonal Adjusted"
    assert lines[3].endswith("Jul 2010 to Apr 2025")
    assert set(lines[3].split()[0]) <= set("▁▂▃▄▅▆▇█")
    assert ["2025-04-01", "Q02", "3.3", "R"] in [line.split() for line in lines]
    assert lines[-1] == "the last 12 of 122 figures; --format csv gives all"


def test_year_over_year_is_told_of_levels_and_not_of_rates(folder, capsys):
    ids = {SERIES: False, INDEX: True}
    for series_id, told in ids.items():
        _, out, _ = run(folder, "series", series_id, capsys=capsys)
        assert ("year_over_year" in out) == told
    _, out, _ = run(folder, "series", SERIES, "--change", capsys=capsys)
    assert "-3.5" in out


def test_the_command_gives_all_figures_to_programs(folder, capsys, tmp_path):
    _, out, _ = run(folder, "series", SERIES, "--format", "csv", "--change", capsys=capsys)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 122
    assert rows[1]["change"] == "1.7"
    _, out, _ = run(folder, "series", SERIES, "--json", capsys=capsys)
    told = json.loads(out)
    assert (told["survey"], told["label"]["title"], told["notes"]) == ("pr", TITLE, [])
    assert told["figures"][-1]["date"] == "2025-04-01"
    target = tmp_path / "figures.parquet"
    assert run(folder, "series", SERIES, "--output", str(target), capsys=capsys)[0] == 0
    assert len(pd.read_parquet(target)) == 122


def test_the_statement_of_any_view_is_printed(folder, capsys):
    code, out, _ = run(folder, "sql", "pr_observations", capsys=capsys)
    assert code == 0
    assert "create or replace view pr_observations as" in out
    _, out, _ = run(folder, "sql", capsys=capsys)
    assert all(name in out for name in ("pr_prints", "series", "best_year", "as_of"))
    _, out, _ = run(folder, "sql", "--json", capsys=capsys)
    assert {"pr_gaps", "wide_by_release"} <= {one["name"] for one in json.loads(out)}
    code, _, err = run(folder, "sql", "nothing", capsys=capsys)
    assert (code, "There is no view, report" in err) == (2, True)


def test_bls_s_own_document_is_printed(folder, capsys):
    code, out, _ = run(folder, "docs", "PR", capsys=capsys)
    assert (code, out.splitlines()[0]) == (
        0,
        "Major Sector Productivity and Costs (PR): an excerpt",
    )
    code, _, err = run(folder, "docs", "cu", capsys=capsys)
    assert (code, "Nothing of cu is landed" in err) == (2, True)


@pytest.mark.parametrize(
    ("values", "line"), [([], ""), ([1.0, 1.0], "▄▄"), ([0.0, 7.0], "▁█"), ([0.0, 1.0, 2.0], "▁▅█")]
)
def test_a_line_of_bars_is_as_high_as_the_values(values, line):
    assert draw(values) == line
