"""Columns: their types follow from their names, never from the data."""

from __future__ import annotations

import csv
import re

import pyarrow as pa
import pytest

from glue_jobs.sources.population.tables import COLUMNS, DATASET
from glue_jobs.tables.columns import Column, Kind
from glue_jobs.tables.fields import field_of
from glue_jobs.tables.flatfile import FlatFileReader
from glue_jobs.tables.header import Header
from glue_jobs.tables.schemas import (
    DATA_COLUMNS,
    DATA_FILE,
    DATA_KEY,
    LABELS,
    REVISIONS,
    SOURCES,
    columns_of,
    comment,
    describe_columns,
)
from glue_jobs.tables.types import arrow_schema
from tests.captures import CAPTURES, capture, needs_captures

TYPES = {
    "series_id": "string",
    "year": "int",
    "begin_year": "int",
    "end_year": "int",
    "begin_period": "string",
    "value": "double",
    "display_level": "int",
    "sort_sequence": "int",
    "sector_code": "string",
    "base_year": "string",  # BLS prints - for none, and ranges
    "selectable": "string",
    "a_column_never_seen": "string",
}


@pytest.mark.parametrize(("name", "expected"), TYPES.items(), ids=TYPES)
def test_a_column_s_type_follows_from_its_name(name, expected):
    (described_column,) = describe_columns(columns_of((name,)))
    assert (described_column.name, described_column.type) == (name, expected)


def test_columns_keep_the_header_s_order_and_only_a_series_must_be_named():
    columns = columns_of(("sector_code", "series_id", "begin_year"))
    assert [column.name for column in columns] == ["sector_code", "series_id", "begin_year"]
    assert [column.required for column in columns] == [False, True, False]


def test_an_observation_needs_its_key_and_nothing_else():
    assert tuple(column.name for column in DATA_COLUMNS if column.required) == DATA_KEY
    fields = {column.name: field_of(column) for column in DATA_COLUMNS}
    assert [name for name, field in fields.items() if field.nullable] == ["value", "value_text"]


@needs_captures
def test_every_column_of_the_real_files_is_explained():
    assert CAPTURES
    names = set()
    for path in (*(CAPTURES / "bls").rglob("*.series"), capture("bls/pr/2025-02/pr.sector")):
        first = path.read_bytes().splitlines()[0].decode()
        names |= {name.strip().lower() for name in first.split("\t")} - {""}
    assert len(names) > 15
    assert [name for name in sorted(names) if not comment(name)] == []


@needs_captures
def test_every_column_that_any_survey_was_seen_with_is_explained():
    """Of series files by the inventory of all surveys, of mapping files by what is known."""
    listed = {row["column"] for row in rows_of("inventory/series_columns.tsv")}
    for row in rows_of("labels/mapping.tsv"):
        told = (row["mapping_key_columns"], row["text_column"])
        listed |= {name for name in told if re.fullmatch("[a-z][a-z0-9_]+", name)}
    assert len(listed) > 200
    assert [name for name in sorted(listed) if not comment(name)] == []


def rows_of(name: str) -> list[dict[str, str]]:
    assert CAPTURES
    with (CAPTURES / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("year", "calendar year of the observation"),
        ("data_type_code", "code of the data type, as BLS writes it, leading zeros kept"),
        ("data_type_text", "the data type in words"),
        ("sector_name", "the sector in words"),
        ("occ_title", "the occupation in words"),
        ("rank_desc", "the rank in words"),
        ("nobody_knows", ""),
    ],
)
def test_what_a_column_means(name, text):
    assert comment(name) == text


def test_the_lake_s_own_tables_have_types_and_meanings():
    for table in (SOURCES, COLUMNS, LABELS, REVISIONS, (DATA_FILE,), (DATASET,)):
        schema = arrow_schema(table)
        assert schema.names == [column.name for column in table]
        assert all(column.comment for column in table)
    assert arrow_schema(COLUMNS).field("population").type == pa.int64()
    assert arrow_schema(SOURCES).field("bytes").type == pa.int64()


def test_catalog_types_and_parquet_types_agree():
    """What Athena is told a column is, the file must hold."""
    for kind in Kind:
        column = Column("x", kind)
        (told,) = describe_columns((column,))
        held = FlatFileReader(Header(("x",)), (column,)).schema.field("x").type
        plain = held.value_type if pa.types.is_dictionary(held) else held
        assert arrow_schema((told,)).field("x").type == plain
