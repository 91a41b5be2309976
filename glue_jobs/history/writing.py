"""Writes a data file's history: the one writer, for one new release and for all of them again.

A vintage's changes follow from it and the vintage before it, and from nothing else. So of the
vintages that a data file is to have, those that are published, with the same one before them, keep
the changes that are there; all others are compared. Then each year is looked at: one that has the
files it should have stays as it is, in the same objects; of any other a new state is written. From
this follows what each caller needs:

- a new release adds its file to the running year, and the first one of a year makes one file of
  the year before;
- an old copy changes its own release and the one after it, so the years of these two are written;
- a table that was laid out otherwise is written anew from its own rows;
- without anything published, all vintages are compared.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.catalog.pointers import TableFile
from glue_jobs.errors import AlreadyWritten, IntegrityFailure, QualityFailure
from glue_jobs.history import layout
from glue_jobs.history.rows import ROWS, read_rows
from glue_jobs.sources.places import data_place
from glue_jobs.storage import names
from glue_jobs.storage.hashing import path_sha256
from glue_jobs.storage.verified import copy_verified
from glue_jobs.tables.parquet import write_parquet
from glue_jobs.timestamps import year_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from glue_jobs.catalog.pointers import Pointer, Vintage
    from glue_jobs.errors import LakeError
    from glue_jobs.history.comparing import Comparer
    from glue_jobs.storage.protocol import Storage

_MOST_MAKINGS = 99
"""Of one folder: each is one in whose place an object with other bytes lies."""


@dataclass(frozen=True)
class Changes:
    """What one vintage changed.

    Attributes:
        vintage: counted.
        path: its changes as Parquet, in scratch; None where a published file holds them.
        published: that file.
    """

    vintage: Vintage
    path: Path | None = None
    published: TableFile | None = None


@dataclass(frozen=True)
class _Made:
    """A file of a state that is written.

    Attributes:
        name: in its folder.
        file: what is recorded of it; its path is not known yet.
        path: it, in scratch; None where an object with its bytes is copied.
        key: that object.
    """

    name: str
    file: TableFile
    path: Path | None = None
    key: str = ""


class HistoryWriter:
    """Writes the histories of one survey's data files."""

    def __init__(
        self,
        storage: Storage,
        subject: str,
        published: Pointer | None,
        comparer: Comparer,
        scratch: Path,
        damaged: Collection[str] = (),
    ) -> None:
        """Starts from what is published.

        Args:
            storage: the lake.
            subject: whose.
            published: the pointer whose history is kept as far as it stands; None: nothing is.
            comparer: compares vintages.
            scratch: a folder for temporary files.
            damaged: keys of objects that do not have their recorded bytes.
        """
        self._storage, self._subject, self._scratch = storage, subject, scratch
        self._comparer, self._damaged = comparer, set(damaged)
        self._pointer = published
        self._name = table_names.revisions(subject)
        table = published.tables.get(self._name) if published else None
        self._is_laid_out = table is not None and layout.is_laid_out(table)
        usable = table is not None and layout.has_the_columns(table)
        self._files: dict[str, list[TableFile]] = {}
        for file in table.files if table and usable else ():
            self._files.setdefault(file.source, []).append(file)
        before: dict[Vintage, Vintage | None] = {}
        for _, own in groupby(published.history if published else (), lambda one: one.source):
            before.update(_pairs(list(own)))
        self._before = {_identity(one): (one, _identity(last)) for one, last in before.items()}
        self._there: dict[str, int] | None = None  # the sizes of what is stored, by key
        self._copies: dict[str, Path] = {}  # of published files, by their key
        self._pieces = 0

    def compare(self, before: Vintage | None, vintage: Vintage, made: Path | None) -> Changes:
        """Compares a vintage with the one before it; ``made`` is its Parquet, if it is there.

        Raises:
            LakeError: one of them cannot be made.
        """
        self._pieces += 1
        path = self._scratch / f"changes-{self._pieces}.parquet"
        return Changes(self._comparer.compare(before, vintage, path, made), path)

    def write(
        self,
        vintages: Sequence[Vintage],
        compared: Mapping[Vintage, Changes],
        may_lack: Collection[Vintage] = (),
    ) -> tuple[list[Vintage], list[TableFile], list[str]]:
        """Writes the history of one data file.

        Args:
            vintages: all of the data file's, by release.
            compared: the changes of some of them, which are at hand; by the counted vintage.
            may_lack: those that are left out where they cannot be converted.

        Returns:
            The vintages, counted; the files; and a sentence for each that was left out.

        Raises:
            LakeError: a vintage that may not be left out cannot be made.
        """
        written: list[Vintage] = []
        files: list[TableFile] = []
        left_out: list[str] = []
        newest = year_of(vintages[-1].release) if vintages else ""
        for year, group in groupby(vintages, lambda one: year_of(one.release)):
            own, state = list(group), None
            last = written[-1] if written else None
            source = own[0].source
            partition = (data_place(self._subject, source).partition, year)
            while state is None:  # again, where a published file turns out to have rotten
                found, missed = self._find(own, last, compared, may_lack)
                state = self._state(source, partition, found, is_running=year == newest)
            written += [changes.vintage for changes in found]
            files += state
            left_out += missed
        return written, files, left_out

    def _find(
        self,
        vintages: Sequence[Vintage],
        last: Vintage | None,
        compared: Mapping[Vintage, Changes],
        may_lack: Collection[Vintage],
    ) -> tuple[list[Changes], list[str]]:
        """What each of some vintages changed, the first of them against ``last``."""
        found: list[Changes] = []
        left_out: list[str] = []
        for vintage in vintages:
            try:
                changes = self._kept(vintage, last) or compared.get(vintage)
                found.append(changes or self.compare(last, vintage, None))
            except (QualityFailure, IntegrityFailure) as error:
                if vintage not in may_lack:
                    raise
                left_out.append(left_out_because(vintage, error))
            else:
                last = vintage
        return found, left_out

    def _kept(self, vintage: Vintage, last: Vintage | None) -> Changes | None:
        """The published changes of a vintage, if they are those against that one before it."""
        known, before = self._before.get(_identity(vintage), (None, None))
        if known is None or before != _identity(last):
            return None
        if not known.rows:
            return Changes(known)
        for file in self._files.get(known.source, ()):
            if layout.holds(file, known) and self._stands(file):
                return Changes(known, published=file)
        return None

    def _state(
        self,
        source: str,
        partition: tuple[str, str],
        found: Sequence[Changes],
        *,
        is_running: bool,
    ) -> list[TableFile] | None:
        """A partition's files: those that are there, or of a new state with these changes.

        Returns:
            None where a published file that was to be read has rotten.
        """
        changed = [one for one in found if one.vintage.rows]
        groups = [[one] for one in changed] if is_running else [changed] if changed else []
        there = {file for file in self._files.get(source, ()) if file.partition == partition}
        new = [group for group in groups if not self._is_a_file(group)]
        if not new and {group[0].published for group in groups} == there:
            return sorted(there, key=lambda file: file.path)
        if not all(self._is_readable(one) for group in new for one in group):
            return None
        return self._store(partition, list(self._make(partition, groups)))

    def _is_readable(self, changes: Changes) -> bool:
        """Whether changes can be read in scratch; a published file is copied there."""
        if changes.published is None:
            return True
        key = self._key_of(changes.published)
        if key not in self._copies:
            self._pieces += 1
            path = self._scratch / f"published-{self._pieces}.parquet"
            try:
                copy_verified(self._storage, key, changes.published.sha256, path)
            except IntegrityFailure:
                self._damaged.add(key)
                return False
            self._copies[key] = path
        return True

    def _make(
        self, partition: tuple[str, str], groups: Sequence[Sequence[Changes]]
    ) -> Iterator[_Made]:
        """The files of a new state."""
        for changes in groups:
            first = changes[0]
            name = layout.name_of_file([one.vintage.release for one in changes])
            whose = first.vintage.sha256 if len(changes) == 1 else ""
            if first.published is not None and self._is_a_file(changes):
                file = replace(first.published, source_sha256=whose)
                yield _Made(name, file, key=self._key_of(first.published))
                continue
            path = first.path if len(changes) == 1 else None
            if path is None:
                self._pieces += 1
                path = self._scratch / f"changes-{self._pieces}.parquet"
                write_parquet(path, ROWS, self._rows(changes))
            rows = sum(one.vintage.rows for one in changes)
            size, sha256 = path.stat().st_size, path_sha256(path)
            file = TableFile(name, rows, size, sha256, partition, first.vintage.source, whose)
            yield _Made(name, file, path)
        for copy in self._copies.values():
            copy.unlink()
        self._copies.clear()

    def _is_a_file(self, changes: Sequence[Changes]) -> bool:
        """Whether a published file holds just these changes, so that it can be copied."""
        published = changes[0].published
        return (
            self._is_laid_out
            and published is not None
            and all(one.published == published for one in changes)
            and published.rows == sum(one.vintage.rows for one in changes)
        )

    def _rows(self, changes: Sequence[Changes]) -> Iterator[pa.RecordBatch]:
        """Changes one after the other: by release, then by key."""
        for one in changes:
            path = one.path
            if one.published is not None:
                path = self._copies[self._key_of(one.published)]
            assert path is not None  # noqa: S101 - changes are here or there
            yield from read_rows(path, one.vintage.release)
            if one.path is not None:
                one.path.unlink()

    def _store(self, partition: tuple[str, str], made: Sequence[_Made]) -> list[TableFile]:
        """Puts a state into a folder of its own, in which nothing else is, nor will be."""
        digest = layout.digest_of((one.name, one.file.sha256) for one in made)
        data_file, year = partition
        start = names.history_of(self._subject)
        keys = {one.name: one.key for one in made}
        for making in range(1, _MOST_MAKINGS + 1):
            folder = names.history_folder(self._subject, data_file, year, digest, making)
            if any(key.startswith(folder) for key in self._damaged):
                continue
            with contextlib.suppress(AlreadyWritten):
                for one in made:
                    self._put(one, keys[one.name], folder + one.name)
                    keys[one.name] = folder + one.name
                return [replace(one.file, path=folder[len(start) :] + one.name) for one in made]
        raise AlreadyWritten(f"{folder} holds other bytes than those that are written there.")

    def _put(self, made: _Made, source: str, key: str) -> None:
        if made.path is not None and not source:
            self._storage.put_file(key, made.path, made.file.sha256)
            return
        self._storage.copy(source, key)
        there = self._storage.stat(key)
        if there is None or there.size != made.file.bytes:
            raise AlreadyWritten(f"{key} holds other bytes than {source}.")
        if there.sha256 not in ("", made.file.sha256):
            raise AlreadyWritten(f"{key} holds other bytes than {source}.")

    def _key_of(self, file: TableFile) -> str:
        assert self._pointer is not None  # noqa: S101 - whoever has a file has its pointer
        return self._pointer.key_of(self._name, file)

    def _stands(self, file: TableFile) -> bool:
        """Whether a published file is there, as far as can be told without reading it."""
        key = self._key_of(file)
        if self._there is None:
            # Not a cached_property: that of Python 3.11 lets no two histories be listed at once.
            stored = self._storage.list_objects(names.history_of(self._subject))
            self._there = {one.key: one.size for one in stored}
        return self._there.get(key) == file.bytes and key not in self._damaged


def left_out_because(vintage: Vintage, why: LakeError | str) -> str:
    """The warning that a vintage which was landed is not in the history."""
    told = (
        f"The vintage {vintage.release} of {vintage.source} was landed, but is not in the history"
    )
    return f"{told}: {why}"


def _identity(vintage: Vintage | None) -> tuple[str, str, str] | None:
    return (vintage.source, vintage.release, vintage.sha256) if vintage else None


def _pairs(vintages: Sequence[Vintage]) -> Iterator[tuple[Vintage, Vintage | None]]:
    return zip(vintages, [None, *vintages])
