"""The statements that a real Trino was asked, and what it answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
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


def read_statements() -> list[Statement]:
    """All of them, in the file's order; none where the captures are missing."""
    if CAPTURES is None:
        return []
    lines = capture("sql/trino-476.jsonl").read_text("utf-8").splitlines()
    return [_statement(json.loads(line)) for line in lines]


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
