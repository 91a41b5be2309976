"""What each report, view and check depends on, so that a publish renews what has changed alone.

Every thing that they are made from has a key, with what tells its content: a subject with its
folder, its table of revisions with its files, a statement of the project with its text. What
depends on none that has changed since the last publish is what it was then.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.sql_files import inputs, sql_files
from glue_jobs.table_names import subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glue_jobs.catalog.pointers import Pointer

STATEMENTS = ("views", "checks", "reports")
"""The folders of statements that reports depend on."""


def describe_inputs(pointers: Sequence[Pointer]) -> dict[str, str]:
    """All that the reports depend on, by key."""
    folders = {pointer.subject: pointer.folder for pointer in pointers}
    # A backfill leaves the release as it is, and writes other files of the history.
    histories = {
        name: _digest(repr([file.sha256 for file in table.files]))
        for pointer in pointers
        for name, table in pointer.tables.items()
        if table.folder
    }
    statements = {
        key_of(folder, name): _digest(sql)
        for folder in STATEMENTS
        for name, sql in sql_files(folder).items()
    }
    return {**folders, **histories, **statements}


def key_of(folder: str, name: str) -> str:
    """The key of a statement of the project."""
    return f"sql/{folder}/{name}.sql"


def keys_of_subject(subject: str) -> set[str]:
    """The keys of what a subject's tables hold."""
    return {subject, table_names.revisions(subject)}


def keys_behind(sql: str) -> set[str]:
    """The keys of all that a statement of the project reads, itself or through views."""
    keys = {key_of("views", name) for name in views_behind(sql)}
    views = sql_files("views")
    for statement in (sql, *(views[name] for name in views_behind(sql))):
        for table in inputs(statement) - views.keys():
            keys |= keys_of_subject(subject_of(table))
    return keys


def views_behind(sql: str) -> set[str]:
    """The views of the project that a statement reads, itself or through others."""
    return set(_views_behind(sql))


def _views_behind(sql: str) -> Iterator[str]:
    views = sql_files("views")
    for name in inputs(sql) & views.keys():
        yield name
        yield from _views_behind(views[name])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
