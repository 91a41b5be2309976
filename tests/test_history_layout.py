"""How the history lies: a file per release while the year runs, one when it is over, and no more.

Seven vintages of a data file in three years, landed in turn or taken in later. What must come out
is the vintage itself, as of each release; and which objects are written, compared and left alone.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.chain import (
    MOMENTS,
    NAME,
    OTHER,
    RELEASES,
    body,
    check_rows,
    current,
    keys,
    land,
    note_conversions,
    take_in,
    years,
)
from tests.faults.commands import vacuum_all, verify
from tests.faults.lake import Lake, change_file
from tests.faults.places import Place, Places
from tests.faults.storages import CountingStorage, FailingStorage
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


def test_a_year_has_a_file_per_release_until_the_first_of_the_next(lake):
    first = land(lake, 0, 1)
    assert years(first) == {"2023": [f"{RELEASES[0]}.parquet", f"{RELEASES[1]}.parquet"]}
    second = land(lake, 2)
    assert years(second) == {"2023": [f"{one}.parquet" for one in RELEASES[:3]]}
    assert keys(first, "2023").isdisjoint(keys(second, "2023"))
    check_rows(lake, 0, 1, 2)
    third = land(lake, 3)
    assert years(third) == {"2023": ["2023.parquet"], "2024": [f"{RELEASES[3]}.parquet"]}
    check_rows(lake, 0, 1, 2, 3)
    last = land(lake, 4, 5, 6)
    assert years(last) == {
        "2023": ["2023.parquet"],
        "2024": ["2024.parquet"],
        "2025": [f"{one}.parquet" for one in RELEASES[5:]],
    }
    assert keys(last, "2023") == keys(third, "2023")
    check_rows(lake, *range(7))
    assert verify(lake, rebuild=True)[1]["problems"] == []


def test_a_year_s_one_file_is_sorted_by_release_then_by_key(lake):
    pointer = land(lake, 0, 1, 2, 3)
    (key,) = keys(pointer, "2023")
    with lake.storage.open(key) as stream:
        table = pq.read_table(stream)
    assert table.column_names[:4] == ["release", "series_id", "year", "period"]
    rows = [tuple(row.values())[:4] for row in table.to_pylist()]
    assert rows == sorted(rows)
    assert {row[0] for row in rows} == set(RELEASES[:3])


def test_the_files_of_a_year_that_is_over_are_removed_when_nothing_names_them(lake):
    before = land(lake, 0, 1, 2)
    after = land(lake, 3)
    assert verify(lake)[1]["left_over"] == []
    there = {stored.key for stored in lake.storage.list_objects("history/")}
    assert keys(before, "2023") <= there
    assert vacuum_all(lake.storage) == 0
    left = {stored.key for stored in lake.storage.list_objects("history/")}
    releases = {after.key_of("pr_releases", file) for file in after.tables["pr_releases"].files}
    assert left == keys(after, "2023") | keys(after, "2024") | releases
    check_rows(lake, 0, 1, 2, 3)


def test_a_release_of_one_data_file_leaves_the_other_s_years_as_they_are(lake):
    land(lake, 0, 1, name=OTHER)
    land(lake, 0, 1)
    pointer = land(lake, 3)
    assert years(pointer) == {"2023": ["2023.parquet"], "2024": [f"{RELEASES[3]}.parquet"]}
    assert years(pointer, "1.AllData") == {"2023": [f"{one}.parquet" for one in RELEASES[:2]]}


def test_a_release_that_is_the_only_one_of_its_year_keeps_its_file(lake):
    before = land(lake, 0, 3)
    after = land(lake, 5)
    assert keys(after, "2024") == keys(before, "2024")
    assert years(after)["2024"] == [f"{RELEASES[3]}.parquet"]


@pytest.mark.parametrize("number", [3, 4])
def test_an_old_copy_leaves_other_years_in_the_same_objects_and_compares_two_vintages(
    number, lake, made
):
    others = [one for one in range(7) if one != number]
    before = land(lake, *others)
    tree = lake.tree("history")
    made.clear()
    take_in(lake, number)
    after = current(lake)
    assert keys(after, "2023") == keys(before, "2023")
    assert keys(after, "2024").isdisjoint(keys(before, "2024"))
    # The vintage after the copy has another one before it now; what follows that has not.
    is_last_of_its_year = number == 4
    assert (keys(after, "2025") == keys(before, "2025")) is not is_last_of_its_year
    assert tree.items() <= lake.tree("history").items()
    assert sorted(made) == RELEASES[number - 1 : number + 2]
    check_rows(lake, *range(7))
    assert verify(lake, rebuild=True)[1]["problems"] == []


def test_copies_in_any_order_give_the_same_objects_as_landing_in_turn(lake, tmp_path):
    in_turn = Lake(Place(str(tmp_path / "in-turn")), lake.upstream, allow_shrink=True)
    land(in_turn, *range(7))
    land(lake, 6)
    for number in random.Random(1).sample(range(6), 6):
        take_in(lake, number)
    assert current(lake).tables["pr_revisions"] == current(in_turn).tables["pr_revisions"]
    check_rows(lake, *range(7))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_lands_and_is_taken_in_each_release_says_what_its_vintage_says(seed, lake):
    """Against the plain model: the vintages themselves."""
    chance = random.Random(seed)
    known: list[int] = []
    late: list[int] = []
    for number in range(7):
        if number < 6 and chance.random() < 0.5:
            late.append(number)
            continue
        land(lake, number)
        known.append(number)
        while late and chance.random() < 0.6:
            known.append(late.pop(chance.randrange(len(late))))
            take_in(lake, known[-1])
        check_rows(lake, *known)
        newest = RELEASES[max(known)][:4]
        assert [len(files) for year, files in years(current(lake)).items() if year < newest] == [
            1 for year in years(current(lake)) if year < newest
        ]


def test_a_rotten_file_is_compared_again_before_it_goes_into_the_file_of_its_year(lake, made):
    before = land(lake, 0, 1)
    (key, _) = sorted(keys(before, "2023"))
    lake.place.damage(key, "flip")
    made.clear()
    after = land(lake, 3)
    assert made[0] == RELEASES[0]
    assert years(after)["2023"] == ["2023.parquet"]
    check_rows(lake, 0, 1, 3)
    assert verify(lake, rebuild=True)[1]["problems"] == []


def test_a_damaged_file_is_repaired_by_its_year_alone_in_another_folder(lake, made):
    before = land(lake, 0, 1, 3, 5)
    (key,) = keys(before, "2023")
    lake.place.damage(key, "flip")
    made.clear()
    assert verify(lake, repair=True)[0] == 0
    after = current(lake)
    assert keys(after, "2023").isdisjoint(keys(before, "2023"))
    assert (keys(after, "2024"), keys(after, "2025")) == (
        keys(before, "2024"),
        keys(before, "2025"),
    )
    assert set(made) == {RELEASES[0], RELEASES[1]}
    check_rows(lake, 0, 1, 3, 5)
    assert verify(lake, rebuild=True)[1]["problems"] == []


# Readers while it is written.


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("work", ["next-release", "first-of-a-year", "old-copy"])
def test_a_writer_that_fails_at_any_point_leaves_readers_with_the_one_state_or_the_other(
    work, when, upstream, tmp_path
):
    def begin() -> Lake:
        return Lake(places.new(begun.folder), upstream, allow_shrink=True)

    def do(lake: Lake, storage: Any) -> None:
        if work == "old-copy":
            take_in(lake, number, storage)
        else:
            lake.do("build_tables", replace(lake.run(), storage=storage))

    number = {"next-release": 4, "first-of-a-year": 5, "old-copy": 2}[work]
    places = Places("local", tmp_path)
    begun = Lake(places.new(), upstream, allow_shrink=True)
    land(begun, 0, 1, 3)
    if work != "old-copy":
        change_file(upstream, NAME, body(number), MOMENTS[number])
        assert begun.do("land_bls", begun.run()).failures == ()
    whole = begin()
    counting = CountingStorage(whole.storage)
    do(whole, counting)
    wanted = years(current(whole))
    for place in range(1, counting.operations + 1, 4):
        lake = begin()
        before = current(lake)
        try:
            do(lake, FailingStorage(lake.storage, place, when))
        except Exception:  # noqa: BLE001 - what it fails with is tested elsewhere
            assert place
        now = current(lake)
        assert now.tables["pr_revisions"] == before.tables["pr_revisions"] or years(now) == wanted
        check_rows(lake, 0, 1, 3)
        do(lake, lake.storage)
        assert years(current(lake)) == wanted
        check_rows(lake, 0, 1, 3, number)
