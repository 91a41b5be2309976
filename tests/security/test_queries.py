"""What a query on a laptop can reach: the lake's tables, and nothing else.

Three guards, each tested with the ones before it taken away: the translation knows every construct
by name, DuckDB is given one SELECT, and DuckDB itself is closed to the outside.
"""

from __future__ import annotations

import gc
import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlglot import exp

import athena_sql
from athena_sql import Translation
from athena_sql.statements import Query
from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.engines.athena import _literal
from glue_jobs.errors import IntegrityFailure, UsageError
from glue_jobs.reports.changes import changes_of
from glue_jobs.settings import Settings
from glue_jobs.storage.local import LocalStorage
from labor_lake.cli import main
from labor_lake.engines.duckdb import DuckDBEngine
from tests.pointers import load_pointers
from tests.security.conftest import SECRET, everything_below

READING = {
    "csv": "select * from read_csv('{outside}/secret.csv')",
    "text": "select * from read_text('{outside}/secret.csv')",
    "blob": "select * from read_blob('{outside}/secret.csv')",
    "name": "select * from '{outside}/secret.csv'",
    "quoted": 'select * from "{outside}/secret.csv"',
    "glob": "select * from glob('{outside}/*')",
    "sniff": "select * from sniff_csv('{outside}/secret.csv')",
    "in-an-expression": "select (select max(content) from read_text('{outside}/secret.csv')) as x",
    "in-a-with": "with x as (select * from read_csv('{outside}/secret.csv')) select * from x",
    "up-and-out": "select * from read_text('{lake}/curated/../../secret.csv')",
    "raw": "select * from read_text('{lake}/raw/bls/pr/pr.class')",
    "pointer": "select * from read_text('{lake}/current/pr.json')",
    "versions": "select * from glob('{lake}/.lake/versions/**')",
    "https": "select * from read_csv('https://example.com/x.csv')",
    "s3": "select * from read_parquet('s3://bucket/x.parquet')",
    "environment": "select getenv('HOME') as x",
    "python": "select * from variable_of_the_caller",
}
CHANGING = {
    "copy-out": "copy (select 1) to '{outside}/new.csv'",
    "copy-into-the-lake": "copy (select 1) to '{lake}/curated/new.csv'",
    "copy-over-a-table": "copy (select 1 as a) to '{table}' (format parquet)",
    "attach": "attach '{outside}/new.db'",
    "attach-in-the-lake": "attach '{lake}/curated/new.db'",
    "export": "export database '{outside}/new'",
    "install": "install httpfs",
    "load": "load httpfs",
    "load-a-file": "load '{outside}/secret.csv'",
    "secret": "create secret s (type s3)",
    "set": "set enable_external_access = true",
    "set-directories": "set allowed_directories = ['/']",
    "reset": "reset enable_external_access",
    "pragma": "pragma enable_profiling",
    "call": "call pragma_version()",
    "create": "create table x as select 1",
    "drop": "drop view pr_data",
    "insert": "insert into pr_data select * from pr_data",
    "delete": "delete from pr_data",
    "unload": "unload (select 1) to 's3://bucket/x' with (format = 'PARQUET')",
    "two": "select 1; copy (select 1) to '{outside}/new.csv'",
    "hidden": "select 1 /* ; */ ; drop view pr_data --",
}


def put_in(sql: str, lake: Path) -> str:
    table = next((lake / "curated" / "pr").rglob("*.parquet"))
    return sql.format(outside=lake.parent, lake=lake, table=table)


def engine_of(lake: Path) -> DuckDBEngine:
    storage = LocalStorage(lake)
    return DuckDBEngine(storage, load_pointers(storage), Settings())


def ids(given: dict[str, str]) -> list[object]:
    return [pytest.param(sql, id=name) for name, sql in given.items()]


@pytest.mark.parametrize("sql", ids({**READING, **CHANGING}))
def test_lake_query_neither_reads_nor_writes_beside_the_tables(sql, lake, capsys):
    before = everything_below(lake.parent)
    assert main(["query", put_in(sql, lake), "--lake", str(lake)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert SECRET not in err
    assert everything_below(lake.parent) == before


@pytest.mark.parametrize("sql", ids({**READING, **CHANGING}))
def test_what_the_translation_lets_through_ends_at_duckdb(sql, lake, monkeypatch):
    engine = engine_of(lake)
    variable_of_the_caller = SECRET  # noqa: F841 - DuckDB would look for it
    before = everything_below(lake.parent)
    read: dict[str, Any] = {"columns": (("here", "boolean"),), "tables": frozenset({"pr_data"})}
    monkeypatch.setattr(athena_sql, "translate", lambda query, *_: Translation(query.sql, **read))
    monkeypatch.setattr(athena_sql, "parse", lambda sql: Query(sql, exp.Select()))
    with pytest.raises(UsageError) as refused:
        engine.query(put_in(sql, lake))
    assert SECRET not in str(refused.value)
    assert everything_below(lake.parent) == before
    assert engine.query("select count(*) > 0 as here from pr_data").to_pylist() == [{"here": True}]


def test_only_the_folders_of_releases_and_history_are_open_and_nobody_can_open_more(lake):
    connection = engine_of(lake)._connection
    ((opened,),) = connection.sql("select current_setting('allowed_directories')").fetchall()
    ((overflow,),) = connection.sql("select current_setting('temp_directory')").fetchall()
    expected = {f"{lake}/curated/", f"{lake}/history/", f"{overflow}/"}
    assert set(opened) == expected
    for setting in ("enable_external_access = true", "allowed_directories = ['/']"):
        with pytest.raises(duckdb.Error, match="configuration"):
            connection.execute(f"set {setting}")


def test_a_pointer_cannot_open_a_file_that_is_not_the_lakes(lake):
    shutil.copy(next((lake / "curated" / "pr").rglob("*.parquet")), lake.parent / "other.parquet")
    pointer = load_pointer(LocalStorage(lake), "population")
    assert pointer is not None
    (file,) = pointer.tables["population"].files
    outside = replace(pointer.tables["population"], files=(replace(file, path="other.parquet"),))
    forged = replace(pointer, folder="curated/../../", tables={"population": outside})
    engine = DuckDBEngine(LocalStorage(lake), [forged], Settings())
    with pytest.raises(IntegrityFailure, match="population cannot be read"):
        engine.query("select * from population")


def test_a_query_too_large_for_memory_spills_where_only_its_user_looks(lake):
    engine = engine_of(lake)
    ((overflow,),) = engine._connection.sql("select current_setting('temp_directory')").fetchall()
    folder = Path(overflow)
    assert folder.is_absolute()
    assert folder.parent != Path.cwd()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert folder.stat().st_uid == os.getuid()
    del engine
    gc.collect()
    assert not folder.exists()


def test_a_pointer_cannot_put_words_into_a_statement(lake):
    pointer = load_pointer(LocalStorage(lake), "pr")
    assert pointer is not None
    forged = replace(pointer, subject="pr_revisions where 1 = 0 union select 1 --")
    with pytest.raises(UsageError, match="No source has a subject"):
        changes_of(engine_of(lake), forged, pointer.history[0])


HOSTILE = ["'; drop view pr_data; --", "' or '1' = '1", "\\'", '"', "?", "%s", "\x00", "${HOME}"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_value_is_bound_and_never_a_part_of_the_statement(text, lake):
    engine = engine_of(lake)
    found = engine.query("select count(*) as n from pr_data where series_id = ?", [text])
    assert found.to_pylist() == [{"n": 0}]


@pytest.mark.parametrize("text", HOSTILE)
def test_for_athena_a_value_is_one_literal(text):
    assert _literal(text)[0] == _literal(text)[-1] == "'"
    assert _literal(text)[1:-1].replace("''", "") == text.replace("'", "")
