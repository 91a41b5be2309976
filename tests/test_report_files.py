"""Reports as they are written down: CSV for people, Parquet for programs."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glue_jobs.reports.files import from_csv, printed_rows, to_csv, write_report_parquet

if TYPE_CHECKING:
    from collections.abc import Sequence


def printed(values: Sequence[object], type_: pa.DataType | None = None) -> list[str]:
    table = pa.table({"x": pa.array(values, type_)})
    header, rows = printed_rows(table)
    assert header == ["x"]
    return [cell for (cell,) in rows]


def test_decimals_are_printed_without_the_zeros_behind_them():
    values = [
        Decimal(text) for text in ("16.400000", "100.000000", "0", "-0.5", "1000", "0.000001")
    ]
    assert printed(values, pa.decimal128(18, 6)) == ["16.4", "100", "0", "-0.5", "1000", "0.000001"]


def test_decimals_without_places_keep_their_zeros():
    values = [Decimal(100), Decimal(-20), Decimal(0)]
    assert printed(values, pa.decimal128(18, 0)) == ["100", "-20", "0"]


@pytest.mark.parametrize("value", [0.1, 4158441.040908, 1e300, -0.0, 322069808.0, 1 / 3])
def test_doubles_are_the_shortest_text_that_reads_back(value):
    (text,) = printed([value])
    assert text == repr(value)
    assert repr(float(text)) == repr(value)


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([None, 1], ["", "1"]),
        ([None, 1.5], ["", "1.5"]),
        ([None, "a"], ["", "a"]),
        ([True, False, None], ["true", "false", ""]),
        ([2**62], ["4611686018427387904"]),
    ],
    ids=["integer", "double", "text", "truth", "large"],
)
def test_null_is_nothing_and_the_rest_is_plain(values, cells):
    assert printed(values) == cells


def test_a_decimals_column_says_how_a_figure_is_printed_in_its_row_and_is_not_written():
    decimals = pa.array(
        [Decimal("16.4"), Decimal(16), None, Decimal("-0.125")], pa.decimal128(18, 6)
    )
    table = pa.table(
        {
            "series_id": ["a", "b", "c", "d"],
            "value": decimals,
            "value_decimals": pa.array([1, 1, None, 2]),
            "year": [1, 2, 3, 4],
        }
    )
    assert printed_rows(table) == (
        ["series_id", "value", "year"],
        [["a", "16.4", "1"], ["b", "16.0", "2"], ["c", "", "3"], ["d", "-0.12", "4"]],
    )


def test_a_column_that_only_ends_in_decimals_is_a_column_like_others(tmp_path):
    table = pa.table({"digits_decimals": [1, 2]})
    assert printed_rows(table) == (["digits_decimals"], [["1"], ["2"]])
    write_report_parquet(table, tmp_path / "report.parquet")
    assert pq.read_table(tmp_path / "report.parquet").column_names == ["digits_decimals"]


def test_a_report_without_rows_has_its_header():
    table = pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())})
    header, rows = printed_rows(table)
    assert to_csv(header, rows) == b"a,b\n"


FORMULAS = [
    *("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "-2+3+cmd|x"),
    *("\n=1", "\uff1d1+1", "\uff0b1", "\uff0dx", "\uff20SUM(A1)", "'=1", "''=1"),
    *("=HYPERLINK(\"http://x\")", "-x", "--1", "-1;2", "-e5"),
]  # fmt: skip


@pytest.mark.parametrize("cell", FORMULAS)
def test_text_that_a_spreadsheet_would_compute_is_quoted(cell):
    body = to_csv(["name"], [[cell]])
    (_, (written,)) = csv.reader(io.StringIO(body.decode(), newline=""))
    assert written == f"'{cell}"


FIGURES = ("-1.5", "-16", "-1e-07", "-1.5e+300", "-Infinity", "-3 04:05:06.000")


@pytest.mark.parametrize("cell", [*FIGURES, "-", "R,P", "", "a=b"])
def test_figures_and_plain_text_stay_as_they_are(cell):
    (_, row) = csv.reader(io.StringIO(to_csv(["x", "y"], [[cell, "z"]]).decode()))
    assert row == [cell, "z"]


@given(st.floats(allow_nan=False))
def test_no_double_is_taken_for_a_formula(value):
    (cell,) = printed([value])
    assert to_csv(["x"], [[cell]]) == f"x\n{cell}\n".encode()


# No field of a flat file holds a NUL, and Python's CSV does not read one before 3.11.
cells = st.text("=+-@'\t\r\n\",1.e\uff1dx") | st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters=["\0"])
)


@given(st.lists(st.tuples(cells, cells), min_size=1))
def test_a_report_is_read_as_it_was_written_and_no_cell_is_a_formula(lines):
    header, *rows = map(list, lines)
    body = to_csv(header, rows)
    assert from_csv(body) == (header, rows)
    for line in csv.reader(io.StringIO(body.decode(), newline="")):
        assert [cell for cell in line if cell[:1] in tuple("=+@\t\r\n\uff1d") and cell[1:]] == []


def test_a_name_of_a_column_is_no_formula_either():
    assert to_csv(["=1+1", "-1"], []) == b"'=1+1,-1\n"


def test_a_cell_may_be_longer_than_other_csv_files_have_them():
    long = "=" * 200_000
    assert from_csv(to_csv(["x"], [[long]])) == (["x"], [[long]])


def test_a_line_of_one_empty_cell_is_not_blank_since_readers_pass_over_blank_lines():
    assert to_csv(["x"], [[""], ["1"]]) == b'x\n""\n1\n'


def test_csv_is_utf_8_with_lf_and_quotes_only_where_needed():
    assert to_csv(["a", "b"], [['say "x"', "1,2"], ["caf\u00e9", "two\nlines"]]) == (
        'a,b\n"say ""x""","1,2"\ncaf\u00e9,"two\nlines"\n'.encode()
    )


def test_the_parquet_report_has_the_columns_of_the_csv_with_their_types(tmp_path):
    table = pa.table(
        {
            "series_id": ["a", None],
            "value": pa.array([Decimal("16.4"), None], pa.decimal128(18, 6)),
            "value_decimals": [1, None],
            "mean": [1 / 3, None],
        }
    )
    write_report_parquet(table, tmp_path / "report.parquet")
    file = pq.ParquetFile(tmp_path / "report.parquet")
    assert file.read().equals(table.drop_columns(["value_decimals"]))
    assert file.metadata.metadata is None
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
