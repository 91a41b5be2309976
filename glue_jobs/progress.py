"""Who wants to hear how far a run is. This one does not; the terminal's is in ``terminal.py``."""

from __future__ import annotations


class Progress:
    """Hears of downloads and steps, and says nothing. Called from several threads."""

    def expect(self, files: int, size: int) -> None:
        """So many files with so many bytes in all are about to be downloaded."""

    def received(self, name: str, size: int) -> None:
        """A part of a file has arrived: so many more bytes."""

    def finished(self, name: str) -> None:
        """A file has arrived whole."""

    def step(self, text: str) -> None:
        """The run does something else now: one line."""
