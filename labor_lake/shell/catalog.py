"""Which tables and columns there are, as an engine tells them; asked when they are needed."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import column_names
from glue_jobs.errors import LakeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine


class Catalog:
    """The names that one can type."""

    def __init__(self, engine: Engine, pointers: Sequence[Pointer]) -> None:
        """Asks nothing yet.

        Args:
            engine: knows all tables and views.
            pointers: know the columns of tables, without asking anybody.
        """
        self._engine, self._pointers = engine, pointers
        self._of_views: dict[str, list[str]] = {}

    @cached_property
    def tables(self) -> list[str]:
        """All tables and views.

        Raises:
            LakeError: the engine does not answer.
        """
        return sorted(self._first_words("show tables"))

    @cached_property
    def columns_of_tables(self) -> Mapping[str, Sequence[str]]:
        """The columns of all tables, views apart."""
        return column_names(self._pointers)

    def columns(self, table: str) -> Sequence[str]:
        """The columns of a table or view; none where there is none of that name."""
        if table in self.columns_of_tables:
            return self.columns_of_tables[table]
        if table not in self.tables:
            return ()
        if table not in self._of_views:
            try:
                self._of_views[table] = self._first_words(f"show columns in {table}")
            except LakeError:  # a view that cannot be made has no columns
                self._of_views[table] = []
        return self._of_views[table]

    def _first_words(self, statement: str) -> list[str]:
        """The first word of each row of an answer: Athena answers SHOW with lines of text."""
        rows = self._engine.query(statement).column(0).to_pylist()
        names = (str(row).partition("\t")[0].strip() for row in rows)
        return [name for name in names if re.fullmatch(r"[A-Za-z0-9_]+", name)]
