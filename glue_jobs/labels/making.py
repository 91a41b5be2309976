"""Makes `<survey>_labels`: one row per series with its title, its span, and its codes in words.

The words of a series are joined once here, and not for each observation. The series file is read
once to write, and up to three times before to find titles that tell series apart; the data files
are read beside it, all in the order of series_id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from glue_jobs.errors import IntegrityFailure
from glue_jobs.labels.facts import OWN_UNIT_COLUMNS, UNIT_COLUMNS
from glue_jobs.labels.spans import SpansBySeries, first_days
from glue_jobs.labels.titles import Counts, Titles
from glue_jobs.labels.words import SeriesFile, seasonal_by_id
from glue_jobs.tables.columns import TableColumn
from glue_jobs.tables.numbers import years_and_periods
from glue_jobs.tables.parquet import write_parquet
from glue_jobs.tables.periods import UNKNOWN, frequency_of
from glue_jobs.tables.schemas import LABELS, comment
from glue_jobs.tables.types import arrow_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Labels:
    """What became of a survey's words.

    Attributes:
        rows: series.
        columns: of the table.
        warnings: sentences for the summary.
        titles: how many differ.
    """

    rows: int
    columns: tuple[TableColumn, ...]
    warnings: tuple[str, ...]
    titles: Counts


def make_labels(
    survey: str,
    series: Path | None,
    mappings: Mapping[str, Path],
    data: Sequence[Path],
    target: Path,
) -> Labels:
    """Writes the labels of a survey as Parquet.

    Args:
        survey: its code.
        series: its series table; None where it has none.
        mappings: its other tables but data and aspects, by the ends of their files' names.
        data: its data files' tables; of one observation in several the first one's value counts.
        target: where the labels go.

    Raises:
        IntegrityFailure: a series was lost or doubled on the way.
    """
    file = SeriesFile(survey, series, mappings)
    titles = Titles(file)
    titles.find(survey)
    columns = _columns_of(file)
    unlisted = _Counter()
    units = [*UNIT_COLUMNS, *filter(None, [OWN_UNIT_COLUMNS.get(survey)])]
    batches = _label(file, titles, SpansBySeries(data), columns, units, unlisted)
    rows = write_parquet(target, arrow_schema(columns), batches)
    if rows != file.count + unlisted.count:
        raise IntegrityFailure(
            f"{survey}_labels has {rows:,} rows for {file.count:,} series that are listed and"
            f" {unlisted.count:,} that are not."
        )
    return Labels(rows, columns, (*file.warnings, *titles.warnings), titles.counts)


@dataclass
class _Counter:
    """Series that have observations and are not in the series file."""

    count: int = 0


def _columns_of(file: SeriesFile) -> tuple[TableColumn, ...]:
    """The labels' columns: the lake's own, then BLS's, each code followed by its words."""
    taken = {column.name for column in LABELS}
    columns = [*LABELS]
    for name in file.columns:
        words = file.words.get(name)
        added = [name] if words is None or words.name == name else [name, words.name]
        columns += [TableColumn(one, "string", comment(one)) for one in added if one not in taken]
    return tuple(columns)


def _label(
    file: SeriesFile,
    titles: Titles,
    spans: SpansBySeries,
    columns: tuple[TableColumn, ...],
    units: Sequence[str],
    unlisted: _Counter,
) -> Iterator[pa.RecordBatch]:
    """The labels, some series at a time; those that are not listed stand among them."""
    schema, start = arrow_schema(columns), 0
    for batch in file.read():
        last = batch.column("series_id")[-1].as_py()
        listed = _words_of(file, batch, titles.of(batch, start), units)
        start += len(batch)
        yield from _with_spans(listed, spans.up_to(last), schema, unlisted)
    nothing = {"series_id": pa.array([], pa.string())}
    yield from _with_spans(nothing, spans.up_to(None), schema, unlisted)


def _words_of(
    file: SeriesFile, batch: pa.RecordBatch, titles: Sequence[str], units: Sequence[str]
) -> dict[str, pa.Array]:
    """Everything that the series file and the mapping files say of some series."""
    known = {
        "series_id": batch.column("series_id"),
        "title": pa.array(titles, pa.string()),
    }
    for name in file.columns:
        known.setdefault(name, batch.column(name).cast(pa.string()))
        words = file.words.get(name)
        if words is not None:
            known.setdefault(words.name, words.of(batch))
    told = [known[name] for name in units if name in known]
    known["unit"] = pc.coalesce(*told) if told else pa.nulls(len(batch), pa.string())
    known["series_footnotes"] = file.footnotes_of(batch)
    if "seasonal_text" not in known:
        known["seasonal_text"] = seasonal_by_id(batch.column("series_id"))
    return known


def _with_spans(
    listed: dict[str, pa.Array], spans: pa.Table, schema: pa.Schema, unlisted: _Counter
) -> Iterator[pa.RecordBatch]:
    """Series with what their observations say of them, in the order of their ids."""
    ids, found = listed["series_id"], spans.column("series_id").combine_chunks()
    others = found.filter(pc.invert(pc.is_in(found, value_set=ids)))
    unlisted.count += len(others)
    both = pa.concat_arrays([ids, others.cast(ids.type)])
    if not len(both):
        return
    order = pc.sort_indices(both)
    both = both.take(order)
    places = pc.index_in(both, value_set=ids)
    made = {name: column.take(places) for name, column in listed.items()}
    made["title"] = pc.coalesce(made["title"], both) if "title" in made else both
    made.update(series_id=both, **_span_columns(spans, both))
    columns = [
        made[field.name].cast(field.type) if field.name in made else pa.nulls(len(both), field.type)
        for field in schema
    ]
    yield pa.record_batch(columns, schema=schema)


def _span_columns(spans: pa.Table, ids: pa.Array) -> dict[str, pa.Array]:
    """The columns that come from observations; null of a series that has none."""
    places = pc.index_in(ids, value_set=spans.column("series_id").combine_chunks())
    first, last, kind, value = (
        spans.column(name).combine_chunks().take(places)
        for name in ("first", "last", "kind", "value")
    )
    words = pa.array([frequency_of(one) for one in range(UNKNOWN + 1)], pa.string())
    first_year, first_period = years_and_periods(first)
    last_year, last_period = years_and_periods(last)
    return {
        "frequency": words.take(kind.cast(pa.int32())),
        "first_year": first_year,
        "first_period": first_period,
        "first_date": first_days(first_year, first_period),
        "last_year": last_year,
        "last_period": last_period,
        "last_date": first_days(last_year, last_period),
        "last_value": value,
    }
