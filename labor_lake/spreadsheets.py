"""An answer as a spreadsheet of Excel: numbers and dates are such, and text is text.

Nothing in a text is a formula, a link or markup, whatever it looks like. Rows are written as they
come: a spreadsheet needs no more memory than its largest row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Union

import pyarrow as pa
from pyarrow import types

from glue_jobs.errors import UsageError
from glue_jobs.reports.answers import text_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Callable

Cell = Union[str, bool, float, Decimal, date, datetime, None]
Sheet = tuple[Sequence[str], Iterable[Sequence[Cell]]]
"""The names of the columns, and the rows."""

_MOST_ROWS, _MOST_COLUMNS, _LONGEST_TEXT = 1_048_576, 16_384, 32_767
"""What a sheet of Excel holds: the first row has the columns' names; a text in units of UTF-16."""

_DIGITS = 15
"""That Excel keeps of a number; what has more stays whole as text."""

_FIRST_DAY = date(1900, 3, 1)
"""Excel has a 29 February 1900: what is before that would be shown a day off."""

_FORMATS = {datetime: ("yyyy-mm-dd hh:mm:ss.000", 24), date: ("yyyy-mm-dd", 11)}
"""How they are shown, and how wide a column that shows them is."""

_CSV_INSTEAD = "Ask for less, or take --format csv."


def load_library() -> Any:
    """The package that writes them.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import xlsxwriter  # noqa: PLC0415 - who wants no spreadsheet needs none
    except ImportError:
        raise UsageError(
            "xlsxwriter, which writes spreadsheets, is not installed.",
            hint="pip install 'labor-lake[excel]'",
        ) from None
    return xlsxwriter


def sheet_of(answer: pa.RecordBatchReader) -> Sheet:
    """An answer as a sheet, read as its rows are."""
    return answer.schema.names, _rows(answer)


def write_spreadsheet(sheets: Iterable[tuple[str, Sheet]], path: Path) -> None:
    """Writes sheets by their names, at most 31 characters each.

    Args:
        sheets: of which each is read to its end before the next.
        path: of the file; a temporary one is beside it meanwhile.

    Raises:
        UsageError: one has more than Excel can hold, or the package is missing.
        OSError: the file cannot be written.
    """
    library = load_library()
    settings = {"constant_memory": True, "tmpdir": str(path.parent)}
    book = library.Workbook(str(path), settings)
    try:
        try:
            for name, (names, rows) in sheets:
                _fill(book, book.add_worksheet(name), names, rows)
        finally:
            book.close()
    except library.exceptions.FileCreateError as error:
        raise error.args[0] from None  # what the system has said


def _rows(answer: pa.RecordBatchReader) -> Iterator[Sequence[Cell]]:
    """Rows in which everything but numbers, dates, times and booleans is the text for people."""
    for batch in answer:
        table = pa.Table.from_batches([batch])
        texts = text_rows(table)[1]
        plain = [column.to_pylist() if _is_plain(column.type) else None for column in table.columns]
        for number, row in enumerate(texts):
            yield [text if values is None else values[number] for text, values in zip(row, plain)]


def _is_plain(kind: pa.DataType) -> bool:
    """Whether Excel has a type for it; a real is written with its own digits, as text."""
    return bool(
        types.is_integer(kind)
        or types.is_float64(kind)
        or types.is_decimal(kind)
        or types.is_boolean(kind)
        or types.is_date(kind)
        or (types.is_timestamp(kind) and kind.tz is None)
    )


def _fill(book: Any, sheet: Any, names: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    if len(names) > _MOST_COLUMNS:
        raise UsageError(
            f"The answer has {len(names):,} columns, and Excel holds {_MOST_COLUMNS:,}.",
            hint=_CSV_INSTEAD,
        )
    formats = {
        kind: book.add_format({"num_format": shown}) for kind, (shown, _) in _FORMATS.items()
    }
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(names):
        sheet.write_string(0, column, _checked(name, 0, name), bold)
    writers: dict[type, Callable[..., Any]] = {
        bool: sheet.write_boolean,
        int: sheet.write_number,
        float: sheet.write_number,
        date: sheet.write_datetime,
        datetime: sheet.write_datetime,
    }
    dated: set[int] = set()
    for number, row in enumerate(rows, 1):
        if number >= _MOST_ROWS:
            raise UsageError(
                f"The answer has more than {_MOST_ROWS - 1:,} rows, which is all that a sheet of"
                " Excel holds below its header.",
                hint=_CSV_INSTEAD,
            )
        for column, cell in enumerate(row):
            told = _as_excel_has_it(cell)
            kind = type(told)
            if told is None or told == "":
                continue
            if kind is str:
                sheet.write_string(number, column, _checked(told, number, names[column]))
            elif kind in formats:
                writers[kind](number, column, told, formats[kind])
                if column not in dated:
                    dated.add(column)
                    sheet.set_column(column, column, _FORMATS[kind][1])
            else:
                writers[kind](number, column, told)


def _as_excel_has_it(cell: Cell) -> Any:
    """A value that Excel shows as it is; its text where Excel would show another one."""
    if isinstance(cell, Decimal):
        exact = len(cell.as_tuple().digits) <= _DIGITS
        return float(cell) if exact else f"{cell:f}"
    if isinstance(cell, float) and not math.isfinite(cell):
        return "NaN" if math.isnan(cell) else f"{'-' if cell < 0 else ''}Infinity"
    if isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) >= 10**_DIGITS:
        return str(cell)
    if isinstance(cell, datetime):
        is_shown = cell.date() >= _FIRST_DAY and cell.microsecond % 1000 == 0
        return cell if is_shown else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell if cell >= _FIRST_DAY else cell.isoformat()
    return cell


def _checked(text: str, row: int, column: str) -> str:
    """A text that Excel can hold.

    Raises:
        UsageError: it cannot.
    """
    if len(text.encode("utf-16-le")) // 2 > _LONGEST_TEXT:
        raise UsageError(
            f"A text in row {row:,} of {column[:40]} is longer than the {_LONGEST_TEXT:,}"
            " characters that a cell of Excel holds.",
            hint="Cut it, as in substr(x, 1, 32767), or take --format csv.",
        )
    return text
