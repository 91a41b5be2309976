"""Where an answer goes: a pipe that nobody reads, a full disk, a file, and what cannot be one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from labor_lake.cli import main

ROOT = Path(__file__).parents[1]
FULL = Path("/dev/full")
# As on most machines: what cannot be written is still there when the program ends.
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
NO_SPACE = "Cannot write the output: no space left on device."

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="only Linux has /dev/full")


@pytest.fixture
def lake(demo_lake):
    """Runs a command in a process of its own, with a given stdout and stderr."""

    def run(*command: str, **streams: object) -> subprocess.CompletedProcess[bytes]:
        words = [sys.executable, "-m", "labor_lake", *command, "--lake", demo_lake]
        given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": BUFFERED, **streams}
        return subprocess.run(words, cwd=ROOT, check=False, **given)  # type: ignore[call-overload,no-any-return]

    return run


@pytest.fixture
def unread():
    """A pipe that has lost its reader, as `lake … | head` soon has."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


OUTPUTS = [
    ("query", "select * from pr_data"),
    ("query", "select * from pr_data", "--format", "csv"),
    ("query", "select * from pr_data", "--json"),
    ("reports",),
    ("status",),
    ("changes", "pr"),
]


@pytest.mark.parametrize("command", OUTPUTS, ids=" ".join)
def test_a_reader_who_has_seen_enough_is_no_failure(command, lake, unread):
    told = lake(*command, stdout=unread)
    assert (told.returncode, told.stderr) == (0, b"")


def test_a_failure_that_nobody_reads_has_its_code(lake, unread):
    assert lake("query", "select nothing", stderr=unread).returncode == 2


@needs_full
@pytest.mark.parametrize("command", OUTPUTS, ids=" ".join)
def test_a_full_disk_is_told_in_a_sentence(command, lake):
    with FULL.open("wb") as full:
        told = lake(*command, stdout=full)
    assert told.returncode == 7
    assert NO_SPACE in told.stderr.decode()
    assert "should not" not in told.stderr.decode()
    if "--json" in command:
        assert json.loads(told.stderr)["error"]["error"] == "StorageFailure"


@needs_full
def test_an_answer_is_one_though_the_log_s_disk_is_full(lake):
    with FULL.open("wb") as full:
        told = lake("query", "select 42 as n", "--format", "csv", stderr=full)
        assert (told.returncode, told.stdout) == (0, b"n\n42\n")
        assert lake("query", "select nothing", stderr=full).returncode == 2


def test_a_program_that_was_started_without_stdout_says_nothing(demo_lake):
    command = f"'{sys.executable}' -m labor_lake status --lake '{demo_lake}' >&-"
    told = subprocess.run(
        command, shell=True, cwd=ROOT, env=BUFFERED, capture_output=True, check=False
    )
    assert (told.returncode, told.stderr) == (0, b"")


def ask(demo_lake: str, output: Path) -> int:
    words = ["query", "select 42 as n", "--format", "csv", "--output", str(output)]
    return main([*words, "--lake", demo_lake])


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to a folder"])
def test_what_is_no_file_is_not_replaced(kind, demo_lake, tmp_path, capsys):
    """A device least of all: root could."""
    output = tmp_path / "answer.csv"
    if kind == "pipe":
        os.mkfifo(output)
    elif kind == "folder":
        output.mkdir()
    else:
        output.symlink_to(tmp_path)
    before = output.lstat()
    assert ask(demo_lake, output) == 2
    assert capsys.readouterr().err == (
        f"error: {output} is there, and not a file that could be replaced.\n"
    )
    assert output.lstat() == before


def test_a_link_to_a_file_stays_a_link(demo_lake, tmp_path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    assert ask(demo_lake, link) == 0
    assert link.is_symlink()
    assert target.read_text() == "n\n42\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(28, "No space left on device"), 7),
        (OSError(5, "Input/output error"), 7),
        (PermissionError(13, "Permission denied"), 2),
        (OSError(30, "Read-only file system"), 2),
    ],
    ids=str,
)
def test_a_file_that_cannot_be_written_is_told(
    error, code, demo_lake, tmp_path, monkeypatch, capsys
):
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(Path, "replace", refuse)
    output = tmp_path / "answer.csv"
    assert ask(demo_lake, output) == code
    told = capsys.readouterr().err.splitlines()[0]
    assert told == f"error: Cannot write {output}: {error.strerror.lower()}."
