"""Brings back what `lake verify` found damaged, from wherever the same bytes can still be had.

A file of the raw zone comes from its versions, else from upstream if that still serves the same
bytes; a file of a release is made again from the raw zone, to the byte; the history is written
anew; a manifest or pointer that cannot be read gives way to the newest older one that can; the
reports are made again; the catalog is derived from the pointers. What is put in place has the hash
that was noted, or nothing is put.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Callable

from glue_jobs.build_tables import build_population, build_survey, rejects_text, source_records
from glue_jobs.catalog import show_in_catalog
from glue_jobs.catalog.manifests import (
    is_manifest,
    load_population,
    load_survey,
    save_population,
    save_survey,
)
from glue_jobs.catalog.pointers import load_pointer, parse_pointer, publish
from glue_jobs.errors import IntegrityFailure, LakeError, UpstreamInvalid
from glue_jobs.formats.listing import ListedFile
from glue_jobs.formats.population_json import joined, parse_population
from glue_jobs.history import rebuilt
from glue_jobs.land_bls import land_bls, land_survey
from glue_jobs.land_population import land_dataset, land_population
from glue_jobs.publish_reports import publish_reports
from glue_jobs.sources.bls import BlsSite
from glue_jobs.sources.http import Pace
from glue_jobs.sources.population import PopulationApi
from glue_jobs.storage import copy_out, file_sha256, intact_body, names, version_of
from glue_jobs.subjects import POPULATION, dataset_of
from glue_jobs.tables import schemas
from glue_jobs.tables.convert import (
    Source,
    convert_data,
    convert_population,
    convert_table,
    write_records,
)
from glue_jobs.verification import (
    CATALOG,
    HISTORY,
    MANIFEST,
    POINTER,
    RAW,
    REJECTS,
    RELEASE,
    REPORT,
    UPSTREAM,
)

if TYPE_CHECKING:
    from pathlib import Path

    from glue_jobs.catalog.pointers import Pointer, TableFile
    from glue_jobs.job import Run
    from glue_jobs.storage.protocol import Storage
    from glue_jobs.tables.convert import Converted
    from glue_jobs.verification import Noted


def repair(run: Run, noted: Noted) -> str:
    """Brings one thing back; returns where from, to finish the sentence "restored …".

    Raises:
        LakeError: it cannot be; the message says why.
    """
    if noted.area not in _WAYS:
        raise IntegrityFailure("These bytes were kept nowhere else.")
    return _WAYS[noted.area](run, noted)


def _restore_raw(run: Run, noted: Noted) -> str:
    with run.storage.scratch() as folder:
        path = folder / "restored"
        origin = _copied_version(run.storage, noted, path) or _fetched(run, noted, path)
        stored = run.storage.restore(noted.key, path, noted.sha256)
    _note_version(run.storage, noted, stored.version)
    return origin


def _copied_version(storage: Storage, noted: Noted, path: Path) -> str:
    """Copies the bytes out of a version that still has them; empty if none has."""
    for stored in reversed(storage.versions(noted.key)):
        with contextlib.suppress(IntegrityFailure):  # that version has rotten, too
            copy_out(storage, noted.key, stored.version, path)
            if _sha256(path) == noted.sha256:
                return f"from its version {stored.version}"
    return ""


def _fetched(run: Run, noted: Noted, path: Path) -> str:
    """Downloads the bytes, if upstream still serves the same."""
    settings, name = run.settings, noted.key.rpartition("/")[2]
    pace = Pace(settings.requests_per_second)
    if noted.noted_in == names.raw_population_manifest():
        datasets = load_population(run.storage).datasets
        ((key, place),) = [
            (key, place)
            for key, dataset in datasets.items()
            for place, page in enumerate(dataset.pages)
            if page.name == name
        ]
        api = PopulationApi(settings.population_url, pace, run.retry)
        bodies = api.fetch(dataset_of(key)).bodies
        path.write_bytes(bodies[place] if place < len(bodies) else b"")
    else:
        survey = noted.key.split("/")[-2]
        file = load_survey(run.storage, survey).files[name]
        site = BlsSite(settings.bls_url, settings.contact, pace, run.retry)
        listed = ListedFile(file.name, file.bytes, file.listed_minute)
        site.fetch(survey, listed, path, None, run.progress)
    if _sha256(path) != noted.sha256:
        raise UpstreamInvalid("No version has these bytes, and upstream serves other ones now.")
    return "from upstream"


def _note_version(storage: Storage, noted: Noted, version: str) -> None:
    """Has the manifest name the version that now has the bytes, where that is a new one."""
    name = noted.key.rpartition("/")[2]
    if noted.noted_in == names.raw_population_manifest():
        population = load_population(storage)
        datasets = {
            key: replace(
                dataset,
                pages=tuple(
                    replace(page, version=version) if page.name == name else page
                    for page in dataset.pages
                ),
            )
            for key, dataset in population.datasets.items()
        }
        if datasets != population.datasets:
            save_population(storage, replace(population, datasets=datasets))
        return
    survey = noted.key.split("/")[-2]
    manifest = load_survey(storage, survey)
    file = replace(manifest.files[name], version=version)
    if file != manifest.files[name]:
        save_survey(storage, survey, replace(manifest, files={**manifest.files, name: file}))


def _make_release_file(run: Run, noted: Noted) -> str:
    pointer = _pointer_that_names(run.storage, noted)
    ((table, file),) = [
        (table, file) for table, file in pointer.files() if pointer.key_of(table, file) == noted.key
    ]
    with run.storage.scratch() as folder:
        path = folder / "part.parquet"
        _convert(run.storage, pointer, table, file, path)
        if _sha256(path) != noted.sha256:
            raise IntegrityFailure(
                "This program makes other bytes of it; the next run of build-tables publishes a"
                " release of its own making."
            )
        run.storage.restore(noted.key, path, noted.sha256)
    return "by making it again"


def _make_rejects(run: Run, noted: Noted) -> str:
    pointer = _pointer_that_names(run.storage, noted)
    ((table, file),) = [
        (table, file)
        for table, file in pointer.files()
        if pointer.folder + file.rejects_path == noted.key
    ]
    with run.storage.scratch() as folder:
        converted = _convert(run.storage, pointer, table, file, folder / "part.parquet")
    run.storage.put(noted.key, rejects_text(converted))
    return "by making it again"


def _convert(
    storage: Storage, pointer: Pointer, table: str, file: TableFile, target: Path
) -> Converted:
    """Makes a file of a release from the raw zone."""
    if pointer.subject == POPULATION:
        dataset = load_population(storage).datasets[file.source]
        pages = []
        for page in dataset.pages:
            with storage.open(names.raw_population(page.name), page.version) as stream:
                pages.append(parse_population(stream.read()))
        return convert_population(joined(pages), target)
    if not file.source:
        others = {name: made for name, made in pointer.tables.items() if name != table}
        landed = load_survey(storage, pointer.subject).files
        return write_records(source_records(landed, others), schemas.SOURCES, target)
    key = names.raw_file(pointer.subject, file.source)
    version = version_of(storage, key, file.source_sha256)
    with storage.open(key, version) as stream:
        size = stream.seek(0, 2)
    source = Source(file.source, size, lambda: storage.open(key, version))
    if table == f"{pointer.subject}_data":
        return convert_data(source, target, target.parent, None)
    converted = convert_table(source, target, target.parent)
    if converted is None:
        raise IntegrityFailure(f"{file.source} is no table.")
    return converted


def _write_history(run: Run, noted: Noted) -> str:
    pointer = _pointer_that_names(run.storage, noted)
    table = pointer.tables[f"{pointer.subject}_revisions"]
    if not noted.key.startswith(table.folder):
        return "with the rest of the history"
    with run.storage.scratch() as folder:
        publish(run.storage, rebuilt(run.storage, pointer, pointer.history, folder))
    return "by writing the history anew"


def _pointer_that_names(storage: Storage, noted: Noted) -> Pointer:
    pointer = load_pointer(storage, noted.noted_in[len(names.CURRENT) : -len(".json")])
    if pointer is None:
        raise IntegrityFailure(f"{noted.noted_in} is not there.")
    return pointer


def _older_manifest(run: Run, noted: Noted) -> str:
    older = _brought_back(run.storage, noted.key, lambda body: is_manifest(body, noted.key))
    if older:
        return older
    run.storage.delete(noted.key)
    if noted.key == names.raw_population_manifest():
        done = land_population(run)
    else:
        survey = noted.key.split("/")[-2]
        done = land_bls(replace(run, settings=replace(run.settings, surveys=(survey,))))
    for failure in done.failures:
        raise failure
    return "by landing everything again, since no version of it could be read"


def _older_pointer(run: Run, noted: Noted) -> str:
    def is_whole(body: bytes) -> bool:
        try:
            pointer = parse_pointer(body, None, noted.key)
        except LakeError:
            return False
        return all(run.storage.stat(pointer.key_of(*file)) for file in pointer.files())

    older = _brought_back(run.storage, noted.key, is_whole)
    if older:
        return older
    run.storage.delete(noted.key)
    subject = noted.key[len(names.CURRENT) : -len(".json")]
    if subject == POPULATION:
        build_population(run)
    else:
        build_survey(run, subject)
    return "by building again; its history begins anew, since no version of it could be read"


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
    settings = run.settings
    pace = Pace(settings.requests_per_second)
    if noted.noted_in == names.raw_population_manifest():
        api = PopulationApi(settings.population_url, pace, run.retry)
        for key, dataset in load_population(run.storage).datasets.items():
            if names.raw_population(dataset.pages[0].name) == noted.key:
                with run.storage.scratch() as folder:
                    land_dataset(run, api, dataset_of(key), folder)
    else:
        survey, name = noted.key.split("/")[-2:]
        manifest = load_survey(run.storage, survey)
        # A file whose listed minute is unknown differs from any listing, so it is fetched.
        file = replace(manifest.files[name], listed_minute="")
        save_survey(run.storage, survey, replace(manifest, files={**manifest.files, name: file}))
        site = BlsSite(settings.bls_url, settings.contact, pace, run.retry)
        land_survey(run, site, survey)
    return "by landing it again; the next run of build-tables publishes it"


def _make_reports(run: Run, noted: Noted) -> str:  # noqa: ARG001 - all ways are called alike
    publish_reports(run)
    return "by making the reports again"


def _derive_catalog(run: Run, noted: Noted) -> str:  # noqa: ARG001 - all ways are called alike
    show_in_catalog(run.storage, run.settings)
    return "from the pointers"


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return file_sha256(stream)


_WAYS = {
    MANIFEST: _older_manifest,
    POINTER: _older_pointer,
    RAW: _restore_raw,
    RELEASE: _make_release_file,
    REJECTS: _make_rejects,
    HISTORY: _write_history,
    UPSTREAM: _land_again,
    CATALOG: _derive_catalog,
    REPORT: _make_reports,
}
