"""How a report is written down: as CSV for people and spreadsheets, as Parquet for programs.

A spreadsheet computes a cell that begins with `=` or its like, whoever wrote it. So text that looks
like a formula has an apostrophe put before it in CSV, and in CSV alone; a number such as -1.6 has
none. `from_csv` takes exactly those apostrophes away again.

A column `x_decimals` beside a column `x` is not written: it says with how many decimals `x` is
printed in its row. Other decimals are printed without the zeros behind them, all else as in any
answer.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

from glue_jobs.reports.answers import text_of, write_parquet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pyarrow as pa

_DECIMALS = "_decimals"
# The last four are the wide forms that East Asian keyboards type.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NEEDS_QUOTES = re.compile(r"[\",\r\n]")
_NUMBER = re.compile(r"-?[0-9.]+(e[+-]?[0-9]+)?|-Infinity|-[0-9]+ [0-9:]+[.][0-9]{3}")


def printed_names(names: Sequence[str]) -> list[str]:
    """The columns of a report that are written."""
    return [
        name
        for name in names
        if not (name.endswith(_DECIMALS) and name[: -len(_DECIMALS)] in names)
    ]


def printed_rows(table: pa.Table) -> tuple[list[str], list[list[str]]]:
    """The header and the cells of a report, as they are printed."""
    names = printed_names(table.column_names)
    columns = []
    for name in names:
        values, kind = table.column(name).to_pylist(), table.schema.field(name).type
        if name + _DECIMALS in table.column_names:
            places = table.column(name + _DECIMALS).to_pylist()
            columns.append([_fixed(value, place) for value, place in zip(values, places)])
        else:
            columns.append([_cell(value, kind) for value in values])
    return names, [list(row) for row in zip(*columns)]


def to_csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Comma-separated lines ended by LF, in UTF-8; no cell of text can be taken for a formula."""
    return csv_lines([header, *rows]).encode()


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """The same of any rows, the header or others."""
    lines = ([_harmless(cell) for cell in line] for line in rows)
    # Most readers pass over a blank line, so a line of one empty cell has quotes.
    return "".join((",".join(map(_quoted, line)) or '""') + "\n" for line in lines)


def from_csv(body: bytes) -> tuple[list[str], list[list[str]]]:
    """The header and the cells from which ``to_csv`` made that."""
    csv.field_size_limit(sys.maxsize)  # no limit that we have not set when we wrote it
    lines = csv.reader(io.StringIO(body.decode(), newline=""))
    header, *rows = ([_as_it_was(cell) for cell in line] for line in lines)
    return header, rows


def write_report_parquet(table: pa.Table, path: Path) -> None:
    """The same columns as the CSV, with their types."""
    write_parquet(table.select(printed_names(table.column_names)).to_reader(), path)


def _fixed(value: Decimal | None, places: int) -> str:
    return "" if value is None else f"{value:.{places}f}"


def _cell(value: object, kind: pa.DataType) -> str:
    text = text_of(value, kind)
    return text.rstrip("0").rstrip(".") if isinstance(value, Decimal) and "." in text else text


def _quoted(cell: str) -> str:
    """A cell as CSV has it; Python's own writer leaves a CR bare before 3.13."""
    return '"{}"'.format(cell.replace('"', '""')) if _NEEDS_QUOTES.search(cell) else cell


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _looks_like_formula(cell) else cell


def _as_it_was(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _looks_like_formula(cell) else cell


def _looks_like_formula(cell: str) -> bool:
    """Whether it does, behind any apostrophes: with one more it is told from what has its own."""
    bare = cell.lstrip("'")
    suspicious = bare.startswith(_FORMULA_STARTS) and len(bare) > 1
    return suspicious and not _NUMBER.fullmatch(bare)
