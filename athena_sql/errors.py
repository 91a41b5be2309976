"""What this library raises, and nothing else.

AthenaSQLError             the statement is not answered; the message says why
├── InvalidSQL             it is wrong in Athena too: syntax, an unknown table or column
└── UnsupportedSQL         it has no faithful translation; the message names the construct
"""

from __future__ import annotations


class AthenaSQLError(Exception):
    """A statement that is not answered.

    Attributes:
        hint: what to write instead, or empty.
        word: the word of the statement that it is about, or empty.
        place: where in the statement it was found: the first character, and how many; or None.
        line: where that is, from 1; 0 where the place is not known.
        column: the same.
        excerpt: that line with a mark under the place, or empty.
    """

    def __init__(self, message: str, *, hint: str = "", word: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        self.word = word
        self.place: tuple[int, int] | None = None
        self.line = 0
        self.column = 0
        self.excerpt = ""


class InvalidSQL(AthenaSQLError):
    """The statement is wrong in Athena too."""


class UnsupportedSQL(AthenaSQLError):
    """The statement uses what cannot be answered here as Athena would."""
