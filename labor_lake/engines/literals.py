"""Values and names as all engines write them, and types as Trino does."""

from __future__ import annotations


def text(value: str) -> str:
    """A value as a literal."""
    return "'" + value.replace("'", "''") + "'"


def quoted(identifier: str) -> str:
    """A name of a column, whatever is in it."""
    return '"' + identifier.replace('"', '""') + '"'


def trino_type(name: str) -> str:
    """A column's type in Trino, which is Athena's but for three names of Hive's."""
    return {"string": "varchar", "int": "integer", "timestamp": "timestamp(3)"}.get(name, name)
