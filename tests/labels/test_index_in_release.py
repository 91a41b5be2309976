"""A search index lies in the release folder, and is looked after like everything in it.

The builds put one beside the labels of every survey that is no giant.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from glue_jobs.catalog.indexes import load_index_files
from glue_jobs.catalog.pointers import missing_files
from labor_lake.cli import main
from labor_lake.commands.vacuum import vacuum
from labor_lake.finding import find
from labor_lake.index_files import open_index
from tests.faults.lake import Lake, change_file, lake_after, publish_next_release
from tests.faults.places import BACKENDS, Places, cloud
from tests.pointers import load_pointers
from tests.simulator.upstream import Upstream
from tests.test_verify import verify  # noqa: F401 - a fixture

FIRST = "PRS85006092"


@pytest.fixture(params=BACKENDS)
def lake(request, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with cloud(request.param), Upstream.sample() as upstream:
        yield lake_after(Places(request.param, tmp_path), upstream, "excerpt", [lambda _: None])


def index_key(lake) -> str:
    (file,) = load_index_files(lake.storage).files
    key: str = file.key
    return key


def found_in(lake) -> list[str]:
    files = load_index_files(lake.storage).files
    indexes = [open_index(lake.storage, file) for file in files]
    return [one.series_id for one in find(indexes, "labor productivity")]


def test_a_release_takes_the_index_of_an_unchanged_table_over(lake):
    before = index_key(lake)
    change_file(lake.upstream, "pr.txt", b"Read me.\r\n")
    assert lake.run_all() == []
    assert index_key(lake) != before
    assert lake.place.body(index_key(lake)) == lake.place.body(before)
    assert found_in(lake)[0] == FIRST


def test_an_index_that_is_missing_or_cut_short_makes_the_release_incomplete(lake):
    key = index_key(lake)
    (pointer,) = [one for one in load_pointers(lake.storage) if one.subject == "pr"]
    assert missing_files(lake.storage, pointer) == []
    lake.storage.delete(key)
    assert missing_files(lake.storage, pointer) == [key]
    assert lake.run_all() == []  # a run makes it again
    assert missing_files(lake.storage, pointer) == []
    assert found_in(lake)[0] == FIRST


def test_verify_counts_it_and_compares_its_bytes(lake, verify):  # noqa: F811 - the fixture
    code, told = verify()
    assert (code, told["checked"]["index"], told["left_over"]) == (0, 1, [])
    key = index_key(lake)
    lake.place.falsify(key, lake.place.body(key)[:-1] + b"x")
    code, told = verify()
    (problem,) = told["problems"]
    assert (code, problem["key"], problem["area"]) == (7, key, "index")


@pytest.mark.parametrize("how", ["gone", "rotten"])
def test_repair_makes_it_again(lake, verify, how):  # noqa: F811 - the fixture
    key = index_key(lake)
    if how == "gone":
        lake.storage.delete(key)
    else:
        lake.place.falsify(key, lake.place.body(key)[:-1] + b"x")
    code, told = verify("--repair")
    assert [one["key"] for one in told["problems"]] == [key]
    assert told["problems"][0]["repaired"]
    assert code == 0
    assert verify()[1]["problems"] == []
    assert found_in(lake)[0] == FIRST


def test_vacuum_removes_it_with_its_folder_only(lake):
    old = index_key(lake)
    publish_next_release(lake.upstream)
    assert lake.run_all() == []
    later = datetime.now(timezone.utc) + timedelta(days=30)
    vacuum(lake.storage, later)
    assert lake.storage.stat(old) is None
    assert lake.storage.stat(index_key(lake)) is not None


def test_a_lake_in_a_directory_is_searched_where_it_lies(tmp_path, capsys):
    with Upstream.sample() as upstream:
        lake = Lake(Places("local", tmp_path).new(), upstream)
        assert lake.run_all() == []
        assert main(["find", "productivity", "--json", "--lake", lake.place.uri]) == 0
    found, *_ = json.loads(capsys.readouterr().out)["series"]
    assert found["series_id"] == FIRST
