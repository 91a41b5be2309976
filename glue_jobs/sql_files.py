"""The project's SQL: one statement per file, by folder and name.

What a statement reads stands in its own header, after `Inputs:`, so that nobody who only runs it
needs a parser of SQL; a test holds the headers against the statements.
"""

from __future__ import annotations

import re
from pathlib import Path

from glue_jobs.errors import UsageError

_PACKAGE = Path(__file__).parent
# In a wheel the folder lies inside the package, in a clone beside it.
_FOLDERS = (_PACKAGE / "sql", _PACKAGE.parent / "sql")


def sql_folder() -> Path:
    """The folder of all statements.

    Raises:
        UsageError: it is not there.
    """
    root = next((path for path in _FOLDERS if path.is_dir()), None)
    if root is None:
        raise UsageError("The folder sql/ is missing beside the program.")
    return root


def sql_files(folder: str) -> dict[str, str]:
    """The statements of ``views``, ``reports``, ``checks``, ``queries``, ``templates``, by name."""
    paths = sorted((sql_folder() / folder).glob("*.sql"))
    return {path.stem: path.read_text("utf-8") for path in paths}


def sql_file(folder: str, name: str) -> str:
    """One of these statements; empty where there is none of that name."""
    path = sql_folder() / folder / f"{name}.sql"
    # Whoever asks may have typed the name.
    return path.read_text("utf-8") if name.isidentifier() and path.is_file() else ""


def inputs(sql: str) -> set[str]:
    """The tables and views that a statement of the project reads, by its header."""
    header = " ".join(header_lines(sql))
    named = re.search(r"Inputs: ([a-z0-9_, ]+)\.", header)
    return set(named[1].split(", ")) if named else set()


def header_lines(sql: str) -> list[str]:
    """What the comments of a statement say, a line each."""
    return [line[2:].strip() for line in sql.splitlines() if line.startswith("--")]
