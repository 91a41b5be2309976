"""What the tools answer, how much of it, and what they refuse."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from glue_jobs.errors import LakeError, UnsupportedSQL, UsageError
from glue_jobs.settings import Settings
from labor_lake.toolbox import bounds
from labor_lake.toolbox.tools import Tools
from tests.doors.releases import publish_first, publish_second


@pytest.fixture
def tools(demo_lake):
    return Tools(Settings(lake=demo_lake))


@pytest.mark.parametrize(
    "sql",
    [
        "drop table pr_data",
        "create view a as select 1",
        "create table a as select 1",
        "insert into pr_data select * from pr_data",
        "delete from pr_data",
        "unload (select 1) to 's3://bucket/x'",
        "msck repair table pr_data",
        "select 1; drop table pr_data",
        "/* select */ drop table pr_data",
    ],
)
def test_only_questions_are_answered_whatever_the_engine_would_do(sql, tools, monkeypatch):
    monkeypatch.setattr("labor_lake.client.Lake.stream", None)
    with pytest.raises(UnsupportedSQL) as raised:
        tools.query(sql)
    assert raised.value.hint


def test_show_and_describe_are_questions(tools):
    assert {"tab_name": "pr_data"} in tools.query("show tables")["rows"]
    assert tools.query("describe pr_sector")["rows"][0]["col_name"] == "sector_code"


def test_an_answer_has_no_more_rows_than_asked_for_and_says_so(tools):
    told = tools.query("select * from pr_data", limit=2)
    assert len(told["rows"]) == 2
    assert told["cut"] == (
        "There are more than these 2 rows. Name fewer columns, add conditions, or aggregate;"
        " limit goes up to 1,000."
    )
    assert "cut" not in tools.query("select * from pr_data limit 2", limit=2)
    for limit in (0, 1001):
        with pytest.raises(UsageError, match="limit is a number from 1 to 1,000"):
            tools.query("select 1", limit=limit)


def test_an_answer_has_no_more_bytes_than_the_bound(tools):
    told = tools.query("select array_join(repeat('é', 900), '') as t from pr_data", limit=1000)
    size = len(json.dumps(told["rows"], ensure_ascii=False).encode())
    assert 0.9 * bounds.MOST_BYTES < size < 1.1 * bounds.MOST_BYTES
    assert told["cut"].startswith(
        f"All rows are more than 60,000 bytes; these are the first {len(told['rows'])}."
    )
    wide = ", ".join(f"array_join(repeat('x', 2000), '') as c{number}" for number in range(40))
    assert tools.query(f"select {wide}")["rows"] == []


def test_a_long_text_is_cut_and_that_is_told(tools):
    told = tools.query("select array_join(repeat('x', 5000), '') as t, array['a'] as a")
    assert told["rows"] == [{"t": "x" * 2000 + "…", "a": ["a"]}]
    assert told["cut"].startswith("Texts of more than 2,000 letters end in …")


def test_no_more_is_read_than_to_see_that_there_is_more():
    def batches():
        for _ in range(3):
            yield pa.record_batch({"n": [1, 2]})
        raise AssertionError

    schema = pa.schema({"n": pa.int64()})
    told = bounds.bounded_table(batches(), schema, 5, "Ask for less.")
    assert len(told["rows"]) == 5
    assert told["cut"] == "There are more than these 5 rows. Ask for less."
    assert told["columns"] == [{"name": "n", "type": "int64"}]


def test_a_table_a_view_and_a_series_are_described(tools):
    named = {row["name"] for row in tools.describe()["rows"]}
    assert {"pr_data", "pr_observations", "series"} <= named
    table = tools.describe("pr_data")
    assert (table["kind"], table["rows"][-1]["name"]) == ("table", "data_file")
    assert all(row["meaning"] for row in table["rows"])
    view = tools.describe("PR_OBSERVATIONS")
    assert view["kind"] == "view"
    assert "Grain: " in view["about"]
    meanings = {row["name"]: row["meaning"] for row in view["rows"]}
    assert meanings["is_annual"]
    assert meanings["sector_name"] == "the sector in words"
    series = tools.describe("prs85006092")
    assert (series["kind"], series["frequency"]) == ("series", "quarterly")
    with pytest.raises(LakeError, match="no series NOTHING"):
        tools.describe("nothing")


def test_words_lead_to_series_and_these_to_figures(tools):
    (found, *_) = tools.find("unit labor costs", survey="PR", frequency="Quarterly", seasonal="s")[
        "rows"
    ]
    figures = tools.series(found["series_id"], limit=3)
    assert figures["title"] == found["title"]
    dates = [row["date"] for row in figures["rows"]]
    assert dates == sorted(dates, reverse=True)
    assert "pr_values" in figures["cut"]
    assert tools.prints(found["series_id"], limit=1)["cut"].startswith(
        "There are more than these 1"
    )


def test_each_question_is_over_the_release_that_is_current(tmp_path):
    publish_first(tmp_path / "lake")
    tools = Tools(Settings(lake=str(tmp_path / "lake")))
    asked = ("PRS30006011", 1995, "Q01")
    sql = (
        "select value from pr_data where series_id = 'PRS30006011' and year = 1995"
        " and period = 'Q01' and data_file = '0.Current'"
    )
    assert tools.query(sql)["rows"] == [{"value": 2.6}]
    publish_second(tmp_path / "lake")
    assert tools.query(sql)["rows"] == [{"value": 2.7}]
    assert tools.query(sql, as_of="20250904T123000Z")["rows"] == [{"value": 2.6}]
    assert [row["value"] for row in tools.prints(*asked)["rows"]] == [2.7, 2.6]
    assert {row["value"] for row in tools.trace(*asked)["rows"]} == {"2.6", "2.7"}


def test_what_the_lake_has_missed_is_among_the_notes(tools):
    assert tools.query("select 1 as n", as_of="2025-12-31")["notes"] == []
    assert tools.series("PRS85006092", as_of="2025-12-31")["notes"] == []
    with pytest.raises(UsageError, match="is unknown"):
        tools.series("PRS85006092", as_of="2020-01-01")
