"""How much of an answer is told at once: whoever reads it pays for each letter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import UsageError
from glue_jobs.reports.answers import ATHENA_TYPE, json_rows
from labor_lake.answers import read_beginning

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa

MOST_ROWS = 1000
MOST_BYTES = 60_000
"""Of the rows as JSON: some 15,000 words."""

_LONGEST_TEXT = 2000
"""Letters of one text."""


def checked_limit(limit: int) -> int:
    """How many rows are asked for.

    Raises:
        UsageError: none, or more than are ever told.
    """
    if not 1 <= limit <= MOST_ROWS:
        raise UsageError(f"limit is a number from 1 to {MOST_ROWS:,}.")
    return limit


def bounded_table(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, limit: int, less: str
) -> dict[str, Any]:
    """The first rows of an answer; no further is read than to see whether there are more.

    Args:
        batches: of the answer.
        schema: of it.
        limit: how many rows are wanted.
        less: how to ask for less, in a sentence.

    Returns:
        Its columns with their types, and what ``bounded_rows`` gives of its rows.
    """
    table = read_beginning(batches, schema, limit)
    columns = [
        {
            "name": field.name,
            "type": (field.metadata or {}).get(ATHENA_TYPE, str(field.type).encode()).decode(),
        }
        for field in schema
    ]
    rows = bounded_rows(json_rows(table.slice(0, limit + 1)), limit, less)
    return {"columns": columns, **rows}


def bounded_rows(rows: Sequence[Mapping[str, Any]], limit: int, less: str) -> dict[str, Any]:
    """The first rows, and under ``cut`` what is missing of them.

    Args:
        rows: of which one more than the limit tells that there are more.
        limit: how many are wanted.
        less: how to ask for less, in a sentence.
    """
    told: list[dict[str, Any]] = []
    cut = ""
    size = 0
    for row in rows:
        if len(told) == limit:
            cut = f"There are more than these {limit:,} rows."
            break
        shortened = {name: _shortened(value) for name, value in row.items()}
        size += len(json.dumps(shortened, ensure_ascii=False).encode())
        if size > MOST_BYTES:
            cut = f"All rows are more than {MOST_BYTES:,} bytes; these are the first {len(told):,}."
            break
        told.append(shortened)
    if cut:
        cut += f" {less}"
    elif any(told[number] != dict(row) for number, row in enumerate(rows)):
        cut = (
            f"Texts of more than {_LONGEST_TEXT:,} letters end in …; substr() gives a part of one."
        )
    return {"rows": told, **({"cut": cut} if cut else {})}


def _shortened(value: Any) -> Any:
    """A value whose texts are not too long."""
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{value[:_LONGEST_TEXT]}…"
    if isinstance(value, list):
        return [_shortened(part) for part in value]
    if isinstance(value, dict):
        return {name: _shortened(part) for name, part in value.items()}
    return value
