"""Shows the place in a statement that a refusal is about: its line, and a mark under the place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glue_jobs.visible import visible

if TYPE_CHECKING:
    from glue_jobs.errors import UsageError

_WIDEST = 70


def mark_word(sql: str, error: UsageError) -> None:
    """Marks where the word that a refusal is about first stands, if it names one."""
    if not error.word or error.excerpt:
        return
    found = re.search(rf"(?<![\w'])\"?{re.escape(error.word)}\b\"?", sql, re.IGNORECASE)
    if found:
        error.excerpt = marked(sql, found.start(), found.end() - found.start())


def marked(sql: str, start: int, length: int) -> str:
    """A line of a statement, and a mark under some of it; a long line is cut at both ends."""
    begin = sql.rfind("\n", 0, start) + 1
    end = sql.find("\n", start)
    line = sql[begin : end if end >= 0 else len(sql)].replace("\t", " ")
    place = start - begin
    cut = max(0, place - _WIDEST // 2) if len(line) > _WIDEST else 0
    shown = visible(line[cut : cut + _WIDEST])
    width = max(1, min(length, len(line) - place, cut + _WIDEST - place))
    return f"{shown}\n{' ' * (place - cut)}{'^' * width}"
