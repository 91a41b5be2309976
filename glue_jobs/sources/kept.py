"""Contents that the raw zone keeps among the versions of a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.errors import IntegrityFailure
from glue_jobs.sources.protocol import Landed, RawObject
from glue_jobs.storage.recorded import version_of

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Storage


def find_content(storage: Storage, name: str, key: str, sha256: str) -> Landed:
    """A content among the versions of a key.

    Raises:
        IntegrityFailure: no version has it.
    """
    version = version_of(storage, key, sha256)
    stored = storage.stat(key, version)
    if stored is None:
        raise IntegrityFailure(f"The version {version} of {key} is not there.")
    return Landed(name, sha256, "", "", (RawObject(key, stored.size, sha256, version),))
