"""The series of a table of labels, as the search index takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from glue_jobs.labels.facts import has_words, seasonal_code
from glue_jobs.labels.index import Entry
from glue_jobs.tables.parquet import read_batches
from glue_jobs.tables.schemas import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READ = ("series_id", "title", "frequency", "seasonal_text", "last_year", "last_period")
_BATCH_ROWS = 1 << 14


def read_entries(labels: Path) -> Iterator[Entry]:
    """The series in their order, with the words that their titles leave out."""
    own = {column.name for column in LABELS}
    texts = [name for name in pq.read_schema(labels).names if name not in own and has_words(name)]
    for batch in read_batches(labels, (*_READ, *texts), size=_BATCH_ROWS):
        columns = [batch.column(name).to_pylist() for name in (*_READ, *texts)]
        for series_id, title, frequency, seasonal, year, period, *words in zip(*columns):
            further = dict.fromkeys(word for word in words if word and word not in title)
            yield Entry(
                series_id,
                title,
                " ".join(further),
                frequency or "",
                seasonal_code(seasonal),
                year or 0,
                period or "",
            )
