"""Holds everything that a lake has against what it noted of it; changes nothing.

Five areas: files of the raw zone against manifests, and old vintages against the history that
names them; files of release folders and of the history against pointers; the Glue catalog against
pointers; the reports against their index; and, if asked, what upstream has now against manifests.
What nothing names is left over, which is no damage.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from glue_jobs.catalog import catalog_differences
from glue_jobs.catalog.manifests import landed_subjects, load_population, load_survey
from glue_jobs.catalog.pointers import load_pointer, past_pointers
from glue_jobs.errors import IntegrityFailure, StorageFailure
from glue_jobs.formats.population_json import content_sha256
from glue_jobs.moments import to_text
from glue_jobs.report_index import INDEX_KEY, check_reports, orphaned_files
from glue_jobs.sources.bls import BlsSite
from glue_jobs.sources.http import Pace
from glue_jobs.sources.population import PopulationApi
from glue_jobs.storage import file_sha256, names, version_of
from glue_jobs.subjects import POPULATION, dataset_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.job import Run
    from glue_jobs.storage.protocol import Storage

RAW, VINTAGE, RELEASE, REJECTS, HISTORY = "raw", "vintage", "release", "rejects", "history"
MANIFEST, POINTER, CATALOG, UPSTREAM = "manifest", "pointer", "catalog", "upstream"
REPORT = "report"

_ASKED_AT_ONCE = 4
_UNREADABLE = "cannot be read, or has other bytes than were written"


@dataclass(frozen=True)
class Noted:
    """An object as something has noted it.

    Attributes:
        area: which part of the lake it is of.
        key: where it lies.
        noted_in: the key of the manifest or pointer that names it.
        sha256: of its bytes, in hex; empty where only its being there was noted.
        version: the version that keeps its bytes; empty for the object as it is now.
    """

    area: str
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
    """

    checked: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)


def verify(run: Run, *, upstream: bool = False) -> Findings:
    """Compares everything.

    Args:
        run: the lake's.
        upstream: whether BLS and the population API are asked about every file, too.

    Raises:
        LakeError: an upstream gave no answer, or the lake cannot be listed.
    """
    findings = Findings()
    noted = list(noted_objects(run.storage, findings))
    for area in dict.fromkeys(entry.area for entry in noted):
        run.progress.step(f"{area}: comparing {sum(entry.area == area for entry in noted)} objects")
        for entry in noted:
            if entry.area == area:
                findings.checked[area] += 1
                findings.problems += compared(run.storage, entry)
    # A catalog can only be held against pointers that can be read.
    if not any(problem.noted.area == POINTER for problem in findings.problems):
        for change in catalog_differences(run.storage, run.settings):
            catalog = Noted(CATALOG, run.settings.database, names.CURRENT)
            what = f"lacks {change} to say what the pointers say"
            findings.problems.append(Problem(catalog, what))
    findings.checked[REPORT], altered = check_reports(run.storage)
    for key, what in altered.items():
        noted_in = "" if key == INDEX_KEY else INDEX_KEY
        findings.problems.append(Problem(Noted(REPORT, key, noted_in), what))
    findings.left_over += orphaned_files(run.storage)
    if upstream:
        findings.problems += _against_upstream(run, findings.checked)
    findings.left_over += _left_over(run.storage, {entry.key for entry in noted})
    return findings


def noted_objects(storage: Storage, findings: Findings) -> Iterator[Noted]:
    """Everything that a manifest or pointer names; those that cannot be read are problems."""
    for key in _manifest_keys(storage):
        findings.checked[MANIFEST] += 1
        try:
            _check_as_written(storage, key)
            yield from _of_manifest(storage, key)
        except (IntegrityFailure, StorageFailure):
            findings.problems.append(Problem(Noted(MANIFEST, key, ""), _UNREADABLE))
    for key in _pointer_keys(storage):
        findings.checked[POINTER] += 1
        subject = key[len(names.CURRENT) : -len(".json")]
        try:
            _check_as_written(storage, key)
            pointer = load_pointer(storage, subject)
        except (IntegrityFailure, StorageFailure):
            findings.problems.append(Problem(Noted(POINTER, key, ""), _UNREADABLE))
            continue
        if pointer is not None:
            yield from _of_pointer(pointer)
            yield from _vintages(storage, pointer, findings)


def _check_as_written(storage: Storage, key: str) -> None:
    """Holds a manifest or pointer against the hash that the backend keeps of it.

    Raises:
        IntegrityFailure: it is not there, or has other bytes, and no run replaces it right now.
    """
    content, stored = storage.get(key), storage.stat(key)
    if content is None or stored is None:
        raise IntegrityFailure(f"{key} is not there.")
    if stored.sha256 in ("", hashlib.sha256(content.body).hexdigest()):
        return
    if storage.get(key) == content:
        raise IntegrityFailure(f"{key} has other bytes than were written there.")


def _manifest_keys(storage: Storage) -> list[str]:
    """Of manifests that are there, and of those that were."""
    keys = {
        names.raw_population_manifest() if subject == POPULATION else names.raw_manifest(subject)
        for subject in landed_subjects(storage)
    }
    folders = {stored.key.rpartition("/")[0] for stored in storage.scan(names.RAW)}
    gone = {f"{folder}/_manifest.json" for folder in folders} - keys
    return sorted(keys | {key for key in gone if storage.versions(key)})


def _pointer_keys(storage: Storage) -> list[str]:
    keys = {stored.key for stored in storage.scan(names.CURRENT)}
    subjects = {stored.key.split("/")[1] for stored in storage.scan(names.CURATED)}
    gone = {names.pointer(subject) for subject in subjects} - keys
    return sorted(keys | {key for key in gone if storage.versions(key)})


def _of_manifest(storage: Storage, key: str) -> Iterator[Noted]:
    if key == names.raw_population_manifest():
        landed = [
            (names.raw_population(page.name), page.sha256, page.version)
            for dataset in load_population(storage).datasets.values()
            for page in dataset.pages
        ]
    else:
        survey = key.split("/")[-2]
        landed = [
            (names.raw_file(survey, file.name), file.sha256, file.version)
            for file in load_survey(storage, survey).files.values()
        ]
    for place, sha256, version in landed:
        yield Noted(RAW, place, key, sha256)
        stored = storage.stat(place)
        if stored is None or stored.version != version:
            yield Noted(RAW, place, key, sha256, version)


def _of_pointer(pointer: Pointer) -> Iterator[Noted]:
    noted_in = names.pointer(pointer.subject)
    for table, file in pointer.files():
        area = HISTORY if pointer.tables[table].folder else RELEASE
        yield Noted(area, pointer.key_of(table, file), noted_in, file.sha256)
        if file.rejects_path:
            yield Noted(REJECTS, pointer.folder + file.rejects_path, noted_in)


def _vintages(storage: Storage, pointer: Pointer, findings: Findings) -> Iterator[Noted]:
    """The bytes of every vintage of the history, which the raw zone keeps as versions."""
    noted_in = names.pointer(pointer.subject)
    for snapshot in pointer.history:
        noted = Noted(VINTAGE, snapshot.key, noted_in, snapshot.sha256)
        try:
            version = version_of(storage, snapshot.key, snapshot.sha256)
        except (IntegrityFailure, StorageFailure) as error:
            what = f"has no version any more with the bytes of the release {snapshot.release}: "
            what += str(error).rstrip(".")
            findings.problems.append(Problem(noted, what))
            continue
        stored = storage.stat(snapshot.key)
        if stored is None or stored.version != version:
            yield Noted(VINTAGE, snapshot.key, noted_in, snapshot.sha256, version)


def compared(storage: Storage, noted: Noted) -> list[Problem]:
    """Reads an object whole; what is wrong with it, if anything."""
    if not noted.sha256:
        there = storage.stat(noted.key) is not None
        return [] if there else [Problem(noted, "is not there")]
    which = f"in its version {noted.version} " if noted.version else ""
    try:
        with storage.open(noted.key, noted.version) as stream:
            if file_sha256(stream) == noted.sha256:
                return []
    except (IntegrityFailure, StorageFailure):
        return [Problem(noted, f"{which}is not there or cannot be read")]
    return [Problem(noted, f"{which}has other bytes than were stored")]


def _left_over(storage: Storage, named: set[str]) -> Iterator[str]:
    """Objects that nothing names, nor named; a superseded release is not among them."""
    for zone in (names.RAW, names.CURATED, names.HISTORY):
        known: dict[str, tuple[str, ...]] = {}
        for stored in storage.scan(zone):
            if stored.key in named or stored.key.endswith("/_manifest.json"):
                continue
            if stored.key.startswith(names.BACKFILL):
                continue
            subject = stored.key.split("/")[1]
            if zone != names.RAW and subject not in known:
                known[subject] = tuple(_folders_once_named(storage, subject))
            if not stored.key.startswith(known.get(subject, ())):
                yield stored.key


def _folders_once_named(storage: Storage, subject: str) -> Iterable[str]:
    """Folders that a pointer names or has named; one that cannot be read may have named any."""
    pointers = [past.pointer for past in past_pointers(storage, subject)]
    if None in pointers:
        return {f"{zone}{subject}/" for zone in (names.CURATED, names.HISTORY)}
    return {
        folder
        for pointer in pointers
        if pointer is not None
        for folder in (pointer.folder, *(table.folder for table in pointer.tables.values()))
        if folder
    }


def _against_upstream(run: Run, checked: Counter[str]) -> Iterator[Problem]:
    settings = run.settings
    pace = Pace(settings.requests_per_second)
    for subject in landed_subjects(run.storage):
        run.progress.step(f"{subject}: asking upstream about every file")
        if subject == POPULATION:
            api = PopulationApi(settings.population_url, pace, run.retry)
            for key, dataset in load_population(run.storage).datasets.items():
                checked[UPSTREAM] += 1
                answered = api.fetch(dataset_of(key))
                if content_sha256(answered.content) != dataset.content_sha256:
                    place = names.raw_population(dataset.pages[0].name)
                    noted = Noted(UPSTREAM, place, names.raw_population_manifest())
                    yield Problem(noted, "is not what the population API says now")
            continue
        site = BlsSite(settings.bls_url, settings.contact, pace, run.retry)
        yield from _survey_against(run.storage, site, subject, checked)


def _survey_against(
    storage: Storage, site: BlsSite, survey: str, checked: Counter[str]
) -> Iterator[Problem]:
    files = list(load_survey(storage, survey).files.values())
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        offered = list(pool.map(lambda file: site.look(survey, file.name), files))
    for file, now in zip(files, offered):
        checked[UPSTREAM] += 1
        written = to_text(now.last_modified) if now.last_modified else file.last_modified
        noted = Noted(UPSTREAM, names.raw_file(survey, file.name), names.raw_manifest(survey))
        if now.status != 200:
            yield Problem(noted, f"is not to be had from BLS any more: it answers {now.status}")
        elif (now.size, written) != (file.bytes, file.last_modified):
            what = f"is another file at BLS: {now.size:,} bytes, of {written}"
            yield Problem(noted, what)
