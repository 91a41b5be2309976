"""The history of one survey: while its next release is built, and when it is written again.

BLS overwrites its files and keeps no history, so the changes are found when a new vintage is
built, by comparing it with the one before. The pointer names the files of the table of revisions,
so tables and history are published in one swap; what a run leaves there without publishing, `lake
vacuum` removes in time.
"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.errors import GuardTripped, IntegrityFailure, QualityFailure
from glue_jobs.history.comparing import Comparer
from glue_jobs.history.layout import is_laid_out, table_of
from glue_jobs.history.releases import make_release_records, put_releases
from glue_jobs.history.writing import Changes, HistoryWriter, left_out_because
from glue_jobs.raw_zone import vintage_of
from glue_jobs.sources.places import tables_of
from glue_jobs.storage.verified import read_verified
from glue_jobs.tables.plan import is_same_converter
from glue_jobs.tables.quality import check_shrinking
from glue_jobs.tables.revisions import count_rows, defines_revised

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from glue_jobs.catalog.pointers import Pointer, Table, TableFile, Vintage
    from glue_jobs.sources.protocol import Landed
    from glue_jobs.storage.protocol import Storage


class History:
    """The history of one survey while its next release is built.

    Attributes:
        vintages: all vintages so far, by file and release.
        warnings: sentences for the summary.
    """

    def __init__(
        self, storage: Storage, subject: str, previous: Pointer | None, scratch: Path
    ) -> None:
        """Starts from what is published.

        Args:
            storage: the lake.
            subject: whose.
            previous: the current pointer, None for the first release.
            scratch: a folder for temporary files.
        """
        self.vintages = list(previous.history) if previous else []
        self.warnings: list[str] = []
        self._storage, self._subject, self._scratch = storage, subject, scratch
        # Tables of another converter are not what raw gives now.
        schema = tables_of(subject).schema
        same = previous is not None and is_same_converter(previous.made_by, schema)
        self._comparer = Comparer(storage, subject, scratch, previous if same else None)
        self._writer = HistoryWriter(storage, subject, previous, self._comparer, scratch)
        table = previous.tables.get(table_names.revisions(subject)) if previous else None
        self._files = _by_source(table.files if table else ())
        self._compared: dict[Vintage, Changes] = {}
        self._may_lack: frozenset[Vintage] = frozenset()
        self._writes_all = table is not None and not is_laid_out(table)
        self._compares_all = False

    def add(self, landed: Landed, vintage: Path) -> None:
        """Notes a data file's new vintage: what it changed, and where its bytes are.

        It is left out with a warning where another converter refuses the vintage before it.

        Args:
            landed: the file as it was landed.
            vintage: its Parquet.
        """
        last = self._last(landed.name)
        if last is not None and last.sha256 == landed.sha256:
            return
        new = vintage_of(landed, last)
        try:
            self._add(new, last, vintage)
        except QualityFailure as error:
            why = f"the one before cannot be made. {error}"
            self.warnings.append(left_out_because(new, why))
        else:
            if not self._writes_all:  # at once: scratch need not hold the changes of all files
                self._write(landed.name)

    def catch_up(self, landed: Landed, *, may_shrink: bool) -> None:
        """Notes a vintage that was landed and never built, if it would have been published.

        One that cannot be converted is left out with a warning, and so is one that has lost many of
        its rows, unless it may.
        """
        last = self._last(landed.name)
        vintage = vintage_of(landed, last)
        try:
            with self._comparer.parquet_of(vintage).open("rb") as now:
                rows = count_rows(now)
            if last is not None:
                with self._comparer.parquet_of(last).open("rb") as before:
                    check_shrinking(landed.name, count_rows(before), rows, allowed=may_shrink)
            self._add(vintage, last, None)
        except (QualityFailure, GuardTripped, IntegrityFailure) as error:
            self.warnings.append(left_out_because(vintage, error))

    def write_missing(self, vintages: Iterable[Vintage]) -> None:
        """Has these vintages alone, and writes what of them is not there as it should be."""
        self.vintages = list(vintages)
        self._writes_all = True

    def write_anew(self, vintages: Iterable[Vintage], may_lack: Iterable[Vintage] = ()) -> None:
        """Writes all of it again, from these vintages, whatever was published.

        Those that it ``may_lack`` are left out, with a warning, where they cannot be converted.
        """
        self.vintages = list(vintages)
        self._may_lack = frozenset(may_lack)
        self._comparer = Comparer(self._storage, self._subject, self._scratch)
        self._writer = HistoryWriter(
            self._storage, self._subject, None, self._comparer, self._scratch
        )
        self._writes_all = self._compares_all = True

    def tables(self, previous: Pointer | None, *, marks: bool) -> dict[str, Table]:
        """The tables of revisions and of releases, complete; none where there is no data file.

        Args:
            previous: the current pointer, None for the first release.
            marks: whether R may be BLS's mark of a revised value, as the survey explains it.
        """
        revisions = self._revisions()
        if revisions is None:
            return {}
        tables, self.vintages = _with_releases(
            self._storage, self._subject, revisions, self.vintages, previous, self._scratch, marks
        )
        return tables

    def _revisions(self) -> Table | None:
        missed = {one.source for one in self._compared}
        for source in sorted({one.source for one in self.vintages}):
            if self._writes_all or source in missed:
                self._write(source)
        sources = {one.source for one in self.vintages}
        files = [file for source in sources for file in self._files.get(source, ())]
        return table_of(self._subject, files)

    def _add(self, vintage: Vintage, last: Vintage | None, made: Path | None) -> None:
        if not self._compares_all:  # else its changes are found together with all others
            changes = self._writer.compare(last, vintage, made)
            vintage = changes.vintage
            self._compared[vintage] = changes
        self.vintages = sorted([*self.vintages, vintage], key=_place)

    def _write(self, source: str) -> None:
        own = [one for one in self.vintages if one.source == source]
        written, self._files[source], left_out = self._writer.write(
            own, self._compared, self._may_lack
        )
        others = [one for one in self.vintages if one.source != source]
        self.vintages = sorted([*others, *written], key=_place)
        self.warnings += left_out
        self._compared = {one: it for one, it in self._compared.items() if one.source != source}

    def _last(self, source: str) -> Vintage | None:
        known = [vintage for vintage in self.vintages if vintage.source == source]
        return known[-1] if known else None


def marks_revisions(
    storage: Storage,
    subject: str,
    folder: str,
    tables: Mapping[str, Table],
    before: Iterable[Vintage],
) -> bool:
    """Whether R marks a revised value: as the survey's own footnotes say.

    Without them, as they said before: then vintages ``before`` may have been believed to have
    missed a release.
    """
    table = tables.get(table_names.footnotes(subject))
    if table is None:
        return any(vintage.missed_before for vintage in before)
    (file,) = table.files
    return defines_revised(BytesIO(read_verified(storage, folder + file.path, file.sha256)))


def with_history(
    storage: Storage,
    pointer: Pointer,
    vintages: Iterable[Vintage],
    scratch: Path,
    damaged: Collection[str] = (),
) -> Pointer:
    """Writes what of a survey's history is not there as it should be.

    Args:
        storage: the lake.
        pointer: the survey's current one.
        vintages: all that the history is to have, in any order.
        scratch: a folder for temporary files.
        damaged: keys of its objects that do not have their recorded bytes.

    Returns:
        The pointer with that history, which is not published yet.
    """
    subject = pointer.subject
    comparer = Comparer(storage, subject, scratch)
    writer = HistoryWriter(storage, subject, pointer, comparer, scratch, damaged)
    history: list[Vintage] = []
    files: list[TableFile] = []
    for _, own in groupby(sorted(vintages, key=_place), lambda one: one.source):
        written, made, _ = writer.write(list(own), {})
        history += written
        files += made
    marks = marks_revisions(storage, subject, pointer.folder, pointer.tables, pointer.history)
    table = table_of(subject, files)
    named: dict[str, Table] = {}
    if table:
        named, history = _with_releases(
            storage, subject, table, history, None, scratch, marks, damaged
        )
    return replace(pointer, tables={**pointer.tables, **named}, history=tuple(history))


def _with_releases(
    storage: Storage,
    subject: str,
    revisions: Table,
    vintages: Sequence[Vintage],
    previous: Pointer | None,
    scratch: Path,
    marks: bool,
    damaged: Collection[str] = (),
) -> tuple[dict[str, Table], list[Vintage]]:
    """The table of revisions with that of releases, and the vintages as it counts them."""
    records = make_release_records(storage, subject, revisions, vintages, previous)
    # Nothing follows from a mark that lacks, where none was ever seen.
    believed = marks and any(record["marked"] for record in records)
    records = [
        {**record, "missed_before": believed and record["missed_before"]} for record in records
    ]
    counted = [
        replace(vintage, unflagged=record["unmarked"], born_marked=record["marked_at_birth"])
        if record["missed_before"]
        else without_marks(vintage)
        for vintage, record in zip(vintages, records)
    ]
    releases = put_releases(storage, subject, records, scratch, damaged)
    tables = {table_names.revisions(subject): revisions, table_names.releases(subject): releases}
    return tables, counted


def _by_source(files: Iterable[TableFile]) -> dict[str, list[TableFile]]:
    found: dict[str, list[TableFile]] = {}
    for file in files:
        found.setdefault(file.source, []).append(file)
    return found


def _place(vintage: Vintage) -> tuple[str, str]:
    return vintage.source, vintage.release


def why_missed(vintage: Vintage) -> str:
    """Why a release must have been missed before this one, in a sentence."""
    told = [
        f"{vintage.unflagged:,} of {vintage.revised:,} revised values do not bear BLS's mark",
        f"{vintage.born_marked:,} new observations bear BLS's mark of a revision",
    ]
    chosen = [text for text, count in zip(told, (vintage.unflagged, vintage.born_marked)) if count]
    return f"{' and '.join(chosen)}, so a release before this one was missed."


def without_marks(vintage: Vintage) -> Vintage:
    """A vintage of a survey that marks no revisions: nothing follows from a mark that lacks."""
    return replace(vintage, unflagged=0, born_marked=0)
