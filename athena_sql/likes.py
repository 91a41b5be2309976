"""LIKE, with what may stand around it: NOT in front, ESCAPE behind."""

from __future__ import annotations

from sqlglot import exp

from athena_sql.comparisons import refuse_chain
from athena_sql.guard import reads
from athena_sql.nodes import (
    Rewrite,
    Translator,
    call,
    condition,
    not_in_athena,
    paren,
    type_of,
    untranslated,
)
from athena_sql.refusals import refusal
from athena_sql.types import VARCHAR


@reads(exp.Like, "this", "expression", "negate")
def like(translator: Translator, node: exp.Expr) -> exp.Expr:
    """LIKE on strings: DuckDB would take a number too."""
    value, pattern = _operands(translator, node)
    return _negated(node, exp.Like(this=value, expression=pattern))


@reads(exp.Escape, "this", "expression")
def escape(translator: Translator, node: exp.Expr) -> exp.Expr:
    """LIKE ... ESCAPE. DuckDB lets the character stand before anything, Athena does not."""
    if not isinstance(node.this, exp.Like):
        raise refusal(node)
    return _escaped(translator, node.this, _string(translator, node.expression))


@reads(exp.Like, "this", "expression", "negate")
def _escaped(translator: Translator, node: exp.Expr, character: exp.Expr) -> exp.Expr:
    if isinstance(character, exp.Null):
        raise untranslated("ESCAPE NULL")
    value, pattern = _operands(translator, node)
    if isinstance(pattern, exp.Literal) and isinstance(character, exp.Literal):
        _refuse_stray(pattern.name, character.name)
    else:
        pattern = call("athena_like_pattern", VARCHAR, pattern, character.copy())
    matched = exp.Escape(this=exp.Like(this=value, expression=pattern), expression=character)
    return _negated(node, matched)


def _operands(translator: Translator, node: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    refuse_chain(node.this, node.expression)
    return _string(translator, node.this), _string(translator, node.expression)


def _string(translator: Translator, node: exp.Expr) -> exp.Expr:
    value = translator.visit(node)
    if type_of(value).name not in ("varchar", "unknown"):
        raise not_in_athena("LIKE on anything but strings", hint="Cast to varchar.")
    return value


def _negated(node: exp.Expr, matched: exp.Expr) -> exp.Expr:
    """NOT LIKE is the contrary of LIKE, and null where that is."""
    return condition(exp.Not(this=paren(matched)) if node.args.get("negate") else matched)


def _refuse_stray(pattern: str, character: str) -> None:
    """Athena: an escape character of another length, or before a plain letter, is an error."""
    if len(character) != 1:
        raise not_in_athena("an ESCAPE of more or less than one character")
    place = pattern.find(character)
    while place >= 0:
        if pattern[place + 1 : place + 2] not in ("%", "_", character):
            raise not_in_athena(
                f"the pattern '{pattern}' with ESCAPE '{character}'",
                hint="The escape character must be followed by %, _ or itself.",
            )
        place = pattern.find(character, place + 2)


LIKES: dict[type[exp.Expr], Rewrite] = {exp.Like: like, exp.Escape: escape}
