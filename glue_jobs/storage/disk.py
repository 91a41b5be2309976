"""What the operating system refuses, in one sentence."""

from __future__ import annotations

import contextlib
import errno
import io
import shutil
from typing import TYPE_CHECKING

from glue_jobs.errors import IntegrityFailure, StorageFailure
from glue_jobs.visible import shown_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def telling(action: str, path: Path) -> Iterator[None]:
    """Turns the system's errors in its body into the lake's own."""
    try:
        yield
    except OSError as error:
        if isinstance(error, io.UnsupportedOperation):
            raise
        reason = (error.strerror or str(error)).lower()
        hint = {
            errno.ENOSPC: "Free some space and run again; what was published stands.",
            errno.EACCES: "Give yourself the right to write there, or choose another --lake.",
            errno.EROFS: "The file system is read-only; choose another --lake.",
        }.get(error.errno or 0, "")
        raise StorageFailure(f"Cannot {action} {path}: {reason}.", hint=hint) from error


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Does so for what reads a file of the lake; a sector that cannot be read is rot."""
    with telling("read", path):
        try:
            yield
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            raise IntegrityFailure(
                f"Cannot read {path}: input/output error; the disk may be failing.",
                hint="`lake verify --repair` brings back what it can.",
            ) from error


def check_room(place: Path, needed: int) -> None:
    """Looks whether so many bytes would find room in a folder, which need not be there yet.

    Raises:
        StorageFailure: they would not.
    """
    with telling("read", place):
        there = next(path for path in (place, *place.parents) if path.is_dir())
        free = shutil.disk_usage(there).free
    if needed > free:
        raise StorageFailure(
            f"{shown_bytes(needed)} are to be landed, and {place} has room for"
            f" {shown_bytes(free)}; nothing was downloaded.",
            hint=f"Free {shown_bytes(needed - free)} more, or leave the survey out:"
            " --surveys all,-CODE.",
        )
