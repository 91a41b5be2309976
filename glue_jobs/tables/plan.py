"""Which table each landed file becomes, and what a release folder is called."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from glue_jobs.tables.columns import TableColumn


CONVERTER_VERSION = 2
"""Of what a conversion gives: raise it when that changes, and every table is made again.

tests/tables/test_golden.py holds what this version gives. The Parquet library writes the same rows
as other bytes from version to version; that makes no other tables, or a laptop and Glue on one lake
would make each other's again for ever.
"""

LABELS_VERSION = 1
"""Of what is made of a survey's words: raise it when that changes, and every label is made again.

tests/labels/test_golden.py holds what this version gives.
"""

_LIBRARY = ", pyarrow "
_DERIVED = ", derived "


class Role(Enum):
    """What a file is, by its header and its name."""

    DATA = "data"
    ASPECT = "aspect"
    SERIES = "series"  # the survey's list of its series
    OTHER = "other"  # a mapping file or a document: its first line tells


@dataclass(frozen=True)
class Planned:
    """The place of one landed file in a release folder.

    Attributes:
        name: the file.
        role: what it is.
        table: the table it belongs to.
        partition: its partition's value; empty where the table has no partitions.
        path: of its Parquet file inside the release folder.
        keys: the table's partition keys.
    """

    name: str
    role: Role
    table: str
    partition: str
    path: str
    keys: tuple[TableColumn, ...] = ()


def made_by(schema: str, derived: str) -> str:
    """What decides, besides the input, which bytes a release has.

    Args:
        schema: the digest of the columns that a conversion gives.
        derived: the digest of what is made of converted tables; empty where nothing is.
    """
    import pyarrow as pa  # noqa: PLC0415 - who finds nothing new makes nothing

    return f"{_maker(schema, derived)}{_LIBRARY}{pa.__version__}"


def is_same_converter(made: str, schema: str) -> bool:
    """Whether what was made by something has the rows and columns that would be made now.

    Args:
        made: what ``made_by`` said then.
        schema: the digest of the columns that would be made now.
    """
    return made.rpartition(_LIBRARY)[0].partition(_DERIVED)[0] == _converter(schema)


def is_same_maker(made: str, schema: str, derived: str) -> bool:
    """The same of a whole release, with the tables that are made of converted ones."""
    return made.rpartition(_LIBRARY)[0] == _maker(schema, derived)


def schema_digest(*definitions: object) -> str:
    """The start of a hash over definitions of columns: another one makes every table anew."""
    return hashlib.sha256(repr(definitions).encode()).hexdigest()[:8]


def types_of(columns: Iterable[TableColumn]) -> list[tuple[str, str]]:
    """The names and types of columns, as a digest needs them; comments make no other table."""
    return [(column.name, column.type) for column in columns]


def release_digest(sources: Mapping[str, str], made: str) -> str:
    """The start of a hash over what a release is made from and by what.

    Args:
        sources: per source name, whatever tells its content, and what is shown of it, apart.
        made: by what, as ``made_by`` says it.
    """
    made_from = {"made_by": made, "sources": dict(sources)}
    text = json.dumps(made_from, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _maker(schema: str, derived: str) -> str:
    return _converter(schema) + (f"{_DERIVED}{derived}" if derived else "")


def _converter(schema: str) -> str:
    return f"converter {CONVERTER_VERSION} {schema}"
