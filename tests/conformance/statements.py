"""The statements that a real Trino was asked, and what it answered.

When it was asked, a year was a smallint; it has become an int. `years.txt` has the ids of the
answers that say a year's type, which are read with the one for the other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.captures import CAPTURES, capture


@dataclass(frozen=True)
class Statement:
    """One statement with Trino's answer.

    Attributes:
        id: its number in the file.
        sql: as it was asked.
        columns: name and Trino type of each column; empty where it failed.
        rows: values as Trino's protocol gives them, at most the first 400.
        row_count: how many rows there were.
        error: Trino's message; empty where it answered.
    """

    id: int
    sql: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[list[Any], ...]
    row_count: int
    error: str


RECORDED = "sql/trino-476.jsonl"
"""The captures' own statements; ``GROWN`` are the project's."""

GROWN = Path(__file__).parent / "grown.jsonl"
"""The project's own statements, which `make conformance-trino` records anew; ids from 2001."""


def read_statements() -> list[Statement]:
    """All of them, in the files' order; none where the captures are missing."""
    if CAPTURES is None:
        return []
    lines = capture(RECORDED).read_text("utf-8").splitlines()
    lines += GROWN.read_text("utf-8").splitlines()
    ids = (Path(__file__).parent / "years.txt").read_text("utf-8").split()
    with_years = {int(one) for one in ids}
    return [
        _with_wide_years(one) if one.id in with_years else one
        for one in (_statement(json.loads(line)) for line in lines)
    ]


def _with_wide_years(statement: Statement) -> Statement:
    """The answer that says integer wherever it said smallint."""

    def widened(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("smallint", "integer")
        if isinstance(value, (list, tuple)):
            return type(value)(map(widened, value))
        return value

    return replace(statement, columns=widened(statement.columns), rows=widened(statement.rows))


def _statement(line: dict[str, Any]) -> Statement:
    rows = tuple(line.get("rows", ()))
    return Statement(
        line["id"],
        line["sql"],
        tuple((name, kind) for name, kind in line.get("columns", ())),
        rows,
        line.get("row_count", len(rows)),
        line.get("error", {}).get("message", ""),
    )
