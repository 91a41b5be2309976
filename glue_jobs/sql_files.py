"""The project's SQL: one statement per file, by folder and name.

What a statement reads stands in its own header, after `Inputs:`, so that nobody who only runs it
needs a parser of SQL; a test holds the headers against the statements.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

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
    """The statements of ``views``, ``reports``, ``checks`` or ``queries``, by file name."""
    paths = sorted((sql_folder() / folder).glob("*.sql"))
    return {path.stem: path.read_text("utf-8") for path in paths}


def inputs(sql: str) -> set[str]:
    """The tables and views that a statement of the project reads, by its header."""
    header = " ".join(line[2:].strip() for line in sql.splitlines() if line.startswith("--"))
    named = re.search(r"Inputs: ([a-z0-9_, ]+)\.", header)
    return set(named[1].split(", ")) if named else set()


def base_tables(sql: str) -> set[str]:
    """The tables that a statement of the project reads, itself or through views."""
    views = sql_files("views")
    tables: set[str] = set()
    for name in inputs(sql):
        tables |= base_tables(views[name]) if name in views else {name}
    return tables


def absent(sql: str, tables: Collection[str]) -> str:
    """Which tables a statement reads that are not among these: ``no pr_class``; or nothing."""
    missing = sorted(base_tables(sql) - set(tables))
    return f"no {', '.join(missing)}" if missing else ""


def views_in_order(tables: Collection[str]) -> dict[str, str]:
    """The views whose tables are all there, each after those that it reads."""
    views = sql_files("views")
    ordered: dict[str, str] = {}

    def add(name: str) -> None:
        for read in sorted(inputs(views[name]) & set(views)):
            add(read)
        ordered.setdefault(name, views[name])

    for name, sql in views.items():
        if base_tables(sql) <= set(tables):
            add(name)
    return ordered
