"""Hashes of what is too large to be held."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path


def file_sha256(stream: BinaryIO) -> str:
    """The hash of what a stream still holds, read in blocks, in hex."""
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def path_sha256(path: Path) -> str:
    """The hash of a file on this machine's disk, in hex."""
    with path.open("rb") as stream:
        return file_sha256(stream)
