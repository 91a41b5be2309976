"""What Tab offers in the shell: keywords, tables, and the columns of the tables that are named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prompt_toolkit.completion import Completer, Completion

from glue_jobs.errors import LakeError
from labor_lake.shell.dot_commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    from labor_lake.shell.catalog import Catalog

_KEYWORDS = (
    "all and any as asc between by case cast cross current_date date desc describe distinct else"
    " end escape except exists extract false filter first following from full group having if in"
    " inner intersect interval is join last lateral left like limit natural not null nulls offset"
    " on or order outer over partition preceding recursive right row rows select show tables then"
    " timestamp true try_cast unbounded union unnest using values when where window with"
)
KEYWORDS = tuple(_KEYWORDS.split())

_WORD = re.compile(r"\.?\w*$")
_QUOTED = re.compile(r"'[^']*'|--[^\n]*")
_AFTER_TABLE_WORD = re.compile(r"\b(?:from|join|describe|in)\s+\w*$", re.IGNORECASE)


class SqlCompleter(Completer):
    """Completes the word before the cursor."""

    def __init__(self, catalog: Callable[[], Catalog]) -> None:
        """Takes what gives the catalog of the moment that is asked."""
        self._catalog = catalog

    def get_completions(self, document: Document, _: CompleteEvent) -> Iterable[Completion]:
        """What the word before the cursor may become; nothing while the lake does not answer."""
        word = self._word(document.text_before_cursor)
        try:
            found = list(self._names(document.text, document.text_before_cursor, word))
        except LakeError:
            return
        for name in found:
            yield Completion(name, start_position=-len(word))

    @staticmethod
    def _word(before: str) -> str:
        found = _WORD.search(before)
        word = found[0] if found else ""
        # A dot begins a command of the shell in the first place only; elsewhere it ends a table.
        return word if not word.startswith(".") or before.strip() == word else word[1:]

    def _names(self, text: str, before: str, word: str) -> Iterator[str]:
        catalog = self._catalog()
        if before.lstrip().startswith("."):
            yield from self._for_dot_command(before, word, catalog)
            return
        if _QUOTED.sub("", before).count("'"):  # inside of a text
            return
        begun = word.lower()
        tables = [name for name in catalog.tables if name.startswith(begun)]
        if _AFTER_TABLE_WORD.search(before):
            yield from tables
            return
        columns = {name for name in self._columns(text, catalog) if name.startswith(begun)}
        if before[: len(before) - len(word)].endswith("."):
            yield from sorted(columns)
            return
        yield from sorted(columns)
        yield from (name for name in tables if name not in columns)
        keywords = (one for one in KEYWORDS if begun and one.startswith(begun))
        yield from (one.upper() if word.isupper() else one for one in keywords)

    @staticmethod
    def _for_dot_command(before: str, word: str, catalog: Catalog) -> Iterator[str]:
        command, _, rest = before.lstrip().partition(" ")
        if not rest and not before.endswith(" "):
            yield from (one for one in COMMANDS if one.startswith(word))
        elif command == ".schema":
            yield from (name for name in catalog.tables if name.startswith(word))
        elif command == ".timing":
            yield from (one for one in ("on", "off") if one.startswith(word))

    @staticmethod
    def _columns(text: str, catalog: Catalog) -> set[str]:
        """The columns of the tables that a statement names; of all tables where it names none."""
        words = set(re.findall(r"\w+", _QUOTED.sub("", text).lower()))
        named = [name for name in catalog.tables if name in words]
        if named:
            return {column for name in named for column in catalog.columns(name)}
        return {column for columns in catalog.columns_of_tables.values() for column in columns}
