"""Memory grows with a page that must be read whole, and not at all with a flat file."""

from __future__ import annotations

import io
import tracemalloc
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Callable, cast

import pyarrow as pa
import pytest

from glue_jobs.errors import LakeError
from glue_jobs.sources.bls.listing import parse_listing
from glue_jobs.sources.population.answer import parse_population
from glue_jobs.tables.convert import Content, convert_data
from glue_jobs.tables.flatfile import FlatFileReader
from glue_jobs.tables.header import Header
from glue_jobs.tables.schemas import DATA_COLUMNS
from tests.fuzz.properties import FOLDER
from tests.fuzz.test_work import ANSWERS, LISTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 5000
MOST_TIMES = 150  # a JSON list of empty objects takes about 40 bytes for each of its own
FLOOR = 1 << 20
BLOCK = 1 << 14
NAMES = [column.name for column in DATA_COLUMNS[:-1]]


def peak_of(call: Callable[[], object]) -> int:
    """The most bytes of Python's own that a call holds at a time."""
    tracemalloc.start()
    try:
        call()
    except LakeError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak


@pytest.mark.parametrize("family", LISTINGS)
def test_of_a_listing_is_a_multiple_of_its_size(family):
    page = LISTINGS[family](SIZE)
    assert peak_of(lambda: parse_listing(page, FOLDER)) < FLOOR + MOST_TIMES * len(page)


@pytest.mark.parametrize("family", ANSWERS)
def test_of_an_answer_is_a_multiple_of_its_size(family):
    body = ANSWERS[family](SIZE)
    assert peak_of(lambda: parse_population(body)) < FLOOR + MOST_TIMES * len(body)


class Endless(io.RawIOBase):
    """A file of some lines that are made as they are read.

    It keeps no more than a line, so that what a test measures is the reader's.
    """

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._left:
            self._left = next(self._lines, b"")
        given = self._left[: len(buffer)]
        buffer[: len(given)] = given
        self._left = self._left[len(given) :]
        return len(given)


LINES: dict[str, Callable[[int], bytes]] = {
    "good": lambda n: b"PRS%08d\t1995\tQ01\t%d.5\t\r\n" % (n, n % 1000),
    "rejects": lambda n: b"x\n",
    "blank": lambda n: b"\n",
    "returns": lambda n: b"\r\r\r\n",
    "not-ascii": lambda n: b"PRS%08d\t1995\tQ01\t1\t\xc3\xa9\n" % n,
    "NULs": lambda n: b"\0" * 50 + b"\n",
    "long": lambda n: b"PRS%08d\t1995\tQ01\t1\t%b\n" % (n, b"R" * 5000),
    "repeated": lambda n: b"PRS1\t1995\tQ01\t1\t\n",
    "backwards": lambda n: b"PRS%08d\t1995\tQ01\t1\t\n" % (99_999_999 - n),
}


def lines_of(family: str, size: int) -> Iterator[bytes]:
    """So many bytes of lines, about."""
    return (LINES[family](number) for number in range(size // len(LINES[family](0))))


def stream_of(family: str, size: int, *before: bytes) -> BinaryIO:
    return cast("BinaryIO", Endless(chain(before, lines_of(family, size))))


@pytest.mark.parametrize("family", LINES)
def test_of_a_flat_file_that_is_read_does_not_grow_with_its_length(family):
    reader = FlatFileReader(Header(tuple(NAMES)), DATA_COLUMNS)

    def read(blocks: int) -> None:
        for _ in reader.read(stream_of(family, blocks * BLOCK), BLOCK):
            pass

    read(2)  # what is made once
    few, many = peak_of(lambda: read(2)), peak_of(lambda: read(12))
    assert many < 1.1 * few + BLOCK
    before = pa.total_allocated_bytes()
    rows = reader.read(stream_of(family, 12 * BLOCK), BLOCK)
    assert max(pa.total_allocated_bytes() - before for _ in rows) < 20 * BLOCK


@pytest.mark.parametrize("family", ["good", "repeated", "backwards"])
def test_of_a_flat_file_that_is_converted_does_not_grow_with_its_length(
    family, tmp_path, monkeypatch
):
    """Also where its rows have to be put in order, or are all the same one."""
    monkeypatch.setattr("glue_jobs.tables.ordering._RUN_ROWS", 2000)
    monkeypatch.setattr("glue_jobs.tables.ordering._CHUNK_ROWS", 20)
    monkeypatch.setattr("glue_jobs.tables.parquet.ROW_GROUP_ROWS", 1000)
    monkeypatch.setattr(FlatFileReader.read, "__defaults__", (BLOCK, 0))
    header = ("\t".join(NAMES) + "\r\n").encode()

    def convert(blocks: int) -> None:
        size = blocks * BLOCK
        source = Content("pr.data.0.Current", size, lambda: stream_of(family, size, header))
        convert_data(source, Path(tmp_path, "part"), tmp_path)

    convert(2)
    few, many = peak_of(lambda: convert(10)), peak_of(lambda: convert(60))
    assert many < 2 * few, (few, many)  # of six times the file
