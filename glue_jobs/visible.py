"""Makes text from outside harmless on a terminal."""

from __future__ import annotations

import sys


def visible(text: str) -> str:
    """Text in which control characters are shown and cannot act."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def visible_lines(text: str) -> str:
    """The same for text of several lines, which end with LF."""
    return "\n".join(visible(line) for line in text.split("\n"))


def write_text(text: str) -> None:
    """Writes text to stdout: as it is for programs, made visible where a person looks at it."""
    sys.stdout.write(visible_lines(text) if sys.stdout.isatty() else text)
