"""Shows an answer that is higher than the screen page by page."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys

_DEFAULT = "less -R"
"""-R has colours act, and nothing else: an answer's own control characters were made visible."""


def show(text: str) -> None:
    """Prints a text, through $PAGER or less where it is higher than the screen."""
    pager = _pager()
    is_high = text.count("\n") >= shutil.get_terminal_size().lines
    if not is_high or pager is None:
        sys.stdout.write(text)
        return
    # Ctrl-C is the pager's own while it shows something.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with contextlib.suppress(BrokenPipeError):  # whoever reads has seen enough
            subprocess.run(pager, input=text, encoding="utf-8", check=False)  # noqa: S603 - theirs
    finally:
        signal.signal(signal.SIGINT, before)


def _pager() -> list[str] | None:
    """The user's pager; None where there is none."""
    with contextlib.suppress(ValueError):  # of quotes that do not close
        words = shlex.split(os.environ.get("PAGER", _DEFAULT))
        if words and shutil.which(words[0]):
            return words
    return None
