"""Which table each landed file becomes, and what a release folder is called."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import pyarrow as pa

from glue_jobs.tables.convert import CONVERTER_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glue_jobs.tables.columns import TableColumn


class Role(Enum):
    """What a file is, by its name."""

    DATA = "data"
    SERIES = "series"
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


def made_by() -> str:
    """What decides, besides the input, which bytes a conversion gives."""
    return f"converter {CONVERTER_VERSION}, pyarrow {pa.__version__}"


def is_same_converter(made: str) -> bool:
    """Whether what was made by something has the rows and columns that would be made now.

    Args:
        made: what ``made_by`` said then; version 0.1 called the converter the schema.
    """
    return made.partition(",")[0].rpartition(" ")[2] == str(CONVERTER_VERSION)


def release_digest(sources: Mapping[str, str], made: str) -> str:
    """The start of a hash over what a release is made from and by what.

    Args:
        sources: per source name, whatever tells its content, and what is shown of it, apart.
        made: by what, as ``made_by`` says it.
    """
    made_from = {"made_by": made, "sources": dict(sources)}
    text = json.dumps(made_from, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
