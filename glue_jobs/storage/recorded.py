"""Contents as the storage recorded them when they were written: compared, found, put back."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

from glue_jobs.errors import IntegrityFailure, StorageFailure
from glue_jobs.storage.hashing import file_sha256
from glue_jobs.storage.verified import copy_verified

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Storage, StoredObject


def bring_back(storage: Storage, key: str, version: str, sha256: str) -> None:
    """Puts a noted content into its place again, where another one lies, or none.

    A run that lost a race, or that was ended, may have left there what nobody has noted.

    Raises:
        IntegrityFailure: the version does not hold that content.
    """
    stored = storage.stat(key)
    if stored is not None and stored.sha256 in ("", sha256):
        return
    with storage.scratch() as folder:
        path = folder / "noted"
        copy_verified(storage, key, sha256, path, version)
        storage.put_file(key, path, sha256)


def intact_body(storage: Storage, stored: StoredObject) -> bytes:
    """The bytes of a small object's version, as they were written.

    Raises:
        IntegrityFailure: they have rotten.
    """
    expected = _as_recorded(storage, stored).sha256
    with storage.open(stored.key, stored.version) as stream:
        body = stream.read()
    if expected not in ("", hashlib.sha256(body).hexdigest()):
        raise IntegrityFailure(f"The version {stored.version} of {stored.key} has other bytes now.")
    return body


def check_as_written(storage: Storage, key: str) -> None:
    """Compares a manifest or pointer with the hash that was recorded when it was written.

    Raises:
        IntegrityFailure: it is not there, or has other bytes, and no run replaces it right now.
    """
    content = storage.get(key)
    if content is None:
        raise IntegrityFailure(f"{key} is not there.")
    sha256 = hashlib.sha256(content.body).hexdigest()
    stored = storage.stat(key)
    if stored is not None and stored.sha256:
        was_written = stored.sha256 == sha256
    else:  # a disk without links, or an object that something else has put there
        kept = (_as_recorded(storage, version) for version in storage.versions(key))
        was_written = any(version.sha256 == sha256 for version in kept)
    if not was_written and storage.get(key) == content:
        raise IntegrityFailure(
            f"{key} does not match its recorded checksum.",
            hint="`lake verify --repair` restores what it can.",
        )


def version_of(storage: Storage, key: str, sha256: str) -> str:
    """The newest version under which a key keeps some content, by what was recorded of it.

    The bytes are not read: whoever reads them compares them with the hash.

    Raises:
        IntegrityFailure: it keeps no such content.
    """
    for stored in reversed(storage.versions(key)):
        if recorded_sha256(storage, stored) == sha256:
            return stored.version
    raise IntegrityFailure(f"{key} has no version with the bytes of sha256 {sha256[:12]}….")


def versions_by_content(storage: Storage, key: str) -> dict[str, str]:
    """The newest version of each content that a key keeps, by its hash as it was recorded.

    A version that has no record, and cannot be read, is left out.
    """
    found: dict[str, str] = {}
    for stored in storage.versions(key):
        with contextlib.suppress(IntegrityFailure, StorageFailure):
            found[recorded_sha256(storage, stored)] = stored.version
    return found


def recorded_sha256(storage: Storage, stored: StoredObject) -> str:
    """The hash of a version, as the backend recorded it when it was written.

    An object in S3 that another program has written has none; it is read.
    """
    recorded = _as_recorded(storage, stored).sha256
    if recorded:
        return recorded
    with storage.open(stored.key, stored.version) as stream:
        return file_sha256(stream)


def _as_recorded(storage: Storage, stored: StoredObject) -> StoredObject:
    """A version with its recorded hash, if it has one; S3 tells that of one at a time."""
    if stored.sha256:
        return stored
    return storage.stat(stored.key, stored.version) or stored
