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
    from collections.abc import Mapping, Sequence

_OWN_TABLES = ("data", "sources", "observations", "revisions", "changes")
"""Endings of what the lake itself makes; an upstream file of that name makes no table."""

_NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"
"""What Athena and Spark take for null where a partition's value should be."""


class Role(Enum):
    """What a file of a survey is, by its name."""

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
        partition: its partition's value, for data files.
        path: of its Parquet file inside the release folder.
    """

    name: str
    role: Role
    table: str
    partition: str
    path: str


def plan_survey(survey: str, files: Sequence[str]) -> tuple[Planned, ...]:
    """Decides every file's table by its name; the series file comes first.

    A file whose name does not begin with the survey's code is a document. Names that differ in case
    or punctuation alone have one table: which of the files makes it, their content decides.
    """
    planned = [place for name in files if (place := _place(survey, name)) is not None]
    return tuple(sorted(planned, key=lambda place: (place.role is not Role.SERIES, place.name)))


def partition_of(source: str) -> str:
    """A data file's value of the partition key data_file: ``0.Current`` of pr.data.0.Current."""
    return source.partition(".data.")[2]


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


def _place(survey: str, name: str) -> Planned | None:
    prefix, _, rest = name.partition(".")
    if prefix != survey or not rest:
        return None
    if rest == f"data.{_NO_PARTITION}":
        return None
    if rest.startswith("data.") and rest != "data.":
        partition = rest[len("data.") :]
        path = f"data/data_file={partition}/part-00000.parquet"
        return Planned(name, Role.DATA, f"{survey}_data", partition, path)
    ending = rest.lower().replace(".", "_").replace("-", "_")
    if ending in _OWN_TABLES:
        return None
    role = Role.SERIES if ending == "series" else Role.OTHER
    return Planned(name, role, f"{survey}_{ending}", "", f"{ending}/part-00000.parquet")
