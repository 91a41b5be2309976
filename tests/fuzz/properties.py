"""What must hold of every parser, whatever it is given.

Each function takes bytes as they might come from outside and either returns or fails an assertion;
an exception that is none of the project's own passes through and fails whoever called. The tests
call them with what hypothesis makes up, `coverage_guided` with what atheris does.
"""

from __future__ import annotations

import io
import math
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from glue_jobs.errors import LakeError
from glue_jobs.sources.bls.listing import listed_moment, parse_listing
from glue_jobs.sources.population.answer import content_sha256, join_pages, parse_population
from glue_jobs.sources.population.tables import convert_population
from glue_jobs.storage.names import safe_file_name
from glue_jobs.tables.columns import Kind
from glue_jobs.tables.convert import Content, convert_data, convert_mapping
from glue_jobs.tables.flatfile import FlatFileReader
from glue_jobs.tables.header import MOST_FIRST_BYTES, Header, read_header
from glue_jobs.tables.schemas import DATA_COLUMNS, DATA_KEY, columns_of, with_further
from glue_jobs.timestamps import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glue_jobs.tables.columns import Column
    from glue_jobs.tables.convert import Converted
    from glue_jobs.tables.fields import Value
    from glue_jobs.tables.flatfile import Reject

FOLDER = "/pub/time.series/pr/"


def check_listing(page: bytes) -> None:
    """A page is refused, or its names, sizes and times can be used without another look."""
    try:
        listing = parse_listing(page, FOLDER)
    except LakeError as error:
        check_told(error)
        return
    files = listing.files
    assert files
    assert all(text.isprintable() for told in listing.refused.items() for text in told)
    assert len({file.name.lower() for file in files}) == len(files)
    for file in files:
        assert safe_file_name(file.name) == file.name
        assert 0 <= file.size < 10**15
        assert FIRST_YEAR <= listed_moment(file.minute).year <= LAST_YEAR + 1


def check_flat_file(file: bytes, block_bytes: int = 0) -> None:
    """Both ways of reading give the same rows, and every line is a row, a reject or blank.

    Args:
        file: as served.
        block_bytes: into what it is cut; a block that is too small for a line is refused.
    """
    header = read_header("pr.class", file[: MOST_FIRST_BYTES + 2])
    if header is None:
        return
    columns = _columns_for(header)
    body = below_header(file)
    reader = FlatFileReader(header, columns)
    first = header.first_line
    slowly = reader.rows_one_by_one(body, first)
    expected = [tuple(row.values()) for row in slowly.batch.to_pylist()]
    rows: list[tuple[Value, ...]] = []
    lines: list[int] = []
    rejects: list[Reject] = []
    longest = max(map(len, file.split(b"\n"))) + 2
    for block in reader.read(io.BytesIO(file), max(block_bytes, longest)):
        assert block.batch.schema == reader.schema
        block.batch.validate(full=True)
        rows += [tuple(row.values()) for row in block.batch.to_pylist()]
        lines += block.lines
        rejects += block.rejects
    # To the sign of a zero, which == does not see.
    assert repr(rows) == repr(expected)
    assert lines == list(slowly.lines)
    assert rejects == list(slowly.rejects)
    blank = [n for n, line in enumerate(body.splitlines(), first) if not line.strip(b" \t")]
    numbers = sorted([*lines, *(reject.line for reject in rejects), *blank])
    assert numbers == list(range(first, len(body.splitlines()) + first))
    assert lines == sorted(lines)
    for row in rows:
        _check_row(row, columns)
    for reject in rejects:
        assert reject.reason
        assert len(reject.reason) < 200
        assert len(reject.text) <= 200


def below_header(file: bytes) -> bytes:
    """The rows of a file, which begin where its header says."""
    header = read_header("pr.class", file[: MOST_FIRST_BYTES + 2])
    return file[header.size :] if header else b""


def header_of(file: bytes) -> Header:
    """The header of a file that has one."""
    header = read_header("pr.data.0.Current", file[: MOST_FIRST_BYTES + 2])
    assert header is not None
    return header


def check_conversion(file: bytes) -> None:
    """A file is refused, or becomes a Parquet file with its schema, its keys ascending."""
    source = Content("pr.data.0.Current", len(file), lambda: io.BytesIO(file))
    with tempfile.TemporaryDirectory() as folder:
        target, scratch = Path(folder, "part.parquet"), Path(folder)
        try:
            made = convert_data(source, target, scratch)
        except LakeError as error:
            check_told(error)
        else:
            table = _check_parquet(target, made)
            names = [column.name for column in DATA_COLUMNS]
            assert table.column_names[:5] == names[:5]
            assert table.column_names[-1] == "value_text"
            keys = list(zip(*(table[name].to_pylist() for name in DATA_KEY)))
            assert all(one < other for one, other in zip(keys, keys[1:]))
        try:
            document = convert_mapping(source, target, scratch)
        except LakeError as error:
            check_told(error)
        else:
            assert document is None or _check_parquet(target, document) is not None


def check_population(body: bytes) -> None:
    """An answer is refused, or makes sense and becomes a Parquet file."""
    try:
        page = parse_population(body)
        assert len(content_sha256(page)) == 64
        whole = join_pages([page])
    except LakeError as error:
        check_told(error)
        return
    assert whole.total == len(whole.rows) == len(page.rows)
    years = [row.year for row in whole.rows]
    assert years == sorted(set(years))
    for row in whole.rows:
        assert type(row.year) is int
        assert FIRST_YEAR <= row.year <= LAST_YEAR
        assert type(row.population) is int
        assert 0 < row.population < 10**10
        assert row.nation_id == "01000US"
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "part.parquet")
        table = _check_parquet(target, convert_population(whole, target))
        assert table["nation"].to_pylist() == [row.nation for row in whole.rows]
        assert set(table["dataset_name"].to_pylist()) == {page.dataset_name}


def check_told(error: LakeError) -> None:
    """A refusal is one sentence that a person can read."""
    text = str(error)
    assert text.endswith(".")
    assert len(text) < 600
    assert len(text.splitlines()) == 1
    assert text.isprintable()


def _columns_for(header: Header) -> Sequence[Column]:
    if header.is_of_observations:
        return with_further(DATA_COLUMNS, header.names)
    return columns_of(header.names)


def _check_row(row: tuple[Value, ...], columns: Sequence[Column]) -> None:
    for value, column in zip(row, columns):
        if column.kind in (Kind.CODE, Kind.TEXT):
            assert isinstance(value, str)
            assert value == value.strip(" ")
            assert value or not column.required
        elif column.kind is Kind.PERIOD:
            assert isinstance(value, str)
            assert re.fullmatch("[A-Z][0-9]{2}", value)
        elif value is None:
            assert not column.required
        elif column.kind is Kind.PRINTED:
            assert value
        elif column.kind is Kind.NUMBER:
            assert isinstance(value, float)
            assert math.isfinite(value)
        else:
            assert isinstance(value, int)
            assert abs(value) < 10**9
            assert column.kind is not Kind.YEAR or FIRST_YEAR <= value <= LAST_YEAR


def _check_parquet(path: Path, made: Converted) -> pa.Table:
    table = pq.read_table(path)
    table.validate(full=True)
    assert table.num_rows == made.rows
    assert table.column_names == [column.name for column in made.columns]
    lines = [reject.line for reject in made.rejects]
    assert lines == sorted(lines)
    return table
