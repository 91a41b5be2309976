"""docs/questions.md: every answer on the page is what comes out."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from labor_lake.cli import main
from tests.test_docs import is_shown_by, samples

PAGE = (Path(__file__).parents[1] / "docs" / "questions.md").read_text("utf-8")
COMMANDS = samples(PAGE, "$ lake ")
_MOST_COMMANDS, _MOST_LINES = 2, 3


@pytest.fixture(autouse=True)
def at_home(demo_lake, tmp_path, monkeypatch):
    (tmp_path / "lake-demo").symlink_to(demo_lake)
    (tmp_path / "lake.toml").write_text('lake = "./lake-demo"\n')
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("sample", COMMANDS, ids=lambda sample: sample.partition("\n")[0])
def test_a_command_prints_what_the_page_shows(sample, capsys):
    call, _, answer = sample.removeprefix("$ lake ").partition("\n")
    assert main(shlex.split(call)) == 0
    assert is_shown_by(answer, capsys.readouterr().out)


def test_python_answers_what_the_page_shows():
    parsed = doctest.DocTestParser().get_doctest(PAGE, {}, "questions", "questions.md", 0)
    assert len(parsed.examples) > len(COMMANDS)
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert runner.run(parsed, out=told.append).failed == 0, "".join(told)


def test_ten_questions_take_two_commands_and_three_lines_each():
    questions = re.split(r"^## \d+\. ", PAGE, flags=re.MULTILINE)[1:]
    assert len(questions) == 10
    for question in questions:
        assert 1 <= question.count("$ lake ") <= _MOST_COMMANDS
        assert 1 <= len(re.findall(r"^(>>>|\.\.\.) \S", question, re.MULTILINE)) <= _MOST_LINES
