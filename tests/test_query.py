"""`lake query` and what it prints, as a user meets it."""

from __future__ import annotations

import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from labor_lake.cli import main
from tests.lakes import lake_of

POPULATION = {2013: 316_000_000, 2014: 318_000_000}


@pytest.fixture(scope="module")
def small_lake(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small") / "lake"
    lake_of(folder, [("PRS1", "2020", "Q01", "1.5", "")], POPULATION)
    return str(folder)


@pytest.fixture
def ask(small_lake, capsys):
    def run(*words: str, code: int = 0) -> str:
        assert main(["query", "--lake", small_lake, *words]) == code
        captured = capsys.readouterr()
        return str(captured.err if code else captured.out)

    return run


def cells(printed: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(printed)))


DECIMALS = "select 1 as x, 2 as x_decimals, 'a' as y_decimals"


def test_columns_named_like_a_reports_decimals_are_printed_like_any_other(ask, tmp_path):
    names = ["x", "x_decimals", "y_decimals"]
    assert cells(ask(DECIMALS, "--format", "csv")) == [names, ["1", "2", "a"]]
    assert json.loads(ask(DECIMALS, "--json")) == [dict(zip(names, [1, 2, "a"]))]
    assert all(name in ask(DECIMALS) for name in names)
    answer = tmp_path / "answer.parquet"
    ask(DECIMALS, "--format", "parquet", "--output", str(answer))
    assert pq.read_table(answer).column_names == names


TWINS = "select 1 as a, 'x' as a, 3, 4"


def test_two_columns_of_one_name_are_printed_and_unnamed_ones_have_athenas_names(ask):
    header = ["a", "a", "_col2", "_col3"]
    assert cells(ask(TWINS, "--format", "csv")) == [header, ["1", "x", "3", "4"]]
    lines = [line.split() for line in ask(TWINS).splitlines()]
    assert header in lines
    assert ["1", "x", "3", "4"] in lines


@pytest.mark.parametrize(
    ("sql", "header"),
    [
        ('select "Year", DATASET, year as "The Year" from population', "Year,DATASET,The Year"),
        ("select * from (select 1 as Foo, 2, 3 as bar)", "Foo,_col1,bar"),
        ("with A (X, y) as (select 1, 2) select a.*, X + 1 from a", "X,y,_col2"),
        ("select * from (select 1 as Foo) union all select 2 as Bar", "Foo"),
        ("select B.*, p.Dataset from (values (1)) b(ID) cross join population p", "ID,Dataset"),
        ("select N.*, b.N from (values 1) n(X) cross join (select 1 as n) b", "X,N"),
        ("select * from (select 1 as Foo) a join (select 1 as foo) b using (FOO)", "foo"),
    ],
)
def test_a_heading_has_the_case_that_the_query_wrote(sql, header, ask):
    assert ",".join(cells(ask(sql, "--format", "csv"))[0]) == header


@pytest.mark.parametrize("form", ["json", "parquet"])
def test_two_columns_of_one_name_need_names_of_their_own_in_json_and_parquet(form, ask, tmp_path):
    told = ask(TWINS, "--format", form, "--output", str(tmp_path / "answer"), code=2)
    assert "Two columns are named a" in told
    assert "hint:  Give each a name of its own" in told
    assert not (tmp_path / "answer").exists()


def test_intervals_are_printed_as_athena_prints_them(ask, tmp_path):
    sql = "select interval '3' day as d, interval '14' month as m, interval '0' month as z"
    assert cells(ask(sql, "--format", "csv")) == [["d", "m", "z"], ["3 00:00:00.000", "1-2", "0-0"]]
    assert json.loads(ask(sql, "--json")) == [{"d": "3 00:00:00.000", "m": "1-2", "z": "0-0"}]
    assert "3 00:00:00.000   1-2   0-0" in ask(sql)
    answer = tmp_path / "answer.parquet"
    ask(sql, "--format", "parquet", "--output", str(answer))
    assert pq.read_table(answer).to_pylist() == [{"d": "3 00:00:00.000", "m": "1-2", "z": "0-0"}]


@pytest.mark.parametrize("database", ["macro", "labor_lake", "date", "schema", "values", "select"])
def test_the_databases_name_may_stand_before_a_tables(database, ask):
    given = ("--database", database, "--format", "csv")
    for name in (f'"{database}".pr_data', f'"awsdatacatalog"."{database}"."pr_data"'):
        assert ask(f"select value from {name}", *given) == "value\n1.5\n"
    assert "pr_data" in ask(f"show tables in {database}", *given)
    assert ask("show databases", *given) == f"database_name\n{database}\n"


@pytest.mark.parametrize("name", ["macro.pr_data", "awsdatacatalog.macro.pr_data"])
def test_a_database_that_is_no_word_of_sql_needs_no_quotes(name, ask):
    assert ask(f"select value from {name}", "--database", "macro", "--format", "csv").endswith(
        "\n1.5\n"
    )


def test_another_database_than_the_lakes_is_refused_by_name(ask):
    told = ask("select value from labor_lake.pr_data", "--database", "macro", code=2)
    assert "There is no database labor_lake here; this one is macro." in told


def test_an_answer_without_rows_still_shows_its_columns(ask):
    sql = "select year, dataset from population where false"
    assert cells(ask(sql, "--format", "csv")) == [["year", "dataset"]]
    assert json.loads(ask(sql, "--json")) == []
    printed = ask(sql)
    assert "year   dataset" in printed
    assert printed.endswith("0 rows\n")


WIDE = "select 'here' as first, " + ", ".join(f"{n} as column_number_{n}" for n in range(20))


def test_an_answer_too_wide_for_a_terminal_is_a_list_of_cells(ask, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    printed = ask(WIDE)
    assert max(map(len, printed.splitlines())) <= 80
    assert "first             here" in printed
    assert "column_number_19  19" in printed
    nothing = ask(f"{WIDE} where false")
    assert max(map(len, nothing.splitlines())) <= 80 + len("\x1b[1m\x1b[0m")
    assert "column_number_19" in nothing
    assert nothing.endswith("0 rows\n")


def test_an_answer_too_wide_for_80_columns_stays_a_table_in_a_pipe(ask, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    header = ask(WIDE).splitlines()[1].split()
    assert header == ["first", *(f"column_number_{n}" for n in range(20))]


def with_values(*values: str) -> list[str]:
    return [word for value in values for word in ("--param", value)]


@pytest.mark.parametrize(
    ("sql", "values", "answer"),
    [
        ("select trim(both ? from ?)", ["x", "xax"], "a"),
        ("select substr(?, cast(? as integer))", ["abc", "2"], "bc"),
        ("select ? || '–?é' || ?  -- ?", ["a", "b"], "a–?éb"),
        ("with a as (select ? as x) select x || ? from a limit ?", ["p", "q", "1"], "pq"),
        ("select round(avg(cast(? as decimal(4, 2))), 1)", ["1.25"], "1.30"),
        ("select upper(?)", ["it's"], "IT'S"),
    ],
)
def test_each_value_stands_for_the_parameter_at_its_place(sql, values, answer, ask):
    assert cells(ask(sql, "--format", "csv", *with_values(*values)))[1] == [answer]


@pytest.mark.parametrize("value", ["1_000", "1e3", "0x10", "12.5"])
def test_a_value_is_cast_as_athena_casts_text(value, ask):
    assert "not of type integer" in ask("select cast(? as integer)", "--param", value, code=2)


@pytest.mark.parametrize(
    ("sql", "values", "told"),
    [
        ("select ?", [], "The statement has 1 ?, and 0 values for them."),
        ("select '?' -- ?", ["a"], "The statement has 0 ?, and 1 values for them."),
        ("select ?, ?", ["a", "b", "c"], "The statement has 2 ?, and 3 values for them."),
        ("select :a", [], "Athena does not accept the parameter :a."),
    ],
)
def test_a_statement_wants_one_value_for_each_question_mark(sql, values, told, ask):
    assert told in ask(sql, *with_values(*values), code=2)
