"""Short ways to write and read objects in tests, for any backend."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Storage, StoredObject

KEY = "raw/bls/pr/pr.class"


def put_file(storage: Storage, key: str, body: bytes) -> StoredObject:
    with storage.scratch() as folder:
        path = folder / "made"
        path.write_bytes(body)
        return storage.put_file(key, path, hashlib.sha256(body).hexdigest())


def body_of(storage: Storage, key: str, version: str = "") -> bytes:
    with storage.open(key, version) as stream:
        return bytes(stream.read())


def history(storage: Storage, key: str = KEY) -> list[bytes]:
    return [body_of(storage, key, kept.version) for kept in storage.versions(key)]
