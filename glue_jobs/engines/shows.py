"""Answers SHOW and DESCRIBE from the catalog, as Athena does."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from glue_jobs.engines.athena_sql.statements import (
    Describe,
    ShowColumns,
    ShowCreateView,
    ShowDatabases,
    ShowPartitions,
    ShowTables,
    ShowViews,
)
from glue_jobs.errors import UnsupportedSQL, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glue_jobs.engines.athena_sql import Statement


@dataclass(frozen=True)
class Relation:
    """A table or a view, as the catalog knows it.

    Attributes:
        columns: name and Athena type, the partition key last.
        comments: of the columns, by name.
        partitions: ``data_file=0.Current`` and so on; empty for a table without.
        definition: a view's statement; empty for a table.
    """

    columns: Mapping[str, str]
    comments: Mapping[str, str]
    partitions: tuple[str, ...] = ()
    definition: str = ""


def answer(statement: Statement, relations: Mapping[str, Relation], lake_database: str) -> pa.Table:
    """The rows that Athena would show.

    Raises:
        UsageError: there is no such table, or it is not of the kind that was asked for.
        UnsupportedSQL: the statement is none of those that the catalog answers.
    """
    database = getattr(statement, "database", "")
    if database not in ("", lake_database):
        raise UsageError(
            f"There is no database {database}.", hint=f"The lake's is {lake_database}."
        )
    if isinstance(statement, ShowDatabases):
        return _texts("database_name", [lake_database])
    if isinstance(statement, (ShowTables, ShowViews)):
        views_only = isinstance(statement, ShowViews)
        listed = [
            name
            for name, relation in sorted(relations.items())
            if (relation.definition or not views_only) and _matches(name, statement.pattern)
        ]
        return _texts("views" if views_only else "tab_name", listed)
    if isinstance(statement, ShowColumns):
        return _texts("field", list(_found(statement.table, relations).columns))
    if isinstance(statement, Describe):
        return _described(_found(statement.table, relations))
    if isinstance(statement, ShowPartitions):
        relation = _found(statement.table, relations)
        if not relation.partitions:
            raise UsageError(f"{statement.table} has no partitions.")
        return _texts("partition", relation.partitions)
    if isinstance(statement, ShowCreateView):
        definition = _found(statement.table, relations).definition
        if not definition:
            raise UsageError(f"{statement.table} is a table, not a view.")
        return _texts("create_view", definition.strip().splitlines())
    raise UnsupportedSQL(
        "The local engine does not answer SHOW CREATE TABLE.", hint="DESCRIBE gives its columns."
    )


def _described(relation: Relation) -> pa.Table:
    names = list(relation.columns)
    return pa.table(
        {
            "col_name": names,
            "data_type": list(relation.columns.values()),
            "comment": [relation.comments.get(name, "") for name in names],
        }
    )


def _found(name: str, relations: Mapping[str, Relation]) -> Relation:
    if name not in relations:
        raise UsageError(f"There is no table {name}.", hint="SHOW TABLES lists what there is.")
    return relations[name]


def _matches(name: str, pattern: str) -> bool:
    return not pattern or any(fnmatch.fnmatchcase(name, part) for part in pattern.split("|"))


def _texts(column: str, values: Sequence[str]) -> pa.Table:
    return pa.table({column: pa.array(list(values), pa.string())})
