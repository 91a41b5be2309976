"""Shows the place in a statement that an error is about: its line, and a mark under the place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from athena_sql.errors import AthenaSQLError

_WIDEST = 70
"""Characters of a line that are shown, so that it fits an 80-column terminal with an indent."""


def mark_word(error: AthenaSQLError, sql: str) -> None:
    """Marks where the word that an error is about first stands, if it names one."""
    if not error.word or error.excerpt:
        return
    found = re.search(rf"(?<![\w'])\"?{re.escape(error.word)}\b\"?", sql, re.IGNORECASE)
    if found:
        mark(error, sql, found.start(), found.end() - found.start())


def mark(error: AthenaSQLError, sql: str, start: int, length: int) -> None:
    """Notes the place of an error: line, column, and the line with a mark under the place.

    A long line is cut at both ends. What cannot be printed is shown as one mark of its own, so that
    it neither acts on a terminal nor moves the mark.
    """
    begin = sql.rfind("\n", 0, start) + 1
    end = sql.find("\n", start)
    line = sql[begin : end if end >= 0 else len(sql)].replace("\t", " ")
    place = start - begin
    cut = max(0, place - _WIDEST // 2) if len(line) > _WIDEST else 0
    shown = "".join(char if char.isprintable() else "\ufffd" for char in line[cut : cut + _WIDEST])
    width = max(1, min(length, len(line) - place, cut + _WIDEST - place))
    error.line, error.column = sql.count("\n", 0, start) + 1, place + 1
    error.excerpt = f"{shown}\n{' ' * (place - cut)}{'^' * width}"
