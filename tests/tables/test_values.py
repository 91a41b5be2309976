"""What becomes of every way to write a figure: a value, or null and the text itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tables.test_flatfile import GOOD, NO_NUMBERS, data_file, one_by_one, read, same

if TYPE_CHECKING:
    from glue_jobs.tables.fields import Value

VALUES = {
    "1e5": "100000.0",
    "1E5": "100000.0",
    "1e+5": "100000.0",
    "1e05": "100000.0",
    "1e-2": "0.01",
    ".5": "0.5",
    "5.": "5.0",
    "+5": "5.0",
    "-5": "-5.0",
    "007": "7.0",
    "0": "0.0",
    "-0": "-0.0",
    "0e-999": "0.0",
    "-0.000e-400": "-0.0",
    "0e400": "0.0",
    "0." + "0" * 400: "0.0",
    "1e-300": "1e-300",
    "2.2250738585072014e-308": "2.2250738585072014e-308",  # the smallest that loses no digit
    "1.7976931348623157e308": "1.7976931348623157e+308",
    "100000e-5": "1.0",
    "  5": "5.0",
    "5  ": "5.0",
    "": "None",
    "-": "None",
    "  -": "None",
}
TEXTS = [
    "1e-400",
    "-1e-400",
    "1E-400",
    "0.1e-330",
    "1e-324",
    "5e-324",  # a double holds it, but with one digit
    "2.225073858507201e-308",
    "1.234567890123e-310",
    "0." + "0" * 400 + "1",
    "-." + "0" * 330 + "1",
    "0." + "0" * 400 + "1e+50",
    "1e400",
    "-1e400",
    "1.8e308",
    "9" * 400,
    "1" * 40,
    "0." + "1" * 40,
    "NaN",
    "nan(1)",
    "inf",
    "Infinity",
    "0x10",
    "0x1p3",
    "0x1.8p-400",
    "1_000",
    "1,000",
    "1 2",
    " 1 2 ",
    "١٢",
    "\uff11\uff12",
    "\u22125",
    "--5",
    "+-5",
    "1d5",
    "1e",
    "e5",
    "1e5.0",
    "1.2.3",
    ".",
    "<0.5",
    "5%",
    "5-",
    "(5)",
    "1/2",
    "5f",
    "True",
    "N/A",
]


def file_with(text: str) -> bytes:
    return data_file(GOOD, f"PRS30006011      \t1995\tQ02\t{text}\t")


@pytest.mark.parametrize(("text", "printed"), VALUES.items(), ids=[f"{t:.30}" for t in VALUES])
def test_u17_a_figure_is_the_value_that_it_says(text, printed):
    result = read(file_with(text))
    assert same(result, one_by_one(file_with(text)))
    assert result.rejects == []
    assert repr(result.rows[1][3]) == printed


@pytest.mark.parametrize("text", TEXTS, ids=[f"{t:.30}" for t in TEXTS])
def test_u17_what_no_double_holds_or_is_no_figure_stays_as_text(text):
    result = read(file_with(text))
    assert same(result, one_by_one(file_with(text)))
    assert result.rejects == []
    assert result.rows[1][3:] == (None, "", text.strip())


@pytest.mark.parametrize("text", ["3e-400", "3E-400", f"0.{'0' * 330}3"], ids="{:.6}".format)
@pytest.mark.parametrize("place", [0, 1, 2_000], ids=["first", "second", "far-down"])
def test_u17_a_figure_too_small_is_found_among_thousands_of_zeros(place, text):
    lines = [f"PRS{number:08}\t1995\tQ01\t0.0\t" for number in range(3_000)]
    lines[place] = lines[place].replace("0.0", text)
    values = [(row[3], row[5]) for row in read(data_file(*lines)).rows]
    assert values.pop(place) == (None, text)
    assert set(values) == {(0.0, None)}


def test_an_exponent_in_text_is_no_reason_for_the_slow_way(monkeypatch):
    """Where no figure is zero, none can have been too small."""
    monkeypatch.setattr("glue_jobs.tables.flatfile.FlatFileReader.rows_one_by_one", None)
    assert len(read(data_file(GOOD, "PRS3e-5\t1995\tQ01\t1.5\te-")).rows) == 2


def test_the_letter_of_an_exponent_in_text_is_no_reason_either(monkeypatch):
    monkeypatch.setattr("glue_jobs.tables.flatfile.FlatFileReader.rows_one_by_one", None)
    rows = read(data_file(GOOD, "CEU3e5\t1995\tQ01\t0.0\t", "CEU4\t1995\tQ01\t-1\te")).rows
    assert len(rows) == 3


def test_the_smallest_double_that_keeps_its_digits_is_python_s():
    assert float("2.2250738585072014e-308") == sys.float_info.min


def value_of(text: str) -> Value:
    """What one value's text becomes, beside good rows, both ways of reading agreeing."""
    file = data_file(GOOD, f"PRS30006011      \t1995\tQ02\t{text}\t")
    result = read(file)
    assert same(result, one_by_one(file))
    assert result.rejects == []
    return result.rows[1][3]


@pytest.mark.parametrize(
    "text", ["-", "", "            ", "           -", "-   "], ids="U17-{!r}".format
)
def test_u17_a_dash_or_nothing_is_null(text):
    assert value_of(text) is None


@pytest.mark.parametrize("text", NO_NUMBERS, ids=[f"U17-{text!a}" for text in NO_NUMBERS])
def test_u17_what_is_no_plain_number_is_no_value_and_stays_as_text(text):
    file = data_file(GOOD, f"PRS30006011      \t1995\tQ02\t  {text}\t")
    result = read(file)
    assert same(result, one_by_one(file))
    assert [row[3:] for row in result.rows] == [(2.6, "", None), (None, "", text)]
    assert result.rejects == []


@pytest.mark.parametrize(("text", "printed"), [("-", "-"), ("", None), ("   ", None)])
def test_u17_a_dash_is_text_and_a_blank_is_none(text, printed):
    file = data_file(GOOD, f"PRS30006011      \t1995\tQ02\t{text}\t")
    assert read(file).rows[1][3:] == one_by_one(file).rows[1][3:] == (None, "", printed)


PRINTED = {
    "-0.0": "-0.0", "0": "0.0", "-12.3": "-12.3", "98.125": "98.125", "1.000": "1.0", "+2": "2.0",
    "  230.0": "230.0", ".5": "0.5", "005": "5.0", "1e3": "1000.0", "0.1234567": "0.1234567",
    "333287557": "333287557.0", "99999999999": "99999999999.0",
}  # fmt: skip


@pytest.mark.parametrize(("text", "printed"), PRINTED.items())
def test_a_value_keeps_its_sign_and_its_decimals(text, printed):
    assert repr(value_of(text)) == printed


@settings(max_examples=150, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, max_value=10**12).map(str))
def test_a_value_is_the_double_nearest_to_its_text(text):
    # 17 digits at most: 12 before the point, 4 behind; more on the negative side are rejects.
    if len(text.lstrip("-0.").replace(".", "")) <= 17:
        assert repr(value_of(text)) == repr(float(text))


@pytest.mark.parametrize("text", ["1e5", "1" * 30, "12345678901234567"])
def test_u17_what_may_be_a_number_beside_text_is_read_as_carefully(text):
    lines = [f"PRS{number:08}\t1995\tQ01\t<0.5\t" for number in range(9)]
    file = data_file(*lines, f"PRS9\t1995\tQ01\t{text}\t")
    assert same(read(file), one_by_one(file))
    assert {row[5] for row in read(file).rows[:-1]} == {"<0.5"}
