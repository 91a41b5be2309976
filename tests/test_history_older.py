"""A lake of an older version, whose revisions are partitioned by release, and how it goes on."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from glue_jobs.catalog.pointers import Table, TableFile, publish
from glue_jobs.storage.hashing import path_sha256
from glue_jobs.tables import schemas
from glue_jobs.tables.parquet import write_parquet
from glue_jobs.tables.revisions import SCHEMA
from labor_lake.cli import main
from tests.chain import (
    NAME,
    RELEASES,
    check_rows,
    current,
    land,
    note_conversions,
    take_in,
    years,
)
from tests.faults.commands import vacuum_all, verify
from tests.faults.lake import Lake
from tests.faults.places import Place
from tests.simulator.upstream import Upstream


@pytest.fixture
def upstream():
    with Upstream() as served:
        yield served


@pytest.fixture
def lake(upstream, tmp_path):
    return Lake(Place(str(tmp_path / "lake")), upstream, allow_shrink=True)


@pytest.fixture
def made(monkeypatch) -> list[str]:
    """The releases whose vintages are converted once more."""
    return note_conversions(monkeypatch)


def lay_out_by_release(lake: Lake) -> None:
    """Lays the history out as it was until 2026, and publishes it so."""
    pointer = current(lake)
    table = pointer.tables["pr_revisions"]
    folder = "history/pr/0001-0badcafe/"
    files = []
    tables = []
    for file in table.files:
        with lake.storage.open(table.folder + file.path) as stream:
            tables.append(pq.read_table(stream))
    rows = pa.concat_tables(tables)
    with lake.storage.scratch() as scratch:
        for vintage in pointer.history:
            kept = rows.filter(pc.equal(rows.column("release"), vintage.release))
            path = scratch / "old.parquet"
            write_parquet(path, SCHEMA, kept.drop_columns(["release"]).cast(SCHEMA).to_batches())
            values = ("0.Current", vintage.release)
            place = f"data_file=0.Current/release={vintage.release}/part-00000.parquet"
            size, sha256 = path.stat().st_size, path_sha256(path)
            files.append(TableFile(place, vintage.rows, size, sha256, values, NAME, vintage.sha256))
            lake.storage.put_file(folder + place, path, sha256)
    columns = tuple(column for column in table.columns if column.name != "release")
    old = Table(columns, tuple(files), (schemas.DATA_FILE, schemas.RELEASE), folder)
    publish(lake.storage, replace(pointer, tables={**pointer.tables, "pr_revisions": old}))


@pytest.fixture
def old_lake(lake):
    land(lake, 0, 1, 3, 5)
    lay_out_by_release(lake)
    return lake


def changes(lake: Lake, capsys, number: int) -> str:
    words = ["changes", "pr", "--release", RELEASES[number], "--json"]
    assert main([*words, "--lake", lake.place.uri]) == 0
    told: str = capsys.readouterr().out
    return told


def test_a_lake_of_an_older_version_is_read_and_brought_over_by_the_next_build(
    old_lake, capsys, made
):
    lake, known = old_lake, (0, 1, 3, 5)
    check_rows(lake, *known)
    before = [changes(lake, capsys, number) for number in known]
    assert verify(lake, rebuild=True)[1]["problems"] == []
    made.clear()
    assert lake.build().summary["changed"] is True
    assert made == []  # its own rows are there: nothing is compared again
    pointer = current(lake)
    assert pointer.tables["pr_revisions"].partition_keys == schemas.REVISIONS_KEYS
    assert years(pointer) == {
        "2023": ["2023.parquet"],
        "2024": [f"{RELEASES[3]}.parquet"],
        "2025": [f"{RELEASES[5]}.parquet"],
    }
    check_rows(lake, *known)
    assert [changes(lake, capsys, number) for number in known] == before
    assert lake.build().summary["changed"] is False
    assert verify(lake, rebuild=True)[1]["problems"] == []
    assert vacuum_all(lake.storage) == 0
    check_rows(lake, *known)


@pytest.mark.parametrize("how", ["release", "old-copy"])
def test_what_comes_first_to_a_lake_of_an_older_version_brings_it_over_too(how, old_lake):
    if how == "release":
        land(old_lake, 6)
    else:
        take_in(old_lake, 4)
    assert current(old_lake).tables["pr_revisions"].partition_keys == schemas.REVISIONS_KEYS
    check_rows(old_lake, 0, 1, 3, 5, 6 if how == "release" else 4)
    assert verify(old_lake, rebuild=True)[1]["problems"] == []
