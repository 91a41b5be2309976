"""How the table of revisions is laid out: its partitions, files and folders, and how they are read.

A partition is one data file and one year of releases. While that year runs, each release that
changed something has a file of its own; when the data file has a release of a later year, they are
one file, sorted by release, series_id, year and period::

    history/pr/data_file=0.Current/release_year=2024/5c1d0b9a7e3f/2024.parquet
    history/pr/data_file=0.Current/release_year=2025/91f0c4d2ab68/20250306T133000Z.parquet
    history/pr/data_file=0.Current/release_year=2025/91f0c4d2ab68/20250904T123000Z.parquet

Athena reads every object in a partition's folder, published or not. So a folder holds one state of
its partition for ever: its name is a digest of the names and hashes of its files, and a partition
that gains a file moves to another folder, into which the files that it has are copied. What a
killed run leaves in a folder is therefore part of what the folder is named after.

Until 2026 a partition was one release of a data file, without a year, and the column `release` was
not in the files. Such a table is read here, too.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import Table, TableFile, Vintage
from glue_jobs.storage import names
from glue_jobs.tables import schemas
from glue_jobs.timestamps import year_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from glue_jobs.tables.columns import TableColumn


def table_of(subject: str, files: Iterable[TableFile]) -> Table | None:
    """The table of revisions with these files; None where there is none."""
    ordered = tuple(sorted(files, key=lambda file: (file.partition, file.path)))
    if not ordered:
        return None
    return Table(schemas.REVISIONS, ordered, schemas.REVISIONS_KEYS, names.history_of(subject))


def is_laid_out(table: Table) -> bool:
    """Whether a table of revisions has the columns and partitions that are written now."""
    return _types(table.columns) == _types(schemas.REVISIONS) and _types(
        table.partition_keys
    ) == _types(schemas.REVISIONS_KEYS)


def has_the_columns(table: Table) -> bool:
    """Whether the rows of a table of revisions can be taken over: it has all that is written now.

    A column whose type has changed is cast.
    """
    found = {column.name for column in table.all_columns}
    return found >= {column.name for column in schemas.REVISIONS}


def name_of_file(releases: Sequence[str]) -> str:
    """What a file is called that holds the changes of these releases, all of one year."""
    first, *more = releases
    return f"{year_of(first) if more else first}.parquet"


def holds(file: TableFile, vintage: Vintage) -> bool:
    """Whether a vintage's changes, if there are any, are in a file."""
    named = names.name_of(file.path).partition(".")[0]
    return file.source == vintage.source and (
        named in (vintage.release, year_of(vintage.release)) or file.partition[1] == vintage.release
    )


def digest_of(files: Iterable[tuple[str, str]]) -> str:
    """What the folder is called that holds these files, given by name and hash."""
    return hashlib.sha256(repr(sorted(files)).encode()).hexdigest()[:12]


def by_year(table: Table) -> Table:
    """A table of revisions as it is asked: with the year of the release, however it is laid out."""
    if [key.name for key in table.partition_keys] != ["data_file", "release"]:
        return table
    files = tuple(
        replace(file, partition=(*file.partition, year_of(file.partition[1])))
        for file in table.files
    )
    return replace(table, files=files, partition_keys=(*table.partition_keys, schemas.RELEASE_YEAR))


def _types(columns: Iterable[TableColumn]) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in columns]
