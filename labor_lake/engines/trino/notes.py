"""Notes in a Trino server's catalog from what each view was made, so that none is made in vain.

A view's comment is the only place that Trino has for them, and one question gives them all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labor_lake.engines.literals import text

if TYPE_CHECKING:
    from labor_lake.engines.trino.session import Session

_NOTE = "Made by Labor Lake from "
_HEAD = re.compile(r"(create or replace view [a-z0-9_]+) as\b")


class Notes:
    """The notes on the views of one schema."""

    def __init__(self, session: Session, catalog: str, database: str) -> None:
        """Asks for all of them."""
        rows = session.ask(
            "select table_name, comment from system.metadata.table_comments"  # noqa: S608 - quoted
            f" where catalog_name = {text(catalog)} and schema_name = {text(database)}"
        )
        self._made_from: dict[str, str] = {
            name: comment.removeprefix(_NOTE)
            for name, comment in rows
            if comment and comment.startswith(_NOTE)
        }

    def views(self) -> list[str]:
        """The views that have a note."""
        return sorted(self._made_from)

    def made_from(self, view: str) -> str:
        """What was noted of a view; empty where there is no note, or no such view."""
        return self._made_from.get(view, "")

    def noting(self, statement: str, view: str, made_from: str) -> str:
        """The statement that makes a view, with the note in it."""
        self._made_from[view] = made_from
        noted, count = _HEAD.subn(
            lambda head: f"{head[1]} comment {text(_NOTE + made_from)} as", statement, count=1
        )
        assert count == 1, view  # noqa: S101 - a test holds that every view begins so
        return noted
