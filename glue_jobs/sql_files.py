"""Finds the project's SQL: one statement per file, by folder and name."""

from __future__ import annotations

from pathlib import Path

from glue_jobs.errors import UsageError

_PACKAGE = Path(__file__).parent
# In a wheel the folder lies inside the package, in a clone beside it.
_FOLDERS = (_PACKAGE / "sql", _PACKAGE.parent / "sql")


def sql_files(folder: str) -> dict[str, str]:
    """The statements of ``views``, ``reports``, ``checks`` or ``queries``, by file name."""
    root = next((path for path in _FOLDERS if path.is_dir()), None)
    if root is None:
        raise UsageError("The folder sql/ is missing beside the program.")
    return {path.stem: path.read_text("utf-8") for path in sorted((root / folder).glob("*.sql"))}
