"""Answers SHOW and DESCRIBE from the catalog, as Athena does."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

import pyarrow as pa

from glue_jobs.errors import UnsupportedSQL, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from athena_sql import Schema, Show
    from labor_lake.engines.relations import Relation


def answer(show: Show, relation: Relation | None, schema: Schema) -> pa.Table:
    """The rows that Athena would show.

    Args:
        show: what is asked for.
        relation: the table or view that it names; None where there is none of that name.
        schema: what there is.

    Raises:
        UsageError: there is no such table, or it is not of the kind that was asked for.
        UnsupportedSQL: it is SHOW CREATE TABLE.
    """
    if show.database not in ("", schema.database):
        raise UsageError(
            f"There is no database {show.database}.", hint=f"The lake's is {schema.database}."
        )
    if show.what == "databases":
        return _texts("database_name", [schema.database])
    if show.what in ("tables", "views"):
        listed = [
            name
            for name, is_view in sorted(schema.listed().items())
            if (is_view or show.what == "tables") and _matches(name, show.pattern)
        ]
        return _texts("tab_name" if show.what == "tables" else "views", listed)
    if show.what == "create table":
        raise UnsupportedSQL(
            "The local engine does not answer SHOW CREATE TABLE.",
            hint="DESCRIBE gives its columns.",
        )
    if relation is None:
        hint = "SHOW TABLES lists what there is."
        raise UsageError(f"There is no table {show.table}.", hint=hint)
    return _of_one(show, relation)


def _of_one(show: Show, relation: Relation) -> pa.Table:
    """What is shown of a table or view."""
    if show.what == "columns":
        return _texts("field", list(relation.columns))
    if show.what == "describe":
        return _described(relation)
    if show.what == "partitions":
        if not relation.partitions:
            raise UsageError(f"{show.table} has no partitions.")
        return _texts("partition", relation.partitions)
    if not relation.definition:
        raise UsageError(f"{show.table} is a table, not a view.")
    return _texts("create_view", relation.definition.strip().splitlines())


def _described(relation: Relation) -> pa.Table:
    names = list(relation.columns)
    return pa.table(
        {
            "col_name": names,
            "data_type": list(relation.columns.values()),
            "comment": [relation.comments.get(name, "") for name in names],
        }
    )


def _matches(name: str, pattern: str) -> bool:
    return not pattern or any(fnmatch.fnmatchcase(name, part) for part in pattern.split("|"))


def _texts(column: str, values: Sequence[str]) -> pa.Table:
    return pa.table({column: pa.array(list(values), pa.string())})
