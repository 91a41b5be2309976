"""The local engine: what it promises beside the translation of SQL."""

from __future__ import annotations

import shutil

import pyarrow.parquet as pq
import pytest

from glue_jobs.catalog.pointers import load_pointers
from glue_jobs.errors import IntegrityFailure, UsageError
from glue_jobs.settings import Settings
from glue_jobs.storage.local import LocalStorage
from glue_jobs.tables.parquet import ROW_GROUP_ROWS
from labor_lake.engines.duckdb import DuckDBEngine
from tests.lakes import lake_of

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


def test_a_table_that_cannot_be_read_is_told_to_who_asks_for_it(demo_lake, tmp_path):
    shutil.copytree(demo_lake, tmp_path / "lake", symlinks=True)
    storage = LocalStorage(tmp_path / "lake")
    (path,) = storage.root.glob("curated/pr/*/sector/*.parquet")
    path.unlink()
    engine = DuckDBEngine(storage, load_pointers(storage), Settings())
    assert engine.query("select count(*) as n from pr_data").to_pylist() == [{"n": 3702}]
    for asked in ("pr_sector", "pr_observations"):
        with pytest.raises(IntegrityFailure, match="The table pr_sector cannot be read"):
            engine.query(f"select * from {asked}")
    with pytest.raises(UsageError, match="There is no table or view pr_sectors"):
        engine.query("select * from pr_sectors")
