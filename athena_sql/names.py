"""What a name in a query means: the relations of a FROM, and the queries around it.

Athena's identifiers are case-insensitive, quoted or not; here they are lower case throughout.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from athena_sql.errors import InvalidSQL, UnsupportedSQL
from athena_sql.nodes import call, column, type_of
from athena_sql.types import AthenaType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# A period or a series' id, in double quotes or in none.
_LIKE_A_TEXT = re.compile(r"[qmsa]\d\d|[a-z]{3,}\d{5,}[a-z0-9]*")

# A relation's columns in their order; Athena lets two bear one name until somebody says it.
Columns = list[tuple[str, AthenaType]]


@dataclass
class Relation:
    """One item of a FROM clause.

    Attributes:
        alias: the name that its columns are said with.
        columns: what it offers, without those that a USING has merged.
        hidden: what it offers besides, where * does not mean it: ``$path``.
    """

    alias: str
    columns: Columns
    hidden: Columns = field(default_factory=list)


@dataclass
class Scope:
    """What can be named at one place of a query.

    Attributes:
        ctes: the columns of every WITH in sight.
        outer: the query around this one, whose columns can be named as well.
        relations: the FROM clause so far.
        merged: the columns of USING, which belong to no relation any more.
    """

    ctes: Mapping[str, Columns]
    outer: Scope | None = None
    relations: list[Relation] = field(default_factory=list)
    merged: dict[str, exp.Expr] = field(default_factory=dict)

    def column(self, parts: list[str]) -> exp.Expr:
        """The column, or field of a row, that ``a``, ``t.a`` or ``t.row.field`` means.

        Raises:
            InvalidSQL: none, or more than one.
        """
        scope: Scope | None = self
        while scope is not None:
            found = scope._own(parts)  # noqa: SLF001 (the same class)
            if found is not None:
                return found
            scope = scope.outer
        raise InvalidSQL(
            f"There is no column {'.'.join(parts)} here.",
            hint=_hint_for(parts[-1], self.names()),
            word=parts[-1],
        )

    def has(self, parts: list[str]) -> bool:
        """Whether a column of the relations here is meant."""
        return self._own(parts) is not None

    def names(self) -> list[str]:
        """Every column that can be named without a table."""
        return [*self.merged, *(name for part in self.relations for name, _ in part.columns)]

    def add(self, relation: Relation) -> None:
        """Takes up another relation of the FROM clause."""
        if any(relation.alias == other.alias for other in self.relations):
            raise UnsupportedSQL(
                f"The local engine does not tell apart what FROM names {relation.alias} twice.",
                hint="Give one an alias.",
            )
        self.relations.append(relation)

    def all_columns(self, alias: str = "") -> list[tuple[str, exp.Expr]]:
        """What * (or alias.*) stands for: the columns of USING first, as in Athena."""
        merged = [] if alias else [(name, node.copy()) for name, node in self.merged.items()]
        relations = [part for part in self.relations if not alias or part.alias == alias]
        if alias and not relations:
            raise InvalidSQL(f"There is no table {alias} in FROM.")
        for part in relations:
            titles = [name for name, _ in part.columns]
            twice = {name for name in titles if titles.count(name) > 1}
            if twice:
                raise UnsupportedSQL(
                    f"The local engine cannot tell columns {twice.pop()} of {part.alias} apart.",
                    hint="Give one of them an alias in the inner query.",
                )
        return merged + [
            (name, column(part.alias, name, kind))
            for part in relations
            for name, kind in part.columns
        ]

    def _own(self, parts: list[str]) -> exp.Expr | None:
        for length in range(len(parts) - 1, -1, -1):
            table, (name, *fields) = parts[:length], parts[length:]
            found = self._matching(table[-1] if table else "", name)
            if len(found) > 1:
                raise InvalidSQL(f"The column {'.'.join(parts)} is ambiguous; say of which table.")
            if found:
                return _fields(found[0], fields)
        return None

    def _matching(self, table: str, wanted: str) -> list[exp.Expr]:
        if not table and wanted in self.merged:
            return [self.merged[wanted].copy()]
        return [
            column(part.alias, name, kind)
            for part in self.relations
            if table in ("", part.alias)
            for name, kind in (*part.columns, *part.hidden)
            if name == wanted
        ]


def _fields(node: exp.Expr, fields: list[str]) -> exp.Expr:
    for wanted in fields:
        kind = type_of(node)
        parts = dict(kind.arguments) if kind.name == "row" else {}
        if wanted not in parts:
            raise InvalidSQL(f"There is no field {wanted} in {kind}.")
        node = call("struct_extract", parts[wanted], node, exp.Literal.string(wanted))
    return node


# Comparing a word with a name takes some microseconds, and a catalog may have thousands of tables.
_MANY_NAMES = 100


def nearest(word: str, known: Iterable[str]) -> str:
    """``Did you mean value?``, or nothing where nothing is alike."""
    names = list(known)
    if len(names) > _MANY_NAMES:
        names = [name for name in names if name[:1] == word[:1]][:_MANY_NAMES]
    near = difflib.get_close_matches(word, names, n=2, cutoff=0.7)
    return f"Did you mean {' or '.join(near)}?" if near else ""


def _hint_for(word: str, columns: Sequence[str]) -> str:
    if _LIKE_A_TEXT.fullmatch(word):
        return f"If it is a text, write it in single quotes: '{word.upper()}'."
    return nearest(word, columns) or f"There are: {', '.join(columns) or 'none'}."
