"""Reads BLS's flat files: bytes to trimmed, typed record batches, in bounded memory.

A flat file is a header line and rows of tab-separated fields, padded with blanks; a line ends with
CRLF, LF or CR. It is cut into blocks of whole lines. A block goes through pyarrow's parser in one
call, and that is how nearly every block is read. Whatever that parser would have to guess about
(a field too many, a figure that no double can hold, bytes that are not ASCII, a blank line) makes
it give up the block, and ``rows_one_by_one`` reads the same lines by the rules below, which are
the definition of the format:

- a field is its text without the blanks around it; further fields that are blank are dropped
- text that is blank or ``-`` is null in a column of numbers, and stays text in a column of text
- a line of blanks and tabs is no row
- a year is 1800 to 2100; a period is one of ``PERIODS``
- a value has at most 17 digits, or such that the double is that of at most six decimals; it is
  zero, or no nearer to zero than doubles keep their precision (2.2e-308)
- a line that breaks a rule is a reject, with its number and the reason; nothing is replaced
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from typing import TYPE_CHECKING, BinaryIO, Optional, Union

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from glue_jobs.tables.lines import BLOCK_BYTES, blocks_of, first_line
from glue_jobs.timestamps import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PERIODS = tuple(
    [f"M{n:02d}" for n in range(1, 14)]
    + [f"Q{n:02d}" for n in range(1, 6)]
    + [f"S{n:02d}" for n in range(1, 4)]
    + ["A01"]
)
"""Months, quarters and half years; M13, Q05, S03 and A01 are annual figures."""

_BOM = b"\xef\xbb\xbf"
# Each digit can be matched in one way only: a field may be a million digits long, and no number.
_NUMBER = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"(-?)0*(\d{1,9})", re.ASCII)
_MOST_DIGITS = 17
# Below, a double that is equal to itself rounded to six decimals stands for those decimals.
_SMALL = 1e9
_ONE = pa.scalar(1, pa.uint64())
# Without one of these in it, a figure that a double holds as zero is zero.
_TINY = (b"e-", b"E-", b"0" * 300)
_NULLS = ["", "-"]
_PADDED_NULLS = [" " * width + mark for width in range(31) for mark in _NULLS]

# An empty line is a row without content, so that a block's rows are its lines and can be numbered.
_PARSE = pcsv.ParseOptions(
    delimiter="\t", quote_char=False, double_quote=False, ignore_empty_lines=False
)

Value = Optional[Union[str, int, float]]


class Kind(Enum):
    """What a column holds; decides its type and what its fields may be."""

    CODE = "code"  # text that repeats from row to row: series_id
    TEXT = "text"
    YEAR = "year"
    PERIOD = "period"
    INTEGER = "integer"
    NUMBER = "number"


ARROW_TYPES = {
    Kind.CODE: pa.dictionary(pa.int32(), pa.string()),
    Kind.PERIOD: pa.dictionary(pa.int32(), pa.string()),
    Kind.TEXT: pa.string(),
    Kind.YEAR: pa.int16(),
    Kind.INTEGER: pa.int32(),
    Kind.NUMBER: pa.float64(),
}
# The parser would look up the code of every row; `_runs` looks at the rows where it changes.
_PARSED_TYPES = {**ARROW_TYPES, Kind.CODE: pa.string()}


@dataclass(frozen=True)
class Column:
    """One column to read.

    Attributes:
        name: its header name, trimmed and in lower case.
        kind: what it holds.
        required: whether a blank field makes the row a reject.
    """

    name: str
    kind: Kind
    required: bool = False

    @property
    def field(self) -> pa.Field:
        """The Arrow field that batches carry; text is never null, it may be empty."""
        nullable = self.kind in (Kind.YEAR, Kind.INTEGER, Kind.NUMBER) and not self.required
        return pa.field(self.name, ARROW_TYPES[self.kind], nullable=nullable)


@dataclass(frozen=True)
class Reject:
    """A line that could not be read: its number in the file (the header is 1), why, its text."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Rows:
    """What a block held: the rows, the line that each came from, and the lines set aside."""

    batch: pa.RecordBatch
    lines: Sequence[int]
    rejects: Sequence[Reject]


def read_header(stream: BinaryIO) -> tuple[str, ...]:
    """Reads the first line: the column names, trimmed and in lower case.

    The line is returned as it is split, whatever it says; a document gives odd names.
    """
    text = first_line(stream).removeprefix(_BOM).decode("utf-8", "replace")
    names = [name.strip().lower() for name in text.split("\t")]
    while len(names) > 1 and not names[-1]:
        names.pop()
    return tuple(names)


class FlatFileReader:
    """Reads the rows below a header."""

    def __init__(self, header: Sequence[str], columns: Sequence[Column]) -> None:
        """Prepares to read those columns of a file with that header, wherever they stand in it.

        Args:
            header: all names of the header line, in its order.
            columns: what to read, in the order that batches shall have.
        """
        self._header = list(header)
        self._columns = list(columns)
        self._places = [self._header.index(column.name) for column in columns]
        self.schema = pa.schema([column.field for column in columns])

    def read(self, stream: BinaryIO, block_bytes: int = BLOCK_BYTES) -> Iterator[Rows]:
        """Yields the rows below the header line of a stream that is at its start, block by block.

        Raises:
            QualityFailure: a line is longer than a block.
        """
        line = 2
        for buffer, end in blocks_of(stream, block_bytes, below_first=True):
            batch = self._at_once(buffer, end)
            if batch is None:
                block = bytes(buffer[:end])
                yield self.rows_one_by_one(block, line)
                line += len(block.splitlines())
            else:
                yield Rows(batch, range(line, line + batch.num_rows), ())
                line += batch.num_rows

    def rows_one_by_one(self, block: bytes, first_line: int) -> Rows:
        """Reads a block by the rules in the text at the top, line by line."""
        values: list[list[Value]] = [[] for _ in self._columns]
        lines: list[int] = []
        rejects: list[Reject] = []
        for number, line in enumerate(block.splitlines(), first_line):
            if not line.strip(b" \t"):
                continue
            try:
                row = self._row(line)
            except ValueError as error:
                text = line.decode("utf-8", "backslashreplace")[:200]
                rejects.append(Reject(number, str(error), text))
                continue
            lines.append(number)
            for column, value in zip(values, row):
                column.append(value)
        return Rows(batch_of(values, self.schema), lines, rejects)

    def _at_once(self, buffer: bytearray, end: int) -> pa.RecordBatch | None:
        """Reads a block in one call; None unless the result is sure to be the exact one."""
        if not buffer.isascii() or buffer.find(b"\0", 0, end) >= 0 or _has_hexadecimal(buffer, end):
            return None
        block = pa.py_buffer(memoryview(buffer)[:end])
        batch = self._parse(block, _NULLS) or self._parse(block, _PADDED_NULLS)
        if batch is None:
            return None
        arrays = [
            _trimmed(_runs(array) if column.kind is Kind.CODE else array)
            for column, array in zip(self._columns, batch.columns)
        ]
        if not all(_is_sure(column, array) for column, array in zip(self._columns, arrays)):
            return None
        numbers = [
            array for column, array in zip(self._columns, arrays) if column.kind is Kind.NUMBER
        ]
        if any(map(_has_zero, numbers)) and any(buffer.find(mark, 0, end) >= 0 for mark in _TINY):
            return None
        # A required column, if there is one, has shown that no line is blank.
        if not any(column.required for column in self._columns) and _has_blank_row(arrays):
            return None
        return pa.record_batch(arrays, schema=self.schema)

    def _parse(self, block: pa.Buffer, nulls: list[str]) -> pa.RecordBatch | None:
        convert = pcsv.ConvertOptions(
            column_types={column.name: _PARSED_TYPES[column.kind] for column in self._columns},
            include_columns=[column.name for column in self._columns],
            null_values=nulls,
            strings_can_be_null=False,
            check_utf8=False,  # it is ASCII
        )
        read = pcsv.ReadOptions(
            use_threads=False, block_size=block.size + 1, column_names=self._header
        )
        try:
            table = pcsv.read_csv(pa.BufferReader(block), read, _PARSE, convert)
        except pa.ArrowInvalid:
            return None
        return table.to_batches()[0] if table.num_rows else None

    def _row(self, line: bytes) -> list[Value]:
        if b"\0" in line:
            raise ValueError("holds a NUL byte")
        try:
            fields = [field.strip(" ") for field in line.decode("utf-8").split("\t")]
        except UnicodeDecodeError:
            raise ValueError("is not UTF-8") from None
        expected = len(self._header)
        if len(fields) < expected or any(fields[expected:]):
            raise ValueError(f"has {len(fields)} fields where the header has {expected}")
        return [_value(column, fields[place]) for column, place in zip(self._columns, self._places)]


def batch_of(values: Sequence[Sequence[Value]], schema: pa.Schema) -> pa.RecordBatch:
    """Builds a batch from one list per column."""
    arrays = []
    for column, field in zip(values, schema):
        if pa.types.is_dictionary(field.type):
            arrays.append(pa.array(column, pa.string()).dictionary_encode())
        else:
            arrays.append(pa.array(column, field.type))
    return pa.record_batch(arrays, schema=schema)


def _has_hexadecimal(buffer: bytearray, end: int) -> bool:
    """Whether there may be a number such as 0x7E9, which pyarrow reads and BLS never means."""
    return any(
        buffer.find(letter, 0, end) >= 0 and buffer.find(b"0" + letter, 0, end) >= 0
        for letter in (b"x", b"X")
    )


def _runs(array: pa.Array) -> pa.Array:
    """Text that repeats from row to row, as a dictionary with one word per run of equal rows."""
    runs = pc.run_end_encode(array)
    number = pc.subtract(pc.rank(runs.run_ends), _ONE).cast(pa.int32())
    numbers = pa.RunEndEncodedArray.from_arrays(runs.run_ends, number)
    return pa.DictionaryArray.from_arrays(pc.run_end_decode(numbers), runs.values, safe=False)


def _trimmed(array: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        words = pc.ascii_trim(array.dictionary, " ")
        trimmed = pa.DictionaryArray.from_arrays(array.indices, words, safe=False)
        # A word that comes again after others, or padded otherwise, is one word.
        if pc.count_distinct(words).as_py() < len(words):
            return trimmed.dictionary_decode().dictionary_encode()
        return trimmed
    return pc.ascii_trim(array, " ") if pa.types.is_string(array.type) else array


def _is_sure(column: Column, array: pa.Array) -> bool:
    if column.required and (array.null_count or _has_blank(array)):
        return False
    if column.kind is Kind.YEAR:
        bounds = pc.min_max(array).as_py()
        return bounds["min"] is None or FIRST_YEAR <= bounds["min"] <= bounds["max"] <= LAST_YEAR
    if column.kind is Kind.PERIOD:
        return all(word in PERIODS for word in array.dictionary.to_pylist())
    if column.kind is Kind.NUMBER:
        return _are_short(array)
    if column.kind is Kind.INTEGER:
        bounds = pc.min_max(array).as_py()
        return bounds["min"] is None or -(10**9) < bounds["min"] <= bounds["max"] < 10**9
    return True


def _are_short(numbers: pa.Array) -> bool:
    """Whether all are equal to themselves rounded; one rounding, for both ways of reading."""
    bounds = pc.min_max(numbers).as_py()
    small = bounds["min"] is None or -_SMALL < bounds["min"] <= bounds["max"] < _SMALL
    return small and bool(pc.all(pc.equal(pc.round(numbers, 6), numbers), min_count=0).as_py())


def _has_zero(numbers: pa.Array) -> bool:
    return bool(pc.any(pc.equal(numbers, 0.0), min_count=0).as_py())


def _has_blank_row(arrays: Sequence[pa.Array]) -> bool:
    """Whether nothing was read from some line; pyarrow makes a row even of an empty one."""
    texts = (pc.fill_null(pc.cast(array, pa.string()), "") for array in arrays)
    return bool(pc.any(reduce(pc.and_, (pc.equal(text, "") for text in texts))).as_py())


def _has_blank(array: pa.Array) -> bool:
    words = array.dictionary if pa.types.is_dictionary(array.type) else array
    return pa.types.is_string(words.type) and bool(pc.any(pc.equal(words, "")).as_py())


def _value(column: Column, text: str) -> Value:
    """One field's value, or a ``ValueError`` that says what is wrong with it."""
    if column.required and not text:
        raise ValueError(f"{column.name} is blank")
    if column.kind in (Kind.CODE, Kind.TEXT):
        return text
    if column.kind is Kind.PERIOD:
        if text not in PERIODS:
            raise ValueError(f"period {text[:20]!r} is none that BLS uses")
        return text
    if text in _NULLS:
        if column.required:
            raise ValueError(f"{column.name} is blank")
        return None
    if column.kind is Kind.NUMBER:
        return _number(column.name, text)
    match = _INTEGER.fullmatch(text)
    if not match:
        raise ValueError(f"{column.name} {text[:20]!r} is not a whole number")
    # Without the zeros before it, of which Python's int bears a few thousand only.
    value = int(match[1] + match[2])
    if column.kind is Kind.YEAR and not FIRST_YEAR <= value <= LAST_YEAR:
        raise ValueError(f"{column.name} {value} is not a year from {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _number(name: str, text: str) -> float:
    match = _NUMBER.fullmatch(text)
    value = float(text) if match else math.nan
    if not match or not math.isfinite(value):
        raise ValueError(f"{name} {text[:20]!r} is not a number")
    if abs(value) < sys.float_info.min and match[1].strip("0."):
        raise ValueError(f"{name} {text[:20]!r} is too small for a double")
    whole, _, decimals = match[1].partition(".")
    digits = (whole + decimals.rstrip("0")).lstrip("0")
    if len(digits) > _MOST_DIGITS and not _are_short(pa.array([value])):
        raise ValueError(f"{name} has {len(digits)} digits, more than a double can hold")
    return value
