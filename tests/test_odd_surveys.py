"""Small inputs that once went wrong, each served as a survey's folder: all of it is published."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tests.captures import capture, needs_captures
from tests.faults.lake import Lake
from tests.faults.places import Place
from tests.simulator.upstream import Upstream
from tests.test_builds import rows_of

pytestmark = needs_captures

WRITTEN = datetime(2026, 6, 10, 12, 30, tzinfo=timezone.utc)
WHAT_IS_THERE = {
    ("cu-aspect", "cu"): ("cu_aspect", "value_text", ["L-Jan. 2012", *[None] * 5]),
    ("hs-data-type", "hs"): ("hs_data_type", "data_type_text", ["Rate", "Number"]),
    ("la-srd", "la"): (
        *("la_state_region_division", "srd_text"),
        ["Alabama", "Alaska", "Arizona", "Arkansas", "California"],
    ),
    ("headerless-period", "ce"): (
        *("ce_period", "period"),
        [f"M{month:02}" for month in range(1, 14)],
    ),
    ("header-with-spaces", "ws"): ("ws_measure", "measure_text", ["Number of work stoppages"]),
    ("uppercase-file-names", "jt"): ("jt_data", "value", [1.0]),
    ("latin1-mapping", "oe"): (
        *("oe_area", "area_name"),
        ["San Germán, PR", "Mayagüez, PR", "National"],
    ),
    ("series-not-listed", "sa"): ("sa_data", "value", [3.1, 4.1]),
    ("no-footnote-column", "ep"): ("ep_data", "footnote_codes", ["", ""]),
    ("nan-value", "ce"): ("ce_data", "value_text", ["NaN", None]),
}


@pytest.fixture
def upstream():
    with Upstream() as served:
        yield served


def lake_of(upstream: Upstream, folder: str, survey: str, lake: str, day: int = 0) -> Lake:
    upstream.surveys[survey] = {}
    upstream.from_folder(survey, capture(folder), WRITTEN + timedelta(days=day))
    return Lake(Place(lake), upstream, surveys=(survey,), datasets=())


@pytest.mark.parametrize(
    ("case", "survey", "table", "column", "values"),
    [(*case, *there) for case, there in WHAT_IS_THERE.items()],
    ids=[case for case, _ in WHAT_IS_THERE],
)
def test_every_file_is_published(case, survey, table, column, values, upstream, tmp_path):
    lake = lake_of(upstream, f"cases/{case}/{survey}", survey, str(tmp_path / "lake"))
    assert lake.run_all() == []
    assert [row[column] for row in rows_of(lake.storage, table, survey)] == values
    told = rows_of(lake.storage, f"{survey}_sources", survey)
    assert {row["status"] for row in told} == {"table"}


def test_one_damaged_line_of_75_costs_that_line(upstream, tmp_path):
    lake = lake_of(upstream, "cases/one-bad-mapping-line/ap", "ap", str(tmp_path / "lake"))
    assert lake.run_all() == []
    assert len(rows_of(lake.storage, "ap_area", "ap")) == 73
    told = {row["name"]: row for row in rows_of(lake.storage, "ap_sources", "ap")}
    assert told["ap.area"]["rows_rejected"] == 1


def test_an_observation_whose_series_is_not_listed_is_counted(upstream, tmp_path):
    lake = lake_of(upstream, "cases/series-not-listed/sa", "sa", str(tmp_path / "lake"))
    assert lake.run_all() == []
    told = {row["name"]: row for row in rows_of(lake.storage, "sa_sources", "sa")}
    assert told["sa.data.0.Current"]["rows_unlisted"] == 1


def test_other_columns_than_last_time_hold_the_file_back_until_they_are_allowed(upstream, tmp_path):
    where = str(tmp_path / "lake")
    lake = lake_of(upstream, "cases/jt-series-columns/before/jt", "jt", where)
    assert lake.run_all() == []
    lake = lake_of(upstream, "cases/jt-series-columns/after/jt", "jt", where, day=30)
    (failure,) = lake.run_all()
    assert "jt.series has no column region_code any more" in str(failure)
    assert "--allow-shrink" in failure.hint
    assert "region_code" in rows_of(lake.storage, "jt_series", "jt")[0]
    assert lake.build(allow_shrink=True).failures == ()
    assert "state_code" in rows_of(lake.storage, "jt_series", "jt")[0]
