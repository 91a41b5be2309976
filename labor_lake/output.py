"""The place of an answer: a file that appears whole, and what is said where none can be."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.errors import StorageFailure, UsageError
from glue_jobs.storage.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def check_place(output: Path) -> None:
    """Refuses a place where no file can be put, before anything is asked.

    Raises:
        UsageError: its folder is not there, or in its place is a device or a folder.
    """
    try:
        if not output.parent.is_dir():
            raise UsageError(f"There is no folder {output.parent} for {output.name}.")
        if output.exists() and not output.is_file():
            raise UsageError(f"{output} is there, and not a file that could be replaced.")
    except OSError as error:
        raise write_failure(str(output), error) from error


@contextmanager
def whole_file(output: Path) -> Iterator[Path]:
    """A path to write to; what is there at the end of the ``with`` takes the output's place.

    Raises:
        LakeError: it cannot be written.
    """
    try:
        # A link stays one: /dev/stdout is one, too.
        place = Path(os.path.realpath(output))  # resolve() would raise for links in a circle
        with scratch_folder(place.parent) as folder:
            made = folder / place.name
            yield made
            made.replace(place)
    except OSError as error:
        raise write_failure(str(output), error) from error
