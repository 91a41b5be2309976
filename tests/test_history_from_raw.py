"""The history, where it is written from what the raw zone holds: nothing more, nothing less."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from glue_jobs.catalog.pointers import load_pointer
from labor_lake.cli import main
from labor_lake.sample import render
from tests.faults.commands import old_copies, take_in, verify
from tests.faults.lake import DATA_FILE, Lake, change_file
from tests.faults.places import BACKENDS, Places, cloud
from tests.faults.small_survey import FIRST, lake_with, serve_release
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

POINTER = "current/pr.json"
RAW = f"raw/bls/pr/{DATA_FILE}"


@pytest.fixture(params=BACKENDS)
def lake(request, tmp_path):
    """One release is built."""
    with cloud(request.param), Upstream() as upstream:
        yield lake_with(Places(request.param, tmp_path), upstream, 1)


def releases_of(lake: Lake) -> list[str]:
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    return [vintage.release for vintage in pointer.history]


def day(number: int) -> str:
    return f"{FIRST + timedelta(days=number):%Y%m%dT%H%M%SZ}"


def land(lake: Lake, number: int) -> None:
    serve_release(lake.upstream, number)
    assert lake.land_bls().failures == ()


def lose_history(lake: Lake) -> None:
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    table = pointer.tables["pr_revisions"]
    lake.storage.delete(table.folder + table.files[-1].path)


def test_what_was_landed_and_not_built_is_a_vintage_too(lake):
    land(lake, 2)
    land(lake, 3)
    assert lake.build().failures == ()
    assert releases_of(lake) == [day(1), day(2), day(3)]
    assert verify(lake, rebuild=True)[0] == 0


def test_what_the_build_refused_is_no_vintage_and_hinders_none(lake):
    for number, body in ((2, b"Under construction.\r\nSoon.\r\n"), (3, rows_of("1.1"))):
        change_file(lake.upstream, DATA_FILE, body, FIRST + timedelta(days=number))
        assert lake.land_bls().failures == ()
        (failure,) = lake.build().failures
    assert "pr.data.0.Current has 1 rows where the last release had 3" in str(failure)
    serve_release(lake.upstream, 3)
    change_file(lake.upstream, DATA_FILE, rows_of("3.1", "3.2", "3.3"), FIRST + timedelta(days=4))
    assert lake.land_bls().failures == ()
    built = lake.build().summary["releases"]["pr"]
    assert releases_of(lake) == [day(1), day(4)]
    told = [one for one in built["warnings"] if "was landed, but is not in the history" in one]
    assert len(told) == 2
    lose_history(lake)
    assert lake.build().failures == ()
    assert releases_of(lake) == [day(1), day(4)]
    assert verify(lake, rebuild=True)[0] == 0


def rows_of(*values: str) -> bytes:
    return render.data_file(
        ("PRS30006011", "2013", f"Q0{quarter}", value, "R")
        for quarter, value in enumerate(values, 1)
    )


@pytest.mark.parametrize("repairs", [True, False], ids=["repaired", "run-alone"])
def test_a_lost_pointer_costs_only_the_vintage_whose_bytes_are_lost_as_well(repairs, lake):
    for number in (2, 3):
        serve_release(lake.upstream, number)
        assert lake.run_all() == []
    first = lake.storage.versions(RAW)[0].version
    lake.place.falsify_version(RAW, first, b"rotten")
    for version in lake.storage.versions(POINTER):
        lake.place.falsify_version(POINTER, version.version, b"rotten")
    if repairs:
        verify(lake, repair=True)
    else:
        lake.storage.delete(POINTER)
        assert lake.build().failures == ()
    assert releases_of(lake) == [day(2), day(3)]
    assert verify(lake, rebuild=True)[0] == 0


def test_a_copy_that_is_no_data_file_leaves_nothing_behind(lake, tmp_path: Path):
    (release, path) = next(iter(old_copies(tmp_path, 3).items()))
    garbage = tmp_path / "garbage"
    garbage.write_bytes(b"<html>Access denied</html>\n")
    assert take_in(lake, {release: garbage}) == 7
    assert list(lake.storage.list_objects("raw/backfill/")) == []
    assert take_in(lake, {release: path}) == 0
    assert releases_of(lake) == [release, day(1)]


def test_a_copy_of_a_day_to_come_is_refused(lake, tmp_path: Path, capsys):
    (path,) = old_copies(tmp_path, 3).values()
    tomorrow = datetime.now(timezone.utc) + timedelta(days=365)
    words = ["backfill", "pr", DATA_FILE, str(path), "--release", f"{tomorrow:%Y-%m-%d}"]
    assert main([*words, "--lake", lake.place.uri]) == 2
    assert "which is in the future" in capsys.readouterr().err


def test_what_somebody_else_puts_beside_old_copies_is_passed_over(lake, tmp_path: Path):
    assert take_in(lake, old_copies(tmp_path, 3)) == 0
    known = releases_of(lake)
    lake.storage.put("raw/backfill/pr/notes.txt", b"mine")
    lake.storage.delete(POINTER)
    assert lake.build().failures == ()
    assert releases_of(lake) == known


@pytest.mark.parametrize("how", ["flip", "delete"])
def test_a_rotten_table_that_a_build_reads_is_made_again(how, lake):
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    lake.place.damage(pointer.key_of("pr_series", pointer.tables["pr_series"].files[0]), how)
    serve_release(lake.upstream, 2)
    assert lake.run_all() == []
    assert verify(lake, rebuild=True)[0] == 0
