"""Text as people see it: what came from outside cannot act on their terminal."""

from __future__ import annotations

import sys


def visible(text: str) -> str:
    """Text in which control characters are shown and cannot act."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def visible_lines(text: str) -> str:
    """The same for text of several lines, which end with LF."""
    return "\n".join(visible(line) for line in text.split("\n"))


def shown_bytes(count: int) -> str:
    """``1.6 MB``."""
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"


def write_text(text: str) -> None:
    """Writes text to stdout: as it is for programs, made visible where a person looks at it."""
    sys.stdout.write(visible_lines(text) if sys.stdout.isatty() else text)
