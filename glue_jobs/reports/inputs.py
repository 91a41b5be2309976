"""What each report, view and check depends on, so that a publish renews what has changed alone.

Every thing that they are made from has a key, with what tells its content: a subject with its
folder, its table of revisions with its files, a statement of the project with its text. What
depends on none that has changed since the last publish is what it was then.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.catalog.pointers import column_names
from glue_jobs.sql_files import inputs, sql_files
from glue_jobs.table_names import subject_of
from glue_jobs.views import outline, views_over

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
    views = views_over(column_names(pointers))
    statements.update({key_of("views", name): _digest(sql) for name, sql in views.items()})
    return {**folders, **histories, **statements}


def key_of(folder: str, name: str) -> str:
    """The key of a statement of the project."""
    return f"sql/{folder}/{name}.sql"


def views_in(made_from: Iterable[str]) -> set[str]:
    """The views among such keys."""
    start, end = key_of("views", "|").split("|")
    return {key[len(start) : -len(end)] for key in made_from if key.startswith(start)}


def keys_of_subject(subject: str) -> set[str]:
    """The keys of what a subject's tables hold."""
    return {subject, table_names.revisions(subject)}


def keys_behind(sql: str) -> set[str]:
    """The keys of all that a statement of the project reads, itself or through views."""
    keys = {key_of("views", name) for name in views_behind(sql)}
    for statement in (sql, *map(outline, views_behind(sql))):
        for table in inputs(statement):
            if not outline(table):
                keys |= keys_of_subject(subject_of(table))
    return keys


def views_behind(sql: str) -> set[str]:
    """The views of the project that a statement reads, itself or through others."""
    return set(_views_behind(sql))


def _views_behind(sql: str) -> Iterator[str]:
    for name in filter(outline, inputs(sql)):
        yield name
        yield from _views_behind(outline(name))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
