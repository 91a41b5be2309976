"""How a report is written down: as CSV for people and spreadsheets, as Parquet for programs.

A column `x_decimals` is not written: it says with how many decimals `x` is printed in its row.
Other decimals are printed without the zeros behind them, doubles as the shortest text that reads
back as the same number, null as nothing.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

_DECIMALS = "_decimals"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NEEDS_QUOTES = re.compile(r"[\",\r\n]")
_NUMBER = re.compile(r"-?[0-9.]+(e[+-]?[0-9]+)?|-inf")


def printed_rows(table: pa.Table) -> tuple[list[str], list[list[str]]]:
    """The header and the cells of a report, as they are printed."""
    names = [name for name in table.column_names if not name.endswith(_DECIMALS)]
    columns = []
    for name in names:
        values = table.column(name).to_pylist()
        if name + _DECIMALS in table.column_names:
            places = table.column(name + _DECIMALS).to_pylist()
            columns.append([_fixed(value, place) for value, place in zip(values, places)])
        else:
            columns.append([_cell(value) for value in values])
    return names, [list(row) for row in zip(*columns)]


def to_csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Comma-separated lines ended by LF, in UTF-8; text that looks like a formula is quoted."""
    lines = [header, *([_harmless(cell) for cell in row] for row in rows)]
    return "".join(",".join(map(_quoted, line)) + "\n" for line in lines).encode()


def write_report_parquet(table: pa.Table, path: Path) -> None:
    """The same columns as the CSV, with their types."""
    names = [name for name in table.column_names if not name.endswith(_DECIMALS)]
    pq.write_table(table.select(names), path, compression="zstd", store_schema=False)


def _fixed(value: Decimal | None, places: int) -> str:
    return "" if value is None else f"{value:.{places}f}"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    return str(value)


def _quoted(cell: str) -> str:
    """A cell as CSV has it; Python's own writer leaves a CR bare before 3.13."""
    return '"{}"'.format(cell.replace('"', '""')) if _NEEDS_QUOTES.search(cell) else cell


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    suspicious = cell.startswith(_FORMULA_STARTS) and len(cell) > 1
    return f"'{cell}" if suspicious and not _NUMBER.fullmatch(cell) else cell
