"""The file becomes one table of two columns."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from glue_jobs.errors import QualityFailure
from glue_jobs.tables.columns import TableColumn
from glue_jobs.tables.convert import write_records
from glue_jobs.tables.plan import Planned, Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from glue_jobs.tables.convert import Content, Converted

COLUMNS = (
    TableColumn("year", "int", "calendar year, key"),
    TableColumn("millimetres", "double", "rain in that year"),
)


class RainfallTables:
    lists_sources = False
    derived = ""
    schema = "year int, millimetres double"

    def place(self, subject: str, name: str, start: bytes | None = None) -> Planned:
        return Planned(name, Role.OTHER, subject, "", f"{subject}/part-00000.parquet")

    def convert(
        self,
        place: Planned,
        contents: Sequence[Content],
        target: Path,
        scratch: Path,
        threads: int = 0,
    ) -> Converted:
        (content,) = contents
        with content.open() as stream:
            text = stream.read().decode()
        rows = csv.DictReader(io.StringIO(text))
        if rows.fieldnames != [column.name for column in COLUMNS]:
            raise QualityFailure(f"{place.name} is not a table of years and rain.")
        try:
            records: list[dict[str, object]] = [
                {"year": int(row["year"]), "millimetres": float(row["millimetres"])} for row in rows
            ]
        except (TypeError, ValueError):
            raise QualityFailure(f"{place.name} has a line that is none of its table.") from None
        return write_records(records, COLUMNS, target)


TABLES = RainfallTables()
