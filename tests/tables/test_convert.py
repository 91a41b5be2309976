"""From a landed file to its Parquet file."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from glue_jobs.errors import QualityFailure
from glue_jobs.sources.population.answer import join_pages, parse_population
from glue_jobs.sources.population.tables import convert_population
from glue_jobs.tables.convert import (
    Content,
    convert_aspects,
    convert_data,
    convert_mapping,
    convert_series,
    write_records,
)
from glue_jobs.tables.lines import BLOCK_BYTES
from glue_jobs.tables.schemas import SOURCES
from tests.captures import capture, needs_captures

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "series_id\tyear\tperiod\tvalue\tfootnote_codes"


def source(body: bytes, name: str = "pr.data.0.Current"):
    return Content(name, len(body), partial(io.BytesIO, body))


def data_file(*lines: str, header: str = HEADER) -> bytes:
    return "".join(line + "\r\n" for line in (header, *lines)).encode()


def observations(count: int) -> list[str]:
    return [
        f"PRS{n // 20:08}      \t{1995 + n // 4 % 5}\tQ0{n % 4 + 1}\t{n % 997 / 10:12.1f}\t"
        for n in range(count)
    ]


def convert(body: bytes, folder: Path, name: str = "pr.data.0.Current"):
    target = folder / "part.parquet"
    converted = convert_data(source(body, name), target, folder)
    return converted, pq.read_table(target)


@pytest.mark.parametrize("is_sorted", [True, False])
def test_threads_make_the_same_bytes(tmp_path, is_sorted):
    """Also around a block that is read line by line, lines set aside, and rows to sort."""
    lines = observations(400_000)
    lines[150_000] = lines[150_000].replace("PRS", "PRé")
    lines[250_000:250_002] = ["no row", ""]
    body = data_file(*(lines if is_sorted else lines[::-1]))
    alone, beside = tmp_path / "alone.parquet", tmp_path / "beside.parquet"
    made = convert_data(source(body), alone, tmp_path)
    assert convert_data(source(body), beside, tmp_path, threads=2) == made
    assert len(made.rejects) == 1
    assert beside.read_bytes() == alone.read_bytes()


# Data files.


def test_a_data_table_has_its_columns_types_and_nulls(tmp_path):
    body = data_file("PRS1\t1995\tQ01\t-1.50\tR", "PRS1\t1995\tQ02\t-\t")
    converted, table = convert(body, tmp_path)
    schema = {
        column.name: (column.physical_type, column.logical_type.type, column.max_definition_level)
        for column in pq.ParquetFile(tmp_path / "part.parquet").schema
    }
    assert schema == {
        "series_id": ("BYTE_ARRAY", "STRING", 0),
        "year": ("INT32", "NONE", 0),
        "period": ("BYTE_ARRAY", "STRING", 0),
        "value": ("DOUBLE", "NONE", 1),
        "footnote_codes": ("BYTE_ARRAY", "STRING", 0),
        "value_text": ("BYTE_ARRAY", "STRING", 1),
    }
    assert [(column.name, column.type) for column in converted.columns] == [
        ("series_id", "string"),
        ("year", "int"),
        ("period", "string"),
        ("value", "double"),
        ("footnote_codes", "string"),
        ("value_text", "string"),
    ]
    assert table.to_pylist() == [
        dict(zip([*HEADER.split("\t"), "value_text"], row))
        for row in (("PRS1", 1995, "Q01", -1.5, "R", None), ("PRS1", 1995, "Q02", None, "", "-"))
    ]


def test_a_mapping_table_keeps_the_order_that_bls_gave_it(tmp_path):
    header = b"item_code\titem_name\tdisplay_level\tsort_sequence\n"
    body = header + b"02\tb\t0\t1\n01\ta\t\t-\n02\tb\t0\t1\n"
    target = tmp_path / "part.parquet"
    converted = convert_mapping(source(body, "xx.item"), target, tmp_path)
    assert converted is not None
    rows = pq.read_table(target).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("02", "b", 0, 1),
        ("01", "a", None, None),
        ("02", "b", 0, 1),
    ]


def test_the_series_table_is_sorted_whatever_the_file(tmp_path):
    body = b"series_id\tbegin_year\nB\t1995\nA\t1990\n"
    converted = convert_series(source(body, "pr.series"), tmp_path / "part.parquet", tmp_path)
    assert converted is not None
    assert pq.read_table(tmp_path / "part.parquet").to_pylist() == [
        {"series_id": "A", "begin_year": 1990},
        {"series_id": "B", "begin_year": 1995},
    ]
    assert converted.warnings == (
        "pr.series is not sorted by series_id; its rows were sorted here.",
    )


@pytest.mark.parametrize("name", HEADER.split("\t")[:-1])
def test_u16_a_missing_column_fails_the_file(name, tmp_path):
    header = "\t".join(other for other in HEADER.split("\t") if other != name)
    with pytest.raises(QualityFailure, match=f"has no column {name}"):
        convert(data_file("a\tb\tc\td", header=header), tmp_path)


def test_u16_a_column_that_stands_there_twice_fails_the_file(tmp_path):
    with pytest.raises(QualityFailure, match="has no header line"):
        convert(data_file(header=HEADER + "\tvalue"), tmp_path)


def test_u16_a_new_column_is_kept_as_an_attribute(tmp_path):
    body = data_file("PRS1\t1995\tQ01\t1.5\t\tnew\tnewer", header=HEADER + "\tadded\tmore")
    converted, table = convert(body, tmp_path)
    assert table.column_names == [*HEADER.split("\t"), "added", "more", "value_text"]
    assert table.column("more").to_pylist() == ["newer"]
    assert converted.warnings == ()


@pytest.mark.parametrize("name", ["value_text", "data_file"])
def test_a_column_of_bls_s_does_not_take_the_place_of_one_of_the_lake_s(name, tmp_path):
    body = data_file("PRS1\t1995\tQ01\t1.5\t\tx", header=f"{HEADER}\t{name}")
    assert convert(body, tmp_path)[1].column_names == [*HEADER.split("\t"), "value_text"]


def test_u16_a_file_without_footnotes_has_empty_ones(tmp_path):
    body = data_file("PRS1\t1995\tQ01\t1.5", header="series_id\tyear\tperiod\tvalue")
    table = convert(body, tmp_path)[1]
    assert table.column_names == [*HEADER.split("\t"), "value_text"]
    assert table.column("footnote_codes").to_pylist() == [""]


def test_u14_rejects_up_to_a_thousandth_are_set_aside(tmp_path):
    lines = observations(2000)
    lines[7], lines[1500] = "bad", "worse"
    converted, table = convert(data_file(*lines), tmp_path)
    assert converted.rows == table.num_rows == 1998
    assert [(reject.line, reject.text) for reject in converted.rejects] == [
        (9, "bad"),
        (1502, "worse"),
    ]


def test_u14_more_rejects_fail_the_file_and_name_the_first(tmp_path):
    lines = observations(1999)
    lines[7], lines[1500] = "bad", "worse"
    with pytest.raises(QualityFailure, match=r"2 lines .* 0\.1%; the first is line 9, which has 1"):
        convert(data_file(*lines), tmp_path)


def test_u14_a_file_of_rejects_is_given_up_early(tmp_path):
    with pytest.raises(QualityFailure, match="at least"):
        convert(data_file(*["bad"] * 1000), tmp_path)


def test_u13_lines_of_blanks_that_fill_a_block_are_no_rows(tmp_path):
    converted, table = convert(data_file(*observations(50), *[" " * 1000] * 2200), tmp_path)
    assert converted.rows == table.num_rows == 50
    assert converted.rejects == ()


LINES = observations(60_000)  # of more than one block


@pytest.mark.parametrize("ends", [["\r"], ["\n"], ["\r", "\n", "\r\n"]], ids=ascii)
def test_u13_a_file_is_the_same_table_whatever_ends_its_lines(ends, tmp_path):
    lines = [HEADER, *LINES[:50_000], "bad", *LINES[50_000:], ""]
    body = "".join(line + ends[place % len(ends)] for place, line in enumerate(lines))
    expected, table = convert(data_file(*lines[1:]), tmp_path)
    assert len(body) > BLOCK_BYTES
    assert table.num_rows == 60_000
    parquet = (tmp_path / "part.parquet").read_bytes()
    converted, _ = convert(body.encode(), tmp_path)
    assert converted == expected
    assert [(reject.line, reject.text) for reject in converted.rejects] == [(50_002, "bad")]
    assert (tmp_path / "part.parquet").read_bytes() == parquet


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"], ids=ascii)
def test_u13_a_table_and_a_document_are_told_apart_whatever_ends_their_lines(end, tmp_path):
    mapping = end.join(["code\ttext", "1\tOne", "2\tTwo", ""]).encode()
    made = convert_mapping(source(mapping, "pr.class"), tmp_path / "made.parquet", tmp_path)
    assert made is not None
    rows = pq.read_table(tmp_path / "made.parquet").to_pylist()
    assert rows == [{"code": "1", "text": "One"}, {"code": "2", "text": "Two"}]
    text = end.join(["See the web site.", "code\ttext", ""]).encode()
    assert convert_mapping(source(text, "pr.txt"), tmp_path / "made.parquet", tmp_path) is None


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"], ids=ascii)
def test_u13_an_unsorted_file_is_put_in_order_whatever_ends_its_lines(end, tmp_path):
    body = end.join([HEADER, *LINES[:300][::-1], ""]).encode()
    table = convert(body, tmp_path)[1]
    assert table.equals(convert(data_file(*LINES[:300]), tmp_path)[1])


def test_u15_rows_repeated_word_for_word_are_kept_once(tmp_path):
    lines = observations(100)
    lines[50:50] = [lines[49], lines[10]]
    converted, table = convert(data_file(*lines), tmp_path)
    assert table.equals(convert(data_file(*observations(100)), tmp_path)[1])
    assert converted.rejects == ()
    assert converted.warnings == (
        "pr.data.0.Current repeats 2 rows word for word; each was kept once.",
    )


def test_u15_rows_that_contradict_each_other_are_all_set_aside(tmp_path):
    lines = observations(3000)
    lines.insert(50, f"{lines[49]}R")
    converted, table = convert(data_file(*lines), tmp_path)
    assert table.num_rows == 2999
    assert [reject.line for reject in converted.rejects] == [51, 52]
    assert {reject.reason for reject in converted.rejects} == {
        "contradicts another row of the same key"
    }


def test_rejects_are_told_in_the_order_of_their_lines(tmp_path):
    """Though the last series, whose rows contradict each other, stands first in the file."""
    twice = [f"PRS{n}\t2001\tQ01\t{value}\t" for n in (2, 1) for value in (1, 2)]
    body = data_file(*twice, *observations(6000), "PRS9\t2001")
    converted, _ = convert(body, tmp_path)
    assert [reject.line for reject in converted.rejects] == [2, 3, 4, 5, 6006]


def test_u18_an_unsorted_file_gives_the_table_of_the_sorted_one(tmp_path):
    lines = observations(3000)
    mixed = lines[2000:] + lines[:2000][::-1]
    converted, table = convert(data_file(*mixed), tmp_path)
    assert table.equals(convert(data_file(*lines), tmp_path)[1])
    (warning,) = converted.warnings
    assert "not sorted" in warning


def test_u18_what_an_unsorted_file_s_rejects_are_is_said_once(tmp_path):
    lines = observations(3000)
    mixed = ["bad", *lines[2000:], *lines[:2000]]
    converted, _ = convert(data_file(*mixed), tmp_path)
    assert converted.rows == 3000
    assert [reject.line for reject in converted.rejects] == [2]


def test_u17_text_in_place_of_numbers_is_counted_and_told(tmp_path):
    body = data_file("A\t1995\tQ01\t<0.5\t", "A\t1995\tQ02\t-\t", "A\t1995\tQ03\t1,234\t")
    converted, table = convert(body, tmp_path)
    assert table.column("value").to_pylist() == [None] * 3
    assert table.column("value_text").to_pylist() == ["<0.5", "-", "1,234"]
    assert converted.texts == 2
    assert converted.warnings == (
        "pr.data.0.Current has values that are text, which stand in value_text: 2.",
    )


def test_a_row_that_ends_before_its_last_field_is_kept_and_told(tmp_path):
    body = data_file("A\t1995\tQ01\t1", "A\t1995\tQ02\t2\tR")
    converted, table = convert(body, tmp_path)
    assert table.column("footnote_codes").to_pylist() == ["", "R"]
    assert converted.warnings == (
        "pr.data.0.Current has rows that end before their last field, taken as blank: 1.",
    )


def test_u24_a_period_that_nobody_knows_is_kept_and_told(tmp_path):
    body = data_file("A\t1995\tB07\t1\t", "A\t1995\tQ01\t1\t")
    converted, table = convert(body, tmp_path)
    assert table.column("period").to_pylist() == ["B07", "Q01"]
    assert converted.warnings == ("pr.data.0.Current has periods that are not known: B07.",)


def test_u24_an_aspect_file_of_any_order_and_with_texts_is_as_it_should_be(tmp_path):
    header = "series_id\tyear\tperiod\taspect_type\tvalue\tfootnote_codes"
    lines = [
        "CUSR0000SA0\t2026\tM05\tV1 \t         0.5\t",
        "CUSR0000SA0\t2026\tM05\tH1 \tL-Jan. 2012\t",
    ]
    target = tmp_path / "part.parquet"
    converted = convert_aspects(
        source(data_file(*lines, header=header), "cu.aspect"), target, tmp_path
    )
    assert [tuple(row.values()) for row in pq.read_table(target).to_pylist()] == [
        ("CUSR0000SA0", 2026, "M05", "H1", None, "", "L-Jan. 2012"),
        ("CUSR0000SA0", 2026, "M05", "V1", 0.5, "", None),
    ]
    assert converted.warnings == ()


def test_u14_a_mapping_file_of_75_lines_may_have_one_that_cannot_be_read(tmp_path):
    lines = [f"{number:04}\tPlace {number}" for number in range(75)]
    lines[40] = "0040\tPlace\tof\tnone"
    body = data_file(*lines, header="area_code\tarea_name")
    converted = convert_mapping(source(body, "ap.area"), tmp_path / "part.parquet", tmp_path)
    assert converted is not None
    assert (converted.rows, [reject.line for reject in converted.rejects]) == (74, [42])
    assert converted.warnings == ("ap.area has lines that cannot be read, and were set aside: 1.",)


def test_u13_what_is_not_utf_8_in_a_mapping_file_is_told(tmp_path):
    body = b"area_code\tarea_name\n0041900\tSan Germ\xe1n, PR\n"
    converted = convert_mapping(source(body, "oe.area"), tmp_path / "part.parquet", tmp_path)
    assert converted is not None
    assert converted.warnings == ("oe.area has lines that are not UTF-8, read as Windows-1252: 1.",)


def test_u24_what_is_odd_about_a_header_is_told(tmp_path):
    body = b"Q01\t1ST QTR\tFirst Quarter\nQ02\t2ND QTR\tSecond Quarter\n"
    converted = convert_mapping(source(body, "pr.period"), tmp_path / "part.parquet", tmp_path)
    assert converted is not None
    assert converted.rows == 2
    (warning,) = converted.warnings
    assert warning.startswith("pr.period has no header line; its columns were named period,")


def test_a_series_file_may_name_its_series_anywhere_but_must_name_them(tmp_path):
    body = b"seasonal\tseries_id\nS\tB\nU\tA\n"
    convert_series(source(body, "jt.series"), tmp_path / "part.parquet", tmp_path)
    assert pq.read_table(tmp_path / "part.parquet").column("series_id").to_pylist() == ["A", "B"]
    body = b"seasonal\tseries_name\nS\tB\n"
    with pytest.raises(QualityFailure, match=r"jt\.series has no column series_id"):
        convert_series(source(body, "jt.series"), tmp_path / "part.parquet", tmp_path)


def test_a_file_of_several_row_groups_keeps_every_row_in_order(tmp_path):
    lines = observations(300_000)
    converted, table = convert(data_file(*lines), tmp_path)
    assert converted.rows == 300_000
    metadata = pq.read_metadata(tmp_path / "part.parquet")
    groups = [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)]
    assert groups == [131_072, 131_072, 37_856]
    assert table.column("value").to_pylist() == [n % 997 / 10 for n in range(300_000)]
    assert table.column("series_id").to_pylist() == [f"PRS{n // 20:08}" for n in range(300_000)]


# Tables that the lake itself makes.


@needs_captures
def test_the_population_keeps_its_dataset_with_every_year(tmp_path):
    page = join_pages(
        [parse_population(capture("population/tesseract-acs1-2025-10.json").read_bytes())]
    )
    converted = convert_population(page, tmp_path / "part.parquet")
    rows = pq.read_table(tmp_path / "part.parquet").to_pylist()
    assert converted.rows == len(rows) == 10
    assert rows[0] == {
        "nation_id": "01000US",
        "nation": "United States",
        "year": 2013,
        "population": 316_128_839,
        "dataset_name": "ACS 1-year Estimate",
    }
    assert [row["year"] for row in rows] == [*range(2013, 2020), 2021, 2022, 2023]


def test_a_table_of_sources_may_have_no_counts(tmp_path):
    record = {
        "name": "pr.txt",
        "bytes": 6_000_000_000,
        "sha256": "ab",
        "release": "2025-09-04T12:30:00Z",
        "rows_read": None,
        "rows_rejected": 0,
        "rows_as_text": 0,
        "rows_unlisted": None,
        "status": "document",
        "shown_sha256": None,
        "held_since": None,
        "held_reason": None,
    }
    converted = write_records([record], SOURCES, tmp_path / "part.parquet")
    assert converted == type(converted)(1, SOURCES)
    assert pq.read_table(tmp_path / "part.parquet").to_pylist() == [record]
