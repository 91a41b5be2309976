"""The guard: no rewrite loses what it does not read, and none goes without a declaration."""

from __future__ import annotations

import pytest
from sqlglot import exp

from athena_sql import guard, translate
from athena_sql.errors import UnsupportedSQL
from athena_sql.expressions import REWRITES, ExpressionTranslator
from athena_sql.guard import DECLARATIONS, Declaration, reads, refuse_unread
from athena_sql.names import Scope
from tests.athena_sql.test_translation import SCHEMA

# Every argument that sqlglot knows of a declared node, and that its rewrite does not read.
UNREAD = [
    pytest.param(declaration, argument, value, id=f"{declaration.rewrite.__name__}-{argument}")
    for declaration in DECLARATIONS
    for argument in declaration.kind.arg_types
    for value in (True, False, "x", exp.Literal.number(1))
    if argument not in declaration.arguments and declaration.fixed.get(argument) is not value
]


def refused(declaration: Declaration, **arguments: object) -> str:
    """What a rewrite says of a node with such arguments."""
    node = declaration.kind(**arguments)
    with pytest.raises(UnsupportedSQL) as raised:
        declaration.rewrite(node)
    return str(raised.value)


@pytest.mark.parametrize(("declaration", "argument", "value"), UNREAD)
def test_an_argument_that_a_rewrite_does_not_read_is_refused(declaration, argument, value):
    assert "does not translate" in refused(declaration, **{argument: value})


def test_every_rewrite_is_declared_for_the_nodes_that_come_to_it():
    own = ExpressionTranslator(Scope({}), lambda query, scope: (query, []))._own
    for kind, rewrite in (*REWRITES.items(), *own.items()):
        assert kind in getattr(rewrite, "declared", {})


def test_a_rewrite_without_a_declaration_is_refused(monkeypatch):
    monkeypatch.setitem(
        REWRITES, exp.BitwiseXor, lambda translator, node: translator.visit(node.this)
    )
    with pytest.raises(UnsupportedSQL, match="does not translate BITWISEXOR"):
        translate("SELECT 1 ^ 2", SCHEMA)


def test_a_rewrite_that_forgets_a_part_is_refused(monkeypatch):
    monkeypatch.setattr(guard, "DECLARATIONS", [])
    forgetful = reads(exp.BitwiseXor, "this", "expression")(
        lambda translator, node: translator.visit(node.this)
    )
    monkeypatch.setitem(REWRITES, exp.BitwiseXor, forgetful)
    with pytest.raises(UnsupportedSQL, match="does not translate COLUMN: month"):
        translate("SELECT 1 ^ month FROM series", SCHEMA)


def test_a_flag_on_a_name_is_refused():
    tree = exp.Identifier(this="a", temporary=True)
    with pytest.raises(UnsupportedSQL, match="TEMPORARY in IDENTIFIER"):
        refuse_unread(tree)


def test_a_refusal_names_the_construct():
    (like,) = (part for part in DECLARATIONS if part.rewrite.__name__ == "between")
    assert refused(like, symmetric=False) == (
        "The local engine does not translate BETWEEN SYMMETRIC."
    )
