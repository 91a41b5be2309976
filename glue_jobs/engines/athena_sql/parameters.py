"""The ``?`` of a statement, each with a name.

A rewrite may say an argument twice, or before one that was written earlier: ``trim(both ? from ?)``
is ``trim(from, both)`` in DuckDB. So the values are bound by name, not in the order of DuckDB's
text.
"""

from __future__ import annotations

import re

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from glue_jobs.engines.athena_sql.guard import reads
from glue_jobs.engines.athena_sql.nodes import not_in_athena

_NAME = "athena_parameter_"


def name_parameters(sql: str) -> tuple[str, list[str]]:
    """The statement with ``:athena_parameter_1`` for its first ``?`` and so on, and the names."""
    try:
        tokens = Trino().tokenize(sql)
    except SqlglotError:
        return sql, []  # the parser says what is wrong with it
    places = [token.start for token in tokens if token.token_type == TokenType.PLACEHOLDER]
    names = [f"{_NAME}{number}" for number in range(1, len(places) + 1)]
    for place, name in reversed(list(zip(places, names))):
        sql = f"{sql[:place]}:{name}{sql[place + 1 :]}"
    return sql, names


@reads(exp.Placeholder, "this")
def placeholder(node: exp.Expr) -> exp.Expr:
    """A ``?``, under its name where it has one.

    Raises:
        UnsupportedSQL: it is ``:x``, which Athena has not.
    """
    if node.this and not re.fullmatch(rf"{_NAME}\d+", node.name):
        raise not_in_athena(f"the parameter :{node.name}", hint="Write ?.")
    return exp.Placeholder(this=node.this)
