"""Brings back what `lake verify` found damaged, from wherever the same bytes can still be had.

A file of the raw zone comes from its versions, else from upstream if that still serves the same
bytes; a file of a release is made again from the raw zone, to the byte, and where that gives other
bytes, the whole release is, in a folder of its own; a file of the history gives way to the changes
of its vintages, compared again; a manifest or pointer that cannot be read gives way to the newest
older one that can, and the history then takes in every vintage that the raw zone holds; a table of
the wrong rows gives way to a new making of its
release; the reports are made again; the catalog is derived from the pointers.
What is put in place has the hash that was recorded, or nothing is put.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Callable

from glue_jobs import table_names
from glue_jobs.build_tables import build_subject
from glue_jobs.catalog.pointers import load_pointer, missing_files, parse_pointer, publish
from glue_jobs.catalog.show import show_in_catalog
from glue_jobs.current_release import Remake
from glue_jobs.errors import (
    GuardTripped,
    IntegrityFailure,
    LakeError,
    QualityFailure,
    UpstreamInvalid,
)
from glue_jobs.history.survey import with_history
from glue_jobs.labelling import index_labels
from glue_jobs.publish_reports import publish_reports
from glue_jobs.raw_zone import is_in_future
from glue_jobs.release_folder import rejects_text
from glue_jobs.sources.registry import upstream_of
from glue_jobs.storage.hashing import path_sha256
from glue_jobs.storage.recorded import bring_back, intact_body
from glue_jobs.storage.verified import copy_verified
from glue_jobs.timestamps import to_text
from labor_lake.rebuild import make_again
from labor_lake.verification import (
    CATALOG,
    DATE,
    HISTORY,
    INDEX,
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

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.running import Run
    from glue_jobs.sources.protocol import Landed, RawObject
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
    for file in upstream_of(noted.subject).landed(run.storage, noted.subject).values():
        for one in file.objects:
            if one.key == noted.key:
                bring_back(run.storage, one.key, one.version, one.sha256)
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
    file = _file_at(run.storage, noted)
    upstream_of(noted.subject).fetch(run, noted.subject, file, noted.key, path)
    if path_sha256(path) != noted.sha256:
        raise UpstreamInvalid("No version has these bytes, and upstream serves other ones now.")
    return "from upstream"


def _file_at(storage: Storage, noted: Noted) -> Landed:
    """The landed file that has an object under a key.

    Raises:
        IntegrityFailure: the manifest names none there any more.
    """
    for file in upstream_of(noted.subject).landed(storage, noted.subject).values():
        if noted.key in [one.key for one in file.objects]:
            return file
    raise IntegrityFailure(f"{noted.noted_in} does not name {noted.key} any more.")


def _note_version(storage: Storage, noted: Noted, version: str) -> None:
    """Has the manifest name the version that now has the bytes that it names.

    An entry that names other bytes meanwhile stays as it is: a version goes with its hash.
    """

    def renewed(one: RawObject) -> RawObject:
        is_it = (one.key, one.sha256) == (noted.key, noted.sha256)
        return replace(one, version=version) if is_it else one

    upstream = upstream_of(noted.subject)
    landed = {
        name: replace(file, objects=tuple(map(renewed, file.objects)))
        for name, file in upstream.landed(storage, noted.subject).items()
    }
    upstream.amend(storage, noted.subject, landed)


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


def _make_index(run: Run, noted: Noted) -> str:
    pointer = _pointer_that_names(run.storage, noted)
    if noted.key not in [pointer.folder + file.index_path for _, file in pointer.files()]:
        return _WITH_THE_REST
    (file,) = pointer.tables[table_names.labels(noted.subject)].files
    with run.storage.scratch() as folder:
        labels, index = folder / "labels", folder / "index"
        copy_verified(run.storage, pointer.folder + file.path, file.sha256, labels)
        index_labels(noted.subject, labels, index)
        if path_sha256(index) == noted.sha256:
            run.storage.restore(noted.key, index, noted.sha256)
            return "by making it again"
    # S3 would take rotten bytes for those of the checksum that is noted beside them.
    run.storage.delete(noted.key)
    build_subject(run, noted.subject, Remake(tables=True))
    return "by making the release anew, since this program makes another index"


def _write_history(run: Run, noted: Noted) -> str:
    pointer = _pointer_that_names(run.storage, noted)
    named = {pointer.key_of(name, file) for name, file in pointer.files()}
    if noted.key not in named:
        return "with the rest of the history"
    with run.storage.scratch() as folder:
        damaged = [noted.key]
        publish(run.storage, with_history(run.storage, pointer, pointer.history, folder, damaged))
    return "by comparing the vintages of that year again"


def _pointer_that_names(storage: Storage, noted: Noted) -> Pointer:
    pointer = load_pointer(storage, noted.subject)
    if pointer is None:
        raise IntegrityFailure(f"{noted.noted_in} is not there.")
    return pointer


def _older_manifest(run: Run, noted: Noted) -> str:
    upstream = upstream_of(noted.subject)
    older = _brought_back(
        run.storage, noted.key, lambda body: upstream.is_manifest(body, noted.subject)
    )
    if older:
        return older
    run.storage.delete(noted.key)
    upstream.land_again(run, noted.subject)
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
            run.storage.put_if_match(noted.key, content.body, content.tag)
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
            storage.put_if_match(key, body, current.tag if current else None)
            return f"from its version {stored.version}; the next run brings it up to date"
    return ""


def _land_again(run: Run, noted: Noted) -> str:
    name = _file_at(run.storage, noted).name
    upstream_of(noted.subject).land_again(run, noted.subject, name)
    return "by landing it again; the next run of build-tables publishes it"


def _date_truly(run: Run, noted: Noted) -> str:
    """Takes dates in the future out of manifest, release and history."""
    upstream, now = upstream_of(noted.subject), run.now()
    landed = upstream.landed(run.storage, noted.subject)
    believable = {
        name: replace(file, released_at=_believable_date(file, now))
        for name, file in landed.items()
    }
    upstream.amend(run.storage, noted.subject, believable)
    build_subject(run, noted.subject, Remake(history=True))
    return "with the date at which it is listed, or at which it was retrieved"


def _believable_date(file: Landed, now: datetime) -> str:
    """The first of a file's dates that is not in the future."""
    dates = (file.released_at, file.listed_at, file.retrieved_at)
    known = [
        date for date in dates if date and not is_in_future(replace(file, released_at=date), now)
    ]
    return known[0] if known else to_text(now)


def _make_anew(run: Run, noted: Noted) -> str:
    build_subject(run, noted.subject, Remake(tables=True, history=True))
    return "by making the release and its history anew"


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
    INDEX: _make_index,
    HISTORY: _write_history,
    UPSTREAM: _land_again,
    CATALOG: _derive_catalog,
    REPORT: _make_reports,
}
