"""One session of the shell: the engine of a moment, and what is done with each thing typed."""

from __future__ import annotations

import contextlib
import io
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from glue_jobs.errors import LakeError, UsageError
from glue_jobs.logs import print_error
from glue_jobs.progress import write_line
from labor_lake.answers import write_answer
from labor_lake.asking import notes_on, open_asked
from labor_lake.shell.catalog import Catalog
from labor_lake.shell.dot_commands import help_text, is_command, parse_command, select_names
from labor_lake.shell.pager import show

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_jobs.settings import Settings

_NOW = ("", "now", "off")


class Session:
    """What a shell is over, and what it has been told.

    Attributes:
        catalog: the names that one can type.
        is_ended: whether `quit` was typed.
    """

    def __init__(self, settings: Settings, as_of: str | None, form: str) -> None:
        """Opens the engine.

        Args:
            settings: name the lake.
            as_of: the moment; None: now.
            form: of the answers: ``table`` or ``json``.

        Raises:
            LakeError: there is no lake, or it knows nothing of that moment.
        """
        self._settings, self._form = settings, form
        self._tells_time = self.is_ended = False
        self._open(as_of)

    def answer_all(self, read: Callable[[str], str]) -> int:
        """Answers what is read until its end; returns the worst exit code.

        Args:
            read: gives a line, or several, for a prompt.
        """
        worst, statement = 0, ""
        while not self.is_ended:
            try:
                line = read("lake> " if not statement else "  ... ")
            except EOFError:
                break
            if not statement and is_command(line):
                worst = max(worst, _attempt(partial(self._obey, line)))
                continue
            statement = f"{statement}\n{line}".strip()
            if statement.endswith(";"):
                worst = max(worst, self.answer(statement))
                statement = ""
        return max(worst, self.answer(statement)) if statement else worst

    def answer(self, statement: str) -> int:
        """Answers one statement; returns its exit code."""
        started = time.perf_counter()
        code = _attempt(partial(self._show, statement))
        if self._tells_time:
            write_line(f"{time.perf_counter() - started:.2f} s")
        return code

    def _open(self, as_of: str | None) -> None:
        for note in notes_on(self._settings, as_of) if as_of else ():
            write_line(f"note: {note}")
        self._engine, _, pointers, _ = open_asked(self._settings, as_of)
        self.catalog = Catalog(self._engine, pointers)

    def _obey(self, line: str) -> None:
        """Does what one of the shell's own commands says."""
        command, given = parse_command(line)
        if command == "quit":
            self.is_ended = True
        elif command == "help":
            print(help_text())
        elif command == ".tables":
            for name in select_names(self.catalog.tables, given):
                print(name)
        elif command == ".schema":
            if given not in self.catalog.tables:
                raise UsageError(f"There is no table {given[:80]}.", hint=".tables lists them.")
            self._show(f"describe {given}")
        elif command == ".timing":
            self._tells_time = given == "on"
        elif command == ".as-of":
            self._open(None if given in _NOW else given)

    def _show(self, statement: str) -> None:
        answer = self._engine.stream(statement)
        if self._form != "table" or not (sys.stdin.isatty() and sys.stdout.isatty()):
            write_answer(answer, self._form, None)
            return
        shown = _Screen()
        with contextlib.redirect_stdout(shown):
            write_answer(answer, self._form, None)
        show(shown.getvalue())


def _attempt(act: Callable[[], None]) -> int:
    """Does something; tells what it fails with, and returns the exit code."""
    try:
        act()
    except LakeError as error:
        print_error(error)
        return error.exit_code
    return 0


class _Screen(io.StringIO):
    """Takes what is meant for the terminal, and is written as for one."""

    def isatty(self) -> bool:
        return True
