"""What becomes of the population's datasets: each is a partition of one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from glue_jobs.errors import QualityFailure, UpstreamInvalid
from glue_jobs.sources.population.answer import PopulationPage, join_pages, parse_population
from glue_jobs.tables.columns import TableColumn
from glue_jobs.tables.convert import Converted, write_records
from glue_jobs.tables.plan import Planned, Role, schema_digest, types_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from glue_jobs.tables.convert import Content
    from glue_jobs.tables.quality import KnownSeries

COLUMNS = (
    TableColumn("nation_id", "string", "the Census' geography id: 01000US"),
    TableColumn("nation", "string", "its name"),
    TableColumn("year", "smallint", "survey year, key within a dataset"),
    TableColumn("population", "bigint", "resident population, persons"),
    TableColumn("dataset_name", "string", "the estimate's own name: ACS 1-year Estimate"),
)
"""`population`: one row per dataset and year."""

DATASET = TableColumn("dataset", "string", "acs1 or acs5, partition key: they give other figures")


class PopulationTables:
    """Pages of JSON, already looked at when they were landed."""

    lists_sources = False

    @property
    def schema(self) -> str:
        """Of its one table."""
        return schema_digest(types_of((*COLUMNS, DATASET)))

    def plan(self, subject: str, files: Sequence[str]) -> tuple[Planned, ...]:
        """A partition for each dataset."""
        return tuple(
            Planned(
                name=key,
                role=Role.OTHER,
                table=subject,
                partition=key,
                path=f"{subject}/dataset={key}/part-00000.parquet",
                keys=(DATASET,),
            )
            for key in sorted(files)
        )

    def convert(
        self,
        place: Planned,
        contents: Sequence[Content],
        target: Path,
        scratch: Path,
        known_series: Callable[[], KnownSeries] | None,
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
