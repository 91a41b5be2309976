"""Athena's types as Arrow has them: the one mapping, of tables that are made and of answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from glue_jobs.tables.columns import TableColumn

_ARROW_TYPES = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "real": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "varchar": pa.string(),
    "char": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("ms"),
}
_DECIMAL = re.compile(r"decimal\((\d+), ?(\d+)\)")


def arrow_type(name: str) -> pa.DataType | None:
    """The Arrow type of an Athena type; None for what has none here, such as an array."""
    decimal = _DECIMAL.fullmatch(name)
    if decimal:
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    return _ARROW_TYPES.get(name)


def arrow_schema(columns: tuple[TableColumn, ...]) -> pa.Schema:
    """The Arrow schema of a table that the lake itself makes."""
    return pa.schema([pa.field(column.name, arrow_type(column.type)) for column in columns])
