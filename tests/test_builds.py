"""What a build reads, and what it says of itself, of its sources and to the catalog."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from glue_jobs import build_tables
from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.errors import TryAgainLater
from labor_lake.sample import render
from tests.faults.lake import DATA_FILE, Lake, change_file
from tests.faults.places import BACKENDS, Places, cloud
from tests.faults.small_survey import CUBE, FIRST, serve_release
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Storage


@pytest.fixture
def backend():
    return BACKENDS[0]


@pytest.fixture
def lake(backend, tmp_path):
    """A lake that has landed a small survey and the population; nothing is built."""
    with cloud(backend), Upstream() as upstream:
        lake = Lake(Places(backend, tmp_path).new(), upstream)
        serve_release(upstream, 1)
        assert lake.land_bls().failures == ()
        assert lake.land_population().failures == ()
        yield lake


def rows_of(storage: Storage, table: str, subject: str = "pr") -> list[dict[str, Any]]:
    pointer = load_pointer(storage, subject)
    assert pointer is not None
    rows: list[dict[str, Any]] = []
    for file in pointer.tables[table].files:
        with storage.open(pointer.key_of(table, file)) as stream:
            rows += pq.read_table(stream).to_pylist()
    return rows


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_landed_is_built_whatever_lies_in_its_place_by_now(lake):
    """Another run may have put the next release there, and not have noted it yet."""
    row = ("PRS30006011", "1999", "Q01", "9.9", "")
    lake.storage.put(f"raw/bls/pr/{DATA_FILE}", render.data_file([row]))
    other = render.population_body("ACS 1-year Estimate", {1999: 1})
    lake.storage.put(f"raw/population/{CUBE}.json", other)
    assert lake.build().failures == ()
    assert {row["year"] for row in rows_of(lake.storage, "pr_data")} == {2013}
    years = {row["year"] for row in rows_of(lake.storage, "population", "population")}
    assert years == {2013, 2014, 2015}


def test_a_release_is_named_by_the_newest_of_its_files(lake):
    """The data file is a day newer than the others."""
    assert lake.build().summary["releases"]["pr"]["release"] == "20250905T123000Z"


def test_a_series_file_that_shrank_is_not_published(lake):
    series = [("PRS30006011", "6"), *((f"PRS3000602{number}", "6") for number in range(10))]
    for rows, moment, ended in ((series, 13, 0), (series[:5], 14, 7)):
        body = render.table_file([("series_id", "class_code"), *rows])
        change_file(lake.upstream, "pr.series", body, FIRST.replace(hour=moment))
        assert lake.land_bls().failures == ()
        done = lake.build()
        assert done.exit_code == ended
    assert "pr.series has 5 rows where the last release had 11" in done.told
    assert len(rows_of(lake.storage, "pr_series")) == 11


def test_other_figures_retrieved_in_the_same_second_are_another_release(lake):
    assert lake.build().failures == ()
    years = {2013: 1, 2014: 2, 2015: 3}
    lake.upstream.cubes[CUBE] = render.population_body("ACS 1-year Estimate", years)
    assert lake.land_population().failures == ()
    assert lake.build().summary["releases"]["population"]["changed"] is True
    found = rows_of(lake.storage, "population", "population")
    assert {row["year"]: row["population"] for row in found} == years


def test_the_table_of_sources_says_what_was_read_of_each_file(lake):
    quarters = [(year, quarter) for year in range(1900, 2013) for quarter in range(1, 5)]
    months = [(year, month) for year in range(1900, 2000) for month in range(1, 7)]
    periods = [(year, f"Q{quarter:02d}") for year, quarter in quarters]
    periods += [(year, f"M{month:02d}") for year, month in months]
    rows = [("PRS30006011", str(year), period, "1", "") for year, period in sorted(periods)]
    lines = render.data_file(rows) + b"PRS30006011\t2014\r\n"
    change_file(lake.upstream, DATA_FILE, lines, FIRST.replace(hour=13))
    assert lake.land_bls().failures == ()
    assert lake.build().failures == ()
    found = {
        row["name"]: (row["rows_read"], row["rows_rejected"], row["release"])
        for row in rows_of(lake.storage, "pr_sources")
    }
    assert found == {
        "pr.class": (2, 0, "20250904T123000Z"),
        DATA_FILE: (1052, 1, "20250904T133000Z"),
        "pr.series": (1, 0, "20250904T123000Z"),
        "pr.txt": (None, 0, "20250904T123000Z"),
    }


def note(shown: list[tuple[object, ...]], *given: object) -> dict[str, int]:
    shown.append(given)
    return {}


def test_the_catalog_is_shown_what_stands_though_a_survey_failed(lake, monkeypatch):
    shown: list[tuple[object, ...]] = []
    monkeypatch.setattr(build_tables, "show_in_catalog", partial(note, shown))
    change_file(lake.upstream, DATA_FILE, b"series_id\tyear\r\n", FIRST.replace(hour=13))
    assert lake.land_bls().failures == ()
    assert lake.build().exit_code == 7
    assert shown[-1][2:] == ()


def is_leased(storage: Storage, subject: str) -> bool:
    try:
        with storage.lease(subject):
            return False
    except TryAgainLater:
        return True


def test_the_catalog_shows_a_survey_as_soon_as_it_is_built_and_all_in_the_end(lake, monkeypatch):
    """So that a build that is ended leaves little to show for the next one."""
    shown: list[tuple[str, bool]] = []
    leased: list[str] = []

    def show(storage: Storage, settings: object, subject: str = "all") -> dict[str, int]:
        shown.append((subject, load_pointer(storage, "population") is not None))
        leased.extend(one for one in ("pr", "population") if is_leased(storage, one))
        return {}

    monkeypatch.setattr(build_tables, "show_in_catalog", show)
    assert lake.build().failures == ()
    assert lake.build().failures == ()
    assert shown == [("pr", False), ("population", True), ("all", True), ("all", True)]
    assert leased == ["pr", "population"]  # each while it is shown, and no longer


def test_a_subject_that_the_catalog_cannot_show_yet_is_kept_until_all_are_shown(lake, monkeypatch):
    leased: list[bool] = []

    def show(storage: Storage, settings: object, subject: str = "all") -> dict[str, int]:
        if subject == "pr":
            raise TryAgainLater("Other runs are publishing.")
        leased.append(is_leased(storage, "pr"))
        return {}

    monkeypatch.setattr(build_tables, "show_in_catalog", show)
    assert lake.build().failures == ()
    assert leased == [True, True]
    assert not is_leased(lake.storage, "pr")


def test_a_catalog_that_cannot_be_changed_is_the_job_s_failure(lake, monkeypatch):
    def refuse(*_: object) -> None:
        raise TryAgainLater("Other runs are publishing.")

    monkeypatch.setattr(build_tables, "show_in_catalog", refuse)
    done = lake.build()
    assert (done.exit_code, [str(one) for one in done.failures]) == (
        5,
        ["Other runs are publishing."],
    )
    assert load_pointer(lake.storage, "pr") is not None
