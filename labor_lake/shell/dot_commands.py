"""The shell's own commands, beside SQL: `.tables`, `.schema`, `.as-of`, `.timing`, `help`."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from glue_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    ".tables": ("[LIKE]", "the tables and views; .tables pr_% those of a pattern"),
    ".schema": ("TABLE", "the columns of a table or view"),
    ".as-of": ("DATE", "what was known at the end of that date; now, or nothing: today"),
    ".timing": ("on|off", "say how long each statement took"),
}
"""Each with what follows it, and what it does."""

ENDS = ("quit", "exit", ".quit", ".exit")
HELPS = ("help", ".help")

_MOST_SUGGESTED = 40
"""Letters of what somebody typed that are repeated to them."""


def is_command(line: str) -> bool:
    """Whether a line is one of the shell's own, which needs no semicolon."""
    word = line.strip().rstrip(";").strip().lower()
    return word.startswith(".") or word in (*ENDS, *HELPS)


def parse_command(line: str) -> tuple[str, str]:
    """A command, and what follows it.

    Raises:
        UsageError: there is none of that name, or what follows is missing.
    """
    word, _, rest = line.strip().rstrip(";").strip().partition(" ")
    name, given = word.lower(), rest.strip()
    if name in ENDS:
        return "quit", ""
    if name in HELPS:
        return "help", ""
    if name not in COMMANDS:
        shown = name[:_MOST_SUGGESTED]
        raise UsageError(f"There is no command {shown}.", hint="`help` lists the commands.")
    if name == ".schema" and not given:
        raise UsageError(".schema needs the name of a table.", hint=".schema pr_data")
    if name == ".timing" and given not in ("on", "off"):
        raise UsageError(".timing is on or off.", hint=".timing on")
    return name, given


def help_text() -> str:
    """What one can type, for a terminal of 80 columns."""
    told = {f"{name} {given}": text for name, (given, text) in COMMANDS.items()}
    told["help"] = "this"
    told["quit, exit"] = "end; so does Ctrl-D"
    width = max(map(len, told))
    lines = [f"  {name:<{width}}  {text}" for name, text in told.items()]
    return "\n".join(
        [
            "A statement is Athena SQL and ends with ; - it may take several lines.",
            "Tab completes tables, columns and keywords. Ctrl-C clears what is typed, or",
            "stops the statement that runs.",
            "",
            *lines,
        ]
    )


def select_names(names: Sequence[str], pattern: str) -> list[str]:
    """The names that a pattern means: `%` and `*` stand for any letters.

    Args:
        names: all there are.
        pattern: without such a sign, what a name has in it; empty: all.
    """
    wanted = pattern.strip("'").lower().replace("%", "*")
    if "*" not in wanted:
        wanted = f"*{wanted}*"
    return [name for name in names if fnmatch.fnmatchcase(name, wanted)]
