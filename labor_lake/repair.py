"""Brings back what `lake verify` found damaged, from wherever the same bytes can still be had.

A file of the raw zone comes from its versions, else from upstream if that still serves the same
bytes; a file of a release is made again from the raw zone, to the byte, and where that gives other
bytes, the whole release is, in a folder of its own; the history is written anew; a manifest or
pointer that cannot be read gives way to the newest older one that can, and the history then takes
in every vintage that the raw zone holds; a table of the wrong rows gives way to a new making of its
release; the reports are made again; the catalog is derived from the pointers.
What is put in place has the hash that was recorded, or nothing is put.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Callable

from glue_jobs.build_tables import Remake, build_subject
from glue_jobs.catalog.manifests import (
    is_manifest,
    load_population,
    load_survey,
    save_population,
    save_survey,
)
from glue_jobs.catalog.pointers import load_pointer, missing_files, parse_pointer, publish
from glue_jobs.catalog.show import show_in_catalog
from glue_jobs.errors import (
    GuardTripped,
    IntegrityFailure,
    LakeError,
    QualityFailure,
    UpstreamInvalid,
)
from glue_jobs.formats.listing import ListedFile, listed_moment
from glue_jobs.history import with_rewritten_history
from glue_jobs.land_bls import land_survey
from glue_jobs.land_population import land_dataset
from glue_jobs.moments import to_text
from glue_jobs.publish_reports import publish_reports
from glue_jobs.raw_zone import is_in_future
from glue_jobs.release_folder import rejects_text
from glue_jobs.sources.bls import BlsSite
from glue_jobs.sources.http import Pace
from glue_jobs.sources.population import PopulationApi
from glue_jobs.storage import names
from glue_jobs.storage.hashing import path_sha256
from glue_jobs.storage.recorded import bring_back, intact_body
from glue_jobs.storage.verified import copy_verified
from glue_jobs.subjects import POPULATION, dataset_of
from labor_lake.rebuild import make_again
from labor_lake.verification import (
    CATALOG,
    DATE,
    HISTORY,
    MANIFEST,
    POINTER,
    RAW,
    REBUILD,
    REJECTS,
    RELEASE,
    REPORT,
    UPSTREAM,
    VINTAGE,
)

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from glue_jobs.catalog.manifests import LandedFile
    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.running import Run
    from glue_jobs.storage.protocol import Storage
    from labor_lake.verification import Noted


_WITH_THE_REST = "with the rest of the release"
"""What is said of a file of a release that another one's repair has made anew."""


def repair(run: Run, noted: Noted) -> str:
    """Brings one thing back; returns where from, to finish the sentence "restored …".

    The caller holds the subject's lease, and has seen under it that the thing is damaged.

    Raises:
        LakeError: it cannot be; the message says why.
    """
    return _WAYS[noted.area](run, noted)


def _restore_raw(run: Run, noted: Noted) -> str:
    with run.storage.scratch() as folder:
        path = folder / "restored"
        origin = _copy_from_version(run.storage, noted, path) or _fetched(run, noted, path)
        stored = run.storage.restore(noted.key, path, noted.sha256)
    _note_version(run.storage, noted, stored.version)
    return origin


def _restore_vintage(run: Run, noted: Noted) -> str:
    """Brings an old content back among the versions of its key."""
    with run.storage.scratch() as folder:
        path = folder / "restored"
        origin = _copy_from_version(run.storage, noted, path)
        if not origin:
            raise IntegrityFailure("These bytes were kept nowhere else.")
        run.storage.restore(noted.key, path, noted.sha256)
    # What is restored lies in sight now; the folder shows what the manifest names.
    file = load_survey(run.storage, noted.subject).files.get(noted.key.rpartition("/")[2])
    if file is not None and noted.key == names.raw_file(noted.subject, file.name):
        bring_back(run.storage, noted.key, file.version, file.sha256)
    return origin


def _copy_from_version(storage: Storage, noted: Noted, path: Path) -> str:
    """Copies the bytes out of a version that still has them; empty if none has."""
    for stored in reversed(storage.versions(noted.key)):
        with contextlib.suppress(IntegrityFailure):  # that version has rotten, too, or is another
            copy_verified(storage, noted.key, noted.sha256, path, stored.version)
            return f"from its version {stored.version}"
    return ""


def _fetched(run: Run, noted: Noted, path: Path) -> str:
    """Downloads the bytes, if upstream still serves the same."""
    name = noted.key.rpartition("/")[2]
    if noted.subject == POPULATION:
        datasets = load_population(run.storage).datasets
        ((key, place),) = [
            (key, place)
            for key, dataset in datasets.items()
            for place, page in enumerate(dataset.pages)
            if page.name == name
        ]
        bodies = _population_api(run).fetch(dataset_of(key)).bodies
        path.write_bytes(bodies[place] if place < len(bodies) else b"")
    else:
        survey = noted.subject
        file = load_survey(run.storage, survey).files[name]
        listed = ListedFile(file.name, file.bytes, file.listed_minute)
        _bls_site(run).fetch(survey, listed, path, None, run.progress)
    if path_sha256(path) != noted.sha256:
        raise UpstreamInvalid("No version has these bytes, and upstream serves other ones now.")
    return "from upstream"


def _note_version(storage: Storage, noted: Noted, version: str) -> None:
    """Has the manifest name the version that now has the bytes that it names.

    An entry that names other bytes meanwhile stays as it is: a version goes with its hash.
    """
    name = noted.key.rpartition("/")[2]
    if noted.subject == POPULATION:
        population = load_population(storage)
        datasets = {
            key: replace(
                dataset,
                pages=tuple(
                    replace(page, version=version)
                    if (page.name, page.sha256) == (name, noted.sha256)
                    else page
                    for page in dataset.pages
                ),
            )
            for key, dataset in population.datasets.items()
        }
        if datasets != population.datasets:
            save_population(storage, replace(population, datasets=datasets))
        return
    manifest = load_survey(storage, noted.subject)
    file = manifest.files.get(name)
    if file is not None and file.sha256 == noted.sha256 and file.version != version:
        renewed = {**manifest.files, name: replace(file, version=version)}
        save_survey(storage, noted.subject, replace(manifest, files=renewed))


def _make_release_file(run: Run, noted: Noted) -> str:
    pointer = _pointer_that_names(run.storage, noted)
    for table, file in pointer.files():
        if pointer.key_of(table, file) != noted.key:
            continue
        with run.storage.scratch() as folder:
            path = folder / "part.parquet"
            make_again(run.storage, pointer, table, file, path)
            if path_sha256(path) == noted.sha256:
                run.storage.restore(noted.key, path, noted.sha256)
                return "by making it again"
        # Another Parquet library made it, or another file was landed since: the recorded bytes are
        # gone, and no later run would find anything to do.
        build_subject(run, noted.subject, Remake(tables=True))
        return "by making the release anew, since this program makes other bytes of it"
    return _WITH_THE_REST


def _make_rejects(run: Run, noted: Noted) -> str:
    pointer = _pointer_that_names(run.storage, noted)
    for table, file in pointer.files():
        if pointer.folder + file.rejects_path == noted.key:
            with run.storage.scratch() as folder:
                converted = make_again(run.storage, pointer, table, file, folder / "part.parquet")
            run.storage.put(noted.key, rejects_text(converted))
            return "by making it again"
    return _WITH_THE_REST


def _write_history(run: Run, noted: Noted) -> str:
    pointer = _pointer_that_names(run.storage, noted)
    table = pointer.tables[f"{pointer.subject}_revisions"]
    if not noted.key.startswith(table.folder):
        return "with the rest of the history"
    with run.storage.scratch() as folder:
        publish(
            run.storage,
            with_rewritten_history(run.storage, pointer, pointer.history, folder),
        )
    return "by writing the history anew"


def _pointer_that_names(storage: Storage, noted: Noted) -> Pointer:
    pointer = load_pointer(storage, noted.subject)
    if pointer is None:
        raise IntegrityFailure(f"{noted.noted_in} is not there.")
    return pointer


def _older_manifest(run: Run, noted: Noted) -> str:
    older = _brought_back(run.storage, noted.key, lambda body: is_manifest(body, noted.key))
    if older:
        return older
    run.storage.delete(noted.key)
    if noted.subject == POPULATION:
        with run.storage.scratch() as folder:
            for key in run.settings.datasets:
                land_dataset(run, _population_api(run), dataset_of(key), folder)
    else:
        land_survey(run, _bls_site(run), noted.subject)
    return "by landing everything again, since no version of it could be read"


def _older_pointer(run: Run, noted: Noted) -> str:
    def is_whole(body: bytes) -> bool:
        try:
            pointer = parse_pointer(body, None, noted.key)
        except LakeError:
            return False
        return not missing_files(run.storage, pointer)

    if not run.storage.versions(noted.key):
        # A copy of a lake without its hidden folder: nothing says that the pointer is wrong.
        content = run.storage.get(noted.key)
        if content is not None and is_whole(content.body):
            run.storage.swap(noted.key, content.body, content.tag)
            return "as it is, now with its checksum recorded"
    older = _brought_back(run.storage, noted.key, is_whole)
    if not older:
        content = run.storage.get(noted.key)
        # One that was deleted meanwhile, or never replaced, has no tag; then nothing is overtaken.
        over = content.tag if content else None
        build_subject(run, noted.subject, Remake(tables=True, history=True), over=over)
        return "by building again, since no version of it could be read"
    # What the landed files are guilty of, the next run says; the pointer stands.
    with contextlib.suppress(QualityFailure, GuardTripped, IntegrityFailure):
        build_subject(run, noted.subject)
        return f"{older.partition(';')[0]}, and brought up to date"
    return older


def _brought_back(storage: Storage, key: str, is_good: Callable[[bytes], bool]) -> str:
    """Puts the newest version that can be read in the place of one that cannot; empty for none."""
    try:
        current = storage.get(key)
    except IntegrityFailure:
        # S3 gives out no bytes that differ from their checksum, a disk none of a bad sector.
        storage.delete(key)
        current = None
    for stored in reversed(storage.versions(key)):
        try:
            body = intact_body(storage, stored)
        except IntegrityFailure:
            continue
        if is_good(body):
            storage.swap(key, body, current.tag if current else None)
            return f"from its version {stored.version}; the next run brings it up to date"
    return ""


def _land_again(run: Run, noted: Noted) -> str:
    if noted.subject == POPULATION:
        for key, dataset in load_population(run.storage).datasets.items():
            if names.raw_population(dataset.pages[0].name) == noted.key:
                with run.storage.scratch() as folder:
                    land_dataset(run, _population_api(run), dataset_of(key), folder)
    else:
        again = noted.key.rpartition("/")[2]
        land_survey(run, _bls_site(run), noted.subject, again=again)
    return "by landing it again; the next run of build-tables publishes it"


def _date_truly(run: Run, noted: Noted) -> str:
    """Takes dates in the future out of manifest, release and history."""
    now = run.now()
    if noted.subject == POPULATION:
        population = load_population(run.storage)
        latest = to_text(now)
        datasets = {
            key: replace(dataset, retrieved_at=min(dataset.retrieved_at, latest))
            for key, dataset in population.datasets.items()
        }
        save_population(run.storage, replace(population, datasets=datasets))
    else:
        manifest = load_survey(run.storage, noted.subject)
        files = {
            name: replace(file, last_modified=_believable_date(file, now))
            for name, file in manifest.files.items()
        }
        if files != manifest.files:
            save_survey(run.storage, noted.subject, replace(manifest, files=files))
    build_subject(run, noted.subject, Remake(history=True))
    return "with the date at which BLS lists it, or at which it was retrieved"


def _believable_date(file: LandedFile, now: datetime) -> str:
    if not is_in_future(file, now):
        return file.last_modified
    listed = replace(file, last_modified=to_text(listed_moment(file.listed_minute)))
    return file.retrieved_at if is_in_future(listed, now) else listed.last_modified


def _make_anew(run: Run, noted: Noted) -> str:
    build_subject(run, noted.subject, Remake(tables=True, history=True))
    return "by making the release and its history anew"


def _bls_site(run: Run) -> BlsSite:
    settings = run.settings
    pace = Pace(settings.requests_per_second)
    return BlsSite(settings.bls_url, settings.contact, pace, run.retry)


def _population_api(run: Run) -> PopulationApi:
    pace = Pace(run.settings.requests_per_second)
    return PopulationApi(run.settings.population_url, pace, run.retry)


def _make_reports(run: Run, noted: Noted) -> str:  # noqa: ARG001 - all ways are called alike
    publish_reports(run)
    return "by making the reports again"


def _derive_catalog(run: Run, noted: Noted) -> str:  # noqa: ARG001 - all ways are called alike
    show_in_catalog(run.storage, run.settings)
    return "from the pointers"


_WAYS = {
    MANIFEST: _older_manifest,
    POINTER: _older_pointer,
    RAW: _restore_raw,
    VINTAGE: _restore_vintage,
    DATE: _date_truly,
    REBUILD: _make_anew,
    RELEASE: _make_release_file,
    REJECTS: _make_rejects,
    HISTORY: _write_history,
    UPSTREAM: _land_again,
    CATALOG: _derive_catalog,
    REPORT: _make_reports,
}
