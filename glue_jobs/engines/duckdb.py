"""Athena SQL on a laptop: DuckDB over a lake in a directory.

Every table of the pointer files becomes a view over exactly the Parquet files they name, and the
project's views are created on top, in the order of what they read. Then the connection is closed
to the outside: it can read the lake's folder and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from glue_jobs.engines import athena_sql
from glue_jobs.errors import UsageError
from glue_jobs.sql_files import sql_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from glue_jobs.catalog.pointers import Pointer, Table
    from glue_jobs.storage.local import LocalStorage


class DuckDBEngine:
    """The local engine, as ``engines.protocol.Engine`` describes it."""

    def __init__(self, storage: LocalStorage, pointers: Iterable[Pointer]) -> None:
        """Opens a connection in memory; nothing is written, here or later."""
        self._connection: Any = duckdb.connect(":memory:")
        for setting in athena_sql.SESSION_SETTINGS:
            self._connection.execute(setting)
        self._tables: dict[str, dict[str, str]] = {}
        self._partitions: dict[str, tuple[str, list[str]]] = {}
        self._views: dict[str, dict[str, str]] = {}
        self._definitions = sql_files("views")
        for pointer in pointers:
            folder = f"{storage.root}/{pointer.folder}"
            for name, table in pointer.tables.items():
                self._create_table(name, folder, table)
        self._connection.execute(f"SET allowed_directories = [{_text(str(storage.root) + '/')}]")
        self._connection.execute("SET enable_external_access = false")
        self._create_views()
        self._connection.execute("SET lock_configuration = true")

    def relations(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Every table and view that can be queried: its columns with their Athena types."""
        return {
            name: list(columns.items()) for name, columns in {**self._tables, **self._views}.items()
        }

    def base_tables(self, sql: str) -> set[str]:
        """The tables that a query reads, itself or through views, whether they exist or not."""
        tables: set[str] = set()
        for name in athena_sql.table_references(sql):
            if name in self._definitions:
                tables |= self.base_tables(self._definitions[name])
            else:
                tables.add(name)
        return tables

    def query(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The answer to one Athena statement; ``SHOW`` and ``DESCRIBE`` are answered, too."""
        translated = athena_sql.translate(sql, self._schema)
        try:
            relation = self._connection.sql(translated, params=list(parameters))
            answer: pa.Table = relation.to_arrow_table()
        except duckdb.Error as error:
            raise _told(error) from error
        return answer

    def _create_table(self, name: str, folder: str, table: Table) -> None:
        key = table.partition_key
        columns = ", ".join(_name(column.name) for column in table.columns)
        parts = [
            f"SELECT {columns}"
            + (f", {_text(file.partition)} AS {_name(key.name)}" if key else "")
            + f" FROM read_parquet({_text(folder + file.path)}, hive_partitioning = false)"
            for file in table.files
        ]
        self._connection.execute(f"CREATE VIEW {_name(name)} AS {' UNION ALL '.join(parts)}")
        self._tables[name] = {column.name: column.type for column in table.all_columns}

    def _create_views(self) -> None:
        for name in self._in_order_of_reading():
            if self.base_tables(self._definitions[name]) <= set(self._tables):
                self._connection.execute(
                    athena_sql.translate(self._definitions[name], self._schema)
                )
                rows = self._connection.execute(f"DESCRIBE {_name(name)}").fetchall()
                self._views[name] = {row[0]: athena_sql.athena_type(row[1]) for row in rows}

    def _in_order_of_reading(self) -> list[str]:
        ordered: list[str] = []

        def place(name: str) -> None:
            if name in self._definitions and name not in ordered:
                for read in sorted(athena_sql.table_references(self._definitions[name])):
                    place(read)
                ordered.append(name)

        for name in self._definitions:
            place(name)
        return ordered

    @property
    def _schema(self) -> dict[str, dict[str, str]]:
        return {**self._tables, **self._views}


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _told(error: duckdb.Error) -> UsageError:
    first_line = str(error).splitlines()[0]
    return UsageError(f"The query failed: {first_line}")
