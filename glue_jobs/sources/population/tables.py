"""What becomes of the population's datasets: each is a partition of one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.errors import QualityFailure, UpstreamInvalid
from glue_jobs.sources.population.answer import PopulationPage, join_pages, parse_population
from glue_jobs.tables.columns import TableColumn
from glue_jobs.tables.plan import Planned, Role, schema_digest, types_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from glue_jobs.tables.convert import Content, Converted

COLUMNS = (
    TableColumn("nation_id", "string", "the Census' geography id: 01000US"),
    TableColumn("nation", "string", "its name"),
    TableColumn("year", "int", "survey year, key within a dataset"),
    TableColumn("population", "bigint", "resident population, persons"),
    TableColumn("dataset_name", "string", "the estimate's own name: ACS 1-year Estimate"),
)
"""`population`: one row per dataset and year."""

DATASET = TableColumn("dataset", "string", "acs1 or acs5, partition key: they give other figures")


class PopulationTables:
    """Pages of JSON, already looked at when they were landed."""

    lists_sources = False
    derived = ""

    @property
    def schema(self) -> str:
        """Of its one table."""
        return schema_digest(types_of((*COLUMNS, DATASET)))

    def place(self, subject: str, name: str, start: bytes | None = None) -> Planned:
        """A partition for each dataset."""
        path = f"{subject}/dataset={name}/part-00000.parquet"
        return Planned(name, Role.OTHER, subject, name, path, (DATASET,))

    def convert(
        self,
        place: Planned,
        contents: Sequence[Content],
        target: Path,
        scratch: Path,
        threads: int = 0,
    ) -> Converted:
        """Writes a dataset's years, ascending."""
        pages = []
        for content in contents:
            with content.open() as stream:
                pages.append(stream.read())
        try:
            return convert_population(
                join_pages([parse_population(page) for page in pages]), target
            )
        except UpstreamInvalid as error:
            raise QualityFailure(f"{place.name}: {error}") from error


TABLES = PopulationTables()


def convert_population(page: PopulationPage, target: Path) -> Converted:
    """Writes a dataset's years, ascending."""
    from glue_jobs.tables.convert import (  # noqa: PLC0415 - a quiet run does without pyarrow
        write_records,
    )

    records = [
        {
            "nation_id": row.nation_id,
            "nation": row.nation,
            "year": row.year,
            "population": row.population,
            "dataset_name": page.dataset_name,
        }
        for row in page.rows
    ]
    return write_records(records, COLUMNS, target)
