"""Vintages of two data files that differ: landed in turn, or taken in later from old copies.

Everything is generated, and what must come out is computed here key by key.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from glue_jobs.catalog.pointers import Pointer, Vintage, load_pointer
from glue_jobs.engines.open import open_engine
from glue_jobs.settings import Settings
from glue_jobs.timestamps import from_release, release_name
from labor_lake.cli import main
from labor_lake.sample import render
from tests.faults.lake import Lake, change_file
from tests.faults.places import Place
from tests.pointers import pointers_as_of
from tests.simulator.upstream import Upstream
from tests.tables.test_revisions import Values, expected

if TYPE_CHECKING:
    from pathlib import Path

MOMENTS = [
    datetime(2024, 6, 6, 12, 30, tzinfo=timezone.utc),
    datetime(2025, 2, 6, 13, 30, tzinfo=timezone.utc),
    datetime(2025, 9, 4, 12, 30, tzinfo=timezone.utc),
]
RELEASES = [release_name(moment) for moment in MOMENTS]
FILES = ("pr.data.0.Current", "pr.data.1.AllData")


def generate_vintages(seed: int) -> list[Values]:
    """Three vintages: values that change with and without BLS's mark, that come and that go."""
    chance = random.Random(seed)
    vintages: list[Values] = [{}]
    for year in (2019, 2020, 2021):
        before = vintages[-1]
        after: Values = {}
        for key, (value, note, text) in before.items():
            fate = chance.random()
            if fate < 0.2:
                after[key] = (round(chance.uniform(-9, 9), 1), "R", None)
            elif fate < 0.3:
                after[key] = (round(chance.uniform(10, 19), 1), "", None)
            elif fate < 0.4:
                after[key] = (value, "P", text)
            elif fate < 0.45:
                after[key] = (None, note, chance.choice(["<0.5", "<0.1", "-"]))
            elif fate < 0.9:
                after[key] = (value, note, text)
        for series in ("PRS1", "PRS2", "PRS3", "PRS4"):
            for quarter in range(1, 5):
                after[series, year, f"Q0{quarter}"] = (round(chance.uniform(-9, 9), 1), "", None)
        vintages.append(after)
    return vintages[1:]


VINTAGES = {name: generate_vintages(seed) for seed, name in enumerate(FILES)}


def body(name: str, number: int) -> bytes:
    """A vintage as BLS serves it."""
    rows = [
        (series, str(year), period, str(value) if text is None else text, note)
        for (series, year, period), (value, note, text) in sorted(VINTAGES[name][number].items())
    ]
    return render.data_file(rows)


@pytest.fixture
def upstream():
    with Upstream() as served:
        codes = [("footnote_code", "footnote_text"), ("R", "Revised"), ("P", "Preliminary")]
        change_file(served, "pr.footnote", render.table_file(codes), MOMENTS[0])
        yield served


@pytest.fixture
def lake(upstream, tmp_path):
    return Lake(Place(str(tmp_path / "lake")), upstream, allow_shrink=True)


def serve(lake: Lake, number: int, *names: str) -> None:
    for name in names or FILES:
        change_file(lake.upstream, name, body(name, number), MOMENTS[number])


def land_and_build(lake: Lake, now: datetime | None = None) -> Pointer:
    run = replace(lake.run(), now=lambda: now) if now else lake.run()
    assert lake.do("land_bls", run).failures == ()
    assert lake.build().failures == ()
    return current(lake)


def land_in_turn(lake: Lake, *numbers: int) -> Pointer:
    for number in numbers:
        serve(lake, number)
        land_and_build(lake)
    return current(lake)


def current(lake: Lake) -> Pointer:
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    return pointer


def take_in(lake: Lake, folder: Path, name: str, number: int) -> int:
    path = folder / f"{name}-{number}"
    path.write_bytes(body(name, number))
    argv = ["backfill", "pr", name, str(path), "--release", RELEASES[number]]
    return main([*argv, "--lake", lake.place.uri])


def revisions(lake: Lake) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The table's rows by source and release, in their order, which is by release first."""
    pointer = current(lake)
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for file in pointer.tables["pr_revisions"].files:
        with lake.storage.open(pointer.key_of("pr_revisions", file)) as stream:
            found = pq.read_table(stream).to_pylist()
        releases = [row["release"] for row in found]
        assert releases == sorted(releases)
        assert {release[:4] for release in releases} == {file.partition[1]}
        for row in found:
            rows.setdefault((file.source, row.pop("release")), []).append(row)
    return rows


def folders_of(pointer: Pointer) -> dict[tuple[str, ...], str]:
    """Where each partition of the revisions lies."""
    table = pointer.tables["pr_revisions"]
    return {file.partition: (table.folder + file.path).rpartition("/")[0] for file in table.files}


def expected_revisions(*names: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """All three vintages of some files, the first of which is `first` throughout."""
    rows = {}
    for name in names:
        first = [{**row, "change": "first"} for row in expected({}, VINTAGES[name][0])]
        changes = [expected(*pair) for pair in zip(VINTAGES[name], VINTAGES[name][1:])]
        rows.update({(name, release): one for release, one in zip(RELEASES, [first, *changes])})
    return rows


def expected_counts(rows: list[dict[str, Any]]) -> tuple[int, int, int]:
    """Changes, revised values, and those of them without BLS's mark."""
    revised = [row for row in rows if row["change"] == "revised"]
    return len(rows), len(revised), sum(row["footnote_codes"] != "R" for row in revised)


def counts_of(history: tuple[Vintage, ...]) -> dict[tuple[str, str], tuple[int, int, int]]:
    return {(one.source, one.release): (one.rows, one.revised, one.unflagged) for one in history}


def hashes(lake: Lake) -> dict[str, str]:
    pointer = current(lake)
    table = pointer.tables["pr_revisions"]
    found = {}
    for file in table.files:
        content = lake.storage.get(table.folder + file.path)
        assert content is not None
        found[file.path] = hashlib.sha256(content.body).hexdigest()
    return found


def check_history(lake: Lake) -> None:
    """Each file's changes are its own, and are counted as they are."""
    wanted = expected_revisions(*FILES)
    assert revisions(lake) == wanted
    assert counts_of(current(lake).history) == {
        place: expected_counts(rows) for place, rows in wanted.items()
    }
    lake.check()


def test_the_generated_vintages_hold_every_kind_of_change():
    for name in FILES:
        for pair in zip(VINTAGES[name], VINTAGES[name][1:]):
            kinds = Counter(row["change"] for row in expected(*pair))
            assert min(kinds[kind] for kind in ("added", "revised", "withdrawn", "footnote")) > 0
            assert expected_counts(expected(*pair))[2] > 0
    assert VINTAGES[FILES[0]] != VINTAGES[FILES[1]]


def test_landed_in_turn_each_data_file_is_compared_with_its_own_last_vintage(lake):
    land_in_turn(lake, 0, 1, 2)
    check_history(lake)


def test_a_release_of_one_data_file_leaves_the_other_s_history_as_it_is(lake):
    land_in_turn(lake, 0, 1)
    serve(lake, 2, FILES[1])
    land_and_build(lake)
    wanted = expected_revisions(*FILES)
    del wanted[FILES[0], RELEASES[2]]
    assert revisions(lake) == wanted


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 0, 2, 1]], ids=["in-order", "mixed"])
def test_old_copies_of_two_data_files_give_what_landing_in_turn_gives(order, lake, tmp_path):
    other = Lake(Place(str(tmp_path / "in-turn")), lake.upstream, allow_shrink=True)
    land_in_turn(other, 0, 1, 2)
    land_in_turn(lake, 2)
    copies = [(name, number) for name in FILES for number in (0, 1)]
    for place in order:
        assert take_in(lake, tmp_path, *copies[place]) == 0
    check_history(lake)
    assert hashes(lake) == hashes(other)


def test_a_backfill_makes_old_vintages_again_from_the_versions_that_raw_keeps(lake, tmp_path):
    land_in_turn(lake, 1, 2)
    assert take_in(lake, tmp_path, FILES[0], 0) == 0
    wanted = expected_revisions(*FILES)
    del wanted[FILES[1], RELEASES[0]]
    wanted[FILES[1], RELEASES[1]] = [
        {**row, "change": "first"} for row in expected({}, VINTAGES[FILES[1]][1])
    ]
    assert revisions(lake) == wanted


def test_a_backfill_leaves_what_readers_read_as_it_is(lake, tmp_path):
    before = land_in_turn(lake, 1, 2)
    tree = {path: hashed for path, hashed in lake.tree("history").items() if path.endswith("t")}
    folders = folders_of(before)
    assert take_in(lake, tmp_path, FILES[0], 0) == 0
    assert tree
    assert tree.items() <= lake.tree().items()
    after = folders_of(current(lake))
    moved = {place for place in after if after[place] != folders.get(place)}
    assert moved == {("0.Current", "2024"), ("0.Current", "2025")}
    for folder in folders.values():
        there = {path.rpartition("/")[0] for path in lake.tree("history")}
        assert folder in there


def test_the_same_copy_again_is_nothing_new_and_other_bytes_are_refused(lake, tmp_path, capsys):
    land_in_turn(lake, 2)
    assert take_in(lake, tmp_path, FILES[0], 0) == 0
    before = lake.everything()
    assert take_in(lake, tmp_path, FILES[0], 0) == 0
    assert "Nothing is new" in capsys.readouterr().out
    (tmp_path / "other").write_bytes(body(FILES[0], 1))
    for number in (0, 2):
        argv = ["backfill", "pr", FILES[0], str(tmp_path / "other"), "--release", RELEASES[number]]
        assert main([*argv, "--lake", lake.place.uri]) == 2
        assert "already, with other bytes" in capsys.readouterr().err
    assert lake.everything() == before


def test_a_release_after_a_newer_copy_is_compared_with_that_copy(lake, tmp_path):
    land_in_turn(lake, 0)
    for name in FILES:
        assert take_in(lake, tmp_path, name, 1) == 0
    land_in_turn(lake, 2)
    check_history(lake)


@pytest.mark.parametrize("taken_in", [False, True], ids=["landed", "taken-in"])
def test_a_survey_that_marks_no_revisions_is_not_suspected(taken_in, lake, tmp_path):
    lake.upstream.remove_file("pr", "pr.footnote")
    land_in_turn(lake, *((2,) if taken_in else (0, 1, 2)))
    for number in (0, 1) if taken_in else ():
        for name in FILES:
            assert take_in(lake, tmp_path, name, number) == 0
    counts = counts_of(current(lake).history)
    assert {unflagged for _, _, unflagged in counts.values()} == {0}
    assert revisions(lake) == expected_revisions(*FILES)


@pytest.mark.parametrize("seen_after", [timedelta(seconds=-1), timedelta(days=1)])
def test_a_file_that_bls_went_back_to_is_released_when_it_was_seen(seen_after, lake):
    """But after the vintage that it takes the place of, whatever the clock says."""
    land_in_turn(lake, 0, 1)
    serve(lake, 0)
    pointer = land_and_build(lake, MOMENTS[1] + seen_after)
    back = release_name(max(MOMENTS[1] + seen_after, MOMENTS[1] + timedelta(seconds=1)))
    for name in FILES:
        history = [one.release for one in pointer.history if one.source == name]
        assert history == [RELEASES[0], RELEASES[1], back]
        first, second, _ = VINTAGES[name]
        assert revisions(lake)[name, back] == expected(second, first)


def test_as_of_each_release_both_files_are_what_they_were(lake):
    land_in_turn(lake, 0, 1, 2)
    for number, release in enumerate(RELEASES):
        pointers = pointers_as_of(lake.storage, from_release(release))
        engine = open_engine(lake.storage, pointers, Settings())
        found = engine.query(
            "select data_file, series_id, year, period, value, footnote_codes, value_text"
            " from pr_data"
        )
        rows = sorted(tuple(row.values()) for row in found.to_pylist())
        assert rows == sorted(
            (name.partition(".data.")[2], *key, *figures)
            for name in FILES
            for key, figures in VINTAGES[name][number].items()
        )


def test_changes_and_trace_tell_what_each_release_did(lake, capsys):
    land_in_turn(lake, 0, 1, 2)
    lake_flag = ["--lake", lake.place.uri]
    for name in FILES:
        data_file = name.partition(".data.")[2]
        for number in (1, 2):
            argv = ["changes", "pr", "--data-file", data_file, "--release", RELEASES[number]]
            assert main([*argv, "--json", *lake_flag]) == 0
            told = json.loads(capsys.readouterr().out)
            changes = expected(*VINTAGES[name][number - 1 : number + 1])
            kinds = Counter(row["change"] for row in changes if row["change"] != "footnote")
            assert told["counts"] == dict(kinds)
    key = min(set(VINTAGES[FILES[0]][0]) & set(VINTAGES[FILES[0]][1]) & set(VINTAGES[FILES[0]][2]))
    assert main(["trace", *map(str, key), "--json", *lake_flag]) == 0
    found = [one for one in json.loads(capsys.readouterr().out) if one["source"] == FILES[0]]
    assert [(one["release"], float(one["value"])) for one in found] == [
        (release, vintage[key][0]) for release, vintage in zip(RELEASES, VINTAGES[FILES[0]])
    ]
