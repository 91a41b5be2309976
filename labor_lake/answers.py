"""How an answer is shown to people, printed for programs, or written to a file."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

import pyarrow as pa

from glue_jobs.reports.answers import (
    json_rows,
    number_columns,
    refuse_twins,
    text_rows,
    write_parquet,
)
from glue_jobs.reports.files import csv_lines
from glue_jobs.visible import write_text
from labor_lake.output import whole_file
from labor_lake.spreadsheets import sheet_of, write_spreadsheet
from labor_lake.tabular import print_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SHOWN_ROWS = 100
"""Of an answer that is shown as a table."""


def write_answer(answer: pa.RecordBatchReader, form: str, output: Path | None) -> None:
    """Prints an answer, or writes it to a file, batch by batch; a table is cut, nothing else.

    A file appears when all of it is there.

    Raises:
        LakeError: the file cannot be written, or the engine has failed meanwhile.
    """
    if form == "table":
        _print_table(answer)
    elif output is None:
        for text in _texts(answer, form):
            write_text(text)
    else:
        with whole_file(output) as made:
            if form == "parquet":
                write_parquet(answer, made)
            elif form == "xlsx":
                write_spreadsheet([("answer", sheet_of(answer))], made)
            else:
                with made.open("w", encoding="utf-8", newline="") as file:
                    file.writelines(_texts(answer, form))


def _texts(answer: pa.RecordBatchReader, form: str) -> Iterator[str]:
    """An answer as CSV or JSON, in pieces."""
    if form == "csv":
        yield csv_lines([answer.schema.names])
        for batch in answer:
            yield csv_lines(text_rows(pa.Table.from_batches([batch]))[1])
        return
    refuse_twins(answer.schema, "JSON")
    before = "[\n"
    for batch in answer:
        for row in json_rows(pa.Table.from_batches([batch])):
            yield before + textwrap.indent(json.dumps(row, indent=1), " ")
            before = ",\n"
    yield "\n]\n" if before != "[\n" else "[]\n"


def _print_table(answer: pa.RecordBatchReader) -> None:
    """Prints the first rows, and reads no further than to see whether there are more."""
    table = read_beginning(answer, answer.schema, SHOWN_ROWS)
    header, rows = text_rows(table.slice(0, SHOWN_ROWS))
    print_table("", header, rows, number_columns(answer.schema))
    if table.num_rows > SHOWN_ROWS:
        print(f"the first {SHOWN_ROWS} rows; --format csv gives all")
    else:
        print(f"{table.num_rows} row{'' if table.num_rows == 1 else 's'}")


def read_beginning(batches: Iterable[pa.RecordBatch], schema: pa.Schema, rows: int) -> pa.Table:
    """The first rows and what came with them: more than were asked for tell that there are more."""
    read, seen = [], 0
    for batch in batches:
        read.append(batch)
        seen += batch.num_rows
        if seen > rows:
            break
    return pa.Table.from_batches(read, schema)
