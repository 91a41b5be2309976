"""Answers SHOW and DESCRIBE from the catalog, as Athena does."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from glue_jobs.errors import UnsupportedSQL, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from athena_sql import Show


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


def answer(show: Show, relations: Mapping[str, Relation], database: str) -> pa.Table:
    """The rows that Athena would show.

    Args:
        show: what is asked for.
        relations: the tables and views that there are.
        database: the lake's name in the catalog.

    Raises:
        UsageError: there is no such table, or it is not of the kind that was asked for.
        UnsupportedSQL: it is SHOW CREATE TABLE.
    """
    if show.database not in ("", database):
        raise UsageError(
            f"There is no database {show.database}.", hint=f"The lake's is {database}."
        )
    if show.what == "databases":
        return _texts("database_name", [database])
    if show.what in ("tables", "views"):
        listed = [
            name
            for name, relation in sorted(relations.items())
            if (relation.definition or show.what == "tables") and _matches(name, show.pattern)
        ]
        return _texts("tab_name" if show.what == "tables" else "views", listed)
    if show.what == "create table":
        raise UnsupportedSQL(
            "The local engine does not answer SHOW CREATE TABLE.",
            hint="DESCRIBE gives its columns.",
        )
    relation = _found(show.table, relations)
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


def _found(name: str, relations: Mapping[str, Relation]) -> Relation:
    if name not in relations:
        raise UsageError(f"There is no table {name}.", hint="SHOW TABLES lists what there is.")
    return relations[name]


def _matches(name: str, pattern: str) -> bool:
    return not pattern or any(fnmatch.fnmatchcase(name, part) for part in pattern.split("|"))


def _texts(column: str, values: Sequence[str]) -> pa.Table:
    return pa.table({column: pa.array(list(values), pa.string())})
