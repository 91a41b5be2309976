"""The lake as a file of SQL for DuckDB alone: it needs nothing of this project to run.

DuckDB takes the names of files to read from a variable, but not from a subquery. So the file reads
the pointers into variables when it is run, and its views read the files that these name: each
session is over the releases that were current when it began, however old the file is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import athena_sql
from labor_lake.engines.literals import quoted, text
from labor_lake.engines.relations import DUCKDB_TYPES, Relations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.errors import LakeError

_HEAD = """\
-- The views of a lake, for DuckDB alone: duckdb -init FILE
-- They read the releases that are current when this file is run, and no other. A session stays
-- with them; run the file again to see what was published since. Each connection needs it.
-- A lake in S3 needs the extension httpfs and a secret of DuckDB before that.
"""

_FILES = """\
CREATE OR REPLACE MACRO lake_files(pointer, name) AS list_transform(
    from_json(pointer -> 'tables' -> name -> 'files', '["JSON"]'),
    lambda file: {root} || coalesce(
        nullif(pointer -> 'tables' -> name ->> 'folder', ''), pointer ->> 'folder'
    ) || (file ->> 'path'));
"""


def write_script(
    root: str, pointers: Sequence[Pointer], damaged: Mapping[str, LakeError], database: str
) -> tuple[str, dict[str, LakeError]]:
    """The statements that make a view of each table and view of a lake.

    Args:
        root: the lake's folder or address.
        pointers: name the tables.
        damaged: why there is no pointer of a subject, by subject.
        database: what the views' statements may call the lake.

    Returns:
        The statements; and, by name, why a view of the lake is not among them.
    """
    relations = Relations(root, pointers, damaged, database)
    tables = [part for pointer in pointers for part in _tables(root, pointer, relations)]
    found = {name: relations.find(name) for name in relations.views}
    views = [f"{relation.statement};\n" for relation in found.values() if relation]
    failures = {name: relations.failure_behind(name) for name, made in found.items() if not made}
    left_out = {name: why for name, why in failures.items() if why}
    parts = [
        _HEAD,
        "SET TimeZone = 'UTC';\n",
        _FILES.format(root=text(f"{root}/")),
        *tables,
        *(f"{macro};\n" for macro in athena_sql.macros_in(views)),
        *views,
        *(
            f"-- {name} is left out: {' '.join(str(why).split())}\n"
            for name, why in left_out.items()
        ),
    ]
    return "\n".join(parts), left_out


def _tables(root: str, pointer: Pointer, relations: Relations) -> Iterator[str]:
    """The variable with a pointer, and the views of its tables."""
    variable = f"lake_{pointer.subject}"
    place = text(f"{root}/current/{pointer.subject}.json")
    content = f"SELECT content::JSON FROM read_text({place})"  # noqa: S608 - quoted
    yield f"SET VARIABLE {variable} = ({content});\n"
    for name, table in pointer.tables.items():
        source = f"lake_files(getvariable({text(variable)}), {text(name)})"
        # Data files of one survey need not have the same columns. A partition's key is in no file.
        reading = f"read_parquet({source}, union_by_name = true, hive_partitioning = "
        reading += "true, hive_types_autocast = false)" if table.partition_keys else "false)"
        rows = f"SELECT * FROM {reading}"  # noqa: S608 - quoted above
        relation = relations.find(name)
        known = {column.name for column in table.all_columns}
        lacking = {
            column: DUCKDB_TYPES.get(kind, "VARCHAR")
            for column, kind in (relation.columns if relation else {}).items()
            if column not in known
        }
        if lacking:  # an older version has written it; the views of today read these columns
            typed = ", ".join(
                f"CAST(NULL AS {kind}) AS {quoted(column)}" for column, kind in lacking.items()
            )
            rows += f" UNION ALL BY NAME SELECT {typed} WHERE false"
        yield f"CREATE OR REPLACE VIEW {quoted(name)} AS {rows};\n"
