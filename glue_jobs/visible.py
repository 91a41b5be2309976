"""Makes text from outside harmless on a terminal."""

from __future__ import annotations


def visible(text: str) -> str:
    """Text in which control characters are shown and cannot act."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
