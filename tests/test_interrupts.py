"""Ctrl-C: the program ends soon and quietly, whatever it does; the shell drops what runs."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labor_lake.cli import main
from tests.interrupting import ENDLESS, interrupt_at

ROOT = Path(__file__).parents[1]
STATEMENTS = f"{ENDLESS.format('count(*)')};\nselect 6 * 7 as answer;\n"

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine", "heeding_interrupts")


class Terminal(io.StringIO):
    """Where a person types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def typing(monkeypatch):
    """Has a person type lines, of which ^C is Ctrl-C, and then end the shell."""

    def type_in(*lines: str) -> None:
        left = iter(lines)

        def read(_: str) -> str:
            line = next(left, None)
            if line is None:
                raise EOFError
            if line == "^C":
                raise KeyboardInterrupt
            return line

        monkeypatch.setattr("sys.stdin", Terminal())
        monkeypatch.setattr("labor_lake.shell.prompt.open_prompt", lambda _: read)

    return type_in


@pytest.mark.parametrize("form", ["table", "csv"])
def test_a_query_ends_with_130_and_says_no_more(form, demo_lake, monkeypatch, capsys):
    interrupt_at(1, monkeypatch)
    sql = ENDLESS.format("count(*)")
    assert main(["query", sql, "--format", form, "--lake", demo_lake]) == 130
    assert capsys.readouterr().err == ""


def test_statements_from_a_pipe_end_with_130(demo_lake, monkeypatch, capsys):
    interrupt_at(1, monkeypatch)
    monkeypatch.setattr("sys.stdin", io.StringIO(STATEMENTS))
    assert main(["shell", "--lake", demo_lake]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_person_is_back_at_the_prompt(demo_lake, monkeypatch, typing, capsys):
    interrupt_at(1, monkeypatch)
    typing(*STATEMENTS.splitlines())
    assert main(["shell", "--lake", demo_lake]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert "42" in told.out
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_at_the_prompt_it_drops_what_was_typed(demo_lake, typing, capsys):
    typing("select nonsense,", "^C", "select 6 * 7 as answer;", "quit", "select nonsense;")
    assert main(["shell", "--lake", demo_lake]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert "42" in told.out


BUSY = """\
import threading
from concurrent.futures import ThreadPoolExecutor
from labor_lake.interrupt import end_soon_when_interrupted
end_soon_when_interrupted()
with ThreadPoolExecutor(1) as pool:
    task = pool.submit(threading.Event().wait, 60)
    try:
        print("busy", flush=True)
        task.result()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""
"""Waits for a thread that cannot be interrupted, as one that downloads."""


@pytest.mark.parametrize("is_read", [True, False], ids=["stderr read", "stderr not read"])
def test_the_program_ends_soon_also_if_nobody_reads_what_it_says(is_read):
    reading, writing = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", BUSY], cwd=ROOT, stdout=subprocess.PIPE, stderr=writing
    ) as process:
        os.close(writing)
        assert process.stdout is not None
        assert process.stdout.readline() == b"busy\n"
        if not is_read:
            os.close(reading)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == b"interrupted\n"
        assert process.wait(timeout=30) == 130
    if is_read:
        with os.fdopen(reading, "rb") as told:
            assert told.read() == b"Interrupted; what was published stands.\n"
