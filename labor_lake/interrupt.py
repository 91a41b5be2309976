"""Ctrl-C ends the program soon, whatever it is waiting for.

The first one stops the main thread where it stands, and leaves the rest of the program a moment to
clear up; then the process ends. The second one ends it at once. Nothing is lost either way: a lake
survives a process that is killed at any moment (rows S2 and S9 of docs/faults.md).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

EXIT_CODE = 130
"""What shells give a program that an interrupt has ended."""

# A download that drips along would hold the process until its last byte.
_SECONDS = 0.7


def end_soon_when_interrupted() -> None:
    """Takes care of Ctrl-C from now on; for the program, not for whoever imports it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _first)


def _first(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, _second)
    print("Interrupted; what was published stands.", file=sys.stderr, flush=True)
    timer = threading.Timer(_SECONDS, os._exit, [EXIT_CODE])
    timer.daemon = True
    timer.start()
    raise KeyboardInterrupt


def _second(_number: int, _frame: FrameType | None) -> None:
    os._exit(EXIT_CODE)
