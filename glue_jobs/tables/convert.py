"""Turns one landed file into one Parquet file.

The way of every row: bytes → typed batches (``flatfile``) → strictly ascending keys
(``ordering``) → known series (``quality``) → row groups (``parquet``). Nothing is held but a few
blocks, so memory does not grow with the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, Callable

import pyarrow as pa

from glue_jobs.errors import QualityFailure
from glue_jobs.tables.flatfile import FlatFileReader, read_header
from glue_jobs.tables.lines import look_ahead
from glue_jobs.tables.ordering import OutOfOrder, in_order, put_in_order
from glue_jobs.tables.parquet import write_parquet
from glue_jobs.tables.quality import MOST_REJECTED, Findings
from glue_jobs.tables.schemas import (
    DATA_COLUMNS,
    DATA_KEY,
    arrow_schema,
    columns_of,
    describe_columns,
    is_table_header,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from glue_jobs.tables.columns import TableColumn
    from glue_jobs.tables.flatfile import Column, Reject, Rows
    from glue_jobs.tables.quality import KnownSeries

CONVERTER_VERSION = 1
"""Of what a conversion gives: raise it when that changes, and every table is made again.

tests/tables/test_golden.py holds what this version gives. The Parquet library writes the same rows
as other bytes from version to version; that makes no other tables, or a laptop and Glue on one lake
would make each other's again for ever.
"""

_SHORTEST_ROW = 4  # bytes: a code, a tab, a letter, a line end
_MOST_REJECTS = 200_000  # a bound on memory; the largest file of all has 150 million rows

_EXTRA_WARNING = "has columns that the table has not: {}; they were left out"


@dataclass(frozen=True)
class Content:
    """A landed file to convert.

    Attributes:
        name: the file.
        size: its bytes.
        open: a way to read it from its start; what it gives is read to the end and closed before
            anything is made of it, so that it can compare the bytes with their recorded hash.
    """

    name: str
    size: int
    open: Callable[[], AbstractContextManager[BinaryIO]]


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
    content: Content, target: Path, scratch: Path, known_series: Callable[[], KnownSeries] | None
) -> Converted:
    """Converts a data file; key and order: series_id, year, period.

    Args:
        content: the landed file.
        target: where the Parquet file goes.
        scratch: a folder for temporary files.
        known_series: makes the check against the series file; None where there is no such file.

    Raises:
        QualityFailure: a column is missing, a series is unknown, or too many lines are rejects.
    """

    def plan(header: tuple[str, ...]) -> _Plan:
        for column in DATA_COLUMNS:
            if header.count(column.name) != 1:
                found = "several columns" if column.name in header else "no column"
                raise QualityFailure(
                    f"{content.name} has {found} {column.name};"
                    f" its header is {ascii(header)[:100]}."
                )
        extra = [name for name in header if name not in {column.name for column in DATA_COLUMNS}]
        warning = _EXTRA_WARNING.format(ascii(", ".join(extra))[1:-1][:100]) if extra else ""
        return _Plan(header, DATA_COLUMNS, DATA_KEY, known_series, warning)

    converted = _convert(content, plan, target, scratch)
    assert converted is not None  # noqa: S101 - the plan takes every header, or raises
    return converted


def convert_table(content: Content, target: Path, scratch: Path) -> Converted | None:
    """Converts a series or mapping file; None if its first line names no columns: a document.

    A series file ascends by series_id; a mapping file keeps the order that BLS gave it.

    Raises:
        QualityFailure: too many lines are rejects.
    """

    def plan(header: tuple[str, ...]) -> _Plan | None:
        if not is_table_header(header):
            return None
        key = ("series_id",) if header[0] == "series_id" else ()
        return _Plan(header, columns_of(header), key)

    return _convert(content, plan, target, scratch)


def write_records(
    records: Sequence[dict[str, object]], columns: tuple[TableColumn, ...], target: Path
) -> Converted:
    """Writes a small table that the lake itself makes."""
    schema = arrow_schema(columns)
    batch = pa.RecordBatch.from_pylist(list(records), schema)
    return Converted(write_parquet(target, schema, [batch]), columns)


@dataclass(frozen=True)
class _Plan:
    """What a file's header decides.

    Attributes:
        header: the names in its first line.
        columns: what is read.
        key: the columns by which its rows ascend; none where they keep BLS's order.
        known_series: makes the check against the series file; None where there is none.
        warning: what is odd about the header, without the file's name; empty for nothing.
    """

    header: tuple[str, ...]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    known_series: Callable[[], KnownSeries] | None = None
    warning: str = ""


def _convert(
    content: Content, plan: Callable[[tuple[str, ...]], _Plan | None], target: Path, scratch: Path
) -> Converted | None:
    """Converts a file as its header decides; None if that makes no plan."""
    try:
        return _convert_once(content, plan, target, None)
    except OutOfOrder:
        return _convert_once(content, plan, target, scratch)


def _convert_once(
    content: Content,
    plan: Callable[[tuple[str, ...]], _Plan | None],
    target: Path,
    sorts_in: Path | None,
) -> Converted | None:
    """Reads the file once, header and rows in one stream, and writes its Parquet file.

    Args:
        content: the file.
        plan: what to do with a header.
        target: where the Parquet file goes.
        sorts_in: a folder for temporary files, to sort the rows; None where they must be sorted.

    Raises:
        OutOfOrder: the rows are not sorted.
    """
    with content.open() as stream:
        start, whole = look_ahead(stream)
        planned = plan(read_header(BytesIO(start)))
        if planned is None:
            return None
        findings = _new_findings(content)
        if planned.warning:
            findings.warn(planned.warning)
        reader = FlatFileReader(planned.header, planned.columns)
        blocks = reader.read(whole)
        batches: Iterable[pa.RecordBatch]
        if planned.key and sorts_in is not None:
            batches = put_in_order(blocks, reader.schema, planned.key, sorts_in, findings)
        elif planned.key:
            batches = in_order(_batches(blocks, findings), planned.key)
        else:
            batches = _batches(blocks, findings)
        if planned.known_series is not None:
            batches = planned.known_series().check(content.name, batches)
        rows = write_parquet(target, reader.schema, batches)
        findings.check_rejects(rows)
    rejects = tuple(sorted(findings.rejects, key=lambda reject: reject.line))
    return Converted(rows, describe_columns(planned.columns), rejects, tuple(findings.warnings))


def _new_findings(content: Content) -> Findings:
    hopeless = int(content.size / _SHORTEST_ROW * MOST_REJECTED) + 1
    return Findings(content.name, min(hopeless, _MOST_REJECTS))


def _batches(blocks: Iterator[Rows], findings: Findings) -> Iterator[pa.RecordBatch]:
    for rows in blocks:
        findings.reject(rows.rejects)
        if rows.batch.num_rows:
            yield rows.batch
