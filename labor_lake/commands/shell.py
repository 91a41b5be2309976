"""`lake shell`: Athena SQL as you type it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from glue_jobs.flags import resolve_settings
from labor_lake.commands.query import add_as_of
from labor_lake.interrupt import going_on_when_interrupted
from labor_lake.shell.session import Session

if TYPE_CHECKING:
    import argparse

_WELCOME = "Athena SQL, ended by ; - Tab completes, `help` says more, `quit` ends."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """At which moment it begins."""
    add_as_of(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Reads statements, each ended by a semicolon, until the end of input or `quit`.

    Returns 0 to a person; to a program that pipes statements in, the worst of their exit codes.
    """
    settings = resolve_settings(vars(arguments)).settings
    session = Session(settings, arguments.as_of, "json" if arguments.json else "table")
    if not sys.stdin.isatty():
        return session.answer_all(lambda _: input())
    from labor_lake.shell.prompt import open_prompt  # noqa: PLC0415 - a pipe needs no terminal

    print(_WELCOME)
    read = open_prompt(lambda: session.catalog)
    with going_on_when_interrupted():
        while True:
            try:
                session.answer_all(read)
            except KeyboardInterrupt:  # drops what runs, or what was typed so far
                print()
            else:
                return 0
