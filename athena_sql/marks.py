"""Shows the place in a statement that an error is about: its line, and a mark under the place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

    from athena_sql.errors import AthenaSQLError

_FIRST_WORD = re.compile(r"\s*(\S+)")
_WIDEST = 70
"""Characters of a line that are shown, so that it fits an 80-column terminal with an indent."""


def note_place(error: AthenaSQLError, node: exp.Expr) -> None:
    """Notes the place of a node in an error that has none yet: its word, or all that is in it."""
    if error.place is None:
        parts = [node] if "start" in node.meta else node.walk()
        spans = [part.meta for part in parts if "start" in part.meta]
        if spans:
            start = min(span["start"] for span in spans)
            error.place = start, max(span["end"] for span in spans) + 1 - start


def mark_place(error: AthenaSQLError, sql: str) -> None:
    """Marks where an error is: the word that it is about, where it was found, or the beginning."""
    _mark_word(error, sql)
    words = _FIRST_WORD.match(sql)
    if error.place is None and words is not None:
        error.place = words.start(1), len(words[1])
    if error.place is not None and not error.excerpt:
        mark(error, sql, *error.place)


def _mark_word(error: AthenaSQLError, sql: str) -> None:
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
