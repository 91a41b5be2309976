"""Reads BLS's flat files: bytes to trimmed, typed record batches, in bounded memory.

A flat file is a header line and rows of tab-separated fields, padded with blanks; a line ends with
CRLF, LF or CR. It is cut into blocks of whole lines. A block goes through pyarrow's parser in one
call, and that is how nearly every block is read. Whatever that parser would have to guess about
(a field too many, a figure that no double can hold, bytes that are not ASCII, a blank line) makes
it give up the block, and ``rows_one_by_one`` reads the same lines by the rules below, which are
the definition of the format:

- a field is its text without the blanks around it; further fields that are blank are dropped, and
  one that the header does not name must be blank
- a line may end before its last field, if that may be blank; it is blank then
- a line of blanks and tabs is no row
- a year is 1800 to 2100; a period is a letter and two digits
- text that is blank or ``-`` is null in a column of whole numbers
- a value is a plain number: at most 17 digits, or such that the double is that of at most six
  decimals; zero, or no nearer to zero than doubles keep their precision (2.2e-308). Any other text
  (``-``, ``<0.5``, ``1,234``) is no value, and stands in the column beside it as BLS prints it
- text is UTF-8; of a series or mapping file, a line that is not is read as Windows-1252
- a line that breaks a rule is a reject, with its number and the reason; nothing is replaced
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial, reduce
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from glue_jobs.tables.columns import Kind
from glue_jobs.tables.fields import (
    ARROW_TYPES,
    NULLS,
    field_of,
    is_sure,
    numbers_of,
    printed_of,
    value_of,
)
from glue_jobs.tables.lines import BLOCK_BYTES, blocks_of
from glue_jobs.tables.threads import count_in_use, map_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glue_jobs.tables.columns import Column
    from glue_jobs.tables.fields import Value
    from glue_jobs.tables.header import Header

_ONE = pa.scalar(1, pa.uint64())
_PADDED_NULLS = [" " * width + mark for width in range(31) for mark in NULLS]
_FEW = 0.05  # of the values of a block
_MANY_ZEROS = b"0" * 300
_STRIDE = 19  # of 300 zeros, each 19th byte gives 15 at least

# An empty line is a row without content, so that a block's rows are its lines and can be numbered.
_PARSE = pcsv.ParseOptions(
    delimiter="\t", quote_char=False, double_quote=False, ignore_empty_lines=False
)


# The parser would look up the code of every row; `_runs` looks at the rows where it changes.
_PARSED_TYPES = {**ARROW_TYPES, Kind.CODE: pa.string()}


@dataclass(frozen=True)
class Reject:
    """A line that could not be read: its number in the file (the header is 1), why, its text."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Rows:
    """What a block held.

    Attributes:
        batch: the rows.
        lines: the line that each came from.
        rejects: the lines set aside.
        short: how many lines ended before their last field.
        not_utf8: how many lines were read as Windows-1252.
    """

    batch: pa.RecordBatch
    lines: Sequence[int]
    rejects: Sequence[Reject]
    short: int = 0
    not_utf8: int = 0


class FlatFileReader:
    """Reads the rows below a header."""

    def __init__(
        self, header: Header, columns: Sequence[Column], *, takes_windows_1252: bool = False
    ) -> None:
        """Prepares to read those columns of a file with that header, wherever they stand in it.

        Args:
            header: the file's.
            columns: what to read, in the order that batches shall have. A column of text that the
                header does not name is empty.
            takes_windows_1252: whether a line that is not UTF-8 may be Windows-1252.
        """
        self._header = header
        # A name with a blank is no column's.
        self._names = [name or f"unnamed {place}" for place, name in enumerate(header.names)]
        self._unnamed = [place for place, name in enumerate(header.names) if not name]
        self._columns = list(columns)
        self._sources = [column.source or column.name for column in columns]
        self._takes_windows_1252 = takes_windows_1252
        kinds = {
            source: column.kind
            for source, column in zip(self._sources, columns)
            if column.kind is not Kind.PRINTED and source in self._names
        }
        self._types = {name: _PARSED_TYPES[kind] for name, kind in kinds.items()}
        self._types.update({self._names[place]: pa.string() for place in self._unnamed})
        printed = {
            source: pa.string()
            for source, column in zip(self._sources, columns)
            if column.kind is Kind.PRINTED
        }
        # Whatever is no number stops the parser, and would be gone where it is null.
        self._types_as_printed = {**self._types, **printed}
        self._printed = list(printed)
        self._ways: list[tuple[dict[str, pa.DataType], list[str]]] = [
            (self._types, NULLS),
            (self._types, _PADDED_NULLS),
            *([(self._types_as_printed, _PADDED_NULLS)] if printed else []),
        ]
        self._last_way = self._ways[0]
        last = [column for column in columns if column.name == header.names[-1]]
        self._may_be_short = not any(column.required for column in last)
        self.schema = pa.schema([field_of(column) for column in columns])

    def read(
        self, stream: BinaryIO, block_bytes: int = BLOCK_BYTES, threads: int = 0
    ) -> Iterator[Rows]:
        """Yields the rows below the header of a stream that is at its start, block by block.

        Args:
            stream: the file's bytes.
            block_bytes: of a block, at most.
            threads: how many parse beside the one that asks; what is yielded is the same.

        Raises:
            QualityFailure: a line is longer than a block.
        """
        line = self._header.first_line
        buffers = count_in_use(threads)
        blocks = blocks_of(stream, block_bytes, skip=self._header.size, buffers=buffers)
        for parsed in map_ahead(self._batch_or_bytes, blocks, threads):
            if isinstance(parsed, bytes):
                yield self.rows_one_by_one(parsed, line)
                line += len(parsed.splitlines())
            else:
                yield Rows(parsed, range(line, line + parsed.num_rows), ())
                line += parsed.num_rows

    def rows_one_by_one(self, block: bytes, first_line: int) -> Rows:
        """Reads a block by the rules in the text at the top, line by line."""
        values: list[list[Value]] = [[] for _ in self._columns]
        lines: list[int] = []
        rejects: list[Reject] = []
        short, not_utf8 = 0, 0
        for number, line in enumerate(block.splitlines(), first_line):
            if not line.strip(b" \t"):
                continue
            try:
                text, is_utf8 = self._text_of(line)
                fields = [field.strip(" ") for field in text.split("\t")]
                row = self._row(fields)
            except ValueError as error:
                text = line.decode("utf-8", "backslashreplace")[:200]
                rejects.append(Reject(number, str(error), text))
                continue
            short += len(fields) < len(self._names)
            not_utf8 += not is_utf8
            lines.append(number)
            for column, value in zip(values, row):
                column.append(value)
        return Rows(batch_of(values, self.schema), lines, rejects, short, not_utf8)

    def _batch_or_bytes(self, block: tuple[bytearray, int]) -> pa.RecordBatch | bytes:
        """A block as a batch, if it can be read at once; if not, its bytes."""
        buffer, end = block
        batch = self._at_once(buffer, end)
        return bytes(buffer[:end]) if batch is None else batch

    def _at_once(self, buffer: bytearray, end: int) -> pa.RecordBatch | None:
        """Reads a block in few calls; None unless the result is sure to be the exact one."""
        if not buffer.isascii() or buffer.find(b"\0", 0, end) >= 0 or _has_hexadecimal(buffer, end):
            return None
        block = pa.py_buffer(memoryview(buffer)[:end])
        table = self._parse_somehow(block)
        if table is None or not all(_is_blank(table.column(self._names[i])) for i in self._unnamed):
            return None
        arrays = self._arrays(table, block)
        if not all(
            array is not None and is_sure(column, array)
            for column, array in zip(self._columns, arrays)
        ):
            return None
        numbers = [
            array for column, array in zip(self._columns, arrays) if column.kind is Kind.NUMBER
        ]
        if any(map(_has_zero, numbers)) and _may_have_tiny(buffer, end):
            return None
        # A required column, if there is one, has shown that no line is blank.
        if not any(column.required for column in self._columns) and _has_blank_row(arrays):
            return None
        return pa.record_batch(arrays, schema=self.schema)

    def _parse_somehow(self, block: pa.Buffer) -> pa.RecordBatch | None:
        """Parses a block as the last one was, which its neighbour nearly always can be, too."""
        for way in sorted(self._ways, key=lambda one: one is not self._last_way):
            table = self._parse(block, *way)
            # Where much is text, to look it up line by line would take longer than to parse it so.
            if table is not None and not self._has_much_text(table):
                self._last_way = way
                return table
        return None

    def _has_much_text(self, table: pa.RecordBatch) -> bool:
        return any(
            pa.types.is_floating(column.type) and column.null_count > _FEW * table.num_rows
            for column in map(table.column, self._printed)
        )

    def _parse(
        self, block: pa.Buffer, types: dict[str, pa.DataType], nulls: list[str]
    ) -> pa.RecordBatch | None:
        convert = pcsv.ConvertOptions(
            column_types=types,
            include_columns=list(types),
            null_values=nulls,
            strings_can_be_null=False,
            check_utf8=False,  # it is ASCII
        )
        read = pcsv.ReadOptions(
            use_threads=False, block_size=block.size + 1, column_names=self._names
        )
        try:
            table = pcsv.read_csv(pa.BufferReader(block), read, _PARSE, convert)
        except pa.ArrowInvalid:
            return None
        return table.to_batches()[0] if table.num_rows else None

    def _arrays(self, table: pa.RecordBatch, block: pa.Buffer) -> list[pa.Array | None]:
        """The columns of a block that was parsed; None for one of which nothing is sure."""
        arrays: list[pa.Array | None] = []
        for column, source in zip(self._columns, self._sources):
            if source not in self._names:
                arrays.append(pa.array([""] * table.num_rows, pa.string()))
                continue
            array = table.column(source)
            if column.kind is Kind.CODE:
                array = _runs(array)
            array = _trimmed(array)
            if column.kind is Kind.PRINTED:
                array = printed_of(array, partial(self._fields_of, block, source))
            elif column.kind is Kind.NUMBER and pa.types.is_string(array.type):
                array = numbers_of(array)
            arrays.append(array)
        return arrays

    def _fields_of(self, block: pa.Buffer, name: str, rows: Sequence[int]) -> list[str]:
        """What stands in a column in some rows of a block, which are its lines."""
        lines, place = block.to_pybytes().splitlines(), self._names.index(name)
        # An empty line is a row to the parser; nothing of its block will be used.
        fields = ((*lines[row].split(b"\t"), *[b""] * place)[place] for row in rows)
        return [field.strip(b" ").decode("ascii") for field in fields]

    def _text_of(self, line: bytes) -> tuple[str, bool]:
        """The text of a line, and whether it is UTF-8."""
        if b"\0" in line:
            raise ValueError("holds a NUL byte")
        try:
            return line.decode("utf-8"), True
        except UnicodeDecodeError:
            if not self._takes_windows_1252:
                raise ValueError("is not UTF-8") from None
        try:
            return line.decode("cp1252"), False
        except UnicodeDecodeError:
            raise ValueError("is neither UTF-8 nor Windows-1252") from None

    def _row(self, fields: Sequence[str]) -> list[Value]:
        expected = len(self._names)
        if len(fields) == expected - 1 and self._may_be_short:
            fields = [*fields, ""]
        if len(fields) < expected or any(fields[expected:]):
            raise ValueError(f"has {len(fields)} fields where the header has {expected}")
        if any(fields[place] for place in self._unnamed):
            raise ValueError("has text in a field that the header does not name")
        texts = dict(zip(self._names, fields))
        row: list[Value] = []
        numbers: dict[str, Value] = {}
        for column, source in zip(self._columns, self._sources):
            text = texts.get(source, "")
            if column.kind is Kind.PRINTED:  # its number stands before it
                row.append(text if text and numbers[source] is None else None)
            else:
                numbers[source] = value_of(column, text)
                row.append(numbers[source])
        return row


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
    return any(_has(buffer, end, letter, b"0" + letter) for letter in (b"x", b"X"))


def _may_have_tiny(buffer: bytearray, end: int) -> bool:
    """Whether there may be a figure that a double holds as zero, and is none."""
    if buffer[:end:_STRIDE].find(_MANY_ZEROS[::_STRIDE][:-1]) >= 0 and _has(
        buffer, end, _MANY_ZEROS
    ):
        return True
    return any(_has(buffer, end, letter, b"-", letter + b"-") for letter in (b"e", b"E"))


def _has(buffer: bytearray, end: int, *parts: bytes) -> bool:
    """Whether there are all of some texts; those of one letter are found fast, and come first."""
    return all(buffer.find(part, 0, end) >= 0 for part in parts)


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


def _has_zero(numbers: pa.Array) -> bool:
    return bool(pc.any(pc.equal(numbers, 0.0), min_count=0).as_py())


def _is_blank(texts: pa.Array) -> bool:
    return not pc.any(pc.not_equal(pc.ascii_trim(texts, " "), ""), min_count=0).as_py()


def _has_blank_row(arrays: Sequence[pa.Array]) -> bool:
    """Whether nothing was read from some line; pyarrow makes a row even of an empty one."""
    texts = (pc.fill_null(pc.cast(array, pa.string()), "") for array in arrays)
    return bool(pc.any(reduce(pc.and_, (pc.equal(text, "") for text in texts))).as_py())
