"""The names over an answer's columns, in the case in which the query wrote them.

Athena lowers names to run a query, and shows the column "using the casing that you chose in the
query". Everything inside a query is lower case here, so the case is looked up afterwards.
Source: https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html (2026-11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional

from sqlglot import exp

from athena_sql.nodes import is_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from athena_sql.schema import Schema

# None where the names are not known: they stay as they are, in lower case.
_Names = Optional[list[str]]
_Known = Callable[[str], _Names]


def headings(query: exp.Expr, titles: Sequence[str], schema: Schema) -> list[str]:
    """The titles as they were written, as far as that is known.

    Args:
        query: as it was parsed.
        titles: the names of its columns in lower case.
        schema: the tables that it reads.
    """
    written = _written(query, schema.names) or []
    if [name.lower() for name in written] != list(titles):
        return list(titles)
    return written


def _written(query: exp.Expr, known: _Known) -> _Names:
    """The names that a query gives its columns."""
    known = _with_ctes(query, known)
    if isinstance(query, (exp.SetOperation, exp.Subquery)):
        return _written(query.this, known)
    names: list[str] = []
    for item in query.expressions if isinstance(query, exp.Select) else ():
        star = item.this if isinstance(item, exp.Column) else item
        if isinstance(star, exp.Star):
            part = _of_star(query, item.table.lower() if star is not item else "", known)
            if part is None:
                return None
            names += part
        elif isinstance(item, exp.Alias):
            names.append(item.alias)
        else:
            field = item.expression if isinstance(item, exp.Dot) else item
            named = is_name(item)
            names.append(field.name if named else f"_col{len(names)}")
    return names or None


def _with_ctes(query: exp.Expr, known: _Known) -> _Known:
    withs = query.args.get("with_")
    if withs is None:
        return known
    ctes: dict[str, _Names] = {}

    def known_here(table: str) -> _Names:
        return ctes[table] if table in ctes else known(table)

    for cte in withs.expressions:
        ctes[cte.alias.lower()] = _renamed(cte, _written(cte.this, known_here))
    return known_here


def _of_star(query: exp.Expr, alias: str, known: _Known) -> _Names:
    joins = query.args.get("joins") or []
    if query.args.get("from_") is None or any(join.args.get("using") for join in joins):
        return None
    names: list[str] = []
    for relation in (query.args["from_"].this, *(join.this for join in joins)):
        if alias and relation.alias_or_name.lower() != alias:
            continue
        inner = None
        if isinstance(relation, exp.Table):
            inner = known(relation.name.lower())
        elif isinstance(relation, exp.Subquery):
            inner = _written(relation.this, known)
        part = _renamed(relation, inner)
        if part is None:
            return None
        names += part
    return names


def _renamed(node: exp.Expr, names: _Names) -> _Names:
    """The names that an alias gives its columns, or those they had."""
    alias = node.args.get("alias")
    given = alias.args.get("columns") if isinstance(alias, exp.TableAlias) else None
    return [part.name for part in given] if given else names
