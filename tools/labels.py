"""The labels of the sample, for the docs."""

from __future__ import annotations

import tempfile
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.labels.making import make_labels
from glue_jobs.sources.bls.tables import TABLES
from glue_jobs.tables.convert import Content
from glue_jobs.tables.header import ending_of
from glue_jobs.tables.plan import Role
from labor_lake.sample import excerpt

if TYPE_CHECKING:
    from glue_jobs.tables.columns import TableColumn


def columns_of_sample() -> tuple[TableColumn, ...]:
    """The columns of ``pr_labels``, as the sample's own files give them."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        tables: dict[Role, dict[str, Path]] = {role: {} for role in Role}
        for name, (body, _) in excerpt.files().items():
            place = TABLES.place("pr", name, body)
            target = scratch / name
            content = Content(name, len(body), partial(BytesIO, body))
            if place and TABLES.convert(place, [content], target, scratch):
                tables[place.role][ending_of(name)] = target
        (series,) = tables[Role.SERIES].values()
        data = list(tables[Role.DATA].values())
        return make_labels("pr", series, tables[Role.OTHER], data, scratch / "labels").columns
