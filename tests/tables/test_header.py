"""What the first line of a file says of its columns, also where it is not what it should be."""

from __future__ import annotations

import pytest

from glue_jobs.tables.header import Header, looks_tabular, read_header

HEADERS = {
    "plain": "a_code\ta_name\r\n",
    "LF": "a_code\ta_name\n",
    "CR": "a_code\ta_name\r",
    "no-line-end": "a_code\ta_name",
    "U13-byte-order-mark": "\ufeffa_code\ta_name\r\n",
    "U16-capitals": "A_Code\tA_NAME\r\n",
    "U16-padded": "a_code   \t  a_name\r\n",
    "U16-more-tabs": "a_code\ta_name\t\t \r\n",
    "U24-blanks-in-names": "A Code\tA  Name\r\n",
    "U24-dashes": "a-code\ta-name\r\n",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_names_of_columns_become_identifiers(header):
    assert read_header("pr.class", header.encode()) == Header(
        ("a_code", "a_name"), len(header.encode())
    )


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("sector_code", id="one-column"),
        pytest.param("", id="empty-file"),
        pytest.param("productivity and costs (pr)", id="document"),
        pytest.param("Section 1.\tSection 2.", id="document-with-a-tab"),
        pytest.param("a_code\ta_code", id="a-name-twice"),
        pytest.param("a_code\tA Code", id="a-name-twice-once-it-is-one"),
        pytest.param("1st_code\tsecond", id="begins-with-a-digit"),
        pytest.param("a_code\t" + "n" * 65, id="too-long"),
        pytest.param("a_code\t\u00e9", id="not-ascii"),
        pytest.param("a\tb2\tc", id="no-name-that-bls-would-give"),
        pytest.param("a_code\tb_code" + " " * 70_000, id="longer-than-a-header"),
    ],
)
def test_a_line_that_names_no_columns_is_no_header(line):
    assert read_header("pr.class2", f"{line}\r\n".encode()) is None


# Seen in BLS's files.


def test_a_field_that_is_blank_in_all_rows_has_no_name():
    """As in la.state_region_division of 2014."""
    file = b"srd_code\tsrd_text\r\n01\t\tAlabama\r\n02\t\tAlaska\r\n"
    made = read_header("la.state_region_division", file)
    assert made == Header(("srd_code", "", "srd_text"), 19)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param("01\tx\tAlabama\n02\t\tAlaska\n", id="not-blank-in-all"),
        pytest.param("01\tAlabama\t\n02\tAlaska\t\n", id="behind-the-last"),
        pytest.param("01\tAlabama\n02\t\tAlaska\n03\tArizona\n", id="in-one-row-only"),
        pytest.param("", id="no-rows"),
    ],
)
def test_other_rows_give_no_field_without_a_name(rows):
    made = read_header("la.state_region_division", f"srd_code\tsrd_text\n{rows}".encode())
    assert made == Header(("srd_code", "srd_text"), 18)


def test_a_known_mapping_file_without_a_header_has_its_usual_columns():
    """As ce.period of 2013."""
    made = read_header("ce.period", b"M01\tJAN  \tJanuary      \r\n")
    assert made is not None
    assert (made.names, made.size, made.first_line) == (
        ("period", "period_abbr", "period_name"),
        0,
        1,
    )
    assert made.warning == (
        "has no header line; its columns were named period, period_abbr, period_name"
    )


@pytest.mark.parametrize(
    ("name", "line"),
    [
        pytest.param("ce.supersector", "05\tTotal private", id="other-columns-elsewhere"),
        pytest.param("ce.period", "M01\tJanuary", id="fewer-columns"),
        pytest.param("ce.period", "M01\tJAN\tJanuary\t1", id="more-columns"),
    ],
)
def test_any_other_file_without_a_header_is_a_document(name, line):
    assert read_header(name, f"{line}\r\n".encode()) is None


def test_a_header_may_run_into_the_first_row():
    """As in cc.series of 2026."""
    line = b"series_id\tsector_code\tend_periodCCU010000100000D\t1\tQ01\r\nCCU2\t2\tQ02\r\n"
    made = read_header("cc.series", line)
    assert made is not None
    assert made.names == ("series_id", "sector_code", "end_period")
    assert line[made.size :].startswith(b"CCU010000100000D\t1\tQ01\r\n")
    assert made.first_line == 1
    assert made.warning == "has a header without a line end, which runs into the first row"


@pytest.mark.parametrize(
    ("text", "tabular"),
    [
        ("01\tA\n02\tB\n", True),
        ("01\tA\tx\n" * 9 + "bad\n", True),
        ("Contact\tus\nat\nany\ntime\n", False),
        ("See the site.\n", False),
        ("", False),
    ],
)
def test_what_looks_like_a_table(text, tabular):
    assert looks_tabular(text.encode()) is tabular
