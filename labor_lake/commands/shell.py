"""`lake shell`: Athena SQL as you type it."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from glue_jobs.errors import LakeError
from glue_jobs.logs import print_error
from labor_lake.commands.query import engine_of, write_answer
from labor_lake.interrupt import going_on_when_interrupted

if TYPE_CHECKING:
    import argparse

    from glue_jobs.engines.protocol import Engine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the settings."""


def execute(arguments: argparse.Namespace) -> int:
    """Reads statements, each ended by a semicolon, until the end of input or `quit`.

    Returns 0 to a person; to a program that pipes statements in, the worst of their exit codes.
    """
    engine = engine_of(arguments)
    form = "json" if arguments.json else "table"
    if not sys.stdin.isatty():
        return _answer_all(engine, form)
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401, PLC0415 - gives input() its history and line editing
    print("Athena SQL, ended by ; - `show tables;` lists what there is, `quit` ends.")
    with going_on_when_interrupted():
        while True:
            try:
                _answer_all(engine, form)
            except KeyboardInterrupt:  # drops what runs, or what was typed so far
                print()
            else:
                return 0


def _answer_all(engine: Engine, form: str) -> int:
    """Answers what is read until its end; returns the worst exit code."""
    worst = 0
    statement = ""
    while (line := _read("lake> " if not statement else "  ... ")) is not None:
        if not statement and line.strip().rstrip(";").lower() in ("quit", "exit"):
            break
        statement = f"{statement}\n{line}".strip()
        if statement.endswith(";"):
            worst = max(worst, _answer(engine, statement, form))
            statement = ""
    if statement:
        worst = max(worst, _answer(engine, statement, form))
    return worst


def _answer(engine: Engine, statement: str, form: str) -> int:
    try:
        write_answer(engine.stream(statement), form, None)
    except LakeError as error:
        print_error(error)
        return error.exit_code
    return 0


def _read(prompt: str) -> str | None:
    try:
        return input(prompt if sys.stdin.isatty() else "")
    except EOFError:
        return None
