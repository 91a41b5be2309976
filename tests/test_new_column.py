"""A column more in a table of the lake's own reaches every lake, also one of version 0.1."""

from __future__ import annotations

import json

from glue_jobs import release_folder
from glue_jobs.tables import schemas
from glue_jobs.tables.columns import TableColumn
from tests.captures import needs_captures
from tests.test_lake_01 import answered, lake, said, unpacked  # noqa: F401 - fixtures

pytestmark = needs_captures

# What a change of two files is: schemas.py has the columns, release_folder.py makes the rows.
COLUMN = TableColumn("name_length", "int", "letters in the file's name")


def test_a_new_column_reaches_a_lake_of_version_0_1(lake, answered, monkeypatch):  # noqa: F811
    rows_before = release_folder.source_records

    def rows_with_it(*given):
        return [{**row, COLUMN.name: len(str(row["name"]))} for row in rows_before(*given)]

    monkeypatch.setattr(schemas, "SOURCES", (*schemas.SOURCES, COLUMN))
    monkeypatch.setattr(release_folder, "source_records", rows_with_it)
    lake.do("build-tables")
    (row,) = lake.query("select name_length from pr_sources where name = 'pr.class'")
    assert row == {"name_length": 8}
    assert said(lake, answered) == answered
    assert json.loads(lake.do("build-tables", "--json"))[0]["changed"] is False
