"""Compares vintages of a data file: each with the one before it, from the bytes that raw keeps."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.errors import IntegrityFailure
from glue_jobs.history.rows import ROWS, with_release
from glue_jobs.raw_zone import contents_of
from glue_jobs.sources.kept import find_content
from glue_jobs.sources.places import data_place, tables_of
from glue_jobs.storage.verified import copy_verified
from glue_jobs.tables.parquet import write_parquet
from glue_jobs.tables.revisions import (
    REVISED,
    Counted,
    compare_vintages,
    first_vintage,
    read_vintage,
)

if TYPE_CHECKING:
    from pathlib import Path

    from glue_jobs.catalog.pointers import Pointer, Vintage
    from glue_jobs.storage.protocol import Storage

_AT_HAND = 2
"""Vintages as Parquet in scratch: the one before, and the one that is compared with it."""


class Comparer:
    """Compares vintages of one survey's data files.

    A vintage that was compared is at hand for the next one, so each is made once where all of a
    data file are compared in turn.
    """

    def __init__(
        self, storage: Storage, subject: str, scratch: Path, current: Pointer | None = None
    ) -> None:
        """Starts with no vintage at hand.

        Args:
            storage: the lake.
            subject: whose.
            scratch: a folder for temporary files.
            current: the release whose tables are believed to be what raw gives, if any; its data
                files need not be made again.
        """
        self._storage, self._subject, self._scratch = storage, subject, scratch
        self._current = current
        self._paths: dict[tuple[str, str], Path] = {}
        self._made = 0

    def compare(
        self, before: Vintage | None, vintage: Vintage, target: Path, made: Path | None = None
    ) -> Vintage:
        """Writes what a vintage changed.

        Args:
            before: the vintage before it; None where it is the first.
            vintage: what it counts is counted again.
            target: gets the changes as Parquet.
            made: the vintage as Parquet, if it is there already.

        Returns:
            The vintage, counted.

        Raises:
            QualityFailure: the one or the other is refused by the converter.
            IntegrityFailure: the bytes of one are nowhere any more.
        """
        counted = Counted()
        older = self.parquet_of(before) if before else None
        newer = made or self.parquet_of(vintage)
        with contextlib.ExitStack() as streams:
            current = read_vintage(streams.enter_context(newer.open("rb")))
            if older is None:
                changes = first_vintage(current)
            else:
                previous = read_vintage(streams.enter_context(older.open("rb")))
                changes = counted.watch(compare_vintages(previous, current))
            rows = write_parquet(target, ROWS, with_release(vintage.release, changes))
        revised = counted.by_change[REVISED]
        return replace(
            vintage,
            rows=rows,
            revised=revised,
            unflagged=counted.unflagged,
            born_marked=counted.born_marked,
        )

    def parquet_of(self, vintage: Vintage) -> Path:
        """A vintage as Parquet: at hand, or the current release's file, or made from its bytes."""
        identity = (vintage.source, vintage.sha256)
        path = self._paths.pop(identity, None)
        if path is None:
            while len(self._paths) >= _AT_HAND:
                self._paths.pop(next(iter(self._paths))).unlink(missing_ok=True)
            self._made += 1
            name = f"vintage-{self._made}.parquet"
            path = self._copy_of_current(vintage, self._scratch / name) or make_vintage(
                self._storage, self._subject, vintage, self._scratch, name
            )
        self._paths[identity] = path  # the last one, which goes last
        return path

    def _copy_of_current(self, vintage: Vintage, path: Path) -> Path | None:
        table = table_names.data(self._subject)
        if self._current is None or table not in self._current.tables:
            return None
        partition = (data_place(self._subject, vintage.source).partition,)
        for file in self._current.tables[table].files:
            if file.partition == partition and file.source_sha256 == vintage.sha256:
                key = self._current.key_of(table, file)
                if self._storage.stat(key) is not None:
                    with contextlib.suppress(IntegrityFailure):  # rotten: it is made again
                        copy_verified(self._storage, key, file.sha256, path)
                        return path
        return None


def make_vintage(
    storage: Storage, subject: str, vintage: Vintage, scratch: Path, name: str
) -> Path:
    """Converts a vintage's bytes, which the raw zone keeps, once more.

    Raises:
        IntegrityFailure: no version has these bytes any more.
    """
    place = data_place(subject, vintage.source)
    kept = find_content(storage, vintage.source, vintage.key, vintage.sha256)
    target = scratch / name
    tables_of(subject).convert(place, contents_of(storage, kept), target, scratch)
    return target
