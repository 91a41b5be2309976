"""`lake vacuum`: removes release folders that nobody reads any more."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from itertools import groupby
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import load_pointer, past_pointers
from glue_jobs.job import opened_lake
from glue_jobs.storage import names
from glue_jobs.terminal import shown_bytes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

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
    """Removes them; raw files, pointers and reports are never touched."""
    storage = opened_lake(vars(arguments))
    before = datetime.now(timezone.utc) - timedelta(days=arguments.keep_days)
    removable = list(superseded(storage, before))
    for _, objects in removable:
        for stored in objects:
            if not arguments.dry_run:
                storage.delete(stored.key)
    size = sum(stored.size for _, objects in removable for stored in objects)
    if arguments.json:
        print(json.dumps({"folders": [folder for folder, _ in removable], "bytes": size}, indent=1))
        return 0
    for folder, _ in removable:
        print(folder)
    done = "would be removed" if arguments.dry_run else "removed"
    print(f"{len(removable)} release folders {done}, {shown_bytes(size)}.")
    return 0


def superseded(storage: Storage, before: datetime) -> Iterator[tuple[str, list[StoredObject]]]:
    """Folders that no pointer names and none has named since a moment, with their objects.

    A folder that no pointer ever named is a killed run's, or one that is being built now: it
    goes by the age of its newest object.
    """
    for folder, grouped in groupby(storage.scan(names.CURATED), key=_folder_of):
        objects = list(grouped)
        subject = folder.split("/")[1]
        current = load_pointer(storage, subject)
        if current is not None and current.folder == folder:
            continue
        left = _superseded_at(storage, subject, folder) or max(o.modified for o in objects)
        if left < before:
            yield folder, objects


def _superseded_at(storage: Storage, subject: str, folder: str) -> datetime | None:
    """When a pointer to another folder last took the place of one to this folder."""
    left = None
    past = past_pointers(storage, subject)
    for (pointer, _), (_, following_moment) in zip(past, past[1:]):
        if pointer.folder == folder:
            left = following_moment
    return left


def _folder_of(stored: StoredObject) -> str:
    return "/".join(stored.key.split("/")[:3]) + "/"
