"""What becomes of BLS's files: which table each makes, by its name, and how it is converted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from glue_jobs import table_names
from glue_jobs.tables import schemas
from glue_jobs.tables.convert import Content, Converted, convert_data, convert_table
from glue_jobs.tables.plan import Planned, Role, schema_digest, types_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from glue_jobs.tables.quality import KnownSeries

_NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"
"""What Athena and Spark take for null where a partition's value should be."""


class BlsTables:
    """Flat files with a header line: data files, the series file, and mapping files."""

    lists_sources = True

    @property
    def schema(self) -> str:
        """Of the lake's own tables, and of the rules by which BLS's columns get their types."""
        own = (schemas.SOURCES, schemas.REVISIONS, schemas.REVISIONS_KEYS)
        return schema_digest(*map(types_of, own), schemas.rules())

    def plan(self, subject: str, files: Sequence[str]) -> tuple[Planned, ...]:
        """Decides every file's table by its name; the series file comes first."""
        return plan_survey(subject, files)

    def convert(
        self,
        place: Planned,
        contents: Sequence[Content],
        target: Path,
        scratch: Path,
        known_series: Callable[[], KnownSeries] | None,
    ) -> Converted | None:
        """Converts a file by its role; None for a document."""
        (content,) = contents
        if place.role is Role.DATA:
            return convert_data(content, target, scratch, known_series)
        return convert_table(content, target, scratch)


TABLES = BlsTables()


def plan_survey(survey: str, files: Sequence[str]) -> tuple[Planned, ...]:
    """Decides every file's table by its name; the series file comes first.

    A file whose name does not begin with the survey's code is a document. Names that differ in case
    or punctuation alone have one table: which of the files makes it, their content decides.
    """
    planned = [place for name in files if (place := _place(survey, name)) is not None]
    return tuple(sorted(planned, key=lambda place: (place.role is not Role.SERIES, place.name)))


def _place(survey: str, name: str) -> Planned | None:
    prefix, _, rest = name.partition(".")
    if prefix != survey or not rest:
        return None
    if rest == f"data.{_NO_PARTITION}":
        return None
    if rest.startswith("data.") and rest != "data.":
        partition = rest[len("data.") :]
        path = f"data/data_file={partition}/part-00000.parquet"
        return Planned(
            name, Role.DATA, table_names.data(survey), partition, path, (schemas.DATA_FILE,)
        )
    ending = rest.lower().replace(".", "_").replace("-", "_")
    if ending in table_names.OWN:
        return None
    role = Role.SERIES if ending == "series" else Role.OTHER
    return Planned(
        name, role, table_names.of_file(survey, ending), "", f"{ending}/part-00000.parquet"
    )
