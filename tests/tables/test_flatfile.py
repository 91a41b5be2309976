"""BLS's flat files: what a row is, what a reject is, and that both ways of reading agree."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glue_jobs.tables.columns import Column, Kind
from glue_jobs.tables.fields import KNOWN_PERIODS, Value
from glue_jobs.tables.flatfile import FlatFileReader, Reject
from glue_jobs.tables.header import Header
from glue_jobs.tables.lines import BLOCK_BYTES
from glue_jobs.tables.schemas import DATA_COLUMNS, columns_of
from tests.fuzz.properties import below_header, header_of

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER = "series_id\tyear\tperiod\tvalue\tfootnote_codes"
GOOD = "PRS30006011      \t1995\tQ01\t         2.6\t"
MAPPING = columns_of(("item_code", "item_name", "display_level", "sort_sequence", "begin_year"))


@dataclass
class Read:
    """What a file held: rows as tuples, the lines they came from, rejects."""

    rows: list[tuple[Value, ...]]
    lines: list[int]
    rejects: list[Reject]


def read(
    file: bytes,
    columns: Sequence[Column] = DATA_COLUMNS,
    block_bytes: int = BLOCK_BYTES,
    *,
    takes_windows_1252: bool = False,
    threads: int = 0,
) -> Read:
    reader = FlatFileReader(header_of(file), columns, takes_windows_1252=takes_windows_1252)
    whole = Read([], [], [])
    for rows in reader.read(io.BytesIO(file), block_bytes, threads):
        assert rows.batch.schema == reader.schema
        rows.batch.validate(full=True)
        whole.rows += [tuple(row.values()) for row in rows.batch.to_pylist()]
        whole.lines += rows.lines
        whole.rejects += rows.rejects
    return whole


def one_by_one(file: bytes, columns: Sequence[Column] = DATA_COLUMNS) -> Read:
    """The same by the definition of the format, all lines in one block."""
    reader = FlatFileReader(header_of(file), columns)
    rows = reader.rows_one_by_one(below_header(file), 2)
    plain = [tuple(row.values()) for row in rows.batch.to_pylist()]
    return Read(plain, list(rows.lines), list(rows.rejects))


def same(one: Read, other: Read) -> bool:
    """Equal to the sign of a zero: 0.0 == -0.0, but they print differently."""
    return repr(one) == repr(other)


def data_file(*lines: str, header: str = HEADER, eol: str = "\r\n") -> bytes:
    return "".join(line + eol for line in (header, *lines)).encode()


# What BLS prints, as it prints it, gives the rows that were meant.

values = st.one_of(
    st.none(),
    st.decimals(min_value=-(10**8), max_value=10**8, places=1),
    st.decimals(min_value=-1000, max_value=1000, places=3),
)
observations = st.tuples(
    st.from_regex(r"[A-Z]{2}[A-Z0-9]{1,28}", fullmatch=True),
    st.integers(1800, 2100),
    st.sampled_from(sorted(KNOWN_PERIODS)),
    values,
    st.sampled_from(["", "R", "P", "R,P", "1,2,3"]),
)


@st.composite
def rendered(draw):
    """Rows, and a file of them in one of the forms that BLS has used."""
    rows = draw(st.lists(observations, max_size=25))
    ends = draw(st.sampled_from([("\r\n",), ("\n",), ("\r",), ("\r\n", "\n", "\r")]))
    padded = draw(st.booleans())
    blank = " " * draw(st.sampled_from([0, 8, 9, 10]))
    more = draw(st.sampled_from(["", "\t", "\t   "]))
    order = draw(st.permutations(range(6)))
    names = [*HEADER.split("\t"), "new_column"]

    def line(fields):
        return "\t".join(fields[place] for place in order) + draw(st.sampled_from(ends))

    shout = draw(st.booleans())
    expected = []
    text = line([name.upper().ljust(17) if shout else name for name in names])
    for series, year, period, value, footnotes in rows:
        shown = draw(st.sampled_from(["-", "", " "])) if value is None else str(value)
        fields = [series, str(year), period, shown, footnotes or blank, "new"]
        if padded:
            fields[0], fields[3] = series.ljust(30), shown.rjust(12)
        text += line(fields).replace("\r", more + "\r", 1) if more else line(fields)
        number = None if value is None else float(value)
        printed = "-" if shown == "-" else None
        expected.append((series, year, period, number, footnotes, printed))
    return expected, text.encode()


@settings(max_examples=150, deadline=None)
@given(rendered(), st.sampled_from([256, 1000, BLOCK_BYTES]))
def test_every_form_that_bls_has_used_gives_the_rows_that_were_meant(file, block_bytes):
    expected, text = file
    result = read(text, block_bytes=block_bytes)
    assert same(result, Read(expected, list(range(2, len(expected) + 2)), []))


def test_an_ordinary_file_is_read_in_one_call_per_block(monkeypatch):
    """Padding, nulls and footnotes are no reason for the slow way."""

    def refuse(self, block, first_line):
        raise AssertionError(f"read slowly: {block!r}")

    monkeypatch.setattr(FlatFileReader, "rows_one_by_one", refuse)
    lines = [f"PRS3{n:07}      \t1995\tQ01\t{n - 50 + n / 10:12.1f}\t" for n in range(100)]
    lines[7] = "PRS30000007      \t1995\tQ01\t           -\t          "
    lines[9] = "PRS30000009      \t1995\tQ01\t\tR,P"
    assert len(read(data_file(*lines), block_bytes=1024).rows) == 100


# Both ways of reading give the same for any bytes.

GRAINS = [
    b"\r", b"\n", b"\r\n", b"\n\n", b"\r\r\n", b"\t", b"\t\t", b"\t \t\t\t\n", b" ", b"  ", b"\0",
    b"\xff", b"\xc3\xa9", b"\xef\xbb\xbf", b"\xc2\xa0", b"\xd9\xa3", b"\x0b", b"\x0c", b"\x85",
    b'"', b'"\t"', b"'", b"\\", b"-", b"--", b"+", b".", b",", b"0x7E9", b"0X1", b"1e5", b"E-3",
    b"nan", b"inf", b"1e400", b"9" * 18, b"0" * 18, b".000000000001", b"A01", b"Q06", b"m01",
]  # fmt: skip
VALID = {
    "data": (
        DATA_COLUMNS,
        HEADER.encode(),
        [
            b"PRS30006011      \t1995\tQ01\t         2.6\t",
            b"PRS30006011      \t1995\tQ02\t           -\tR",
            b"PRS30006012\t2022\tQ05\t-0.0\t          ",
            b"SMS02000000000000001          \t1990\tM13\t       230.125\tR,P",
        ],
    ),
    "mapping": (
        MAPPING,
        "\t".join(column.name for column in MAPPING).encode(),
        [b"01\tAll items\t0\t1\t1994", b"0A\t\t\t-\t   ", b"SA0  \t \t 0002\t12 \t2001"],
    ),
}


@st.composite
def damaged(draw):
    """A valid file below its header line, with random damage done to it."""
    columns, header, lines = VALID[draw(st.sampled_from(list(VALID)))]
    end = draw(st.sampled_from([b"\r\n", b"\n", b"\r"]))
    body = b"".join(draw(st.sampled_from(lines)) + end for _ in range(draw(st.integers(1, 12))))
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3, 5]))):
        borders = [0, *(match.end() for match in re.finditer(rb"[\t\n]|(?=[\t\r\n])", body))]
        at = draw(st.one_of(st.sampled_from(borders), st.integers(0, len(body))))
        gone = draw(st.sampled_from([0, 0, 0, 1, 3, 20]))
        grain = draw(st.one_of(st.sampled_from(GRAINS), st.binary(max_size=3)))
        body = body[:at] + grain + body[at + gone :]
    return columns, header + draw(st.sampled_from([b"\r\n", b"\n", b"\r"])) + body


@settings(max_examples=400, deadline=None)
@given(damaged(), st.integers(0, 200))
def test_any_bytes_give_the_same_rows_and_rejects_however_they_are_read(file, more):
    columns, text = file
    longest = max(len(line) for line in text.split(b"\n")) + 2
    expected = one_by_one(text, columns)
    assert same(read(text, columns, block_bytes=longest + more), expected)
    assert same(read(text, columns), expected)


NUMBERS = [
    "1", "+1", "-1", "-0", "1.", ".5", "-.5", "00012.5", "1e5", "1E5", "1e-7", "0" * 25 + "1",
    "1." + "0" * 30, "1" + "0" * 30, "12345678901234567", "0." + "1" * 17, "-0." + "1" * 17,
    "1." + "0" * 30 + "1", "0.30000000000000000001", "100000000000000000001e-15",
    "800000000.00000005001", "800000000.0000005", "1800", "2022", "2100", "999999999",
    "756652830.2092249393463134765625",  # Python and pyarrow round its double differently
]  # fmt: skip
NO_NUMBERS = [
    "+", ".", "--", "NaN", "nan", "-nan", "inf", "-inf", "Infinity", "1e400", "-1e400", "0x1F",
    "9" * 40, "123456789012345678", "0." + "1" * 18, "-0." + "1" * 18,
    "\u0663",
    "1,234", "1_000", "1 2", "1.2.3", "\x0b1", "TRUE", "null", '"5"', "5%", "$5", "A01", "a01",
]  # fmt: skip
OTHERS = [
    "", "-", "- ", "  -", " " * 40, "1000000000", "-1000000000", "2147483647", "2147483648",
    "0000000000002022", "1799", "2101", "0" * 5000 + "2022", "-" + "0" * 5000 + "1", "0" * 5000,
    "1" * 5000 + "x", "0" * 5000 + ".x",
]  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.PRINTED])
@pytest.mark.parametrize("required", [True, False], ids=["required", "optional"])
def test_a_field_means_the_same_whichever_way_it_is_read(kind, required):
    """Each text stands alone in its file, so that no other can send its block the slow way."""
    columns = (Column("a_code", Kind.TEXT), Column("field", kind, required, source="field"))
    for text in (*NUMBERS, *NO_NUMBERS, *OTHERS):
        file = f"a_code\tfield\nx\t{text}\n".encode()
        assert same(read(file, columns), one_by_one(file, columns)), text


# What the bytes may be.


OTHER_BYTES = {
    "U13-NUL": (b"PRS3\x000006011\t1995\tQ01\t1\t", "holds a NUL byte"),
    "U13-latin-1": (b"PRS30006011\t1995\tQ01\t1\t\xe9", "is not UTF-8"),
    "U13-UTF-16": (b"PRS30006011\t1995\tQ01\t1\t\xff\xfe", "is not UTF-8"),
}


@pytest.mark.parametrize(("line", "reason"), OTHER_BYTES.values(), ids=OTHER_BYTES)
def test_u13_a_line_of_other_bytes_is_set_aside_and_nothing_is_replaced(line, reason):
    good = GOOD.encode()
    result = read(b"\r\n".join([HEADER.encode(), good, line, good, b""]))
    assert result.lines == [2, 4]
    assert [(reject.line, reject.reason) for reject in result.rejects] == [(3, reason)]


def test_u13_text_of_mapping_files_that_is_not_utf_8_is_windows_1252():
    file = b"item_code\titem_name\n01\tSan Germ\xe1n \x96 PR\n02\tCaf\xc3\xa9\n03\t\x81\n"
    columns = columns_of(("item_code", "item_name"))
    result = read(file, columns, takes_windows_1252=True)
    assert result.rows == [("01", "San Germán \u2013 PR"), ("02", "Café")]
    assert [reject.reason for reject in result.rejects] == ["is neither UTF-8 nor Windows-1252"]


def test_u13_utf_8_text_is_kept():
    file = "item_code\titem_name\r\n01\tCafé – bar\r\n".encode()
    assert read(file, columns_of(("item_code", "item_name"))).rows == [("01", "Café – bar")]


def test_u13_line_ends_may_change_inside_a_file():
    header, *lines = [HEADER, GOOD, GOOD, GOOD, GOOD]
    file = f"{header}\r\n{lines[0]}\n{lines[1]}\r\n{lines[2]}\r{lines[3]}".encode()
    result = read(file)
    assert result.rows == [("PRS30006011", 1995, "Q01", 2.6, "", None)] * 4
    assert result.lines == [2, 3, 4, 5]


# What a row may be.


MALFORMED = {
    "too-few-fields": ("PRS1\t1995\tQ01", "has 3 fields where the header has 5"),
    "vertical-tab": ("\x0b", "has 1 fields where the header has 5"),
    "one-field": ("PRS1", "has 1 fields where the header has 5"),
    "too-many-fields": ("PRS1\t1995\tQ01\t1\t\tR", "has 6 fields where the header has 5"),
    "blank-series": (" \t1995\tQ01\t1\t", "series_id is blank"),
    "blank-year": ("PRS1\t\tQ01\t1\t", "year is blank"),
    "dash-for-year": ("PRS1\t-\tQ01\t1\t", "year is blank"),
    "blank-period": ("PRS1\t1995\t\t1\t", "period is blank"),
    "odd-year": ("PRS1\t95x\tQ01\t1\t", "year '95x' is not a whole number"),
    "decimal-year": ("PRS1\t1995.0\tQ01\t1\t", "year '1995.0' is not a whole number"),
    "hexadecimal-year": ("PRS1\t0x7CB\tQ01\t1\t", "year '0x7CB' is not a whole number"),
    "year-too-early": ("PRS1\t1799\tQ01\t1\t", "year 1799 is not a year from 1800 to 2100"),
    "year-too-late": ("PRS1\t2101\tQ01\t1\t", "year 2101 is not a year from 1800 to 2100"),
    "one-digit": ("PRS1\t1995\tQ6\t1\t", "period 'Q6' is not a letter and two digits"),
    "lower-case-period": ("PRS1\t1995\tq01\t1\t", "period 'q01' is not a letter and two digits"),
}


@pytest.mark.parametrize(
    ("line", "reason"), MALFORMED.values(), ids=[f"U14-{name}" for name in MALFORMED]
)
def test_u14_a_malformed_row_is_set_aside_with_its_line_and_reason(line, reason):
    result = read(data_file(GOOD, line, GOOD))
    assert result.lines == [2, 4]
    (reject,) = result.rejects
    assert reject == Reject(3, reason, line)


def test_u14_a_reject_shows_the_start_of_a_long_line_only():
    (reject,) = read(data_file("x" * 5000)).rejects
    assert reject.text == "x" * 200


@pytest.mark.parametrize("blank", ["", "   ", "\t\t\t\t", " \t \t"], ids=ascii)
def test_a_blank_line_is_neither_row_nor_reject_but_is_counted(blank):
    file = data_file(blank, GOOD, blank, blank, "bad", blank)
    result = read(file)
    assert result.lines == [3]
    assert [reject.line for reject in result.rejects] == [6]


@pytest.mark.parametrize("blank", ["", "   ", "\t", " \t  "], ids=ascii)
def test_a_blank_line_in_a_mapping_file_makes_no_row_of_blanks(blank):
    """As at the end of the real pr.seasonal, and behind each line of the real sm.area."""
    file = data_file("S\tSeasonally Adjusted", blank, "U\tNot", blank, header="code\ttext")
    result = read(file, columns_of(("code", "text")))
    assert result == Read([("S", "Seasonally Adjusted"), ("U", "Not")], [2, 4], [])


@pytest.mark.parametrize("body", [b"", b"\r\n", HEADER.encode(), HEADER.encode() + b"\r\n"])
def test_a_file_without_rows_gives_none(body):
    header = Header(tuple(HEADER.split("\t")), len(body))
    assert list(FlatFileReader(header, DATA_COLUMNS).read(io.BytesIO(body))) == []


def test_a_row_that_ends_before_its_last_field_has_a_blank_one():
    file = data_file("PRS1\t1995\tQ01\t2.6", GOOD)
    reader = FlatFileReader(header_of(file), DATA_COLUMNS)
    (rows,) = reader.read(io.BytesIO(file))
    assert rows.short == 1
    assert rows.batch.column("footnote_codes").to_pylist() == ["", ""]
    assert rows.batch.column("value").to_pylist() == [2.6, 2.6]


def test_a_last_field_that_must_not_be_blank_must_be_there():
    columns = (Column("a_code", Kind.TEXT), Column("field", Kind.TEXT, required=True))
    result = read(b"a_code\tfield\nx\n", columns)
    assert [reject.reason for reject in result.rejects] == ["has 1 fields where the header has 2"]


def test_a_field_without_a_name_is_dropped_where_it_is_blank_and_its_row_where_it_is_not():
    file = data_file("1\t \tOne", "2\tx\tTwo", "3\t\tThree", header="a_code\t\ta_name")
    columns = columns_of(("a_code", "", "a_name"))
    result = read(file, columns)
    assert same(result, one_by_one(file, columns))
    assert result.rows == [("1", "One"), ("3", "Three")]
    assert [reject.reason for reject in result.rejects] == [
        "has text in a field that the header does not name"
    ]


def test_a_column_that_the_header_does_not_name_is_empty():
    file = data_file("PRS1\t1995\tQ01\t2.6", header="series_id\tyear\tperiod\tvalue")
    assert read(file).rows == one_by_one(file).rows == [("PRS1", 1995, "Q01", 2.6, "", None)]


def test_codes_keep_leading_zeros_and_quotes_mean_nothing():
    file = data_file('007\t"Fish" and "chips', "08\t-", header="item_code\titem_name")
    columns = columns_of(("item_code", "item_name"))
    assert read(file, columns).rows == [("007", '"Fish" and "chips'), ("08", "-")]


def test_one_code_padded_in_two_ways_is_one_code():
    file = data_file("A   \t1995\tQ01\t1\t", "A\t1995\tQ02 \t1\t", "A \t1995\tQ02\t1\t")
    (rows,) = FlatFileReader(header_of(file), DATA_COLUMNS).read(io.BytesIO(file))
    words = [rows.batch.column(name).dictionary.to_pylist() for name in ("series_id", "period")]
    assert words == [["A"], ["Q01", "Q02"]]
