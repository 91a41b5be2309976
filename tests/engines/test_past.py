"""As of a moment: the statement that a server gets reads the past from what there is now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest

from glue_jobs.engines.open import open_engine
from glue_jobs.errors import UnsupportedSQL, UsageError
from glue_jobs.settings import Settings
from glue_jobs.storage.local import LocalStorage
from labor_lake.engines.past import Past, Rewritten
from labor_lake.sample import render
from labor_lake.workflow import run_workflow
from tests.lakes import RELEASED, run_at
from tests.pointers import load_pointers, pointers_as_of
from tests.simulator.upstream import Upstream

EARLIER = datetime(2025, 6, 5, 12, 30, tzinfo=timezone.utc)
LATER = datetime(2025, 12, 4, 13, 30, tzinfo=timezone.utc)
MOMENT = datetime(2025, 10, 1, tzinfo=timezone.utc)
SERIES = "PRS30006011"


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """Three releases: one figure is withdrawn, one revised, one added, each with a year more."""
    folder = tmp_path_factory.mktemp("past") / "lake"
    first = [(SERIES, "2024", "Q01", "1.0", ""), (SERIES, "2024", "Q02", "2.0", "")]
    second = [first[0], (SERIES, "2024", "Q02", "2.5", "R"), (SERIES, "2024", "Q03", "3.0", "")]
    releases = (([*first, (SERIES, "2023", "Q04", "4.0", "")], EARLIER), (first, RELEASED))
    years = {2012: 313914040}
    with Upstream() as upstream:
        for number, (rows, released) in enumerate((*releases, (second, LATER))):
            years = {**years, 2013 + number: 318857056 + number}
            upstream.set_file("pr", "pr.data.0.Current", render.data_file(rows), released)
            body = render.population_body("ACS 1-year Estimate", years)
            upstream.cubes["acs_yg_total_population_1"] = body
            run = replace(
                run_at(folder, upstream, f"run-{number}", allow_shrink=True),
                now=partial(datetime.__add__, released, timedelta()),
            )
            assert run_workflow(run).failures == ()
    return LocalStorage(folder)


@pytest.fixture(scope="module")
def past(lake):
    return Past(lake, pointers_as_of(lake, MOMENT), "labor_lake")


@pytest.mark.parametrize(
    "sql",
    [
        "select * from pr_data order by period",
        "select release, change, value from pr_revisions order by release, period",
        "select data_file, release from pr_releases",
        "select * from population order by year",
        "select * from best_year",
        "with a as (select max(year) as y from population) select y from a;",
        "-- a note\nWITH a as (select * from best_year) select count(*) from a, pr_data",
        "select p.year from population as p join pr_data as d on d.year = p.year",
        "values 1",
        "show tables",
    ],
)
def test_what_is_asked_of_now_answers_as_the_local_engine_does_as_of_then(lake, past, sql):
    then = open_engine(lake, pointers_as_of(lake, MOMENT), Settings()).query(sql)
    now = open_engine(lake, load_pointers(lake), Settings())
    assert now.query(past.rewrite(sql).text).to_pylist() == then.to_pylist()


def test_that_is_another_answer_than_now(lake, past):
    sql = "select value from pr_data where period = 'Q02'"
    now = open_engine(lake, load_pointers(lake), Settings())
    assert now.query(sql).to_pylist() == [{"value": 2.5}]
    assert now.query(past.rewrite(sql).text).to_pylist() == [{"value": 2.0}]


def test_what_was_withdrawn_by_then_is_not_there_and_what_came_later_neither(lake, past):
    """Both sides of the comparison above ask with the same SQL, so here the answer is written."""
    sql = "select year, period, value from pr_data order by period"
    known = [
        {"year": 2024, "period": "Q01", "value": 1.0},
        {"year": 2024, "period": "Q02", "value": 2.0},
    ]
    now = open_engine(lake, load_pointers(lake), Settings())
    then = open_engine(lake, pointers_as_of(lake, MOMENT), Settings())
    assert now.query(past.rewrite(sql).text).to_pylist() == known
    assert then.query(sql).to_pylist() == known


def test_now_leaves_a_statement_as_it_is(lake):
    sql = "explain select * from pr_data"
    assert Past(lake, load_pointers(lake), "labor_lake").rewrite(sql) == Rewritten(sql)


def test_a_table_that_was_not_known_is_refused(lake):
    pointers = [one for one in pointers_as_of(lake, MOMENT) if one.subject == "pr"]
    with pytest.raises(UsageError, match="There is no table population as of that moment"):
        Past(lake, pointers, "labor_lake").rewrite("select * from population")


def test_a_statement_that_cannot_be_read_is_refused(past):
    with pytest.raises(UnsupportedSQL, match="EXPLAIN"):
        past.rewrite("explain select * from pr_data")


@pytest.mark.parametrize(
    ("asked", "place", "meant"),
    [
        (Rewritten("select x"), (1, 8), (1, 8)),
        (Rewritten("select x", "with a as (\nb\n)\n"), (4, 8), (1, 8)),
        (Rewritten("select x", "with a as (\nb\n)\n"), (2, 1), (1, 1)),
        (Rewritten("with c as (d)\nselect x", "with a as (\nb\n),\n", 4), (4, 1), (1, 5)),
        (Rewritten("with c as (d)\nselect x", "with a as (\nb\n),\n", 4), (5, 8), (2, 8)),
        (Rewritten("-- e\nwith c as (d)", "with a as (\nb\n),\n", 9), (4, 2), (2, 6)),
    ],
)
def test_a_place_in_what_was_asked_is_one_in_what_was_written(asked, place, meant):
    assert asked.place(*place) == meant
