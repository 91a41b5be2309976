"""How columns are described: of a file that is read, and of a published table.

Apart from what reads them: who reads a pointer, or finds nothing new, needs no pyarrow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

TableName = Annotated[str, re.compile(r"[a-z][a-z0-9_]*").fullmatch]
ColumnName = Annotated[str, re.compile(r"[a-z0-9_]+").fullmatch]
ColumnType = Annotated[str, re.compile(r"[a-z]+(\([0-9]+(, ?[0-9]+)?\))?").fullmatch]


@dataclass(frozen=True)
class TableColumn:
    """One column of a published table.

    Attributes:
        name: lower case, letters, digits and underscores.
        type: its Athena type: ``string``, ``smallint``, ``int``, ``bigint``, ``double``.
        comment: what it means, for the catalog and the docs.
    """

    name: ColumnName
    type: ColumnType
    comment: str


class Kind(Enum):
    """What a column holds; decides its type and what its fields may be."""

    CODE = "code"  # text that repeats from row to row: series_id
    TEXT = "text"
    YEAR = "year"
    PERIOD = "period"
    INTEGER = "integer"
    NUMBER = "number"
    PRINTED = "printed"  # text that is no plain number, beside the column of numbers it is from


@dataclass(frozen=True)
class Column:
    """One column to read.

    Attributes:
        name: its header name, trimmed and in lower case.
        kind: what it holds.
        required: whether a blank field makes the row a reject.
        source: the name in the header, if it is another one.
    """

    name: str
    kind: Kind
    required: bool = False
    source: str = ""
