"""Opens the search indexes of a lake: in a directory where they lie, from S3 through a cache.

The cache is a folder of the user's (`labor-lake` in `$XDG_CACHE_HOME`, else in `~/.cache`). A file
in it is named by the hash of its bytes, was compared with it when it was fetched, and is removed
when it has not been used for a month.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.errors import IntegrityFailure, LakeError, StorageFailure
from glue_jobs.labels.index_reading import Index
from glue_jobs.storage.local import LocalStorage
from glue_jobs.storage.scratch import scratch_folder
from glue_jobs.storage.verified import copy_verified
from labor_lake.finding import is_searched

if TYPE_CHECKING:
    from glue_jobs.catalog.indexes import IndexFile, IndexFiles
    from glue_jobs.storage.protocol import Storage

_KEPT_SECONDS = 30 * 24 * 3600
_SUFFIX = ".index"


def open_index(storage: Storage, file: IndexFile) -> Index:
    """Opens a survey's index.

    Raises:
        IntegrityFailure: it is damaged, or not there.
        StorageFailure: it cannot be read, or the cache cannot be written.
    """
    path = storage.root / file.key if isinstance(storage, LocalStorage) else _fetch(storage, file)
    try:
        if path.stat().st_size != file.bytes:
            raise _damage(file, "has another size than was recorded")
        return Index(path)
    except FileNotFoundError:
        raise _damage(file, "is not there") from None
    except OSError as error:
        raise StorageFailure(f"{path} cannot be read: {error.strerror}.") from error


def open_indexes(
    storage: Storage, listed: IndexFiles, words: str, survey: str
) -> tuple[list[Index], list[LakeError]]:
    """The indexes that are searched; and why others cannot be: they are not in the others' way."""
    indexes: list[Index] = []
    failures = [
        failure for code, failure in listed.damaged.items() if is_searched(code, words, survey)
    ]
    for file in listed.files:
        if is_searched(file.survey, words, survey):
            try:
                indexes.append(open_index(storage, file))
            except LakeError as failure:
                failures.append(failure)
    return indexes, failures


def cache_folder() -> Path:
    """Where indexes of lakes in S3 are kept."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "labor-lake"


def _fetch(storage: Storage, file: IndexFile) -> Path:
    """The file in the cache, fetched if it is not there yet."""
    folder = cache_folder()
    path = folder / f"{file.sha256}{_SUFFIX}"
    try:
        if path.is_file() and path.stat().st_size == file.bytes:
            os.utime(path)  # so that it counts as used
            return path
        folder.mkdir(parents=True, exist_ok=True)
        _drop_unused(folder)
        # Another process may be fetching the same: each renames a whole file into the place.
        with scratch_folder(folder) as scratch:
            copy_verified(storage, file.key, file.sha256, scratch / "index")
            (scratch / "index").replace(path)
    except OSError as error:
        raise StorageFailure(
            f"The search index cannot be kept in {folder}: {error.strerror}.",
            hint="The environment variable XDG_CACHE_HOME names another place for it.",
        ) from error
    return path


def _drop_unused(folder: Path) -> None:
    """Removes what was not used for a month; releases replace their indexes."""
    oldest = time.time() - _KEPT_SECONDS
    for path in folder.glob(f"*{_SUFFIX}"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def _damage(file: IndexFile, what: str) -> IntegrityFailure:
    return IntegrityFailure(
        f"The search index {file.key} {what}.", hint="`lake verify --repair` makes it again."
    )
