"""Temporary folders that end with whoever made them, however that ends.

A killed process cannot clear its folder, so the next one does: a live owner holds a lock on its
own, which the system takes back when the process dies. Only folders of this prefix and this user
whose lock is free are removed; no other is touched: a system's temporary folder is everybody's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "labor-lake-"
"""Of folders outside of the lake, which share their place with others."""


class ScratchFolder:
    """A temporary folder and the lock that tells others to leave it alone.

    Attributes:
        path: where it is.
    """

    def __init__(self, base: Path | None = None, prefix: str = PREFIX) -> None:
        """Removes what killed processes have left, and makes a folder.

        Args:
            base: the folder that holds it; the system's unless told.
            prefix: the beginning of its name; only folders that begin so are removed.
        """
        base = base or Path(tempfile.gettempdir())
        _sweep(base, prefix)
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
            # Another process may sweep it away before the lock is ours; then there is a next one.
            with contextlib.suppress(FileNotFoundError, BlockingIOError):
                self._handle = _lock(self.path)
                return

    def remove(self) -> None:
        """Removes it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._handle)


@contextlib.contextmanager
def scratch_folder(base: Path | None = None, prefix: str = PREFIX) -> Iterator[Path]:
    """A temporary folder for the time of a ``with``."""
    folder = ScratchFolder(base, prefix)
    try:
        yield folder.path
    finally:
        folder.remove()


def _sweep(base: Path, prefix: str) -> None:
    """Removes the folders whose owners are dead."""
    for path in base.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):  # a live one's, just gone, or not ours to lock
            handle = _lock(path)
            shutil.rmtree(path, ignore_errors=True)
            os.close(handle)


def _lock(path: Path) -> int:
    """Takes the lock of a folder that is this user's; gives the handle that holds it.

    Raises:
        BlockingIOError: somebody has it.
        FileNotFoundError: the folder is gone, or is another one now.
        OSError: it is no folder, or another user's.
    """
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.fstat(handle)
        if not os.path.samestat(status, path.lstat()):
            raise FileNotFoundError(path)
        if status.st_uid != os.geteuid():
            raise PermissionError(path)
    except BaseException:
        os.close(handle)
        raise
    return handle
