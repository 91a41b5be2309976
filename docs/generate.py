"""Writes `docs/tables.md` from the schemas in the code; `--check` only compares."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.formats.flatfile import read_header
from glue_jobs.sample import excerpt
from glue_jobs.tables import schemas

if TYPE_CHECKING:
    from glue_jobs.tables.columns import TableColumn

TABLES = Path(__file__).parent / "tables.md"
_INTRODUCTION = """\
# The tables

Written by `make docs` from `glue_jobs/tables/schemas.py`; do not edit.

Every BLS file is a table named after it. The survey `pr` stands for all: another survey's mapping
tables have the columns of its own files, typed by the same rules. A column without a comment is
one that nobody has explained yet.
"""


def tables_page() -> str:
    """The page: one section per table of the survey `pr`, and the population."""
    sections = [_INTRODUCTION]
    sections.append(_section("pr_data", schemas.described(schemas.DATA_COLUMNS)))
    for name, (body, _) in excerpt.files().items():
        header = read_header(io.BytesIO(body))
        if ".data." not in name and schemas.is_table_header(header):
            table = name.replace(".", "_")
            sections.append(_section(table, schemas.described(schemas.columns_of(header))))
    sections.append(_section("pr_sources", schemas.SOURCES))
    sections.append(_section("pr_revisions", schemas.REVISIONS))
    sections.append(_section("population", schemas.POPULATION))
    return "\n".join(sections)


def _section(
    name: str,
    columns: tuple[TableColumn, ...],
) -> str:
    lines = [f"## {name}", "", "| column | type | |", "|---|---|---|"]
    lines += [f"| {column.name} | {column.type} | {column.comment} |" for column in columns]
    for key in schemas.partition_keys(name):
        lines.append(f"| **{key.name}** | {key.type} | {key.comment} |")
    return "\n".join([*lines, ""])


def main() -> int:
    """Writes the page, or says that it is out of step."""
    page = tables_page()
    if "--check" not in sys.argv:
        TABLES.write_text(page, "utf-8")
        return 0
    if TABLES.read_text("utf-8") != page:
        print("docs/tables.md is not what the code says: make docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
