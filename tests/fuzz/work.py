"""Counts the work of a parser without a clock: lines of Python run, and steps of its patterns.

A regular expression is one call to the tracer however long it takes, so a parser's patterns are
replaced by `Counted` ones: they answer as before, and are walked through a second time by a plain
backtracking matcher that counts every character it looks at. It does what Python's engine does,
without the engine's short cuts; so its count is an upper bound.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Callable

try:
    from re import _parser as sre  # type: ignore[attr-defined]
except ImportError:  # Python 3.9 and 3.10
    import sre_parse as sre

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, ModuleType

    import pytest

_Step = tuple[Any, Any]


class Counted:
    """A compiled pattern that counts.

    Attributes:
        pattern: the one that it stands for.
        steps: characters looked at so far.
    """

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern
        self.steps = 0
        self._parsed = list(sre.parse(pattern.pattern, pattern.flags))

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """As the pattern does it."""
        found = self.pattern.fullmatch(text)
        walked = any(end == len(text) for end in self._sequence(self._parsed, text, 0))
        assert walked == (found is not None), (self.pattern, text)
        return found

    def _sequence(self, steps: list[_Step], text: str, at: int) -> Iterator[int]:
        """Every place where a match of all the steps may end, in the order of the engine."""
        if not steps:
            yield at
            return
        for end in self._one(*steps[0], text, at):
            yield from self._sequence(steps[1:], text, end)

    def _one(self, operator: Any, argument: Any, text: str, at: int) -> Iterator[int]:
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            yield from self._repeat(argument, text, at, greedy=name == "MAX_REPEAT")
        elif name == "SUBPATTERN":
            yield from self._sequence(list(argument[-1]), text, at)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from self._sequence(list(branch), text, at)
        else:
            self.steps += 1
            if at < len(text) and self._accepts(name, argument, text[at]):
                yield at + 1

    def _repeat(
        self, argument: tuple[int, Any, Any], text: str, at: int, *, greedy: bool
    ) -> Iterator[int]:
        least, most, inner = argument[0], argument[1], list(argument[2])
        if len(inner) > 1 or str(inner[0][0]) not in ("IN", "LITERAL", "NOT_LITERAL", "ANY"):
            # None of the patterns repeats a group more than once; what if, is not written here.
            assert (least, most, greedy) == (0, 1, True), f"{self.pattern} repeats a group"
            yield from self._sequence(inner, text, at)
            yield at
        elif greedy:
            ends = [at]
            while len(ends) <= most and (end := next(self._sequence(inner, text, ends[-1]), 0)):
                ends.append(end)
            for end in reversed(ends[least:]):
                self.steps += 1
                yield end
        else:
            yield from self._lazily(least, most, inner, text, at)

    def _lazily(
        self, least: int, most: int, inner: list[_Step], text: str, at: int
    ) -> Iterator[int]:
        for count in range(int(most) + 1):
            if count >= least:
                yield at
            following = next(self._sequence(inner, text, at), None)
            if following is None:
                return
            at = following

    def _accepts(self, name: str, argument: Any, char: str) -> bool:
        flags = self.pattern.flags
        if name == "ANY":
            return char != "\n" or bool(flags & re.DOTALL)
        if name == "IN":
            return any(self._is_in(str(kind), what, char) for kind, what in argument) != (
                str(argument[0][0]) == "NEGATE"
            )
        same = bool(argument == ord(char))
        if flags & re.IGNORECASE:
            same = chr(argument).lower() == char.lower()
        return same == (name == "LITERAL")

    def _is_in(self, kind: str, what: Any, char: str) -> bool:
        if kind == "RANGE":
            chars = {char, char.lower(), char.upper()} if self._any_case else {char}
            return any(len(one) == 1 and what[0] <= ord(one) <= what[1] for one in chars)
        if kind == "CATEGORY":
            letter = {"CATEGORY_DIGIT": r"\d", "CATEGORY_SPACE": r"\s"}[str(what)]
            return re.match(letter, char, self.pattern.flags & re.ASCII) is not None
        if kind == "LITERAL":
            return chr(what) == char or (self._any_case and chr(what).lower() == char.lower())
        return False

    @property
    def _any_case(self) -> bool:
        return bool(self.pattern.flags & re.IGNORECASE)


def count_patterns(monkeypatch: pytest.MonkeyPatch, *modules: ModuleType) -> list[Counted]:
    """Has every pattern of some modules count from now on."""
    counted = []
    for module in modules:
        for name, value in list(vars(module).items()):
            if isinstance(value, re.Pattern):
                counted.append(Counted(value))
                monkeypatch.setattr(module, name, counted[-1])
    return counted


def lines_run(call: Callable[[], object]) -> int:
    """How many lines of the project's own code a call runs."""
    count = 0

    def local(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        count += event == "line"
        return local

    def entered(frame: FrameType, event: str, _: object) -> Any:
        return local if "glue_jobs" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        call()
    finally:
        sys.settrace(before)
    return count
