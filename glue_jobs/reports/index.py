"""`report.json`: which reports there are, what they were made from, and the hash of every file.

A publish writes what it has made into `reports/<run>/` first, then the copies in `reports/latest/`,
and `reports/latest/report.json` last. What has not changed stays where an earlier run wrote it: the
index names the run of each file. So who begins with the index reads one set, whole, also while the
next one is being published; the copies are for people's links. Both are held to the hashes, so
nothing that was lost, cut or changed in between passes for a report: a reader says so, `lake
verify` names it, and the next run makes it again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Callable

from glue_jobs.documents import (
    ADDED_LATER,
    Count,
    Moment,
    Release,
    Sha256,
    read_as,
    read_document,
    to_json,
)
from glue_jobs.errors import IntegrityFailure, TryAgainLater, UsageError
from glue_jobs.storage import names
from glue_jobs.storage.names import FileName, FolderOrNone, Part
from glue_jobs.tables.columns import TableName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glue_jobs.storage.protocol import Storage

REPORTS = "reports"
"""The lease of whoever publishes reports."""

LATEST = "latest"
INDEX = "report.json"
INDEX_KEY = names.report(LATEST, INDEX)

SCHEMA = 2
"""The version of an index's fields; the first one had no hashes."""

RunId = Annotated[str, re.compile(r"[A-Za-z0-9_-]{1,255}").fullmatch]
RunIdOrNone = Annotated[str, re.compile(r"[A-Za-z0-9_-]{0,255}").fullmatch]


@dataclass(frozen=True)
class ReportFile:
    """One file of a report.

    Attributes:
        bytes: its size.
        sha256: hash of its bytes, in hex.
        run_id: the run whose folder holds it; empty where that is the index's own.
    """

    bytes: Count
    sha256: Sha256
    run_id: RunIdOrNone = field(default="", metadata=ADDED_LATER)


@dataclass(frozen=True)
class Inputs:
    """A release that a report was made from.

    Attributes:
        subject: whose.
        release: its name.
        folder: its key.
        sources: hashes of the landed files and datasets, by name.
    """

    subject: Part
    release: Release
    folder: FolderOrNone
    sources: Mapping[FileName, Sha256]


@dataclass(frozen=True)
class Report:
    """One report: its rows, and what it was made from."""

    rows: Count
    made_from: tuple[Inputs, ...]


@dataclass(frozen=True)
class Held:
    """Why a report was not renewed when its inputs were, and since when."""

    reason: str
    since: Moment


@dataclass(frozen=True)
class Changes:
    """What the newest vintage of a data file changed.

    Attributes:
        source: the file.
        release: the vintage's.
        first: whether the lake has seen none before.
        counts: by kind of change.
    """

    source: FileName
    release: Release
    first: bool
    counts: Mapping[str, Count]


@dataclass(frozen=True)
class ReportIndex:
    """What `report.json` says.

    Attributes:
        run_id: the run that published them.
        made_at: when.
        made_from: all that they depend on, by key; what depends on none that is another one now is
            as it was. A key of what has failed is left out, so that the next run tries again.
        reports: by name.
        skipped: why others were left out, by name.
        changes: by survey.
        held: those that were not renewed, by name; where there was one before, it is that one
            that ``reports`` and ``files`` still have.
        files: every file of these, by name.
        schema: the version of these fields.
    """

    run_id: RunId
    made_at: Moment
    made_from: Mapping[str, str]
    reports: Mapping[TableName, Report]
    skipped: Mapping[str, str]
    changes: Mapping[str, Changes]
    held: Mapping[TableName, Held] = field(default_factory=dict, metadata=ADDED_LATER)
    files: Mapping[FileName, ReportFile] = field(default_factory=dict, metadata=ADDED_LATER)
    schema: int = field(default=1, metadata=ADDED_LATER)

    @property
    def has_hashes(self) -> bool:
        """Whether files can be held against it."""
        return self.schema == SCHEMA

    def key_of(self, name: str) -> str:
        """Where a file lies that stays as it is."""
        run_id = self.files[name].run_id if self.has_hashes else LATEST
        return names.report(run_id or self.run_id, name)

    def folders(self) -> set[str]:
        """The folders of all its files, and its own."""
        run_ids = {self.run_id, *(file.run_id or self.run_id for file in self.files.values())}
        return {names.report(run_id, "") for run_id in run_ids}


def load_index(storage: Storage) -> ReportIndex | None:
    """The index of the latest reports; None where there are none yet.

    Raises:
        IntegrityFailure: it is not as it was written; the next run makes another.
    """
    content = storage.get(INDEX_KEY)
    if content is None:
        return None
    told = f"{INDEX_KEY} is not the index that was written there."
    return read_document(content.body, _index_of, told)


def index_body(index: ReportIndex) -> bytes:
    """The bytes of `report.json`."""
    return to_json(asdict(index))


def read_reports(
    storage: Storage, choose: Callable[[ReportIndex], Sequence[str]]
) -> tuple[ReportIndex, dict[str, bytes]]:
    """The CSV of some reports, all of one publish.

    Args:
        storage: the lake.
        choose: gives the reports' names, or raises where there is none of that name.

    Raises:
        UsageError: there are no reports yet.
        IntegrityFailure: the index or a report is not as it was written.
        TryAgainLater: reports are published faster than they can be read.
    """
    index: ReportIndex | None = None
    for _ in range(2):
        seen, index = index, load_index(storage)
        if index is None:
            raise UsageError(
                f"The lake {storage.uri} has no reports yet.",
                hint="`lake demo` makes some from an excerpt, `lake run` from live data.",
            )
        chosen = choose(index)
        try:
            return index, {name: read_file(storage, index, f"{name}.csv") for name in chosen}
        except IntegrityFailure:
            # Another set may have been published meanwhile.
            if index == seen:
                raise
    raise TryAgainLater("The reports are being published at this moment.", hint="Run again.")


def read_file(storage: Storage, index: ReportIndex, name: str) -> bytes:
    """A file of the set, as it was written; one of the first schema as it is.

    Raises:
        IntegrityFailure: it is not there, or has other bytes.
    """
    key = index.key_of(name)
    content = storage.get(key)
    told = "is not there" if content is None else ""
    if content is not None and index.has_hashes:
        told = _mismatch(content.body, index.files[name])
    if content is None or told:
        raise IntegrityFailure(f"{key} {told}.", hint="The next `lake run` makes it again.")
    return content.body


def altered_files(storage: Storage, index: ReportIndex) -> dict[str, str]:
    """The files that are not as the index says: by key the end of a sentence about each."""
    return {
        key: told
        for name, file in index.files.items()
        for key in (index.key_of(name), names.report(LATEST, name))
        if (told := _difference(storage, key, file))
    }


def check_reports(storage: Storage) -> tuple[int, dict[str, str]]:
    """How many files were compared, and what is wrong with which, `report.json` among them."""
    count, altered = 0, dict[str, str]()
    for _ in range(2):
        try:
            index = load_index(storage)
        except IntegrityFailure:
            return 1, {INDEX_KEY: "cannot be read, or has other bytes than were written"}
        if index is None:
            lost = any(True for _ in storage.list_objects(names.REPORTS))
            return int(lost), {INDEX_KEY: "is not there"} if lost else {}
        count = 1 + 2 * len(index.files)
        altered = {
            key: told
            for key, told in altered_files(storage, index).items()
            if not _is_of_another_publish(storage, index, key)
        }
        # Another index may have come while this one's files were read.
        if not altered:
            break
    return count, altered


def orphaned_files(storage: Storage) -> Iterator[str]:
    """Files beside the latest reports that the index does not name."""
    try:
        index = load_index(storage)
    except IntegrityFailure:
        return
    if index is None or not index.has_hashes:
        return
    for stored in storage.list_objects(names.report(LATEST, "")):
        if stored.key[len(names.report(LATEST, "")) :] not in {INDEX, *index.files}:
            yield stored.key


def _is_of_another_publish(storage: Storage, index: ReportIndex, key: str) -> bool:
    """Whether a copy is that of another run: of one that publishes now, or was ended early.

    That is no damage: the index still names a whole set, and the next publish ends the mixture.
    """
    name = names.name_of(key)
    body = _body(storage, key) if key == names.report(LATEST, name) else None
    own = (key, index.key_of(name))
    return body is not None and any(
        names.name_of(stored.key) == name and _body(storage, stored.key) == body
        for stored in storage.list_objects(names.REPORTS)
        if stored.key not in own
    )


def _index_of(document: Any) -> ReportIndex:
    index = read_as(ReportIndex, document)
    wanted = {f"{name}.csv" for name in index.reports}
    fits = wanted <= index.files.keys() if index.has_hashes else not index.files
    if index.schema not in (1, SCHEMA) or not fits:
        raise ValueError("a report has no file, or a file no hash")
    return index


def _body(storage: Storage, key: str) -> bytes | None:
    """A file's bytes; None where they are not to be had."""
    try:
        content = storage.get(key)
    except IntegrityFailure:
        return None
    return content.body if content else None


def _difference(storage: Storage, key: str, file: ReportFile) -> str:
    """What is wrong with a file, if anything."""
    body = _body(storage, key)
    return "is not there or cannot be read" if body is None else _mismatch(body, file)


def _mismatch(body: bytes, file: ReportFile) -> str:
    is_same = len(body) == file.bytes and hashlib.sha256(body).hexdigest() == file.sha256
    return "" if is_same else f"has other bytes than {INDEX_KEY} says"
