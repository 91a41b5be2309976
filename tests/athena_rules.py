"""What Athena's documentation rules out, of statements that are fine elsewhere.

Sources: 'Use parameterized queries' (a parameter stands in a WHERE and nowhere else; its value is
a literal of SQL, so a text has quotes), 'Service quotas' (262,144 bytes), 'Name databases, tables,
and columns' (lower case, no special characters but the underscore).
"""

from __future__ import annotations

import re

from sqlglot import ParseError, exp, parse

_LONGEST = 262_144
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_LITERAL = re.compile(
    r"'(?:[^']|'')*'|[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|null|true|false"
    r"|(?:date|timestamp|decimal) '[^']*'",
    re.IGNORECASE,
)


def complaints(sql: str) -> list[str]:
    """What Athena would not take of a statement, in sentences."""
    try:
        statements = [one for one in parse(sql, dialect="athena") if one is not None]
    except ParseError as error:
        return [f"It cannot be read: {error}"]
    found = [] if len(statements) == 1 else [f"It is {len(statements)} statements."]
    if len(sql.encode()) > _LONGEST:
        found.append(f"It has more than {_LONGEST:,} bytes.")
    for statement in statements:
        found += [
            f"A parameter stands outside WHERE: {_around(place)}."
            for place in statement.find_all(exp.Placeholder)
            if not isinstance(place.find_ancestor(exp.Where, exp.Select), exp.Where)
        ]
        if isinstance(statement, exp.Create):
            if statement.find(exp.Placeholder):
                found.append("A view has a parameter.")
            name = statement.find(exp.Table)
            if name is not None and not _NAME.fullmatch(name.name):
                found.append(f"{name.name} is no name for a view.")
    return found


def is_literal(parameter: str) -> bool:
    """Whether Athena takes this for a value; a text without quotes would be a column's name."""
    return _LITERAL.fullmatch(parameter.strip()) is not None


def _around(place: exp.Expression) -> str:
    return (place.parent or place).sql(dialect="athena")
