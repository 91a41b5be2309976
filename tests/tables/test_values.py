"""What becomes of every way to write a figure: a value, null, or a reject; never another figure."""

from __future__ import annotations

import sys

import pytest

from tests.tables.test_flatfile import GOOD, data_file, one_by_one, read, same

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
NO_NUMBER = "value {!r} is not a number"
TOO_SMALL = "value {!r} is too small for a double"
REJECTS = {
    "1e-400": TOO_SMALL,
    "-1e-400": TOO_SMALL,
    "1E-400": TOO_SMALL,
    "0.1e-330": TOO_SMALL,
    "1e-324": TOO_SMALL,
    "5e-324": TOO_SMALL,  # a double holds it, but with one digit
    "2.225073858507201e-308": TOO_SMALL,
    "1.234567890123e-310": TOO_SMALL,
    "0." + "0" * 400 + "1": TOO_SMALL,
    "-." + "0" * 330 + "1": TOO_SMALL,
    "0." + "0" * 400 + "1e+50": TOO_SMALL,
    "1e400": NO_NUMBER,
    "-1e400": NO_NUMBER,
    "1.8e308": NO_NUMBER,
    "9" * 400: NO_NUMBER,
    "1" * 40: "value has 40 digits, more than a double can hold",
    "0." + "1" * 40: "value has 40 digits, more than a double can hold",
    "NaN": NO_NUMBER,
    "nan(1)": NO_NUMBER,
    "inf": NO_NUMBER,
    "Infinity": NO_NUMBER,
    "0x10": NO_NUMBER,
    "0x1p3": NO_NUMBER,
    "0x1.8p-400": NO_NUMBER,
    "1_000": NO_NUMBER,
    "1,000": NO_NUMBER,
    "1 2": NO_NUMBER,
    " 1 2 ": "value '1 2' is not a number",
    "١٢": NO_NUMBER,
    "\uff11\uff12": NO_NUMBER,
    "\u22125": NO_NUMBER,
    "--5": NO_NUMBER,
    "+-5": NO_NUMBER,
    "1d5": NO_NUMBER,
    "1e": NO_NUMBER,
    "e5": NO_NUMBER,
    "1e5.0": NO_NUMBER,
    "1.2.3": NO_NUMBER,
    ".": NO_NUMBER,
    "<0.5": NO_NUMBER,
    "5%": NO_NUMBER,
    "5-": NO_NUMBER,
    "(5)": NO_NUMBER,
    "1/2": NO_NUMBER,
    "5f": NO_NUMBER,
    "True": NO_NUMBER,
    "N/A": NO_NUMBER,
}


def file_with(text: str) -> bytes:
    return data_file(GOOD, f"PRS30006011      \t1995\tQ02\t{text}\t")


@pytest.mark.parametrize(("text", "printed"), VALUES.items(), ids=[f"{t:.30}" for t in VALUES])
def test_u17_a_figure_is_the_value_that_it_says(text, printed):
    result = read(file_with(text))
    assert same(result, one_by_one(file_with(text)))
    assert result.rejects == []
    assert repr(result.rows[1][3]) == printed


@pytest.mark.parametrize(("text", "reason"), REJECTS.items(), ids=[f"{t:.30}" for t in REJECTS])
def test_u17_what_no_double_holds_or_is_no_figure_is_set_aside(text, reason):
    result = read(file_with(text))
    assert same(result, one_by_one(file_with(text)))
    (reject,) = result.rejects
    assert (reject.line, reject.reason) == (3, reason.format(text[:20]))
    assert result.lines == [2]


@pytest.mark.parametrize("place", [0, 1, 2_000], ids=["first", "second", "far-down"])
def test_u17_a_figure_too_small_is_found_among_thousands_of_zeros(place):
    lines = [f"PRS{number:08}\t1995\tQ01\t0.0\t" for number in range(3_000)]
    lines[place] = lines[place].replace("0.0", "3e-400")
    result = read(data_file(*lines))
    assert [reject.line for reject in result.rejects] == [place + 2]
    assert len(result.rows) == 2_999


def test_an_exponent_in_text_is_no_reason_for_the_slow_way(monkeypatch):
    """Where no figure is zero, none can have been too small."""
    monkeypatch.setattr("glue_jobs.tables.flatfile.FlatFileReader.rows_one_by_one", None)
    assert len(read(data_file(GOOD, "PRS3e-5\t1995\tQ01\t1.5\te-")).rows) == 2


def test_the_smallest_double_that_keeps_its_digits_is_python_s():
    assert float("2.2250738585072014e-308") == sys.float_info.min
