"""What the shell completes, and what its own commands do."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from glue_jobs.errors import LakeError, UsageError
from glue_jobs.settings import Settings
from labor_lake.asking import open_asked
from labor_lake.cli import main
from labor_lake.shell.catalog import Catalog
from labor_lake.shell.completion import SqlCompleter
from labor_lake.shell.dot_commands import help_text, is_command, parse_command, select_names
from labor_lake.shell.prompt import is_whole, open_history

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")


@pytest.fixture
def catalog(demo_lake):
    engine, _, pointers, _ = open_asked(Settings(lake=demo_lake), None)
    return Catalog(engine, pointers)


def offered(catalog, before, after=""):
    """What Tab offers between two parts of a statement."""
    document = Document(before + after, len(before))
    completer = SqlCompleter(lambda: catalog)
    return [one.text for one in completer.get_completions(document, CompleteEvent())]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("select * from pr_me", "", ["pr_measure"]),
        ("select * from PR_ME", "", ["pr_measure"]),
        ("describe pr_sea", "", ["pr_seasonal"]),
        ("select measure_", " from pr_measure", ["measure_code", "measure_text"]),
        ("select p.measure_t", " from pr_measure as p", ["measure_text"]),
        ("select is_ann", " from pr_observations", ["is_annual"]),  # a view's
        ("select popul", "", ["population", "population_summary"]),  # of no table
        ("sel", "", ["selectable", "select"]),
        ("select value from pr_data ORD", "", ["ORDER"]),
        ("select 'pr_me", "", []),  # inside of a text
        ("select 'it''s' from pr_me", "", ["pr_measure"]),
        (".sch", "", [".schema"]),
        (".schema pr_me", "", ["pr_measure"]),
        (".timing o", "", ["on", "off"]),
        (".as-of pr_", "", []),
    ],
)
def test_tab_offers_what_may_stand_there(before, after, expected, catalog):
    assert offered(catalog, before, after) == expected


def test_a_lake_that_does_not_answer_offers_nothing():
    class Down:
        def query(self, sql):
            raise LakeError("down")

    catalog = Catalog(Down(), [])  # type: ignore[arg-type]
    assert offered(catalog, "select * from pr_") == []


def test_names_come_from_whatever_an_engine_answers_to_show():
    class Athena:
        """Answers in lines of text, as Athena does."""

        def query(self, sql):
            asked.append(sql)
            lines = ["v_view  \tx", "# comment"] if sql == "show tables" else ["a       ", "b "]
            return pa.table({"answer": lines})

    asked: list[str] = []
    catalog = Catalog(Athena(), [])  # type: ignore[arg-type]
    assert catalog.tables == ["v_view"]
    assert list(catalog.columns("v_view")) == list(catalog.columns("v_view")) == ["a", "b"]
    assert list(catalog.columns("v_view; drop")) == []
    assert asked == ["show tables", "show columns in v_view"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (".nothing", "There is no command .nothing."),
        (".schema", ".schema needs the name of a table."),
        (".timing maybe", ".timing is on or off."),
        ("." + "x" * 500, "There is no command .xxx"),
    ],
)
def test_a_command_that_there_is_not_is_told(line, told):
    assert is_command(line)
    with pytest.raises(UsageError) as raised:
        parse_command(line)
    assert str(raised.value).startswith(told)
    assert len(str(raised.value)) < 80


def test_commands_need_no_semicolon_and_take_one():
    assert parse_command(" QUIT; ") == ("quit", "")
    assert parse_command(".tables pr_%;") == (".tables", "pr_%")
    assert not is_command("select 1")
    assert max(map(len, help_text().splitlines())) <= 80


def test_a_pattern_selects_names():
    names = ["pr_data", "pr_series", "series"]
    assert select_names(names, "") == names
    assert select_names(names, "SERIES") == ["pr_series", "series"]
    assert select_names(names, "'pr_%'") == ["pr_data", "pr_series"]
    assert select_names(names, "s*") == ["series"]


@pytest.mark.parametrize(
    ("text", "whole"),
    [("", True), ("quit", True), (".tables", True), ("select 1", False), ("select\n1;", True),
     ("select 1\nquit", False)],
)  # fmt: skip
def test_enter_ends_a_statement_at_its_semicolon(text, whole):
    assert is_whole(text) is whole


def test_a_history_of_bytes_that_are_no_text_is_read(tmp_path):
    path = tmp_path / "history"
    path.write_bytes(b"\n# x\n+select 1;\n+\xff\xfe\x00\n\x00broken")
    path.chmod(0o644)
    history = open_history(path)
    assert "select 1;" in next(iter(history.load_history_strings()))
    assert path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    path.mkdir()  # what happens to it later is no error either
    history.store_string("select 2;")
    assert list(history.load_history_strings()) == []


def type_into_shell(text, lake, monkeypatch, *flags):
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return main(["shell", "--lake", lake, *flags])


def test_commands_from_a_pipe_are_obeyed(demo_lake, monkeypatch, capsys):
    typed = (
        ".tables pr_me\n.schema pr_measure\n.timing on\nselect 6 * 7 as answer;\nquit\nselect x;"
    )
    assert type_into_shell(typed, demo_lake, monkeypatch) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[0] == "pr_measure"
    assert "measure_text    string" in told.out
    assert "42" in told.out
    assert told.err.rstrip().endswith(" s")


def test_the_exit_code_of_a_pipe_is_the_worst(demo_lake, monkeypatch, capsys):
    assert type_into_shell(".schema nothing\nselect 1;", demo_lake, monkeypatch) == 2
    assert "There is no table nothing." in capsys.readouterr().err


def test_the_shell_goes_to_a_day_and_back(demo_lake, monkeypatch, capsys):
    count = "select count(*) as n from pr_data;\n"
    typed = f".as-of 2020-01-01\n{count}.as-of 2025-12-31\n{count}.as-of now\n{count}"
    assert type_into_shell(typed, demo_lake, monkeypatch) == 2
    told = capsys.readouterr()
    assert told.out.count("3702") == 3  # a day that is unknown changes nothing
    assert told.err.startswith("error: What was known at 20200102T045959Z is unknown")
    assert type_into_shell(count, demo_lake, monkeypatch, "--as-of", "2020-01-01") == 2
    assert type_into_shell(count, demo_lake, monkeypatch, "--as-of", "2025-12-31") == 0
