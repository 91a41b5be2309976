"""The local engine: what it promises beside the translation of SQL."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import athena_sql
from glue_jobs.catalog.pointers import column_names, tables_of
from glue_jobs.errors import (
    IntegrityFailure,
    LakeError,
    StorageFailure,
    UnsupportedSQL,
    UsageError,
)
from glue_jobs.reports.answers import text_rows
from glue_jobs.settings import Settings
from glue_jobs.storage.local import LocalStorage
from glue_jobs.tables.parquet import ROW_GROUP_ROWS
from glue_jobs.views import views_over
from labor_lake.engines.duckdb import DuckDBEngine
from labor_lake.engines.failures import failure_of
from tests.interrupting import ENDLESS, interrupt_at
from tests.lakes import lake_of
from tests.pointers import load_pointers

ROWS = 2 * ROW_GROUP_ROWS  # DuckDB gives each thread a row group at a time


@pytest.fixture(scope="module")
def large_lake(tmp_path_factory):
    """A table of several row groups whose values are not exact in binary."""
    folder = tmp_path_factory.mktemp("large")
    rows = (
        (f"PRS{place // 80:05d}", str(1980 + place // 4 % 20), f"Q0{place % 4 + 1}", value, "")
        for place, value in ((place, f"{place % 977 / 10}") for place in range(ROWS))
    )
    lake_of(folder, rows, {2013: 1})
    (file,) = folder.glob("curated/pr/*/data/**/*.parquet")
    assert pq.ParquetFile(file).metadata.num_row_groups == 2
    return LocalStorage(folder)


@pytest.mark.parametrize(
    "asked",
    [
        "sum(value)",
        "avg(value)",
        "stddev(value)",
        "corr(value, year)",
        "approx_percentile(value, 0.5)",
        "cardinality(array_agg(value)), array_agg(series_id)[1]",
        "sum(value) filter (where period = 'Q01')",
    ],
)
def test_the_same_query_gives_the_same_answer_to_the_last_digit(asked, large_lake):
    pointers = load_pointers(large_lake)
    engine = DuckDBEngine(large_lake, pointers, Settings())
    answers = {
        str(one.query(f"select {asked} from pr_data").to_pylist())
        for one in [engine] * 20 + [DuckDBEngine(large_lake, pointers, Settings())]
    }
    assert len(answers) == 1


def test_sums_by_group_are_the_same_to_the_last_digit_too(large_lake):
    engine = DuckDBEngine(large_lake, load_pointers(large_lake), Settings())
    sql = "select year, sum(value) as total, avg(value) as mean from pr_data group by year"
    first = engine.query(sql)
    assert all(engine.query(sql).equals(first) for _ in range(20))


def test_a_sum_of_decimals_is_exact(large_lake):
    engine = DuckDBEngine(large_lake, load_pointers(large_lake), Settings())
    sql = "select sum(cast(value as decimal(18, 6))) as total from pr_data"
    exact = sum(place % 977 for place in range(ROWS))
    assert str(engine.query(sql)["total"][0]) == f"{exact // 10}.{exact % 10}00000"


def made(engine: DuckDBEngine) -> set[str]:
    """The views that DuckDB has."""
    views = engine._connection.sql("select view_name from duckdb_views() where not internal")
    return {name for (name,) in views.fetchall()}


def test_a_view_is_made_when_a_statement_first_reads_it(demo_lake):
    storage = LocalStorage(Path(demo_lake))
    engine = DuckDBEngine(storage, load_pointers(storage), Settings())
    engine.query("select 1")
    assert made(engine) == set()
    engine.query("with pr_data as (select 1 as n) select n from pr_data, population")
    assert made(engine) == {"population"}
    engine.query("select value from series_population")
    assert made(engine) == {"population", "pr_data", "series_population"}
    engine.query("describe pr_sector")
    assert "pr_sector" in made(engine)


@pytest.mark.parametrize(
    "asked",
    [
        "show tables",
        "select table_name from information_schema.tables where table_schema = 'labor_lake'",
        (
            "select distinct table_name from information_schema.columns"
            " where table_schema = 'labor_lake'"
        ),
    ],
)
def test_all_are_listed_and_none_is_made_for_that(asked, demo_lake):
    storage = LocalStorage(Path(demo_lake))
    pointers = load_pointers(storage)
    engine = DuckDBEngine(storage, pointers, Settings())
    (names,) = engine.query(asked).to_pydict().values()
    assert set(names) == tables_of(pointers) | views_over(column_names(pointers)).keys()
    assert {"pr_observations", "pr_values", "series"} < set(names)
    assert made(engine) == set()


def test_a_table_that_cannot_be_read_is_told_to_who_asks_for_it(demo_lake, tmp_path):
    shutil.copytree(demo_lake, tmp_path / "lake", symlinks=True)
    storage = LocalStorage(tmp_path / "lake")
    (path,) = storage.root.glob("curated/pr/*/sector/*.parquet")
    path.unlink()
    engine = DuckDBEngine(storage, load_pointers(storage), Settings())
    assert engine.query("select count(*) as n from pr_data").to_pylist() == [{"n": 3702}]
    # The words of a series are in its label.
    assert engine.query("select sector_name from pr_observations").num_rows == 3702
    for asked in ("pr_sector", "pr_sector as s"):
        with pytest.raises(IntegrityFailure, match="The table pr_sector cannot be read"):
            engine.query(f"select * from {asked}")
    with pytest.raises(UsageError, match="There is no table or view pr_sectors"):
        engine.query("select * from pr_sectors")


def test_the_path_of_a_row_s_file_is_a_hidden_column(demo_lake):
    storage = LocalStorage(Path(demo_lake))
    engine = DuckDBEngine(storage, load_pointers(storage), Settings())
    assert "$path" not in engine.query("select * from pr_data").column_names
    (path,) = engine.query('select distinct "$path" from pr_sector')["$path"].to_pylist()
    assert Path(path).is_relative_to(demo_lake)
    assert Path(path).is_file()
    # A view has none, in Athena either.
    with pytest.raises(UsageError, match="no hidden column"):
        engine.query('select "$path" from pr_observations')


def test_information_schema_tells_views_from_tables(demo_lake):
    storage = LocalStorage(Path(demo_lake))
    engine = DuckDBEngine(storage, load_pointers(storage), Settings(database="lake"))
    rows = engine.query(
        "select table_name, table_type from information_schema.tables"
        " where table_schema = 'lake' and table_name in ('pr_data', 'pr_observations')"
    ).to_pylist()
    assert sorted(map(tuple, (row.values() for row in rows))) == [
        ("pr_data", "BASE TABLE"),
        ("pr_observations", "VIEW"),
    ]


def test_a_timestamp_is_answered_in_its_zone(demo_lake):
    storage = LocalStorage(Path(demo_lake))
    engine = DuckDBEngine(storage, load_pointers(storage), Settings())
    moment = "timestamp '2024-05-07 13:04:05 UTC'"
    answer = engine.query(f"select 1 as n, {moment} at time zone 'America/New_York' as t")
    assert str(answer.schema.field("t").type) == "timestamp[us, tz=America/New_York]"
    assert text_rows(answer)[1] == [["1", "2024-05-07 09:04:05.000 America/New_York"]]


@pytest.fixture
def engine_with(demo_lake, tmp_path, monkeypatch):
    """Opens an engine that has other views, by name: what each reads, and its query."""

    def opened(**views: tuple[str, str]) -> DuckDBEngine:
        for folder in ("views", "reports"):
            (tmp_path / "sql" / folder).mkdir(parents=True)
        for name, (reads, query) in views.items():
            path = tmp_path / f"sql/views/{name}.sql"
            path.write_text(f"-- Inputs: {reads}.\ncreate or replace view {name} as {query}\n")
        monkeypatch.setattr("glue_jobs.sql_files._FOLDERS", (tmp_path / "sql",))
        storage = LocalStorage(Path(demo_lake))
        return DuckDBEngine(storage, load_pointers(storage), Settings())

    return opened


def test_a_view_that_cannot_be_made_is_told_to_who_asks_for_it(engine_with):
    engine = engine_with(
        above=("broken", "select year from broken"),
        broken=("pr_data", "select moment as year from pr_data"),
        sound=("pr_data", "select count(*) as n from pr_data"),
    )
    assert engine.query("select n from sound").to_pylist() == [{"n": 3702}]
    assert engine.query("select count(*) as n from population").num_rows == 1
    for asked in ("select * from broken", "select * from above", "describe above"):
        with pytest.raises(LakeError, match="The view broken cannot be made: There is no column"):
            engine.query(asked)
    (failure,) = set(engine.create_views({"above", "broken", "sound"}).values())
    assert (failure.exit_code, isinstance(failure, UsageError)) == (7, False)
    assert engine.query("show views").to_pylist() == [{"views": "sound"}]


def test_a_view_that_duckdb_refuses_is_such_a_view_too(engine_with, monkeypatch):
    translate = athena_sql.translate
    monkeypatch.setattr(
        athena_sql, "translate", lambda *given: replace(translate(*given), sql="CREATE VIEW")
    )
    engine = engine_with(refused=("pr_data", "select year from pr_data"))
    failure = engine.create_views({"refused"})["refused"]
    assert failure.exit_code == 7
    assert str(failure).startswith("The view refused cannot be made: The query failed: ")


def test_a_table_that_cannot_be_read_is_not_described_either(demo_lake, tmp_path):
    shutil.copytree(demo_lake, tmp_path / "lake", symlinks=True)
    storage = LocalStorage(tmp_path / "lake")
    (path,) = storage.root.glob("curated/pr/*/sector/*.parquet")
    path.unlink()
    engine = DuckDBEngine(storage, load_pointers(storage), Settings())
    with pytest.raises(IntegrityFailure, match="The table pr_sector cannot be read"):
        engine.query("describe pr_sector")


DAMAGED = "The lake's files cannot be read: "


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5], ids="at-{}".format)
def test_a_damaged_file_is_the_lake_s_fault(at, demo_lake, tmp_path):
    """Its footer can be read, and some of its pages cannot."""
    shutil.copytree(demo_lake, tmp_path / "lake", symlinks=True)
    storage = LocalStorage(tmp_path / "lake")
    (path,) = storage.root.glob("curated/pr/*/data/data_file=1.AllData/*.parquet")
    body = bytearray(path.read_bytes())
    place = int(len(body) * at)
    body[place : place + 100] = bytes(100)
    path.unlink()
    path.write_bytes(body)
    engine = DuckDBEngine(storage, load_pointers(storage), Settings())
    with pytest.raises(IntegrityFailure, match=DAMAGED) as raised:
        engine.query("select * from pr_data")
    assert raised.value.exit_code == 7
    assert "`lake verify`" in raised.value.hint
    assert engine.query("select count(*) as n from pr_series").num_rows == 1


def test_damage_behind_the_first_batch_is_told_alike(large_lake, tmp_path):
    """It comes through Arrow, which knows no classes of DuckDB's."""
    shutil.copytree(large_lake.root, tmp_path / "lake", symlinks=True)
    storage = LocalStorage(tmp_path / "lake")
    (path,) = storage.root.glob("curated/pr/*/data/**/*.parquet")
    second = pq.ParquetFile(path).metadata.row_group(1).column(3)
    body = bytearray(path.read_bytes())
    begin = second.data_page_offset
    body[begin : begin + second.total_compressed_size // 2] = bytes(
        second.total_compressed_size // 2
    )
    path.unlink()
    path.write_bytes(body)
    answer = DuckDBEngine(storage, load_pointers(storage), Settings()).stream(
        "select value from pr_data"
    )
    assert answer.read_next_batch().num_rows
    with pytest.raises(IntegrityFailure, match=DAMAGED):
        answer.read_all()


FILE = '"/lake/curated/pr/x/part-00000.parquet"'


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("TProtocolException: Invalid data", IntegrityFailure, DAMAGED),
        ("Invalid Error: TProtocolException: Invalid data", IntegrityFailure, DAMAGED),
        ("don't know what type: \x0e", IntegrityFailure, DAMAGED),
        (f"Invalid Input Error: Failed to read file {FILE}: ZSTD", IntegrityFailure, DAMAGED),
        (f"IO Error: Could not read enough bytes from file {FILE}", IntegrityFailure, DAMAGED),
        ("", IntegrityFailure, DAMAGED),
        ("INTERNAL Error: Attempted to access index 7", LakeError, "failed inside DuckDB"),
        ("IO Error: Could not write: No space left on device", StorageFailure, "more room"),
        ("Out of Memory Error: could not allocate", LakeError, "too little memory"),
        ("std::bad_alloc", LakeError, "too little memory"),
        ("Invalid Input Error: missing ): (parquet", UsageError, "The query failed: "),
        ("Conversion Error: Could not convert string 'x' to INT32", UsageError, "failed: "),
        (
            "Conversion Error: Could not convert string 'The local engine does not x' to INT8",
            UnsupportedSQL,
            "The local engine does not x.",
        ),
    ],
)
def test_what_duckdb_says_is_the_statement_s_fault_or_the_lake_s(text, kind, said):
    failure = failure_of(OSError(text))
    assert type(failure) is kind
    assert re.search(re.escape(said), str(failure))
    assert failure.exit_code == (2 if issubclass(kind, UsageError) else 7)


FIRST = "select value from pr_data cross join (values 1, 2, 3, 4, 5) as five(number) union all "
"""More rows than one batch has."""


@pytest.mark.parametrize(
    ("number", "sql"),
    [(1, ENDLESS.format("count(*)")), (3, FIRST + ENDLESS.format("a.value"))],
    ids=["before the first batch", "between batches"],
)
@pytest.mark.usefixtures("heeding_interrupts")
def test_ctrl_c_ends_a_query_and_not_the_engine(number, sql, demo_lake, monkeypatch):
    storage = LocalStorage(Path(demo_lake))
    engine = DuckDBEngine(storage, load_pointers(storage), Settings())
    interrupt_at(number, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        engine.query(sql)
    assert engine.query("select count(*) as n from pr_data").to_pylist() == [{"n": 3702}]
