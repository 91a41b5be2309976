"""What the raw zone holds, ready to be made into tables: verified files, and every vintage landed.

A manifest names, for each file, the version and the hash of its bytes; its own past versions name
what was landed before. So the raw zone alone tells all vintages of a data file, in their order,
whatever has happened to pointers and history.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Callable, TypeVar

from glue_jobs.catalog.pointers import Vintage
from glue_jobs.sources.places import is_data_file
from glue_jobs.sources.registry import upstream_of
from glue_jobs.storage import names
from glue_jobs.storage.recorded import recorded_sha256
from glue_jobs.storage.verified import open_verified
from glue_jobs.tables.convert import Content
from glue_jobs.tables.header import MOST_FIRST_BYTES
from glue_jobs.timestamps import (
    CLOCKS_DIFFER,
    from_release,
    from_text,
    is_release,
    release_name,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from glue_jobs.sources.protocol import Landed
    from glue_jobs.storage.protocol import Storage

_Version = TypeVar("_Version", "Landed", Vintage)


def contents_of(storage: Storage, landed: Landed) -> list[Content]:
    """What a landed file holds, to convert; reading fails where it is not what was landed."""
    return [
        Content(
            landed.name,
            one.bytes,
            partial(open_verified, storage, one.key, one.sha256, one.version),
        )
        for one in landed.objects
    ]


def start_of(storage: Storage, landed: Landed) -> bytes:
    """The first bytes of a landed file, as its header needs them; they are not verified."""
    first = landed.objects[0]
    with storage.open(first.key, first.version) as stream:
        return stream.read(MOST_FIRST_BYTES + 2)


def landed_since(
    storage: Storage, subject: str, history: Sequence[Vintage], shown: Mapping[str, str]
) -> list[Landed]:
    """The data files that were landed after those that are known, up to those that are shown.

    Args:
        storage: the lake.
        subject: whose.
        history: the known vintages, by file and release.
        shown: hashes of the vintages that the release shows, of every landed data file; empty
            where it shows none.

    Returns:
        Each content in the order in which they were landed, a shown one last. A manifest of the
        past that cannot be read is passed over.
    """
    known = {one.source: one.sha256 for one in history}
    nothing_new = {name for name, sha256 in shown.items() if sha256 in ("", known.get(name))}
    landed = _landed_after(storage, subject, shown, history, nothing_new)
    return up_to_shown(list(landed), shown, lambda one: one.name)


def up_to_shown(
    versions: Sequence[_Version], shown: Mapping[str, str], name_of: Callable[[_Version], str]
) -> list[_Version]:
    """Versions of files without those that came after the shown one, which are held back.

    Of a file whose shown version is not among them, all are kept.
    """
    last = {
        name_of(one): place
        for place, one in enumerate(versions)
        if shown.get(name_of(one)) == one.sha256
    }
    return [one for place, one in enumerate(versions) if place <= last.get(name_of(one), place)]


def older_versions(
    storage: Storage, subject: str, name: str, until: Collection[str]
) -> Iterator[str]:
    """The hashes of what a file was landed with before, newest first, as far as one of some."""
    newest = ""
    for landed in upstream_of(subject).landed_before(storage, subject):
        file = landed.get(name)
        if file is None or file.sha256 == newest:
            continue
        if file.sha256 in until:
            return
        if newest:
            yield file.sha256
        newest = file.sha256


def landed_vintages(storage: Storage, subject: str, data_files: Collection[str]) -> list[Vintage]:
    """All vintages of a survey's data files that raw holds, landed or backfilled.

    They are sorted by file and release; their changes are not counted.

    Args:
        storage: the lake.
        subject: whose.
        data_files: the landed files that are known to have observations. Of one that is not landed
            any more, its name tells.
    """
    vintages: list[Vintage] = []
    last: dict[str, Vintage] = {}
    for landed in _landed_after(storage, subject, data_files, ()):
        last[landed.name] = vintage_of(landed, last.get(landed.name))
        vintages.append(last[landed.name])
    known = {(one.source, one.release) for one in vintages}
    backfilled = _backfilled(storage, subject)
    vintages += [one for one in backfilled if (one.source, one.release) not in known]
    return sorted(vintages, key=lambda one: (one.source, one.release))


def vintage_of(landed: Landed, last: Vintage | None) -> Vintage:
    """A landed data file as the vintage after another one; what it changes is not counted yet."""
    key = landed.objects[0].key
    return Vintage(landed.name, _release_after(last, landed), landed.sha256, key, 0, 0, 0)


def is_in_future(landed: Landed, now: datetime) -> bool:
    """Whether upstream is said to have written a file later than anybody can have read it."""
    return from_text(landed.released_at) > now + CLOCKS_DIFFER


def _release_after(last: Vintage | None, landed: Landed) -> str:
    """When a vintage was released: as BLS says, unless that cannot be.

    BLS may go back to an older file, or a server may date one in the future; then the moment at
    which the lake saw it counts.
    """
    written, seen = from_text(landed.released_at), from_text(landed.retrieved_at)
    if not is_in_future(landed, seen) and (last is None or written > from_release(last.release)):
        return release_name(written)
    if last is not None:
        seen = max(seen, from_release(last.release) + timedelta(seconds=1))
    return release_name(seen)


def _landed_after(
    storage: Storage,
    subject: str,
    data_files: Collection[str],
    history: Sequence[Vintage],
    nothing_new: Collection[str] = (),
) -> Iterator[Landed]:
    """Each content that a data file was landed with, after its last vintage, oldest first.

    A last vintage that was never landed is an old copy that was taken in: then each content counts
    that is no vintage yet.
    """
    known = {one.source: one.sha256 for one in history}
    vintages = {(one.source, one.sha256) for one in history}
    manifests: list[dict[str, Landed]] = []
    reached: set[str] = set()
    now = upstream_of(subject).landed(storage, subject)

    def has_observations(name: str) -> bool:
        known_to = name in known or name in data_files
        return known_to or (name not in now and is_data_file(subject, name))

    for landed in upstream_of(subject).landed_before(storage, subject):
        files = {name: file for name, file in landed.items() if has_observations(name)}
        done = reached | set(nothing_new)
        manifests.append({name: file for name, file in files.items() if name not in done})
        reached |= {name for name, file in files.items() if known.get(name) == file.sha256}
        if known and files.keys() <= reached | done:
            break
    last = dict(known)
    for files in reversed(manifests):
        for name, file in files.items():
            is_known = name not in reached and (name, file.sha256) in vintages
            if last.get(name) != file.sha256 and not is_known:
                last[name] = file.sha256
                yield file


def _backfilled(storage: Storage, subject: str) -> Iterator[Vintage]:
    for stored in storage.list_objects(names.raw_backfills(subject)):
        versions = storage.versions(stored.key)
        release, name = names.release_and_name(stored.key)
        # Whatever else lies there was put there by somebody else.
        if versions and is_release(release) and is_data_file(subject, name):
            sha256 = recorded_sha256(storage, versions[-1])
            yield Vintage(name, release, sha256, stored.key, 0, 0, 0)
