"""Bytes are believed only with their hash: what is read here is compared with what was recorded.

Disks rot, buckets are written to by other programs, and a copy of a lake may have gone wrong. A
manifest or pointer says which bytes were landed or built; whoever makes something of them reads
them here, and gets either those bytes or an ``IntegrityFailure``.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from glue_jobs.errors import IntegrityFailure, QualityFailure, UpstreamInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glue_jobs.storage.protocol import Storage

_BLOCK = 1 << 20


@contextlib.contextmanager
def open_verified(storage: Storage, key: str, sha256: str, version: str = "") -> Iterator[BinaryIO]:
    """Opens a stream whose bytes are hashed as they pass, and compared at the end.

    Args:
        storage: the lake.
        key: where the bytes lie.
        sha256: their recorded hash, in hex.
        version: the version that keeps them; empty for the object as it is now.

    Raises:
        IntegrityFailure: at the end of the body, if the stream held other bytes. It replaces a
            failure about the content, which those bytes have caused.
    """
    with storage.open(key, version) as stored:
        hashed = _HashedStream(stored)
        stream = io.BufferedReader(hashed, _BLOCK)
        try:
            yield cast("BinaryIO", stream)
        except (QualityFailure, UpstreamInvalid) as error:
            if hashed.finish() != sha256:
                raise _other_bytes(key, version) from error
            raise
        if hashed.finish() != sha256:
            raise _other_bytes(key, version)


def copy_verified(storage: Storage, key: str, sha256: str, path: Path, version: str = "") -> None:
    """Copies bytes into a file, which is there only if they are the recorded ones.

    Raises:
        IntegrityFailure: they are not those of the recorded hash.
    """
    try:
        with open_verified(storage, key, sha256, version) as stream, path.open("wb") as copy:
            while block := stream.read(_BLOCK):
                copy.write(block)
    except BaseException:
        path.unlink(missing_ok=True)  # nobody shall take it for what was asked for
        raise


def read_verified(storage: Storage, key: str, sha256: str, version: str = "") -> bytes:
    """The bytes of a small object.

    Raises:
        IntegrityFailure: they are not those of the recorded hash.
    """
    with open_verified(storage, key, sha256, version) as stream:
        return stream.read()


def _other_bytes(key: str, version: str) -> IntegrityFailure:
    which = f"The version {version} of {key}" if version else key
    return IntegrityFailure(
        f"{which} does not match its recorded checksum; nothing was made of it.",
        hint="`lake verify --repair` restores what it can.",
    )


class _HashedStream(io.RawIOBase):
    """Passes a stream on, once and in order, and hashes it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count: int = self._stream.readinto(buffer)  # type: ignore[attr-defined]
        self._digest.update(memoryview(buffer)[:count])
        return count

    def finish(self) -> str:
        """Reads what the reader has left, and returns the hash of the whole."""
        while block := self._stream.read(_BLOCK):
            self._digest.update(block)
        return self._digest.hexdigest()
