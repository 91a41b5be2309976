"""Turns one landed file into one Parquet file.

The way of every row: bytes → typed batches (``flatfile``) → strictly ascending keys
(``ordering``) → row groups (``parquet``). Nothing is held but a few blocks, so memory does not
grow with the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Callable

import pyarrow as pa

from glue_jobs.errors import QualityFailure
from glue_jobs.tables.flatfile import FlatFileReader
from glue_jobs.tables.header import read_header
from glue_jobs.tables.lines import look_ahead
from glue_jobs.tables.ordering import OutOfOrder, in_order, put_in_order
from glue_jobs.tables.parquet import write_parquet
from glue_jobs.tables.quality import MAPPING, OBSERVATIONS, SERIES, Findings
from glue_jobs.tables.schemas import (
    ASPECT_COLUMNS,
    ASPECT_KEY,
    DATA_COLUMNS,
    DATA_KEY,
    columns_of,
    describe_columns,
    with_further,
)
from glue_jobs.tables.types import arrow_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from glue_jobs.tables.columns import Column, TableColumn
    from glue_jobs.tables.flatfile import Reject, Rows
    from glue_jobs.tables.header import Header
    from glue_jobs.tables.quality import Tolerance

_SHORTEST_ROW = 4  # bytes: a code, a tab, a letter, a line end
_MOST_REJECTS = 200_000  # a bound on memory; the largest file of all has 150 million rows


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
        texts: values that are text; ``-`` is none.
    """

    rows: int
    columns: tuple[TableColumn, ...]
    rejects: tuple[Reject, ...] = ()
    warnings: tuple[str, ...] = ()
    texts: int = 0


def convert_data(content: Content, target: Path, scratch: Path, threads: int = 0) -> Converted:
    """Converts a data file; key and order: series_id, year, period.

    Args:
        content: the landed file.
        target: where the Parquet file goes, with the same bytes however many threads there are.
        scratch: a folder for temporary files.
        threads: how many parse, while one more writes; 0: one thread does it all.

    Raises:
        QualityFailure: a column is missing, or too many lines are rejects.
    """
    work = _Work(content, target, scratch, threads)
    return _convert_observations(work, DATA_COLUMNS, DATA_KEY)


def convert_aspects(content: Content, target: Path, scratch: Path, threads: int = 0) -> Converted:
    """The same of an aspect file; key and order: series_id, year, period, aspect_type."""
    work = _Work(content, target, scratch, threads)
    return _convert_observations(work, ASPECT_COLUMNS, ASPECT_KEY)


def convert_series(content: Content, target: Path, scratch: Path, threads: int = 0) -> Converted:
    """The same of the series file; key and order: series_id."""

    def plan(header: Header) -> _Plan:
        _check_names(content, header, ("series_id",))
        return _Plan(header, columns_of(header.names), ("series_id",), SERIES)

    return _convert_table(_Work(content, target, scratch, threads), plan)


def convert_mapping(
    content: Content, target: Path, scratch: Path, threads: int = 0
) -> Converted | None:
    """Converts a mapping file, in the order that BLS gave it; None for a document.

    A table that begins with series_id, and is not the series file, ascends by it.

    Raises:
        QualityFailure: too many lines are rejects.
    """

    def plan(header: Header) -> _Plan:
        key = ("series_id",) if header.names[0] == "series_id" else ()
        return _Plan(header, columns_of(header.names), key, MAPPING)

    return _convert(_Work(content, target, scratch, threads), plan)


def _convert_observations(
    work: _Work, columns: tuple[Column, ...], key: tuple[str, ...]
) -> Converted:
    def plan(header: Header) -> _Plan:
        _check_names(work.content, header, (*key, "value"))
        return _Plan(header, with_further(columns, header.names), key, OBSERVATIONS)

    return _convert_table(work, plan)


def _check_names(content: Content, header: Header, needed: Sequence[str]) -> None:
    for name in needed:
        if name not in header.names:
            found = ", ".join(header.names)[:100]
            raise QualityFailure(f"{content.name} has no column {name}; it has {found}.")


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
        header: the file's.
        columns: what is read.
        key: the columns by which its rows ascend; none where they keep BLS's order.
        tolerance: of lines that cannot be read.
    """

    header: Header
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    tolerance: Tolerance


@dataclass(frozen=True)
class _Work:
    """What to convert, and with what: see ``convert_data``."""

    content: Content
    target: Path
    scratch: Path
    threads: int


def _convert_table(work: _Work, plan: Callable[[Header], _Plan]) -> Converted:
    """Converts a file that must have a header."""
    converted = _convert(work, plan)
    if converted is None:
        raise QualityFailure(f"{work.content.name} has no header line.")
    return converted


def _convert(work: _Work, plan: Callable[[Header], _Plan]) -> Converted | None:
    """Converts a file as its header decides; None where it has none."""
    try:
        return _convert_once(work, plan, sorts=False)
    except OutOfOrder:
        pass  # with the error go the buffers and threads of the first time
    return _convert_once(work, plan, sorts=True)


def _convert_once(work: _Work, plan: Callable[[Header], _Plan], *, sorts: bool) -> Converted | None:
    """Reads the file once, header and rows in one stream, and writes its Parquet file.

    Args:
        work: the file, and where its table goes.
        plan: what to do with a header.
        sorts: whether to sort the rows, which must be sorted otherwise.

    Raises:
        OutOfOrder: the rows are not sorted.
    """
    content = work.content
    with content.open() as stream:
        start, whole = look_ahead(stream)
        header = read_header(content.name, start)
        if header is None:
            return None
        planned = plan(header)
        findings = _new_findings(content, planned)
        if header.warning:
            findings.warn(header.warning)
        reader = FlatFileReader(
            header, planned.columns, takes_windows_1252=planned.tolerance is not OBSERVATIONS
        )
        blocks = reader.read(whole, threads=work.threads)
        batches: Iterable[pa.RecordBatch]
        if planned.key and sorts:
            batches = put_in_order(blocks, reader.schema, planned.key, work.scratch, findings)
        elif planned.key:
            batches = in_order(_batches(blocks, findings), planned.key)
        else:
            batches = _batches(blocks, findings)
        rows = write_parquet(work.target, reader.schema, batches, threads=min(work.threads, 1))
        findings.finish(rows)
    return Converted(
        rows,
        describe_columns(planned.columns),
        tuple(sorted(findings.rejects, key=lambda reject: reject.line)),
        tuple(findings.warnings),
        findings.texts,
    )


def _new_findings(content: Content, planned: _Plan) -> Findings:
    hopeless = planned.tolerance.of(content.size // _SHORTEST_ROW) + 1
    return Findings(
        content.name,
        planned.tolerance,
        min(hopeless, _MOST_REJECTS),
        tells_texts=planned.key == DATA_KEY,  # in an aspect file they are what is expected
    )


def _batches(blocks: Iterator[Rows], findings: Findings) -> Iterator[pa.RecordBatch]:
    for rows in blocks:
        findings.note(rows)
        if rows.batch.num_rows:
            yield rows.batch
