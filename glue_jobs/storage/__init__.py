"""Where bytes lie: one protocol, a local directory or S3."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.errors import IntegrityFailure, UsageError
from glue_jobs.storage.hashing import file_sha256
from glue_jobs.storage.local import LocalStorage

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Storage, StoredObject

__all__ = ["bring_back", "copy_out", "file_sha256", "intact_body", "open_storage", "version_of"]


def open_storage(uri: str, region: str = "") -> Storage:
    """The storage behind a lake's address.

    Args:
        uri: a directory's path, or ``s3://bucket/prefix``.
        region: the bucket's AWS region; empty for the SDK's own choice, which finds it, too.

    Raises:
        UsageError: the address is of another kind.
    """
    if uri.startswith("s3://"):
        from glue_jobs.storage.s3 import S3Storage  # noqa: PLC0415 - a directory needs no boto3

        return S3Storage(uri, region)
    if "://" in uri:
        raise UsageError(
            f"The lake's address {uri} is neither a directory nor in S3.",
            hint="--lake ./lake or --lake s3://bucket/prefix",
        )
    return LocalStorage(Path(uri))


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
        copy_out(storage, key, version, path)
        with path.open("rb") as copied:
            if file_sha256(copied) != sha256:
                raise IntegrityFailure(f"The version {version} of {key} has other bytes now.")
        storage.put_file(key, path, sha256)


def copy_out(storage: Storage, key: str, version: str, path: Path) -> None:
    """Copies a version's bytes into a file."""
    with storage.open(key, version) as stream, path.open("wb") as copy:
        shutil.copyfileobj(stream, copy)


def intact_body(storage: Storage, stored: StoredObject) -> bytes:
    """The bytes of a small object's version, as they were written.

    Raises:
        IntegrityFailure: they have rotten.
    """
    with storage.open(stored.key, stored.version) as stream:
        body = stream.read()
    if stored.sha256 not in ("", hashlib.sha256(body).hexdigest()):
        raise IntegrityFailure(f"The version {stored.version} of {stored.key} has other bytes now.")
    return body


def version_of(storage: Storage, key: str, sha256: str) -> str:
    """The version under which a key keeps some content.

    Raises:
        IntegrityFailure: it keeps no such content.
    """
    for stored in reversed(storage.versions(key)):
        if stored.sha256 == sha256:
            return stored.version
        if not stored.sha256:
            with storage.open(key, stored.version) as stream:
                if file_sha256(stream) == sha256:
                    return stored.version
    raise IntegrityFailure(f"{key} has no version with the bytes of sha256 {sha256[:12]}….")
