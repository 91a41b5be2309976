"""Answers what Athena is asked: DuckDB over a copy of the very objects that lie in the bucket."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glue_jobs.settings import Settings
from glue_jobs.storage import names
from glue_jobs.storage.local import LocalStorage
from labor_lake.engines.duckdb import DuckDBEngine
from tests.pointers import load_pointers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

_TYPES = {
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "float": "float",
    "double": "double",
    "string": "varchar",
    "bool": "boolean",
    "date32[day]": "date",
}
_DECIMAL = re.compile(r"decimal128\((\d+), (\d+)\)")
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """An answer as Athena's API gives it: rows of cells, the header first, and the columns."""

    rows: list[dict[str, Any]]
    columns: list[dict[str, Any]]


class Answerer:
    """Answers statements on one bucket's lake."""

    def __init__(self, s3: Any, bucket: str, folder: Path) -> None:
        """Prepares.

        Args:
            s3: a client that may read the bucket.
            bucket: the lake.
            folder: for the copy.
        """
        self._s3 = s3
        self._bucket = bucket
        self._folder = folder

    def __call__(self, sql: str, parameters: Sequence[str] = ()) -> Answer | None:
        """The answer to a SELECT, None for a statement that gives no rows.

        Args:
            sql: the statement.
            parameters: literals of SQL, as Athena takes them; all of ours are texts.
        """
        if not _COMMENT.sub("", sql).strip().lower().startswith(("select", "with")):
            return None
        storage = LocalStorage(self._folder)
        self._copy()
        texts = [literal[1:-1].replace("''", "'") for literal in parameters]
        return as_athena(
            DuckDBEngine(storage, load_pointers(storage), Settings()).query(sql, texts)
        )

    def _copy(self) -> None:
        """Brings the copy up to date; what a pointer names never changes."""
        for prefix in (names.CURRENT, names.CURATED, names.HISTORY):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix
            )
            for entry in (entry for page in pages for entry in page.get("Contents", ())):
                target = self._folder / entry["Key"]
                if prefix == names.CURRENT or not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    self._s3.download_file(self._bucket, entry["Key"], str(target))


def as_athena(table: pa.Table) -> Answer:
    """A table as Athena's API gives it."""
    lines = [tuple(table.column_names), *zip(*(column.to_pylist() for column in table.columns))]
    rows = [{"Data": [_cell(value) for value in line]} for line in lines]
    return Answer(rows, [_column(field) for field in table.schema])


def _cell(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"VarCharValue": str(value).lower()}
    return {"VarCharValue": str(value)}


def _column(field: pa.Field) -> dict[str, Any]:
    decimal = _DECIMAL.fullmatch(str(field.type))
    precision, scale = (int(decimal[1]), int(decimal[2])) if decimal else (0, 0)
    kind = "decimal" if decimal else _TYPES[str(field.type)]
    return {
        "CatalogName": "hive",
        "Name": field.name,
        "Label": field.name,
        "Type": kind,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind == "varchar",
    }
