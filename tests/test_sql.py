"""The SQL of the project: how its files are written, and what its views answer."""

from __future__ import annotations

from decimal import Decimal

import pytest

import athena_sql
from glue_jobs.catalog.pointers import column_names, tables_of
from glue_jobs.engines.open import open_engine
from glue_jobs.reports.checks import load_checks, run_checks
from glue_jobs.settings import Settings
from glue_jobs.sql_files import inputs, sql_files
from glue_jobs.storage.local import LocalStorage
from glue_jobs.timestamps import release_name
from glue_jobs.views import views_over
from labor_lake.workflow import run_workflow
from tests.athena_rules import complaints
from tests.faults.lake import NEXT_RELEASE, body_of, change_file, observation
from tests.lakes import lake_of, run_at
from tests.pointers import load_pointers
from tests.saved_queries import parameters_of
from tests.simulator.upstream import Upstream
from tests.test_missed_releases import SEEN

FOLDERS = ("views", "reports", "checks", "queries")
FILES = [(folder, name) for folder in FOLDERS for name in sql_files(folder)]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The excerpt, and a release after it that revises a figure and goes on for a quarter."""
    folder = tmp_path_factory.mktemp("sample")
    with Upstream.sample() as upstream:
        assert run_workflow(run_at(folder, upstream)).failures == ()
        for name in ("pr.data.0.Current", "pr.data.1.AllData"):
            body = body_of(upstream, name).replace(SEEN, SEEN.replace(b"0.5", b"0.9") + b"R")
            body += observation("PRS88003203", "2026", "Q01", "1.5")
            change_file(upstream, name, body)
        assert run_workflow(run_at(folder, upstream, "run-2")).failures == ()
    return LocalStorage(folder)


@pytest.fixture(scope="module")
def sample_engine(sample):
    return open_engine(sample, load_pointers(sample), Settings())


def lake_on(folder, rows, population=None):
    lake_of(folder, rows, population or {2013: 1})
    return LocalStorage(folder)


def engine_on(folder, rows, population=None):
    storage = lake_on(folder, rows, population)
    return open_engine(storage, load_pointers(storage), Settings())


def quarters(series_id, year, *values):
    return [
        (series_id, str(year), f"Q{number:02d}", value, "")
        for number, value in enumerate(values, 1)
        if value is not None
    ]


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_a_file_says_its_grain_and_inputs_and_holds_one_statement_of_athena(folder, name):
    text = sql_files(folder)[name]
    comment = "\n".join(line for line in text.splitlines() if line.startswith("--"))
    assert "Grain:" in comment
    assert "Inputs:" in comment
    athena_sql.parse(text)


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_a_file_is_what_athena_s_documentation_allows(folder, name):
    assert complaints(sql_files(folder)[name]) == []


def test_so_are_the_views_that_are_made_from_templates(sample):
    views = views_over(column_names(load_pointers(sample)))
    assert "pr_prints" in views
    assert {name: complaints(sql) for name, sql in views.items() if complaints(sql)} == {}


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("with asked as (select ? as moment) select moment from asked", "outside WHERE"),
        ("select * from pr_data where year = 2020 order by ?", "outside WHERE"),
        ("create or replace view x as select * from pr_data where year = ?", "has a parameter"),
        ('create or replace view "a-b" as select 1 as one', "no name for a view"),
        ("select 1; select 2", "2 statements"),
        (f"select '{'x' * 262_144}' as long", "more than 262,144 bytes"),
        ("select from where", "cannot be read"),
    ],
)
def test_what_athena_s_documentation_rules_out_is_found(sql, complaint):
    assert any(complaint in one for one in complaints(sql))


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_the_inputs_that_a_file_names_are_those_it_reads(folder, name):
    text = sql_files(folder)[name]
    assert inputs(text) == athena_sql.table_references(text)


@pytest.mark.parametrize("name", sql_files("views"))
def test_a_view_is_named_after_its_file(name):
    assert f"create or replace view {name} as" in sql_files("views")[name]


PARAMETERS = parameters_of("PRS30006032", "2025-12-31", release_name(NEXT_RELEASE))


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_every_statement_runs_on_the_sample(folder, name, sample_engine):
    text = sql_files(folder)[name] if folder != "views" else f"select * from {name}"
    parameters = PARAMETERS.get(name, [])
    answer = sample_engine.query(text, parameters)
    assert (answer.num_rows == 0) == (folder == "checks")


def test_best_year_sums_quarters_and_leaves_the_annual_figure_out(tmp_path):
    rows = quarters("PRS1", 2021, "1.0", "1.0", "1.0", "1.0", "9.0") + quarters(
        "PRS1", 2022, "1.1", "1.1", "1.1", "1.1", "1.1"
    )
    (best,) = engine_on(tmp_path, rows).query("select * from best_year").to_pylist()
    assert best == {
        "series_id": "PRS1",
        "best_year": 2022,
        "value": Decimal("4.400000"),
        "quarters": 4,
        "tied_years": 1,
        "basis": "quarters",
    }


def test_best_year_takes_the_earliest_of_tied_years_and_counts_them(tmp_path):
    # As floats, 0.1 + 0.2 is more than 0.3: the tie is seen only in decimals.
    rows = quarters("PRS1", 2020, "0.3") + quarters("PRS1", 2021, "0.1", "0.2")
    (best,) = engine_on(tmp_path, rows).query("select * from best_year").to_pylist()
    assert (best["best_year"], best["tied_years"], best["quarters"]) == (2020, 2, 1)


def test_best_year_of_a_series_with_annual_figures_only_is_by_those(tmp_path):
    rows = quarters("PRS1", 2020, None, None, None, None, "7.5") + quarters(
        "PRS1", 2021, None, None, None, None, "6.5"
    )
    (best,) = engine_on(tmp_path, rows).query("select * from best_year").to_pylist()
    assert (best["best_year"], best["value"], best["quarters"], best["basis"]) == (
        2020,
        Decimal("7.5"),
        0,
        "annual",
    )


def test_best_year_keeps_a_series_without_any_figure(tmp_path):
    rows = quarters("PRS1", 2020, "-", "-") + quarters("PRS2", 2020, "-1.5", "-")
    answer = engine_on(tmp_path, rows).query("select * from best_year order by 1").to_pylist()
    assert [(row["series_id"], row["value"], row["quarters"]) for row in answer] == [
        ("PRS1", None, 0),
        ("PRS2", Decimal("-1.5"), 1),
    ]


def test_series_population_keeps_years_without_population(tmp_path):
    rows = [("PRS30006032", year, "Q01", "1.0", "") for year in ("2019", "2020", "2021")]
    engine = engine_on(tmp_path, rows, {2019: 300, 2021: 320, 2022: 330})
    answer = engine.query("select year, population from series_population order by year")
    assert answer.to_pylist() == [
        {"year": 2019, "population": 300},
        {"year": 2020, "population": None},
        {"year": 2021, "population": 320},
    ]


def test_population_summary_is_of_2013_to_2018_only(tmp_path):
    rows = quarters("PRS1", 2020, "1.0")
    population = {2012: 9, 2013: 2, 2014: 4, 2018: 6, 2019: 9}
    (answer,) = (
        engine_on(tmp_path, rows, population)
        .query(
            "select years, first_year, last_year, mean, stddev_samp, stddev_pop"
            " from population_summary"
        )
        .to_pylist()
    )
    assert answer == {
        "years": 3,
        "first_year": 2013,
        "last_year": 2018,
        "mean": Decimal("4.000000"),
        "stddev_samp": Decimal("2.000000"),
        "stddev_pop": Decimal("1.632993"),
    }


def test_observations_explain_every_code_and_mark_annual_figures(sample_engine):
    answer = sample_engine.query(
        "select period, is_annual, sector_name, measure_text, duration_text, seasonal_text"
        " from pr_observations where series_id = 'PRS30006032' and year = 2020"
        " and data_file = '0.Current' order by period"
    ).to_pylist()
    assert [row["is_annual"] for row in answer] == [False, False, False, False, True]
    assert answer[0]["sector_name"] == "Manufacturing"
    assert answer[0]["measure_text"] == "Hours worked"
    assert answer[0]["duration_text"] == "% Change from previous quarter"


def test_the_checks_pass_on_the_sample(sample, sample_engine):
    checked = run_checks(sample_engine, load_checks(), tables_of(load_pointers(sample)))
    assert set(checked.results.values()) == {"passed"}
    assert (checked.warnings, checked.failures) == ([], {})


def test_each_check_says_which_reports_it_guards():
    checks = load_checks()
    assert {report for check in checks for report in check.reports} <= set(sql_files("reports"))
    guards = {check.name: (sorted(check.reports), check.is_error) for check in checks}
    assert guards == {
        "best_year_misses_a_series": (["best_year"], True),
        "current_differs_from_all_data": (["best_year", "series_population"], False),
        "observations_are_not_the_data": ([], True),
        "series_has_codes_without_text": ([], False),
    }


def test_checks_of_tables_that_a_lake_has_not_are_skipped_by_name(tmp_path):
    pointers = load_pointers(lake_on(tmp_path, quarters("PRS1", 2020, "1.0")))
    engine = open_engine(LocalStorage(tmp_path), pointers, Settings())
    results = run_checks(engine, load_checks(), tables_of(pointers)).results
    assert results["best_year_misses_a_series"] == "passed"
    assert results["series_has_codes_without_text"].startswith("skipped: no pr_class")
