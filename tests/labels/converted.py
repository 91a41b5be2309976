"""A survey's files as tables, to be put into words."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from glue_jobs.labels.making import make_labels
from glue_jobs.sources.bls.tables import TABLES
from glue_jobs.tables.convert import Content
from glue_jobs.tables.header import ending_of
from glue_jobs.tables.plan import Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

    from glue_jobs.labels.making import Labels


@dataclass
class Converted:
    """The tables of one survey."""

    survey: str
    series: Path | None = None
    mappings: dict[str, Path] = field(default_factory=dict)
    data: list[Path] = field(default_factory=list)

    def make(self, target: Path) -> tuple[Labels, pa.Table]:
        """What became of its words, and the labels."""
        made = make_labels(self.survey, self.series, self.mappings, self.data, target)
        return made, pq.read_table(target)


def convert(survey: str, bodies: Mapping[str, bytes], folder: Path) -> Converted:
    """A survey's files, by the ends of their names: ``data.0.Current``."""
    converted = Converted(survey)
    for ending, body in bodies.items():
        name = f"{survey}.{ending}"
        place = TABLES.place(survey, name, body[: 1 << 17])
        target = folder / name
        content = Content(name, len(body), partial(BytesIO, body))
        if place is None or TABLES.convert(place, [content], target, folder) is None:
            continue
        if place.role is Role.SERIES:
            converted.series = target
        elif place.role is Role.DATA:
            converted.data.append(target)
        elif place.role is Role.OTHER:
            converted.mappings[ending_of(name)] = target
    return converted


def lines(*rows: str) -> bytes:
    """A flat file; ``|`` stands for a tab."""
    return "".join(row.replace("|", "\t") + "\r\n" for row in rows).encode()


def labels_of(
    survey: str, folder: Path, **bodies: bytes
) -> tuple[Labels, dict[str, dict[str, Any]]]:
    """The labels of a survey's files, by series."""
    named = {ending.replace("data_", "data."): body for ending, body in bodies.items()}
    made, table = convert(survey, named, folder).make(folder / "labels")
    return made, {row["series_id"]: row for row in table.to_pylist()}
