"""Hostile texts arrive unchanged where programs read, and harmless where people look."""

from __future__ import annotations

import csv
import io
import json
import re
import string
import sys

import pyarrow.parquet as pq
import pytest

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.reports.files import from_csv
from glue_jobs.storage.local import LocalStorage
from labor_lake.cli import main
from tests.hostile.conftest import COLUMNS, DATA_FILE, NATION, SERIES
from tests.hostile.corpus import FAMILIES, FIELDS, is_field
from tests.lakes import RELEASED
from tests.reports import REPORTS

SQL = "'; drop view best_year; --"
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?")
# In the order of their bytes, as the lake sorts.
SORTED = sorted(SERIES, key=str.encode)


def table_of(lake, name):
    pointer = load_pointer(LocalStorage(lake), "pr")
    assert pointer is not None
    (file, *_) = pointer.tables[name].files
    return pq.read_table(lake / pointer.key_of(name, file))


def control_characters(text: str) -> set[str]:
    return {char for char in text if not char.isprintable() and char != "\n"}


def formulas(body: str) -> list[str]:
    """The cells of a CSV file that a spreadsheet would compute."""
    csv.field_size_limit(sys.maxsize)
    return [
        cell
        for line in csv.reader(io.StringIO(body, newline=""))
        for cell in line
        if len(cell) > 1
        and cell.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))
        and not NUMBER.fullmatch(cell)
    ]


# Where programs read.


def test_every_text_arrives_in_parquet_as_it_was_served(lake):
    for name, columns in {
        "pr_sector": ("sector_code", "sector_name"),
        "pr_class": ("class_code", "class_text"),
        "pr_footnote": ("footnote_code", "footnote_text"),
        "pr_reserved": COLUMNS,
    }.items():
        table = table_of(lake, name)
        assert table.column_names[: len(columns)] == list(columns)
        for column in columns:
            assert [text for text in table[column].to_pylist() if text in FIELDS] == FIELDS
    series = table_of(lake, "pr_series")
    assert series["series_id"].to_pylist() == SORTED
    expected = dict(zip(SERIES, FIELDS * 2))
    assert dict(zip(SORTED, series["base_year"].to_pylist())) == expected
    data = table_of(lake, "pr_data")
    assert data["series_id"].to_pylist() == SORTED
    assert dict(zip(SORTED, data["footnote_codes"].to_pylist())) == expected


def codes_in(text: str) -> list[str]:
    return [
        code
        for one in text.split(",")
        if (code := one.strip(string.whitespace + "\x1c\x1d\x1e\x1f"))
    ]


def test_every_text_arrives_in_json_and_csv_and_parquet_answers(told, tmp_path):
    sql = (
        "select series_id, sector_name, class_text, footnote_text from pr_observations"
        " where data_file = '0.Current' order by series_id"
    )
    texts = dict(zip(SERIES, FIELDS * 2))
    # Of footnotes each code between commas is looked up.
    expected = [
        (series, texts[series], texts[series], "; ".join(codes_in(texts[series])))
        for series in SORTED
    ]
    answer = json.loads(told("query", sql, "--json").out)
    assert [tuple(row.values()) for row in answer] == expected
    written = told("query", sql, "--format", "csv").out
    assert formulas(written) == []
    assert [tuple(row) for row in from_csv(written.encode())[1]] == expected
    told("query", sql, "--format", "parquet", "--output", str(tmp_path / "answer.parquet"))
    table = pq.read_table(tmp_path / "answer.parquet")
    assert list(zip(*(column.to_pylist() for column in table.columns))) == expected


def test_columns_that_are_words_of_sql_are_read_in_quotes(told):
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    rows = json.loads(told("query", f"select {names} from pr_reserved", "--json").out)
    assert [tuple(row.values()) for row in rows] == [(text,) * len(COLUMNS) for text in FIELDS]


def test_the_nation_has_whatever_name_the_api_gives_it(told):
    rows = json.loads(told("query", "select nation from population", "--json").out)
    assert [row["nation"] for row in rows] == [NATION] * 2


def test_the_reports_say_it_unchanged_in_parquet_and_json_and_without_formulas_in_csv(lake, told):
    table = pq.read_table(lake / "reports" / "latest" / "best_year.parquet")
    assert table["series_id"].to_pylist() == SORTED
    for words in ([], ["--as-of", "2100-01-01"]):
        assert [
            row["series_id"]
            for row in json.loads(told("reports", "--json", *words).out)["best_year"]
        ] == SORTED
        assert formulas(told("reports", "--format", "csv", *words).out) == []
    for name in REPORTS:
        body = (lake / "reports" / "latest" / f"{name}.csv").read_bytes()
        assert formulas(body.decode()) == []
    rows = from_csv((lake / "reports" / "latest" / "best_year.csv").read_bytes())[1]
    assert [row[0] for row in rows] == SORTED
    assert {row[2] for row in rows} == {"-1.5"}  # a negative number is no formula


def test_the_changes_say_it_unchanged_in_json(lake, told):
    document = json.loads((lake / "reports" / "latest" / "changes-pr.json").read_bytes())
    assert json.loads(told("changes", "pr", "--json").out) == document
    for change in document["changes"]:
        text = dict(zip(SERIES, FIELDS * 2))[change["series_id"]]
        assert (change["sector_name"], change["measure_text"]) == (text, text)
    assert {change["series_id"] for change in document["changes"]} == set(SERIES)


# Where people look.

SHORT = "length(class_code) < 5000"  # a table in a pipe is as wide as it is
COMMANDS = {
    "status": ["status"],
    "reports": ["reports"],
    "reports-as-of": ["reports", "--as-of", "2100-01-01"],
    "changes": ["changes", "pr"],
    "verify": ["verify"],
    "vacuum": ["vacuum", "--dry-run"],
    "observations": ["query", f"select * from pr_observations where {SHORT}"],
    "reserved": ["query", 'select * from pr_reserved where length("order") < 5000'],
    "nations": ["query", "select * from population"],
    "header": ["query", "select 1 as \"\x1b[2J\\[/x]\", chr(27) || '[2J'"],
    "failing": ["query", "select '\x1b[2J' from \"\x1b[31m\""],
    "show": ["query", "describe pr_reserved"],
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("on_a_terminal", [False, True], ids=["pipe", "terminal"])
def test_no_control_character_and_no_markup_reaches_a_terminal(
    words, on_a_terminal, told, monkeypatch
):
    if on_a_terminal:
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv("TERM", "dumb")  # without our own bold and dim
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    printed = told(*words)
    assert "should not" not in printed.err
    assert control_characters(printed.out + printed.err) == set()


def test_what_is_shown_is_the_text_with_its_brackets_and_colons(told):
    sql = "select sector_name from pr_sector where sector_code = ?"
    for text in ("[bold red]x[/bold red]", "\\[/x]", ":warning: 10:100:20", "a|b"):
        assert f" {text}\n" in told("query", sql, "--param", text).out


@pytest.mark.parametrize("form", ["csv", "json"])
def test_csv_on_a_terminal_is_shown_and_in_a_pipe_it_is_exact(form, told, monkeypatch, capsys):
    sql = "select sector_name from pr_sector where sector_code = ?"
    exact = told("query", sql, "--param", "\x1b[2J", "--format", form)
    assert ("\x1b[2J" in exact.out) == (form == "csv")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = told("query", sql, "--param", "\x1b[2J", "--format", form)
    assert control_characters(shown.out) == set()


def test_the_text_file_of_changes_can_be_printed(lake):
    text = (lake / "reports" / "latest" / "changes-pr.txt").read_text("utf-8")
    assert control_characters(text) == set()
    assert len(text.splitlines()) == 22


def test_a_run_that_fails_tells_it_harmlessly_then_and_later(tmp_path, capsys):
    from tests.hostile.conftest import serve, table_file
    from tests.simulator.upstream import Upstream

    with Upstream() as upstream:
        serve(upstream, "1.0", 0)
        odd = ("PRS1", "\x1b[2J" + "x" * 9000, "Q01", "1", "")
        header = ("series_id", "year", "period", "value", "footnote_codes", "new\x1b[1m")
        body = table_file(header, (*odd, ""))
        upstream.set_file("pr", DATA_FILE, body, RELEASED)
        words = ["--lake", str(tmp_path / "lake"), "--contact", "a@example.com"]
        words += ["--bls-url", upstream.bls_url, "--population-url", upstream.population_url]
        assert main(["run", *words]) == 7
    assert main(["status", *words[:2]]) == 0
    said = capsys.readouterr()
    assert "which year '\\x1b[2J" in said.out
    assert "which year '\\x1b[2J" in said.err
    assert control_characters(said.out + said.err) == set()
    assert max(map(len, (said.out + said.err).splitlines())) < 300


# What the words of a command can do.


def test_a_value_of_a_query_is_only_a_value(told):
    asked = ", ".join("?" for _ in FIELDS)
    sql = f"select sector_code, ? as given from pr_sector where sector_code in ({asked})"
    words = [f"--param={text}" for text in (SQL, *FIELDS)]
    answer = json.loads(told("query", sql, *words, "--json").out)
    assert [tuple(row.values()) for row in answer] == [(text, SQL) for text in FIELDS]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_hostile_series_is_traced_to_its_lines(family, told):
    for text in filter(is_field, FAMILIES[family]):
        found = json.loads(told("trace", "--json", "--", f"PR{text}", "2018", "Q01").out)
        assert [(trace["source"], trace["value"]) for trace in found] == [
            (DATA_FILE, "1.0"),
            (DATA_FILE, "-1.5"),
            ("pr.data.1.AllData", "1.0"),
            ("pr.data.1.AllData", "-1.5"),
        ]
    printed = told("trace", "--", f"PR{text}", "2018", "Q01")
    assert printed.code == 0
    assert control_characters(printed.out + printed.err) == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_words_that_name_nothing_are_told_harmlessly(family, told):
    # The system gives a process neither NUL nor any half of a character but this one.
    given = [text for text in FAMILIES[family] if text.isascii() or text.encode("utf-8", "ignore")]
    for text in (*(text for text in given if "\0" not in text), "\udcff"):
        for words in (
            ["trace", "--", f"PR{text}x", text, text],
            ["trace", "--", text, "2018", "Q01"],
            ["changes", "--", text],
            ["changes", "pr", f"--release={text}"],
            ["changes", "pr", f"--data-file={text}"],
            ["reports", "--", text],
            ["reports", f"--as-of={text}"],
        ):
            printed = told(*words)
            assert printed.code in (0, 2), (words, printed.err)
            assert control_characters(printed.out + printed.err) == set()


@pytest.mark.parametrize("text", FAMILIES["sql"])
def test_a_hostile_table_is_refused_harmlessly(text, told):
    printed = told("query", "--", f"select * from {text}")
    assert printed.code == 2, printed.out
    assert control_characters(printed.err) == set()


# What is written.


def test_nothing_is_written_outside_the_lake_and_nothing_as_html(lake):
    assert [path.name for path in lake.parent.iterdir()] == ["lake"]
    names = {path.relative_to(lake).as_posix() for path in lake.rglob("*") if path.is_file()}
    visible = {name for name in names if not name.startswith(".lake/")}
    assert {name.split("/")[0] for name in visible} == {
        *("raw", "curated", "current", "history", "reports", "runs")
    }
    assert [name for name in visible if not re.fullmatch(r"[A-Za-z0-9._=/-]+", name)] == []
    assert {name.rpartition(".")[2] for name in visible if not name.startswith("raw/")} == {
        *("csv", "index", "json", "parquet", "txt")
    }
