"""Which table each file becomes, by its name, and what a release is called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from glue_jobs.sources.bls import tables as bls
from glue_jobs.sources.bls.tables import TABLES
from glue_jobs.sources.population import tables as population
from glue_jobs.tables import schemas
from glue_jobs.tables.columns import Kind
from glue_jobs.tables.plan import (
    CONVERTER_VERSION,
    Role,
    is_same_converter,
    is_same_maker,
    made_by,
    release_digest,
)
from tests.captures import capture, needs_captures

EXPECTED = {
    ("pr", "pr.data.0.Current"): (Role.DATA, "pr_data", "0.Current"),
    ("pr", "pr.data.1.AllData"): (Role.DATA, "pr_data", "1.AllData"),
    ("ce", "ce.data.Goog"): (Role.DATA, "ce_data", "Goog"),
    ("ce", "ce.data.90a.Government.Employment"): (
        Role.DATA,
        "ce_data",
        "90a.Government.Employment",
    ),
    ("la", "la.data.0.CurrentU00-04"): (Role.DATA, "la_data", "0.CurrentU00-04"),
    ("pr", "pr.series"): (Role.SERIES, "pr_series", ""),
    ("pr", "pr.sector"): (Role.OTHER, "pr_sector", ""),
    ("sm", "sm.data_type"): (Role.OTHER, "sm_data_type", ""),
    ("ec", "ec.old.series.081297"): (Role.OTHER, "ec_old_series_081297", ""),
    ("la", "la.area-type"): (Role.OTHER, "la_area_type", ""),
    ("pr", "pr.Sector"): (Role.OTHER, "pr_sector", ""),
    ("pr", "pr.txt"): (Role.OTHER, "pr_txt", ""),
}


@pytest.mark.parametrize(
    ("survey", "name", "role", "table", "partition"),
    [(*given, *expected) for given, expected in EXPECTED.items()],
    ids=[name for _, name in EXPECTED],
)
def test_a_file_s_name_tells_its_table(survey, name, role, table, partition):
    planned = TABLES.place(survey, name)
    assert planned is not None
    assert (planned.name, planned.role, planned.table) == (name, role, table)
    assert planned.partition == partition
    folder = f"data/data_file={partition}" if partition else table.partition("_")[2]
    assert planned.path == f"{folder}/part-00000.parquet"


@pytest.mark.parametrize(
    "name",
    [
        *("overview.txt", "cu.series", "pr", "pr.", "prx.series"),
        *("pr.data", "pr.Data", "pr.sources", "pr.observations", "pr.revisions", "pr.changes"),
        "pr.data.__HIVE_DEFAULT_PARTITION__",  # which Athena takes for null
    ],
)
def test_a_name_of_another_survey_or_of_the_lake_s_own_tables_makes_none(name):
    assert TABLES.place("pr", name) is None


DATA = "series_id\tyear\tperiod\tvalue"


@pytest.mark.parametrize(
    ("name", "header", "role", "table", "partition"),
    [
        ("hs.data.type", "data_type_code\tdata_type_text", Role.OTHER, "hs_data_type", ""),
        ("hs.data.1.1976to1980", DATA, Role.DATA, "hs_data", "1.1976to1980"),
        ("hs.current", DATA, Role.DATA, "hs_data", "current"),
        ("hs.aspect", f"{DATA}\taspect_type", Role.ASPECT, "hs_aspect", ""),
        ("hs.other", f"{DATA}\taspect_type", Role.ASPECT, "hs_other", ""),
        ("hs.old.series", "series_id\tseasonal", Role.OTHER, "hs_old_series", ""),
        ("HS.DATA.0.Current", "Series Id\tYear\tPeriod\tValue", Role.DATA, "hs_data", "0.Current"),
        # A column that is missing makes no mapping file of it: it is refused.
        ("hs.data.1.All", "series_id\tyear\tperiod", Role.DATA, "hs_data", "1.All"),
        ("hs.aspect", DATA, Role.ASPECT, "hs_aspect", ""),
        ("hs.data.1.All", "HSU1\t1976\tA01\t9.2", Role.DATA, "hs_data", "1.All"),
        ("hs.data.readme", "These files are old.", Role.DATA, "hs_data", "readme"),
        ("hs.data.1.All", "", Role.DATA, "hs_data", "1.All"),
    ],
)
def test_u24_a_file_s_header_tells_what_it_is(name, header, role, table, partition):
    planned = TABLES.place("hs", name, f"{header}\r\n".encode())
    assert planned is not None
    assert (planned.role, planned.table, planned.partition) == (role, table, partition)


@needs_captures
def test_every_file_of_the_real_survey_has_a_place_of_its_own():
    paths = list(capture("bls/pr/2025-02").iterdir())
    places = [TABLES.place("pr", path.name, path.read_bytes()[:70_000]) for path in paths]
    assert len({place.path for place in places if place}) == len(places) == 12


def test_a_digest_depends_on_what_a_release_is_made_from_and_by_what():
    sources = {"pr.class": "aa", "pr.series": "bb"}
    digest = release_digest(sources, "me")
    assert len(digest) == 8
    assert int(digest, 16) >= 0
    assert release_digest(dict(reversed(sources.items())), "me") == digest
    others = [
        release_digest({**sources, "pr.class": "ab"}, "me"),
        release_digest({**sources, "pr.txt": "cc"}, "me"),
        release_digest({"pr.class": "bb", "pr.series": "aa"}, "me"),
        release_digest({}, "me"),
        release_digest(sources, "another"),
    ]
    assert len({digest, *others}) == 6


@pytest.mark.parametrize(
    ("made", "same"),
    [
        (f"converter {CONVERTER_VERSION} 1a2b, pyarrow 1.2.3", True),
        (f"converter {CONVERTER_VERSION} 3c4d, pyarrow 1.2.3", False),  # other columns
        (f"schema {CONVERTER_VERSION}, pyarrow 1.2.3", False),  # as version 0.1 said it
        (f"converter {CONVERTER_VERSION + 1} 1a2b, pyarrow 1.2.3", False),
        ("", False),
    ],
)
def test_tables_are_made_again_by_another_converter_not_by_another_library(made, same):
    assert is_same_converter(made, "1a2b") is same
    assert is_same_converter(made_by("1a2b", ""), "1a2b")


def test_what_is_made_of_tables_is_made_again_without_the_tables():
    made = made_by("1a2b", "5e6f")
    assert is_same_converter(made, "1a2b")
    assert is_same_maker(made, "1a2b", "5e6f")
    assert not is_same_maker(made, "1a2b", "7c8d")
    assert not is_same_maker(made_by("1a2b", ""), "1a2b", "5e6f")


@pytest.mark.parametrize(
    ("tables", "module", "name"),
    [
        (bls.TABLES, schemas, "SOURCES"),
        (bls.TABLES, schemas, "REVISIONS"),
        (population.TABLES, population, "COLUMNS"),
    ],
)
def test_another_column_or_type_is_another_schema_and_a_comment_is_none(
    tables, module, name, monkeypatch
):
    known = tables.schema
    first, *rest = getattr(module, name)

    def schema_with(*columns):
        monkeypatch.setattr(module, name, columns)
        return tables.schema

    assert schema_with(replace(first, comment="another"), *rest) == known
    assert schema_with(replace(first, type="date"), *rest) != known
    assert schema_with(first, *rest, replace(first, name="more")) != known


def test_another_rule_for_the_type_of_a_column_is_another_schema(monkeypatch):
    known = bls.TABLES.schema
    monkeypatch.setitem(schemas._TYPE_NAMES, Kind.YEAR, "smallint")
    assert bls.TABLES.schema != known
