"""`lake vacuum`: removes what no pointer names and nobody reads any more."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import groupby
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import load_pointer, past_pointers
from glue_jobs.errors import LakeError
from glue_jobs.flags import resolve_settings
from glue_jobs.logs import describe_failure, print_error
from glue_jobs.opening import open_lake
from glue_jobs.reports.index import LATEST, load_index
from glue_jobs.running import exit_code
from glue_jobs.sources.registry import upstream_of
from glue_jobs.storage import names
from glue_jobs.storage.recorded import check_as_written
from glue_jobs.visible import shown_bytes
from labor_lake.numbers import days

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from glue_jobs.catalog.pointers import PastPointer, Pointer
    from glue_jobs.storage.protocol import Storage, StoredObject

KEPT_DAYS = 7
KEPT_RUNS_DAYS = 400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How old, and whether in earnest."""
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.add_argument(
        "--keep-days",
        type=days,
        default=KEPT_DAYS,
        metavar="N",
        help=f"keep folders superseded within N days (default: {KEPT_DAYS}; queries may run)",
    )
    parser.add_argument(
        "--keep-runs-days",
        type=days,
        default=KEPT_RUNS_DAYS,
        metavar="N",
        help=f"keep run summaries and dated reports of the last N days (default: {KEPT_RUNS_DAYS})",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Removes them; raw files, pointers, latest reports and current history are never touched."""
    storage = open_lake(resolve_settings(vars(arguments)).settings)
    now = datetime.now(timezone.utc)
    removed = vacuum(
        storage,
        now - timedelta(days=arguments.keep_days),
        now - timedelta(days=arguments.keep_runs_days),
        dry_run=arguments.dry_run,
    )
    listed = [*removed.folders, *(stored.key for stored in removed.history), *removed.runs]
    if arguments.json:
        errors = [describe_failure(failure) for failure in removed.failures]
        document = {"removed": listed, "bytes": removed.bytes, "errors": errors}
        print(json.dumps(document, indent=1))
    else:
        for key in listed:
            print(key)
        done = "would be removed" if arguments.dry_run else "removed"
        more = f" and {len(removed.history)} files of history" if removed.history else ""
        if removed.runs:
            more += f" and what {len(removed.runs)} runs have written of themselves"
        size = shown_bytes(removed.bytes)
        print(f"{len(removed.folders)} release folders{more} {done}, {size}.")
    for failure in removed.failures:
        print_error(failure, debug=arguments.debug)
    return exit_code(removed.failures)


@dataclass
class Removed:
    """What was removed.

    Attributes:
        folders: the release folders with their objects.
        history: the files of history.
        runs: the folders of run summaries and dated reports with their objects.
        failures: why nothing of some subject was removed.
    """

    folders: dict[str, list[StoredObject]] = field(default_factory=dict)
    history: list[StoredObject] = field(default_factory=list)
    runs: dict[str, list[StoredObject]] = field(default_factory=dict)
    failures: list[LakeError] = field(default_factory=list)

    @property
    def objects(self) -> list[StoredObject]:
        """All of them."""
        groups = (*self.folders.values(), *self.runs.values())
        return [stored for group in groups for stored in group] + self.history

    @property
    def bytes(self) -> int:
        """Their size."""
        return sum(stored.size for stored in self.objects)


def vacuum(
    storage: Storage,
    before: datetime,
    runs_before: datetime | None = None,
    *,
    dry_run: bool = False,
) -> Removed:
    """Removes what nobody has named since a moment, subject by subject.

    What runs have written of themselves goes by its age alone, if a moment for it is given; the
    newest of it stays, and the reports that are shown.

    Nothing of a subject is removed whose pointer is not as it was written, since that says what is
    in use; nor while somebody else writes the subject.
    """
    removed = Removed()
    for subject in _subjects(storage):
        try:
            with contextlib.nullcontext() if dry_run else storage.lease(subject):
                found = _unused(storage, subject, before)
                for stored in [] if dry_run else found.objects:
                    storage.delete(stored.key)
        except LakeError as error:
            removed.failures.append(error)
        else:
            removed.folders.update(found.folders)
            removed.history += found.history
    if runs_before is not None:
        try:
            removed.runs = dict(_old_runs(storage, runs_before))
            for stored in [] if dry_run else [one for own in removed.runs.values() for one in own]:
                storage.delete(stored.key)
        except LakeError as error:
            removed.failures.append(error)
    return removed


def _old_runs(storage: Storage, before: datetime) -> Iterator[tuple[str, list[StoredObject]]]:
    """Folders of summaries and of dated reports in which nothing is newer than a moment."""
    index = load_index(storage)
    for zone in (names.RUNS, names.REPORTS):
        folders: dict[str, list[StoredObject]] = {}
        for stored in storage.list_objects(zone):
            folders.setdefault(names.folder_of(stored.key), []).append(stored)
        newest = {name: max(one.modified for one in own) for name, own in folders.items()}
        kept = {max(newest, key=newest.__getitem__, default=""), names.report(LATEST, "")}
        if index is not None:
            kept |= index.folders()
        for name, objects in folders.items():
            if name not in kept and newest[name] < before:
                yield name, objects


def _subjects(storage: Storage) -> list[str]:
    zones = (names.CURATED, names.HISTORY)
    return sorted(
        {names.subject_of(one.key) for zone in zones for one in storage.list_objects(zone)}
    )


def _unused(storage: Storage, subject: str, before: datetime) -> Removed:
    key = names.pointer(subject)
    # One that was never written names nothing; one that is gone, or rotten, might name anything.
    if storage.versions(key) or storage.stat(key) is not None:
        check_as_written(storage, key)
    current = load_pointer(storage, subject)
    past = past_pointers(storage, subject)
    folders = dict(_superseded(storage, subject, current, past, before))
    return Removed(folders, list(_unnamed_history(storage, subject, past, before)))


def _superseded(
    storage: Storage,
    subject: str,
    current: Pointer | None,
    past: Sequence[PastPointer],
    before: datetime,
) -> Iterator[tuple[str, list[StoredObject]]]:
    """Folders that no pointer names and none has named since a moment, with their objects.

    A folder that no pointer ever named is a killed run's: it goes by the age of its newest object.
    What a source keeps releases of stays, to be asked for.
    """
    stored = storage.list_objects(names.releases(subject))
    for folder, grouped in groupby(stored, key=lambda one: names.folder_of(one.key)):
        objects = list(grouped)
        if current is not None and current.folder == folder:
            continue
        left = _superseded_at(past, folder)
        if left is not None and upstream_of(subject).keeps_releases:
            continue
        if (left or max(o.modified for o in objects)) < before:
            yield folder, objects


def _unnamed_history(
    storage: Storage, subject: str, past: Sequence[PastPointer], before: datetime
) -> Iterator[StoredObject]:
    """Files of revisions that no pointer names and none has named since a moment."""
    left: dict[str, datetime] = {}
    named: set[str] = set()
    files = list(storage.list_objects(names.history_of(subject)))
    for pointer in past:
        left.update(dict.fromkeys(named, pointer.published_at))
        named = _named_by(pointer, files)
    for stored in files:
        if stored.key not in named and left.get(stored.key, stored.modified) < before:
            yield stored


def _superseded_at(past: Sequence[PastPointer], folder: str) -> datetime | None:
    """When a pointer to another folder last took the place of one to this folder."""
    left = None
    for pointer, following in zip(past, past[1:]):
        if pointer.pointer is None or pointer.pointer.folder == folder:
            left = following.published_at
    return left


def _named_by(past: PastPointer, files: list[StoredObject]) -> set[str]:
    """What a pointer names; one that cannot be read may have named all."""
    if past.pointer is None:
        return {stored.key for stored in files}
    return {past.pointer.key_of(table, file) for table, file in past.pointer.files()}
