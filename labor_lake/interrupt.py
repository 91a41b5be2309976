"""Ctrl-C ends the program soon, whatever it is waiting for.

The first one stops the main thread where it stands, and leaves the rest of the program a moment to
clear up; then the process ends. The second one ends it at once. Nothing is lost either way: a lake
survives a process that is killed at any moment (rows S2 and S9 of docs/faults.md).
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

EXIT_CODE = 130
"""What shells give a program that an interrupt has ended."""

# A download that drips along would hold the process until its last byte.
_SECONDS = 0.7

_TOLD = b"Interrupted; what was published stands.\n"


def end_soon_when_interrupted() -> None:
    """Takes care of Ctrl-C from now on; for the program, not for whoever imports it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _first)


@contextlib.contextmanager
def going_on_when_interrupted() -> Iterator[None]:
    """Has Ctrl-C raise ``KeyboardInterrupt`` and do no more, for whoever goes on after it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _first(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, _second)
    timer = threading.Timer(_SECONDS, os._exit, [EXIT_CODE])
    timer.daemon = True
    timer.start()
    # Whoever reads stderr may have been interrupted as well (`lake run 2>&1 | tee log`), and
    # Python's own stderr may be in use where the main thread stands.
    with contextlib.suppress(OSError):
        os.write(2, _TOLD)
    raise KeyboardInterrupt


def _second(_number: int, _frame: FrameType | None) -> None:
    os._exit(EXIT_CODE)
