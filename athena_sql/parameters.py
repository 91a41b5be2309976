"""The ``?`` of a statement, each with a name.

A rewrite may say an argument twice, or before one that was written earlier: ``trim(both ? from ?)``
is ``trim(from, both)`` in DuckDB. So the values are bound by name, not in the order of DuckDB's
text. The grammar names them while it reads, so that places in the text stay where they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from athena_sql.guard import reads
from athena_sql.nodes import not_in_athena

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot.tokenizer_core import Token

_IS_OURS = "athena_parameter"


def parameter_names(tokens: Sequence[Token]) -> tuple[str, ...]:
    """The names of a statement's parameters, in the order of their ``?``."""
    count = sum(token.token_type == TokenType.PLACEHOLDER for token in tokens)
    return tuple(f"athena_parameter_{number}" for number in range(1, count + 1))


def named_parameter(tokens: Sequence[Token]) -> exp.Placeholder:
    """The parameter whose ``?`` is the last of these tokens."""
    node = exp.Placeholder(this=parameter_names(tokens)[-1])
    node.meta[_IS_OURS] = True
    return node


@reads(exp.Placeholder, "this")
def placeholder(node: exp.Expr) -> exp.Expr:
    """A ``?``, under its name.

    Raises:
        InvalidSQL: it is ``:x``, which Athena has not.
    """
    if not node.meta.get(_IS_OURS):
        raise not_in_athena(f"the parameter :{node.name}", hint="Write ?.")
    return exp.Placeholder(this=node.this)
