"""The list of breakages does not rot: what an entry replaces still stands where it says."""

from __future__ import annotations

import ast
import functools
import shlex
from collections import Counter

from yaml import YAMLError

from labor_lake.deployment.template import read_template
from tests.breakages.breakage import ROOT, Breakage, load_breakages

BREAKAGES = load_breakages()


def is_broken(breakage: Breakage) -> bool:
    """Whether its code stands once in its file, which can be read and says something else after."""
    try:
        after = meaning_of(breakage.file, breakage.broken_text())
    except (ValueError, SyntaxError, YAMLError):
        return False
    return after != unbroken(breakage.file)


def meaning_of(file: str, text: str) -> object:
    """What a file says, whatever its spaces and comments."""
    return read_template(text) if file.endswith(".yaml") else ast.dump(ast.parse(text))


@functools.cache
def unbroken(file: str) -> object:
    """What a file says as it is."""
    return meaning_of(file, (ROOT / file).read_text("utf-8"))


def test_the_code_of_each_stands_once_and_the_broken_file_can_be_read():
    assert [one.broken for one in BREAKAGES if not is_broken(one)] == []


def test_the_nearest_tests_of_each_are_there():
    for breakage in BREAKAGES:
        paths = [word for word in shlex.split(breakage.nearest) if word.startswith("tests/")]
        missing = [path for path in paths if not (ROOT / path.partition("::")[0]).exists()]
        assert paths, breakage.broken
        assert missing == [], breakage.broken


def test_each_is_told_apart_by_its_sentence():
    counts = Counter(breakage.broken for breakage in BREAKAGES)
    assert [sentence for sentence, count in counts.items() if count > 1] == []
