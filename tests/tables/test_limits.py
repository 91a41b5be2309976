"""The bounds of the readers of flat files and listings: what is at one passes, one more fails."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glue_jobs.errors import QualityFailure, UpstreamInvalid
from glue_jobs.sources.bls.listing import parse_listing
from glue_jobs.storage.names import safe_file_name
from glue_jobs.tables.columns import Column, Kind
from glue_jobs.tables.flatfile import FlatFileReader
from glue_jobs.tables.header import MOST_FIRST_BYTES, read_header
from glue_jobs.tables.lines import BLOCK_BYTES, blocks_of, find_lines
from glue_jobs.tables.schemas import columns_of
from tests.sources.test_listing import FOLDER, page, parse, row
from tests.tables.test_flatfile import data_file, one_by_one, read, same

# Lines.


def lengths(file: bytes, size: int) -> list[int]:
    """Of the blocks that a file is cut into."""
    return [end for _, end in blocks_of(io.BytesIO(file), size)]


@pytest.mark.parametrize(
    ("end", "most"), [(b"\n", 100), (b"\r\n", 100), (b"\r", 99), (b"", 99)], ids=ascii
)
def test_a_line_with_its_end_is_as_long_as_a_block_at_most(end, most):
    """A byte less where only the next one would tell that the line is at its end."""
    line = b"x" * (most - len(end)) + end
    more = line * 3 if end else b""
    assert sum(lengths(line + more, 100)) == len(line + more)
    for longer in (b"x" + line + more, more + b"x" + line, b"x" + line):
        with pytest.raises(QualityFailure, match="A line is longer than 100 bytes"):
            lengths(longer, 100)


@pytest.mark.parametrize("skip", [0, 1, 99, 100])
def test_bytes_that_are_left_out_may_fill_a_block(skip):
    blocks = blocks_of(io.BytesIO(b"x" * skip + b"a\n" * 80), 100, skip=skip)
    assert b"".join(bytes(buffer[:stop]) for buffer, stop in blocks) == b"a\n" * 80


def test_a_block_is_two_megabytes():
    assert BLOCK_BYTES == 2 * 1024 * 1024


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""], ids=ascii)
def test_a_header_has_64_kilobytes_at_most(end):
    header = "a_code\tb_code" + " " * (MOST_FIRST_BYTES - 13)
    assert MOST_FIRST_BYTES == 65_536
    made = read_header("pr.class", f"{header}{end}".encode())
    assert made is not None
    assert (made.names, made.size) == (("a_code", "b_code"), len(header + end))
    assert read_header("pr.class", f"{header} {end}".encode()) is None


def test_a_header_may_name_as_many_columns_as_it_has_room_for():
    names = [f"c{number}_code" for number in range(5_000)]
    header = "\t".join(names)
    made = read_header("pr.class", header.encode())
    assert made is not None
    assert made.names == tuple(names)
    file = f"{header}\n{header}\n{header}\tx\n".encode()
    result = read(file, columns_of(tuple(names)))
    assert result.rows == [tuple(names)]
    assert result.rejects[0].reason == "has 5001 fields where the header has 5000"


@pytest.mark.parametrize(("fields", "read_rows"), [(3, 0), (4, 1), (5, 1), (6, 0)])
def test_a_row_has_the_fields_of_the_header(fields, read_rows):
    line = "\t".join(["PRS1", "1995", "Q01", "1", "R", "x"][:fields])
    result = read(data_file(line))
    assert (len(result.rows), len(result.rejects)) == (read_rows, 1 - read_rows)


@pytest.mark.parametrize(("letters", "shown"), [(200, 200), (201, 200)])
def test_a_reject_shows_200_letters(letters, shown):
    (reject,) = read(data_file("x" * letters)).rejects
    assert len(reject.text) == shown


# Fields.


def field(kind: Kind, text: str) -> object:
    """The value of a field, or what is wrong with it; both ways of reading agree."""
    columns = (Column("a_code", Kind.TEXT), Column("field", kind))
    file = f"a_code\tfield\nx\t{text}\n".encode()
    result = read(file, columns)
    assert same(result, one_by_one(file, columns))
    return result.rows[0][1] if result.rows else result.rejects[0].reason


FIELDS = [
    (Kind.YEAR, "1799", "field 1799 is not a year from 1800 to 2100"),
    (Kind.YEAR, "1800", 1800),
    (Kind.YEAR, "2100", 2100),
    (Kind.YEAR, "2101", "field 2101 is not a year from 1800 to 2100"),
    (Kind.INTEGER, "999999999", 999_999_999),
    (Kind.INTEGER, "1000000000", "field '1000000000' is not a whole number"),
    (Kind.INTEGER, "-999999999", -999_999_999),
    (Kind.INTEGER, "-1000000000", "field '-1000000000' is not a whole number"),
    (Kind.INTEGER, "0" * 5000 + "999999999", 999_999_999),
    (Kind.NUMBER, "12345678901234567", 12345678901234567.0),
    (Kind.NUMBER, "123456789012345678", None),
    (Kind.NUMBER, "0.12345678901234567", 0.12345678901234567),
    (Kind.NUMBER, "0.123456789012345678", None),
    # More digits are borne where the double is that of six decimals, below a thousand million.
    (Kind.NUMBER, "0.50000000000000000001", 0.5),
    (Kind.NUMBER, "0.12345600000000000001", 0.123456),
    (Kind.NUMBER, "0.12345670000000000001", None),
    (Kind.NUMBER, "999999999.000000000001", 999_999_999.0),
    (Kind.NUMBER, "-999999999.000000000001", -999_999_999.0),
    (Kind.NUMBER, "1000000000.00000000001", None),
    (Kind.NUMBER, "-1000000000.00000000001", None),
    (Kind.PERIOD, "A00", "A00"),
    (Kind.PERIOD, "Z99", "Z99"),
    (Kind.PERIOD, "M1", "period 'M1' is not a letter and two digits"),
    (Kind.PERIOD, "M001", "period 'M001' is not a letter and two digits"),
    (Kind.PERIOD, "MM1", "period 'MM1' is not a letter and two digits"),
    (Kind.NUMBER, " " * 30 + "-", None),
    (Kind.NUMBER, " " * 31 + "-", None),
    (Kind.NUMBER, "x" * 21, None),
]


@pytest.mark.parametrize(
    ("kind", "text", "made"), FIELDS, ids=[f"{text:.25}" for _, text, _ in FIELDS]
)
def test_a_field_at_its_bound_and_beyond(kind, text, made):
    assert field(kind, text) == made


@pytest.mark.parametrize(("blanks", "slowly"), [(30, False), (31, True)])
def test_a_null_with_up_to_30_blanks_before_it_is_read_at_once(blanks, slowly, monkeypatch):
    asked = []
    whole = FlatFileReader.rows_one_by_one

    def noted(self: FlatFileReader, block: bytes, first: int) -> object:
        asked.append(first)
        return whole(self, block, first)

    monkeypatch.setattr(FlatFileReader, "rows_one_by_one", noted)
    columns = columns_of(("a_code", "begin_year"))
    assert read(f"a_code\tbegin_year\nx\t{' ' * blanks}-\n".encode(), columns).rows == [("x", None)]
    assert bool(asked) is slowly


# Listings.


@pytest.mark.parametrize(
    ("size", "passes"), [("0", True), ("9" * 15, True), ("1" + "0" * 15, False)]
)
def test_a_listed_size_has_15_digits_at_most(size, passes):
    if passes:
        assert parse(row("pr.class", size=size))[0].size == int(size)
    else:
        with pytest.raises(UpstreamInvalid, match="an entry of another form"):
            parse(row("pr.class", size=size))


@pytest.mark.parametrize(("letters", "passes"), [(1, True), (128, True), (129, False), (0, False)])
def test_a_listed_name_has_1_to_128_letters(letters, passes):
    name = "p" * letters
    if passes:
        assert parse(row(name))[0].name == safe_file_name(name) == name
    else:
        listing = parse_listing(page(row("pr.class"), row(name)), FOLDER)
        assert listing.refused == {name[:60]: "no file may have such a name"}
        with pytest.raises(UpstreamInvalid, match="a name that is refused"):
            safe_file_name(name)


@pytest.mark.parametrize(
    ("when", "passes"),
    [
        ("12/31/1799 11:59 PM", False),
        ("1/1/1800 12:00 AM", True),
        ("12/31/2100 11:59 PM", True),
        ("1/1/2101 12:00 AM", False),
        ("012/1/2026 8:30 AM", False),
        ("12/001/2026 8:30 AM", False),
        ("12/1/02026 8:30 AM", False),
        ("12/1/226 8:30 AM", False),
        ("12/1/2026 08:30 AM", True),
        ("12/1/2026 008:30 AM", False),
        ("12/1/2026 8:3 AM", False),
        ("12/1/2026 8:030 AM", False),
    ],
)
def test_a_listed_time_is_of_the_years_and_the_form_that_times_have(when, passes):
    if passes:
        assert len(parse(row("pr.class", when=when))) == 1
    else:
        with pytest.raises(UpstreamInvalid, match=r"has the time|an entry of another form"):
            parse(row("pr.class", when=when))


@pytest.mark.parametrize("entries", [0, 1, 30_000])
def test_a_listing_has_one_file_at_least_and_as_many_as_it_has_room_for(entries):
    body = page(*(row(f"oe.data.{number}") for number in range(entries)))
    if entries:
        assert len(parse_listing(body, FOLDER).files) == entries
    else:
        with pytest.raises(UpstreamInvalid, match="it names no file"):
            parse_listing(body, FOLDER)


# What ends a line.

ENDS = ["\r\n", "\n", "\r"]


@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_lines_are_found_by_a_word_whatever_ends_them(end):
    file = end.join(["one", "", "two ones", "three", "", "one"]).encode()
    assert list(find_lines(io.BytesIO(file), b"one")) == [
        (1, b"one"),
        (3, b"two ones"),
        (6, b"one"),
    ]
    assert list(find_lines(io.BytesIO(file), b"four")) == []


@given(
    lines=st.lists(st.tuples(st.text("ab ", max_size=9), st.sampled_from(ENDS))),
    size=st.integers(20, 40),
)
def test_lines_that_are_found_are_numbered_across_block_borders(lines, size):
    file = "".join(map("".join, lines)).encode()
    expected = [(n, line) for n, line in enumerate(file.splitlines(), 1) if b"ab" in line]
    assert list(find_lines(io.BytesIO(file), b"ab", size)) == expected


@pytest.mark.parametrize("size", [46, 64, 99, 1000])
@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_u13_lines_are_numbered_the_same_whatever_ends_them(end, size):
    lines = [f"PRS{number:08}\t1995\tQ01\t{number}.5\t" for number in range(2, 100)]
    for number in (5, 50, 51, 99):
        lines[number - 2] = f"bad line {number}"
    lines[30 - 2] = ""
    result = read(data_file(*lines, eol=end), block_bytes=size)
    assert [reject.line for reject in result.rejects] == [5, 50, 51, 99]
    assert [reject.text for reject in result.rejects][1] == "bad line 50"
    assert result.lines == [line for line in range(2, 100) if line not in (5, 30, 50, 51, 99)]


@pytest.mark.parametrize("size", range(46, 120))
def test_u13_a_block_s_border_between_cr_and_lf_ends_one_line_only(size):
    result = read(data_file(*["PRS1\t1995\tQ01\t1\t"] * 20, "bad"), block_bytes=size)
    assert result.lines == list(range(2, 22))
    assert [reject.line for reject in result.rejects] == [22]
