"""How a published table's column is described. Apart, since who reads a pointer needs no more."""

from __future__ import annotations

import re
from dataclasses import dataclass
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
