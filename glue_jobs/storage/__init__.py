"""Where bytes lie: one protocol, a local directory or S3."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from glue_jobs.errors import UsageError
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


def file_sha256(stream: BinaryIO) -> str:
    """The hash of what a stream still holds, read in blocks, in hex."""
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()
