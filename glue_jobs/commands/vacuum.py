"""`lake vacuum`: removes what no pointer names and nobody reads any more."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from itertools import groupby
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import load_pointer, past_pointers
from glue_jobs.job import opened_lake
from glue_jobs.storage import names
from glue_jobs.subjects import POPULATION
from glue_jobs.terminal import shown_bytes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from glue_jobs.catalog.pointers import PastPointer
    from glue_jobs.storage.protocol import Storage, StoredObject

KEPT_DAYS = 7


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How old, and whether in earnest."""
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.add_argument(
        "--keep-days",
        type=int,
        default=KEPT_DAYS,
        metavar="N",
        help=f"keep folders superseded within N days (default: {KEPT_DAYS}; queries may run)",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Removes them; raw files, pointers, reports and published history are never touched."""
    storage = opened_lake(vars(arguments))
    before = datetime.now(timezone.utc) - timedelta(days=arguments.keep_days)
    folders, unnamed = vacuum(storage, before, dry_run=arguments.dry_run)
    objects = [stored for group in folders.values() for stored in group] + unnamed
    size = sum(stored.size for stored in objects)
    listed = [*folders, *(stored.key for stored in unnamed)]
    if arguments.json:
        print(json.dumps({"removed": listed, "bytes": size}, indent=1))
        return 0
    for key in listed:
        print(key)
    done = "would be removed" if arguments.dry_run else "removed"
    more = f" and {len(unnamed)} files of history" if unnamed else ""
    print(f"{len(folders)} release folders{more} {done}, {shown_bytes(size)}.")
    return 0


def vacuum(
    storage: Storage, before: datetime, *, dry_run: bool = False
) -> tuple[dict[str, list[StoredObject]], list[StoredObject]]:
    """Removes what nobody has named since a moment.

    Returns:
        The release folders with their objects, and the files of history.
    """
    folders = dict(superseded(storage, before))
    unnamed = list(unnamed_history(storage, before))
    if not dry_run:
        for stored in [stored for group in folders.values() for stored in group] + unnamed:
            storage.delete(stored.key)
    return folders, unnamed


def superseded(storage: Storage, before: datetime) -> Iterator[tuple[str, list[StoredObject]]]:
    """Folders that no pointer names and none has named since a moment, with their objects.

    A folder that no pointer ever named is a killed run's, or one that is being built now: it
    goes by the age of its newest object. What the population once was stays, to be asked for.
    """
    for folder, grouped in groupby(storage.scan(names.CURATED), key=_folder_of):
        objects = list(grouped)
        subject = folder.split("/")[1]
        current = load_pointer(storage, subject)
        if current is not None and current.folder == folder:
            continue
        left = _superseded_at(storage, subject, folder)
        if left is not None and subject == POPULATION:
            continue
        if (left or max(o.modified for o in objects)) < before:
            yield folder, objects


def unnamed_history(storage: Storage, before: datetime) -> Iterator[StoredObject]:
    """Files of revisions that no pointer names and none has named since a moment."""
    for subject, grouped in groupby(storage.scan(names.HISTORY), key=lambda o: o.key.split("/")[1]):
        left: dict[str, datetime] = {}
        named: set[str] = set()
        files = list(grouped)
        for past in past_pointers(storage, subject):
            left.update(dict.fromkeys(named, past.published_at))
            named = _named_by(past, files)
        for stored in files:
            if stored.key not in named and left.get(stored.key, stored.modified) < before:
                yield stored


def _superseded_at(storage: Storage, subject: str, folder: str) -> datetime | None:
    """When a pointer to another folder last took the place of one to this folder."""
    left = None
    pointers = past_pointers(storage, subject)
    for past, following in zip(pointers, pointers[1:]):
        if past.pointer is None or past.pointer.folder == folder:
            left = following.published_at
    return left


def _named_by(past: PastPointer, files: list[StoredObject]) -> set[str]:
    """What a pointer names; one that cannot be read may have named all."""
    if past.pointer is None:
        return {stored.key for stored in files}
    return {past.pointer.key_of(table, file) for table, file in past.pointer.files()}


def _folder_of(stored: StoredObject) -> str:
    return "/".join(stored.key.split("/")[:3]) + "/"
