"""Turns one landed file into one Parquet file.

The way of every row: bytes → typed batches (``formats.flatfile``) → strictly ascending keys
(``ordering``) → known series (``quality``) → row groups (``parquet``). Nothing is held but a few
blocks, so memory does not grow with the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Callable

import pyarrow as pa

from glue_jobs.errors import QualityFailure
from glue_jobs.formats.flatfile import FlatFileReader, read_header
from glue_jobs.tables.ordering import OutOfOrder, in_order, put_in_order
from glue_jobs.tables.parquet import write_parquet
from glue_jobs.tables.quality import MOST_REJECTED, Findings
from glue_jobs.tables.schemas import (
    DATA_COLUMNS,
    DATA_KEY,
    POPULATION,
    arrow_schema,
    columns_of,
    described,
    is_table_header,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from glue_jobs.formats.flatfile import Column, Reject, Rows
    from glue_jobs.formats.population_json import PopulationPage
    from glue_jobs.tables.columns import TableColumn
    from glue_jobs.tables.quality import KnownSeries

_SHORTEST_ROW = 4  # bytes: a code, a tab, a letter, a line end
_MOST_REJECTS = 200_000  # a bound on memory; the largest file of all has 150 million rows

_EXTRA_WARNING = "has columns that the table has not: {}; they were left out"


@dataclass(frozen=True)
class Source:
    """A landed file to convert: its name, its size in bytes, and a way to read it."""

    name: str
    size: int
    open: Callable[[], BinaryIO]


@dataclass(frozen=True)
class Converted:
    """What became of a file.

    Attributes:
        rows: in the Parquet file.
        columns: of the table.
        rejects: lines that were set aside.
        warnings: sentences for the run summary.
    """

    rows: int
    columns: tuple[TableColumn, ...]
    rejects: tuple[Reject, ...] = ()
    warnings: tuple[str, ...] = ()


def convert_data(
    source: Source, target: Path, scratch: Path, known_series: Callable[[], KnownSeries] | None
) -> Converted:
    """Converts a data file; key and order: series_id, year, period.

    Args:
        source: the landed file.
        target: where the Parquet file goes.
        scratch: a folder for temporary files.
        known_series: makes the check against the series file; None where there is no such file.

    Raises:
        QualityFailure: a column is missing, a series is unknown, or too many lines are rejects.
    """
    with source.open() as stream:
        header = read_header(stream)
    for column in DATA_COLUMNS:
        if header.count(column.name) != 1:
            found = "several columns" if column.name in header else "no column"
            raise QualityFailure(
                f"{source.name} has {found} {column.name}; its header is {ascii(header)[:100]}.",
                hint="The last good release stands.",
            )
    converted = _convert(source, header, DATA_COLUMNS, DATA_KEY, target, scratch, known_series)
    extra = [name for name in header if name not in {column.name for column in DATA_COLUMNS}]
    if not extra:
        return converted
    warning = f"{source.name} {_EXTRA_WARNING.format(ascii(', '.join(extra))[1:-1][:100])}."
    return Converted(
        converted.rows, converted.columns, converted.rejects, (*converted.warnings, warning)
    )


def convert_table(source: Source, target: Path, scratch: Path) -> Converted | None:
    """Converts a series or mapping file; None if its first line names no columns: a document.

    A series file ascends by series_id; a mapping file keeps the order that BLS gave it.

    Raises:
        QualityFailure: too many lines are rejects.
    """
    with source.open() as stream:
        header = read_header(stream)
    if not is_table_header(header):
        return None
    key = ("series_id",) if header[0] == "series_id" else ()
    return _convert(source, header, columns_of(header), key, target, scratch, None)


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
    return write_records(records, POPULATION, target)


def write_records(
    records: Sequence[dict[str, object]], columns: tuple[TableColumn, ...], target: Path
) -> Converted:
    """Writes a small table that the lake itself makes."""
    schema = arrow_schema(columns)
    batch = pa.RecordBatch.from_pylist(list(records), schema)
    return Converted(write_parquet(target, schema, [batch]), columns)


def _convert(
    source: Source,
    header: Sequence[str],
    columns: tuple[Column, ...],
    key: Sequence[str],
    target: Path,
    scratch: Path,
    known_series: Callable[[], KnownSeries] | None,
) -> Converted:
    reader = FlatFileReader(header, columns)

    def write(findings: Findings, batches: Iterator[pa.RecordBatch]) -> Converted:
        checked: Iterable[pa.RecordBatch] = batches
        if known_series is not None:
            checked = known_series().check(source.name, batches)
        rows = write_parquet(target, reader.schema, checked)
        findings.check_rejects(rows)
        rejects = tuple(sorted(findings.rejects, key=lambda reject: reject.line))
        return Converted(rows, described(columns), rejects, tuple(findings.warnings))

    try:
        findings = _new_findings(source)
        batches = _batches(_blocks(source, reader), findings)
        return write(findings, in_order(batches, key) if key else batches)
    except OutOfOrder:
        findings = _new_findings(source)
        blocks = _blocks(source, reader)
        return write(findings, put_in_order(blocks, reader.schema, key, scratch, findings))


def _new_findings(source: Source) -> Findings:
    hopeless = int(source.size / _SHORTEST_ROW * MOST_REJECTED) + 1
    return Findings(source.name, min(hopeless, _MOST_REJECTS))


def _blocks(source: Source, reader: FlatFileReader) -> Iterator[Rows]:
    with source.open() as stream:
        yield from reader.read(stream)


def _batches(blocks: Iterator[Rows], findings: Findings) -> Iterator[pa.RecordBatch]:
    for rows in blocks:
        findings.reject(rows.rejects)
        if rows.batch.num_rows:
            yield rows.batch
