"""From a real landed file to its Parquet file: every row and value, by an independent reading."""

from __future__ import annotations

import io
from functools import partial

import pyarrow.parquet as pq
import pytest

from glue_jobs.sources.bls.tables import TABLES as BLS
from glue_jobs.tables.convert import Content, convert_data, convert_mapping, convert_series
from tests.captures import CAPTURES, capture, needs_captures
from tests.tables.test_convert import convert

FILES = sorted(
    path.relative_to(CAPTURES).as_posix()
    for path in (CAPTURES / "bls").rglob("*")
    if path.is_file()
) if CAPTURES else []  # fmt: skip
DOCUMENTS = [name for name in FILES if name.endswith((".txt", ".contacts"))]
DATA = [name for name in FILES if ".data." in name]
HEADERLESS = ["bls/ce/2013-12/ce.period"]
TABLES = [name for name in FILES if name not in {*DOCUMENTS, *DATA, *HEADERLESS}]


class Drip(io.BytesIO):
    """Gives as little at a time as a socket may."""

    def readinto(self, buffer):
        return super().readinto(memoryview(buffer)[:1999])


def source(body: bytes, name: str, stream: type[io.BytesIO] = io.BytesIO):
    return Content(name, len(body), partial(stream, body))


def lines_with_text(body: bytes) -> int:
    return sum(1 for line in body.splitlines() if line.strip())


@needs_captures
@pytest.mark.parametrize("name", DATA)
def test_a_real_data_file_converts_whole(name, tmp_path):
    body = capture(name).read_bytes()
    converted, table = convert(body, tmp_path)
    assert (converted.rejects, converted.warnings) == ((), ())
    assert converted.rows == table.num_rows == lines_with_text(body) - 1
    # An independent reading of every row, without pyarrow's parser.
    expected = [
        (
            *(series, int(year), period, None if value in ("", "-") else float(value)),
            *(footnotes, "-" if value == "-" else None),
        )
        for series, year, period, value, footnotes in (
            [field.strip() for field in line.decode().split("\t")] for line in body.splitlines()[1:]
        )
    ]
    assert list(zip(*(column.to_pylist() for column in table.columns))) == expected


@needs_captures
@pytest.mark.parametrize("name", TABLES)
def test_a_real_series_or_mapping_file_converts_whole(name, tmp_path):
    body = capture(name).read_bytes()
    target = tmp_path / "part.parquet"
    content = source(body, name.rpartition("/")[2])
    place = BLS.place(name.split("/")[1], content.name, body)
    assert place is not None
    converted = BLS.convert(place, [content], target, tmp_path)
    assert converted is not None
    assert (converted.rejects, converted.warnings) == ((), ())
    table = pq.read_table(target)
    assert converted.rows == table.num_rows == lines_with_text(body) - 1
    names = [name.strip().lower() for name in body.splitlines()[0].decode().split("\t")]
    assert table.column_names == [name for name in names if name]
    firsts = [line.decode().split("\t")[0].strip() for line in body.splitlines() if line.strip()]
    assert table.column(0).to_pylist() == firsts[1:]


@needs_captures
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_real_document_makes_no_table(name, tmp_path):
    body = capture(name).read_bytes()
    assert convert_mapping(source(body, name), tmp_path / "part.parquet", tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@needs_captures
@pytest.mark.parametrize("name", ["bls/pr/2025-02/pr.data.1.AllData", "bls/pr/2025-02/pr.series"])
def test_a_second_conversion_and_short_reads_give_the_same_bytes(name, tmp_path):
    body = capture(name).read_bytes()
    made = []
    for number, stream in enumerate((io.BytesIO, io.BytesIO, Drip)):
        target = tmp_path / f"{number}.parquet"
        if ".data." in name:
            convert_data(source(body, "x", stream), target, tmp_path)
        else:
            convert_series(source(body, "x", stream), target, tmp_path)
        made.append(target.read_bytes())
    assert made[0] == made[1] == made[2]


def test_every_kind_of_capture_is_among_these():
    """Guards the tables of cases above: an empty one would pass unnoticed."""
    if CAPTURES is None:
        pytest.skip("the real captures are not here")
    assert {name.split("/")[1] for name in DATA} >= {"ap", "cu", "sm", "ce", "pr"}
    assert len(TABLES) >= 20
    assert len(DOCUMENTS) >= 5
