"""What becomes of BLS's files: which table each makes, by its header and name, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.tables import schemas
from glue_jobs.tables.header import ending_of, read_header
from glue_jobs.tables.plan import LABELS_VERSION, Planned, Role, schema_digest, types_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from glue_jobs.tables.convert import Content, Converted

_NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"
"""What Athena and Spark take for null where a partition's value should be."""

_DATA = "data."


class BlsTables:
    """Flat files with a header line: data, aspect, series and mapping files."""

    lists_sources = True

    @property
    def schema(self) -> str:
        """Of the lake's own tables, and of the rules by which BLS's columns get their types."""
        own = (schemas.SOURCES, schemas.REVISIONS, schemas.REVISIONS_KEYS)
        return schema_digest(*map(types_of, own), schemas.rules())

    @property
    def derived(self) -> str:
        """Of the tables of labels and of releases."""
        return schema_digest(*map(types_of, (schemas.LABELS, schemas.RELEASES)), LABELS_VERSION)

    def place(self, subject: str, name: str, start: bytes | None = None) -> Planned | None:
        """The place of a file's table.

        What a file is, its header says: a file with series_id, year, period and value is a data
        file, with aspect_type an aspect file, and any other a mapping file. A name says it where
        the header is not known, or is damaged: BLS calls data files ``pr.data.…``, and mapping
        files ``hs.data.type`` in two surveys. A file whose name does not begin with the survey's
        code is a document.
        """
        survey, _, rest = name.partition(".")
        if survey.lower() != subject or not rest.strip("._-"):
            return None
        role = _role(name, start)
        if role is Role.DATA:
            partition = rest[len(_DATA) :] if _is_called_data(name) else rest
            path = f"data/data_file={partition}/part-00000.parquet"
            keys = (schemas.DATA_FILE,)
            planned = Planned(name, role, table_names.data(subject), partition, path, keys)
            return planned if partition != _NO_PARTITION else None
        ending = ending_of(name)
        if ending in table_names.OWN:
            return None
        table = table_names.of_file(subject, ending)
        return Planned(name, role, table, "", f"{ending}/part-00000.parquet")

    def convert(
        self,
        place: Planned,
        contents: Sequence[Content],
        target: Path,
        scratch: Path,
        threads: int = 0,
    ) -> Converted | None:
        """Converts a file by its role; None for a document."""
        from glue_jobs.tables.convert import (  # noqa: PLC0415 - a quiet run does without pyarrow
            convert_aspects,
            convert_data,
            convert_mapping,
            convert_series,
        )

        (content,) = contents
        convert = {
            Role.DATA: convert_data,
            Role.ASPECT: convert_aspects,
            Role.SERIES: convert_series,
            Role.OTHER: convert_mapping,
        }[place.role]
        return convert(content, target, scratch, threads)


TABLES = BlsTables()


def _role(name: str, start: bytes | None) -> Role:
    """What a file is, by its header where it is known, and by its name."""
    ending, called_data = ending_of(name), _is_called_data(name)
    if ending == "series":
        return Role.SERIES
    header = read_header(name, start) if start is not None else None
    if header is None:
        return Role.DATA if called_data else Role.ASPECT if ending == "aspect" else Role.OTHER
    if header.is_of_observations:
        return Role.ASPECT if "aspect_type" in header.names or ending == "aspect" else Role.DATA
    # One that lacks a column will be refused; it is no mapping file for that.
    if "series_id" in header.names and (called_data or ending == "aspect"):
        return Role.DATA if called_data else Role.ASPECT
    return Role.OTHER


def _is_called_data(name: str) -> bool:
    rest = name.partition(".")[2]
    return rest.lower().startswith(_DATA) and rest != _DATA
