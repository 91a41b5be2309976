"""What is said when the place of an answer, stdout or a file, does not take it."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from glue_jobs.errors import StorageFailure, UsageError

if TYPE_CHECKING:
    from glue_jobs.errors import LakeError

_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def is_of_stdout(error: OSError) -> bool:
    """Whether an error that nobody has told is of writing to stdout: it names no file."""
    return error.errno in _OF_THE_DISK and error.filename is None


def write_failure(place: str, error: OSError) -> LakeError:
    """What is told of a place that an answer cannot be written to.

    Args:
        place: what it is, to end the sentence "Cannot write …".
        error: the system's. A full or broken disk is nobody's mistake; all else is the command's.
    """
    told = f"Cannot write {place}: {(error.strerror or str(error)).lower()}."
    if error.errno in _OF_THE_DISK:
        return StorageFailure(told, hint="Free some space there, or choose another place.")
    return UsageError(told)
