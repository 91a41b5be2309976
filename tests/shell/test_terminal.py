"""The shell in a real terminal: what a person sees who types, interrupts, pages and leaves."""

from __future__ import annotations

import stat

import pytest

from tests.interrupting import ENDLESS
from tests.shell.terminal import Terminal

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def terminal(demo_lake, state):
    env = {"XDG_STATE_HOME": str(state), "PAGER": "cat"}
    with Terminal(["shell", "--lake", demo_lake], env) as opened:
        opened.wait_for("`quit` ends.")
        opened.wait_for("lake>")
        yield opened


def test_a_statement_of_several_lines_is_answered_and_ctrl_d_ends(terminal, state):
    terminal.type("select 6 *\n")
    terminal.wait_for("...")
    terminal.type("7 as answer;\n")
    terminal.wait_for("     42")
    terminal.wait_for("1 row")
    terminal.wait_for("lake>")
    terminal.type("\x04")
    assert terminal.wait_for_the_end() == 0
    history = state / "labor-lake" / "shell_history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert "+7 as answer;" in history.read_text("utf-8")


def test_ctrl_c_stops_the_statement_that_runs(terminal):
    terminal.type(f"{ENDLESS.format('count(*)')};\n")
    terminal.wait_until_it_runs()
    terminal.interrupt_until("lake>")
    terminal.type("select 6 * 7 as answer;\n")
    terminal.wait_for("     42")
    terminal.wait_for("lake>")
    terminal.type("quit\n")
    assert terminal.wait_for_the_end() == 0


def test_ctrl_c_at_the_prompt_clears_what_was_typed(terminal):
    terminal.type("select nonsense,")
    terminal.wait_for("nonsense,")
    terminal.type("\x03")
    terminal.wait_for("lake>")
    terminal.type("select 6 * 7 as answer;\n")
    assert "error" not in terminal.wait_for("     42")
    terminal.wait_for("lake>")
    terminal.type("exit\n")
    assert terminal.wait_for_the_end() == 0


def test_tab_completes_a_table(terminal):
    terminal.type("select count(*) as n from pr_measu\t")
    terminal.wait_for("pr_measu")
    terminal.wait_for("re")
    terminal.type(";\n")
    terminal.wait_for("1 row")
    terminal.wait_for("lake>")
    terminal.type("quit\n")
    assert terminal.wait_for_the_end() == 0


def test_an_answer_higher_than_the_screen_goes_through_the_pager(demo_lake, tmp_path):
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho paged\ncat\n")
    pager.chmod(0o755)
    with Terminal(["shell", "--lake", demo_lake], {"PAGER": str(pager)}) as terminal:
        terminal.wait_for("lake>")
        terminal.type("select 1 as n;\n")
        assert "paged" not in terminal.wait_for("1 row")
        terminal.wait_for("lake>")
        terminal.type("select * from pr_labels limit 30;\n")
        terminal.wait_for("paged")
        terminal.wait_for("rows")
        terminal.wait_for("lake>")
        terminal.type("\x04")
        assert terminal.wait_for_the_end() == 0


@pytest.mark.parametrize("broken", ["folder", "file in the way", "unwritable"])
def test_a_history_that_cannot_be_kept_is_no_error(broken, demo_lake, state):
    place = state / "labor-lake"
    if broken == "file in the way":
        state.mkdir()
        place.write_text("x")
    elif broken == "folder":
        (place / "shell_history").mkdir(parents=True)
    else:
        state.mkdir(mode=0o500)
    with Terminal(["shell", "--lake", demo_lake], {"XDG_STATE_HOME": str(state)}) as terminal:
        terminal.wait_for("lake>")
        terminal.type("select 6 * 7 as answer;\n")
        assert "rror" not in terminal.wait_for("     42")
        terminal.wait_for("lake>")
        terminal.type("\x04")
        assert terminal.wait_for_the_end() == 0
