"""Where bytes lie: one protocol, a local directory or S3."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from glue_jobs.errors import IntegrityFailure, UsageError
from glue_jobs.storage.local import LocalStorage

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Storage


def open_storage(uri: str) -> Storage:
    """The storage behind a lake's address: a directory's path.

    Raises:
        UsageError: the address is of a kind that this version does not know.
    """
    if "://" in uri:
        raise UsageError(
            f"The lake's address {uri} is not a directory.",
            hint="This version keeps lakes in local directories only: --lake ./lake",
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
        with storage.open(key, version) as noted, path.open("wb") as copy:
            shutil.copyfileobj(noted, copy)
        with path.open("rb") as copied:
            if file_sha256(copied) != sha256:
                raise IntegrityFailure(f"The version {version} of {key} has other bytes now.")
        storage.put_file(key, path, sha256)


def file_sha256(stream: BinaryIO) -> str:
    """The hash of what a stream still holds, read in blocks, in hex."""
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()
