"""Compares everything that a lake has with what it recorded of it; changes nothing.

Six areas: files of the raw zone against manifests, and old vintages against the history that
names them; files of release folders and of the history against pointers; the Glue catalog against
pointers; the reports against their index; and, if asked, what upstream has now against manifests.
What no manifest or pointer refers to is orphaned, not damaged.

Runs may go on meanwhile. So whatever looks wrong is looked at again, against manifests and
pointers as they are then; and nothing is said of a subject that somebody is writing.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import load_pointer, past_pointers
from glue_jobs.catalog.show import catalog_differences
from glue_jobs.errors import IntegrityFailure, LakeError, StorageFailure, TryAgainLater
from glue_jobs.raw_zone import is_in_future
from glue_jobs.reports.index import INDEX_KEY, REPORTS, check_reports, orphaned_files
from glue_jobs.sources.registry import landed_subjects, upstream_of
from glue_jobs.storage import names
from glue_jobs.storage.hashing import file_sha256
from glue_jobs.storage.recorded import check_as_written, versions_by_content
from glue_jobs.timestamps import CLOCKS_DIFFER, release_name
from labor_lake.upstream import ask_upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.running import Run
    from glue_jobs.storage.protocol import Storage

RAW, VINTAGE, RELEASE, REJECTS, HISTORY = "raw", "vintage", "release", "rejects", "history"
MANIFEST, POINTER, CATALOG, UPSTREAM = "manifest", "pointer", "catalog", "upstream"
DATE, REBUILD = "date", "rebuild"
INDEX = "index"
REPORT = "report"

ORDER = (
    *(MANIFEST, POINTER, RAW, VINTAGE, DATE, RELEASE, REJECTS, INDEX, HISTORY),
    *(REBUILD, UPSTREAM, REPORT, CATALOG),
)
"""In which order areas are repaired: each stands on those before it."""

_UNREADABLE = "cannot be read, or has other bytes than were written"


@dataclass(frozen=True)
class Noted:
    """An object as something has noted it.

    Attributes:
        area: which part of the lake it is of.
        subject: whose it is; empty for the catalog.
        key: where it lies.
        noted_in: the key of the manifest or pointer that names it.
        sha256: of its bytes, in hex; empty where only its being there was noted.
        version: the version that keeps its bytes; empty for the object as it is now.
    """

    area: str
    subject: str
    key: str
    noted_in: str
    sha256: str = ""
    version: str = ""


@dataclass(frozen=True)
class Problem:
    """Something that is not as it was noted; ``what`` is a sentence's end without its dot."""

    noted: Noted
    what: str


@dataclass
class Findings:
    """What was compared.

    Attributes:
        checked: how many objects, by area.
        problems: those that are not as they were noted.
        left_over: keys that nothing names.
        failures: why something could not be compared.
    """

    checked: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    failures: list[LakeError] = field(default_factory=list)


def verify(run: Run, *, upstream: bool = False, reads: bool = True) -> Findings:
    """Compares everything.

    Args:
        run: the lake's.
        reads: whether each object is read whole; else S3's word is taken for what it holds.
        upstream: whether BLS and the population API are asked about every file, too.

    Raises:
        LakeError: an upstream gave no answer, or the lake cannot be listed.
    """
    findings = Findings()
    named: set[str] = set()
    for subject in recorded_subjects(run.storage):
        run.progress.step(f"{subject}: comparing what it has with what was recorded")
        named |= {noted.key for noted in _verify_subject(run, subject, findings, reads=reads)}
    _verify_catalog(run, findings)
    _verify_reports(run, findings)
    if upstream:
        for other in ask_upstream(run):
            findings.checked[UPSTREAM] += 1
            if other.what:
                noted = Noted(UPSTREAM, other.subject, other.key, _manifest_key(other.subject))
                findings.problems.append(Problem(noted, other.what))
    findings.left_over += _left_over(run.storage, named)
    return findings


def problems_of(run: Run, subject: str, *, reads: bool = True) -> list[Problem]:
    """What of a subject is not as it was noted, now; changes nothing."""
    findings = Findings()
    noted = noted_objects(run.storage, subject, findings, run.now())
    return findings.problems + [
        one for entry in noted for one in compare_object(run.storage, entry, reads=reads)
    ]


def recorded_subjects(storage: Storage) -> list[str]:
    """The subjects that have, or had, a manifest or a pointer."""
    keys = {*_manifest_keys(storage), *_pointer_keys(storage)}
    return sorted({names.subject_of(key) for key in keys})


def _verify_subject(run: Run, subject: str, findings: Findings, *, reads: bool) -> list[Noted]:
    """Compares a subject's objects, and looks again at what seems wrong; returns what was noted."""
    own = Findings()
    noted = noted_objects(run.storage, subject, own, run.now())
    for entry in noted:
        own.checked[entry.area] += 1
        own.problems += compare_object(run.storage, entry, reads=reads)
    findings.checked += own.checked
    if not own.problems:
        return noted
    # A run may have renewed, meanwhile, what names the object.
    is_written = run.storage.is_leased(subject)
    again = problems_of(run, subject, reads=reads)
    if again and (is_written or run.storage.is_leased(subject)):
        findings.failures.append(is_being_written(subject, f"{len(again)} of its objects"))
    else:
        findings.problems += again
    return noted


def is_being_written(subject: str, what: str) -> TryAgainLater:
    """The failure where something could not be compared because somebody writes it."""
    return TryAgainLater(
        f"{subject} is being written; {what} could not be compared.",
        hint="Run again when that has ended.",
    )


def _verify_catalog(run: Run, findings: Findings) -> None:
    differences = catalog_differences(run.storage, run.settings)
    if differences and any(map(run.storage.is_leased, recorded_subjects(run.storage))):
        findings.failures.append(is_being_written("The lake", "the Glue catalog"))
        return
    for change in differences:
        catalog = Noted(CATALOG, "", run.settings.database, names.CURRENT)
        findings.problems.append(Problem(catalog, f"lacks {change} to say what the pointers say"))


def _verify_reports(run: Run, findings: Findings) -> None:
    findings.checked[REPORT], altered = check_reports(run.storage)
    findings.left_over += orphaned_files(run.storage)
    if altered and run.storage.is_leased(REPORTS):
        findings.failures.append(is_being_written("The set of reports", f"{len(altered)} of them"))
        return
    for key, what in altered.items():
        noted_in = "" if key == INDEX_KEY else INDEX_KEY
        findings.problems.append(Problem(Noted(REPORT, "", key, noted_in), what))


def noted_objects(storage: Storage, subject: str, findings: Findings, now: datetime) -> list[Noted]:
    """Everything of a subject that its manifest or pointer names.

    A manifest or pointer that cannot be read is a problem, and so is a date in the future.
    """
    noted: list[Noted] = []
    for key in (_manifest_key(subject), names.pointer(subject)):
        if not storage.versions(key) and storage.stat(key) is None:
            continue
        area = POINTER if key == names.pointer(subject) else MANIFEST
        findings.checked[area] += 1
        try:
            check_as_written(storage, key)
            if area == MANIFEST:
                noted += _of_manifest(storage, subject, findings, now)
            else:
                pointer = load_pointer(storage, subject)
                noted += _of_pointer(storage, pointer, findings, now) if pointer else ()
        except (IntegrityFailure, StorageFailure):
            findings.problems.append(Problem(Noted(area, subject, key, ""), _UNREADABLE))
    return noted


def _manifest_key(subject: str) -> str:
    return names.manifest(upstream_of(subject).folder(subject))


def _manifest_keys(storage: Storage) -> set[str]:
    """Of manifests that are there, and of those that were."""
    keys = {
        names.manifest_beside(stored.key)
        for stored in storage.list_objects(names.RAW)
        if not stored.key.startswith(names.BACKFILL)
    }
    there = {_manifest_key(subject) for subject in landed_subjects(storage)}
    return there | {key for key in keys - there if storage.versions(key)}


def _pointer_keys(storage: Storage) -> set[str]:
    keys = {stored.key for stored in storage.list_objects(names.CURRENT)}
    subjects = {names.subject_of(stored.key) for stored in storage.list_objects(names.CURATED)}
    gone = {names.pointer(subject) for subject in subjects} - keys
    return keys | {key for key in gone if storage.versions(key)}


def _of_manifest(
    storage: Storage, subject: str, findings: Findings, now: datetime
) -> Iterator[Noted]:
    key = _manifest_key(subject)
    files = upstream_of(subject).landed(storage, subject).values()
    for file in files:
        if is_in_future(file, now):
            noted = Noted(DATE, subject, file.objects[0].key, key)
            findings.problems.append(
                Problem(noted, f"is dated {file.released_at}, which is in the future")
            )
    for one in [one for file in files for one in file.objects]:
        yield Noted(RAW, subject, one.key, key, one.sha256)
        stored = storage.stat(one.key)
        if stored is None or stored.version != one.version:
            yield Noted(RAW, subject, one.key, key, one.sha256, one.version)


def _of_pointer(
    storage: Storage, pointer: Pointer, findings: Findings, now: datetime
) -> Iterator[Noted]:
    subject = pointer.subject
    noted_in = names.pointer(subject)
    for table, file in pointer.files():
        area = HISTORY if pointer.tables[table].folder else RELEASE
        yield Noted(area, subject, pointer.key_of(table, file), noted_in, file.sha256)
        if file.rejects_path:
            yield Noted(REJECTS, subject, pointer.folder + file.rejects_path, noted_in)
        if file.index_path:
            key = pointer.folder + file.index_path
            yield Noted(INDEX, subject, key, noted_in, file.index_sha256)
    until = release_name(now + CLOCKS_DIFFER)
    releases = {pointer.release, *(vintage.release for vintage in pointer.history)}
    if max(releases) > until:
        what = f"names the release {max(releases)}, which is in the future"
        findings.problems.append(Problem(Noted(DATE, subject, noted_in, noted_in), what))
    yield from _vintages(storage, pointer, findings)


def _vintages(storage: Storage, pointer: Pointer, findings: Findings) -> Iterator[Noted]:
    """The bytes of every vintage, and of what a held file shows: versions that raw keeps."""
    subject, noted_in = pointer.subject, names.pointer(pointer.subject)
    folder = upstream_of(subject).folder(subject)
    kept = {
        (names.raw_file(folder, name), held.shown_sha256): "its table"
        for name, held in pointer.held.items()
        if held.shown_sha256
    }
    kept.update(((one.key, one.sha256), f"the release {one.release}") for one in pointer.history)
    versions: dict[str, dict[str, str]] = {}
    for (key, sha256), whose in kept.items():
        noted = Noted(VINTAGE, subject, key, noted_in, sha256)
        if key not in versions:
            with contextlib.suppress(IntegrityFailure, StorageFailure):
                versions[key] = versions_by_content(storage, key)
        version = versions.get(key, {}).get(sha256)
        if version is None:
            what = f"has no version any more with the bytes of {whose}, sha256 {sha256[:12]}…"
            findings.problems.append(Problem(noted, what))
            continue
        stored = storage.stat(key)
        if stored is None or stored.version != version:
            yield replace(noted, version=version)


def compare_object(storage: Storage, noted: Noted, *, reads: bool = True) -> list[Problem]:
    """What is wrong with an object, if anything.

    Args:
        storage: the lake.
        noted: the object.
        reads: whether it is read whole. Else the hash counts that was recorded when it was written,
            if the backend keeps what it stores from rotting: a directory does not.
    """
    if not noted.sha256:
        there = storage.stat(noted.key) is not None
        return [] if there else [Problem(noted, "is not there")]
    which = f"in its version {noted.version} " if noted.version else ""
    try:
        found = "" if reads or not storage.keeps_intact else _recorded(storage, noted)
        if not found:
            with storage.open(noted.key, noted.version) as stream:
                found = file_sha256(stream)
    except (IntegrityFailure, StorageFailure):
        return [Problem(noted, f"{which}is not there or cannot be read")]
    if found == noted.sha256 or _is_another_version(storage, noted, found):
        return []
    return [Problem(noted, f"{which}has other bytes than were stored")]


def _recorded(storage: Storage, noted: Noted) -> str:
    """The hash that was recorded of an object; empty where nothing is, or no record of it."""
    stored = storage.stat(noted.key, noted.version)
    return stored.sha256 if stored else ""


def _is_another_version(storage: Storage, noted: Noted, found: str) -> bool:
    """Whether a file of the raw zone shows bytes that a run has just landed, and not yet noted.

    The version that the manifest names is looked at by itself.
    """
    if noted.area != RAW or noted.version:
        return False
    stored = storage.stat(noted.key)
    return stored is not None and stored.sha256 == found


def _left_over(storage: Storage, named: set[str]) -> Iterator[str]:
    """Objects that nothing names, nor named; a superseded release is not among them.

    Nor is anything of a subject that is being written.
    """
    written: dict[str, bool] = {}
    for zone in (names.RAW, names.CURATED, names.HISTORY):
        known: dict[str, set[str]] = {}
        for stored in storage.list_objects(zone):
            if stored.key in named or names.is_note(stored.key):
                continue
            if stored.key.startswith(names.BACKFILL) or _has_arrived(storage, stored.key):
                continue
            subject = names.subject_of(stored.key)
            if zone != names.RAW and subject not in known:
                known[subject] = _folders_once_named(storage, subject)
            if subject not in written:
                written[subject] = storage.is_leased(subject)
            folders = known.get(subject, set())
            if not written[subject] and folders.isdisjoint(names.containing_folders(stored.key)):
                yield stored.key


def _has_arrived(storage: Storage, key: str) -> bool:
    """Whether a key is beside the note of a landing that the next run goes on with."""
    return key.startswith(names.RAW) and storage.stat(names.arrived_beside(key)) is not None


def _folders_once_named(storage: Storage, subject: str) -> set[str]:
    """Folders that a pointer names or has named; one that cannot be read may have named any.

    Of a release that is its own; of the history, those of its files.
    """
    folders: set[str] = set()
    for past in past_pointers(storage, subject):
        if past.pointer is None:
            return {names.releases(subject), names.history_of(subject)}
        folders.add(past.pointer.folder)
        for table in past.pointer.tables.values():
            if table.folder:
                folders |= {
                    names.containing_folder(table.folder + file.path) for file in table.files
                }
    return folders
