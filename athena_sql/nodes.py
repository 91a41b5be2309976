"""Makers of the nodes that the translation puts into a tree, each with its Athena type.

The type of a translated node lies in its ``meta``: sqlglot's own type field knows neither Athena's
names nor its rules for literals and decimals.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from athena_sql.errors import InvalidSQL, UnsupportedSQL
from athena_sql.types import (
    BIGINT,
    BOOLEAN,
    INTEGER,
    INTEGERS,
    NESTED,
    UNKNOWN,
    VARCHAR,
    AthenaType,
    common_type,
    duckdb_type,
    named_fields,
)

_TYPE = "athena_type"
ANY_NUMBER = sys.maxsize


class Translator(Protocol):
    """What a rewrite may ask of the translation around it."""

    def visit(self, node: exp.Expr) -> exp.Expr:
        """The translated expression, with its type."""

    def visit_lambda(self, node: exp.Expr, parameters: list[AthenaType]) -> exp.Expr:
        """The translated lambda; its type is that of its body."""

    def visit_query(self, query: exp.Expr) -> tuple[exp.Expr, list[AthenaType]]:
        """The translated query inside an expression, and its columns' types."""


Rewrite = Callable[[Translator, exp.Expr], exp.Expr]
Conversion = Callable[[exp.Expr, AthenaType], exp.Expr]


@dataclass(frozen=True)
class SpecialFunction:
    """A function of Athena with a rewrite of its own.

    Attributes:
        rewrite: gets the call, and reads all of its arguments.
        least: how many arguments there must be.
        most: how many there may be; 0 for as many as there must be.
    """

    rewrite: Rewrite
    least: int
    most: int = 0

    def takes(self, count: int) -> bool:
        """Whether it reads a call of so many arguments to the last one."""
        return self.least <= count <= max(self.least, self.most)


def type_of(node: exp.Expr) -> AthenaType:
    """The Athena type of a translated node."""
    kind = node.meta.get(_TYPE, UNKNOWN)
    assert isinstance(kind, AthenaType)  # noqa: S101 (only `typed` writes it)
    return kind


def typed(node: exp.Expr, kind: AthenaType) -> exp.Expr:
    """The node, marked with its Athena type."""
    node.meta[_TYPE] = kind
    return node


def call(name: str, kind: AthenaType, *arguments: exp.Expr) -> exp.Expr:
    """A call of a DuckDB function or of one of the macros."""
    return typed(exp.Anonymous(this=name, expressions=list(arguments)), kind)


def text(value: str) -> exp.Expr:
    """A string constant."""
    return typed(exp.Literal.string(value), VARCHAR)


def number(value: int) -> exp.Expr:
    """A whole-number constant."""
    return typed(exp.Literal.number(value), INTEGER)


def name(value: str) -> exp.Identifier:
    """A quoted identifier: Athena's names are lower case and never keywords of DuckDB."""
    return exp.Identifier(this=value.lower(), quoted=True)


def column(relation: str, field: str, kind: AthenaType) -> exp.Expr:
    """A column, said with the relation it comes from; without one for a lambda's parameter."""
    table = name(relation) if relation else None
    return typed(exp.Column(this=name(field), table=table), kind)


def aliased(node: exp.Expr, title: str) -> exp.Alias:
    """The node under a name, as one output of a query."""
    return exp.Alias(this=node, alias=exp.Identifier(this=title, quoted=True))


def is_name(node: exp.Expr) -> bool:
    """Whether it is a column, or a field of one: then the output bears its name."""
    while isinstance(node, exp.Dot):
        node = node.this
    return isinstance(node, exp.Column)


def paren(node: exp.Expr) -> exp.Expr:
    """The node in brackets, so that it stays one operand wherever it is put."""
    return typed(exp.Paren(this=node), type_of(node))


def operand(node: exp.Expr) -> exp.Expr:
    """The node as one operand of an operator that was not there when it was parsed."""
    alone = (exp.Column, exp.Literal, exp.Anonymous, exp.Cast, exp.Paren, exp.Case, exp.Null)
    return node if isinstance(node, alone) else paren(node)


def condition(node: exp.Expr) -> exp.Expr:
    """The node, marked as a truth value."""
    return typed(node, BOOLEAN)


def plain_cast(node: exp.Expr, kind: AthenaType, *, safe: bool = False) -> exp.Expr:
    """DuckDB's own cast, for where it means what Athena's means."""
    to = _built(duckdb_type(kind)).copy()
    maker: type[exp.Cast] | type[exp.TryCast] = exp.TryCast if safe else exp.Cast
    return typed(maker(this=node, to=to), kind)


@functools.cache
def _built(duckdb: str) -> exp.DataType:
    """A type of DuckDB as a node, to be copied: its text is parsed once only."""
    return exp.DataType.build(duckdb, dialect="duckdb")


def widened(node: exp.Expr, kind: AthenaType) -> exp.Expr:
    """The node as Athena coerces it to a type, said aloud where DuckDB would choose another.

    DuckDB gives an integer literal the type of its neighbour, which is what Athena does too unless
    the neighbour is narrower than integer. A parameter and a string need no cast.
    """
    own = type_of(node)
    if isinstance(node, exp.Null) and kind != UNKNOWN:
        return plain_cast(node, kind)
    if own == kind or UNKNOWN in (own, kind) or kind.name == "varchar":
        return node
    if isinstance(node, exp.Literal) and kind in (INTEGER, BIGINT) and own.name in INTEGERS:
        return typed(node, kind)
    if kind.name == "row":
        return as_row(node, kind, widened)
    if kind.name == "array" and has_row(kind):
        return each(node, kind, widened)
    return plain_cast(node, kind)


def has_row(kind: AthenaType) -> bool:
    """Whether there is a row in a type: DuckDB would cast its fields by their names."""
    if kind.name == "row":
        return True
    return kind.name in NESTED and any(has_row(part) for part in kind.arguments)


def row_of(fields: Sequence[exp.Expr], kind: AthenaType) -> exp.Expr:
    """A row of that type; DuckDB's needs a name for each field."""
    named = zip(named_fields(kind), fields)
    parts = [exp.PropertyEQ(this=name(title), expression=field) for (title, _), field in named]
    return typed(exp.Struct(expressions=parts), kind)


def unnamed_row(fields: Sequence[exp.Expr]) -> exp.Expr:
    """A row of what was written between the brackets, without names."""
    return row_of(fields, AthenaType("row", tuple(("", type_of(field)) for field in fields)))


def fields_of(row: exp.Expr) -> list[exp.Expr]:
    """The fields of a row, one by one; of a row that was written out, what was written."""
    written = row.unnest()
    if isinstance(written, exp.Struct):
        return [part.expression for part in written.expressions]
    return [
        call("struct_extract", part, row.copy(), exp.Literal.string(title))
        for title, (_, part) in named_fields(type_of(row))
    ]


def as_row(node: exp.Expr, kind: AthenaType, convert: Conversion) -> exp.Expr:
    """A row as another one, field by field."""
    parts = zip(fields_of(node), kind.arguments)
    made = row_of([convert(field, part) for field, (_, part) in parts], kind)
    if isinstance(node.unnest(), exp.Struct):
        return made
    missing = exp.Is(this=operand(node.copy()), expression=exp.Null())
    return typed(exp.Case(ifs=[exp.If(this=missing, true=exp.Null())], default=made), kind)


def each(node: exp.Expr, kind: AthenaType, convert: Conversion) -> exp.Expr:
    """An array as another one, element by element."""
    (element,), (own,) = kind.arguments, type_of(node).arguments
    # One within another needs a name of its own.
    parameter = name(f"athena_element_{str(kind).count('(')}")
    body = convert(typed(exp.Column(this=parameter), own), element)
    return call("list_transform", kind, node, exp.Lambda(this=body, expressions=[parameter.copy()]))


def literal_text(node: exp.Expr, what: str) -> str:
    """The value of a string constant.

    Raises:
        UnsupportedSQL: it is not a constant, and the translation has to see it.
    """
    if isinstance(node, exp.Literal) and node.is_string:
        return str(node.this)
    raise UnsupportedSQL(
        f"The local engine translates {what} only when it is written out as a constant.",
        hint="Write the text itself there, or run the query in Athena.",
    )


def not_in_athena(what: str, hint: str = "") -> InvalidSQL:
    """The error for a query that Athena refuses as well: only where its own error is known."""
    return InvalidSQL(f"Athena does not accept {what}.", hint=hint)


def untranslated(what: str, hint: str = "") -> UnsupportedSQL:
    """The error for what Athena may well answer, and the local engine does not."""
    return UnsupportedSQL(f"The local engine does not translate {what}.", hint=hint)


def common(nodes: list[exp.Expr], what: str) -> AthenaType:
    """The type all nodes share.

    Raises:
        InvalidSQL: Athena would not bring them together; neither is it done here.
    """
    kind = UNKNOWN
    for node in nodes:
        both = common_type(kind, type_of(node))
        if both is None:
            raise not_in_athena(
                f"{kind} and {type_of(node)} together in {what}",
                hint="Cast one of them, as Athena asks for.",
            )
        kind = both
    return kind


def together(nodes: list[exp.Expr], what: str) -> tuple[list[exp.Expr], AthenaType]:
    """The nodes, each coerced to the type that they share, and that type."""
    kind = common(nodes, what)
    return [widened(node, kind) for node in nodes], kind
