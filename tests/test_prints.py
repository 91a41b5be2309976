"""Prints, releases and figures of five real captures, beside what pandas makes of them."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pytest

import labor_lake
from glue_jobs.engines.open import open_engine
from glue_jobs.settings import Settings
from glue_jobs.timestamps import release_name
from labor_lake.cli import main
from tests.captures import capture, needs_captures
from tests.pointers import load_pointers
from tests.test_history import landed as landed  # noqa: PLC0414 - a fixture
from tests.test_real_input import RELEASES

pytestmark = needs_captures

KEY = ["series_id", "year", "period"]
SERIES = "PRS85006092"


@pytest.fixture(scope="module")
def engine(landed):
    return open_engine(landed, load_pointers(landed), Settings())


def frame_of(month: str) -> pd.DataFrame:
    """A capture as pandas reads it."""
    frame = pd.read_csv(
        capture(f"bls/pr/{month}/pr.data.0.Current"), sep="\t", dtype=str, keep_default_na=False
    )
    frame.columns = [name.strip() for name in frame.columns]
    return frame.apply(lambda column: column.str.strip())


def prints_by_pandas() -> pd.DataFrame:
    """Each value of each observation, and the release that printed it: where it is another one."""
    frames = [frame_of(month).assign(release=release_name(at)) for month, at in RELEASES.items()]
    every = pd.concat(frames).sort_values([*KEY, "release"])
    before = every.groupby(KEY)["value"].shift()
    printed = every[before.isna() | (before != every["value"])]
    return printed.assign(print=printed.groupby(KEY).cumcount() + 1)


def test_the_prints_of_an_observation_of_which_none_is_called_the_first(engine):
    rows = engine.query(
        "select value, revision, is_first_print, print, release_number, days_after, period_end"
        " from pr_prints where series_id = ? and year = 2024 and period = 'Q01'"
        " and data_file = '0.Current' order by print",
        [SERIES],
    ).to_pylist()
    assert [row["value"] for row in rows] == [0.2, 0.7, 1.6, 0.2]
    assert [row["revision"] for row in rows] == [
        None, Decimal("0.500000"), Decimal("0.900000"), Decimal("-1.400000")
    ]  # fmt: skip
    assert [row["is_first_print"] for row in rows] == [None, False, False, False]
    assert {row["period_end"] for row in rows} == {date(2024, 3, 31)}
    assert rows[0]["days_after"] == (RELEASES["2024-06"].date() - date(2024, 3, 31)).days


def test_all_prints_are_those_that_pandas_finds(engine):
    found = engine.query(
        "select series_id, year, period, release, print, value from pr_prints"
        " where data_file = '0.Current'"
    ).to_pandas()
    wanted = prints_by_pandas()
    wanted = wanted.assign(year=wanted["year"].astype(int))
    both = found.merge(wanted, on=[*KEY, "release", "print"], how="outer", indicator=True)
    assert set(both["_merge"]) == {"both"}
    printed = pd.to_numeric(both["value_y"], errors="coerce")
    assert (both["value_x"].eq(printed) | (both["value_x"].isna() & printed.isna())).all()
    assert len(found) > 60_000


def test_releases_count_what_was_counted_independently(engine):
    rows = engine.query(
        "select * from pr_releases where data_file = '0.Current' order by number"
    ).to_pylist()
    assert [row["release"] for row in rows] == [release_name(at) for at in RELEASES.values()]
    assert [row["released_at"] for row in rows] == [
        datetime.replace(at, tzinfo=None) for at in RELEASES.values()
    ]
    lines = capture("expected/revisions-pr.data.0.Current.csv").read_text().splitlines()
    for row, wanted in zip(rows[1:], csv.DictReader(lines)):
        counts = {name: str(row[name]) for name in ("added", "revised", "withdrawn")}
        assert counts == {name: wanted[name] for name in counts}
        assert row["missed_before"] == (wanted["r_explains_every_change"] == "False")
        assert (row["unmarked"] == 0) == (wanted["r_explains_every_change"] == "True")


def test_a_first_print_is_called_so_where_no_release_was_missed(engine):
    rows = engine.query(
        "select p.is_first_print, r.missed_before, count(*) as n from pr_prints as p"
        " join pr_releases as r on r.data_file = p.data_file and r.release = p.release"
        " where p.print = 1 and p.change = 'added' group by 1, 2"
    ).to_pylist()
    assert {(row["is_first_print"], row["missed_before"]) for row in rows} == {(None, True)}


def test_the_figures_of_a_series_are_one_a_quarter_and_dated(landed):
    lake = labor_lake.open(str(landed.root))
    figures = lake.series(SERIES)
    wanted = frame_of("2026-04").query(f"series_id == '{SERIES}' and period != 'Q05'")
    assert [row["value"] for row in figures] == [float(one) for one in wanted["value"]]
    frame = figures.to_pandas()
    assert frame.index.is_monotonic_increasing
    assert frame.index.is_unique
    assert str(frame.index.dtype).startswith("datetime64")


def test_as_of_a_date_they_are_what_was_known_then(landed):
    lake = labor_lake.open(str(landed.root))
    before = lake.series(SERIES, as_of=date(2025, 6, 30)).to_pandas()
    assert before.loc["2024-01-01", "value"] == 1.6
    assert lake.series(SERIES).to_pandas().loc["2024-01-01", "value"] == 0.2


def test_as_of_a_day_in_a_gap_says_which_release_is_missing(landed, capsys):
    lake = labor_lake.open(str(landed.root))
    (note,) = lake.series(SERIES, as_of="2024-12-31").notes
    last, following = (release_name(RELEASES[month]) for month in ("2024-06", "2025-02"))
    assert note == (
        f"pr.data.0.Current is that of {last}; the lake missed a release between it and"
        f" {following}, which may have been out by then."
    )
    # The next release of that file explains itself; of the other one a release was missed.
    assert not any("0.Current" in one for one in lake.series(SERIES, as_of="2025-03-31").notes)
    argv = ["series", SERIES, "--as-of", "2024-12-31", "--lake", str(landed.root)]
    assert main([*argv, "--json"]) == 0
    answer = capsys.readouterr()
    assert json.loads(answer.out)["notes"] == [note]
    assert main(["query", "select 1", *argv[2:]]) == 0
    assert f"note: {note}" in capsys.readouterr().err
    assert main(["query", "select 1", *argv[2:], "--json"]) == 0
    assert {"note": note} in map(json.loads, capsys.readouterr().err.splitlines())
    assert main(["reports", "best_year", *argv[2:]]) == 0
    assert f"note: {note}" in capsys.readouterr().err
