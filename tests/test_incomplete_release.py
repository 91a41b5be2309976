"""A run that finds its current release incomplete makes it again, whatever took the files away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glue_jobs.catalog.pointers import load_pointer
from tests.faults.commands import old_copies, take_in, verify
from tests.faults.places import BACKENDS, Places, cloud
from tests.faults.small_survey import lake_with, serve_release
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from tests.faults.lake import Lake


@pytest.fixture(params=BACKENDS)
def lake(request, tmp_path):
    """Two releases, and a copy of the time before them."""
    with cloud(request.param), Upstream() as upstream:
        lake = lake_with(Places(request.param, tmp_path), upstream, 1, 2)
        assert take_in(lake, old_copies(tmp_path, 3)) == 0
        yield lake


def key_of(lake: Lake, subject: str, table: str) -> str:
    pointer = load_pointer(lake.storage, subject)
    assert pointer is not None
    return pointer.key_of(table, pointer.tables[table].files[-1])


@pytest.mark.parametrize(
    ("subject", "table"),
    [("pr", "pr_data"), ("pr", "pr_class"), ("pr", "pr_sources"), ("population", "population")],
)
def test_a_file_of_the_release_comes_back_where_it_was(subject, table, lake):
    before = lake.tree()
    lake.storage.delete(key_of(lake, subject, table))
    assert lake.run_all() == []
    assert lake.tree() == before
    assert verify(lake)[0] == 0


def test_a_file_of_the_history_comes_back_with_all_vintages(lake):
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    lake.storage.delete(key_of(lake, "pr", "pr_revisions"))
    assert lake.run_all() == []
    again = load_pointer(lake.storage, "pr")
    assert again is not None
    assert again.history == pointer.history
    assert again.folder == pointer.folder
    assert verify(lake, rebuild=True)[0] == 0


@pytest.mark.parametrize("table", ["pr_data", "pr_class", "pr_series"])
def test_what_is_missing_does_not_hinder_the_next_release(table, lake):
    lake.storage.delete(key_of(lake, "pr", table))
    lake.storage.delete(key_of(lake, "pr", "pr_revisions"))
    serve_release(lake.upstream, 3)
    assert lake.run_all() == []
    assert verify(lake, rebuild=True)[0] == 0
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    assert len(pointer.history) == 4


def test_a_file_that_was_cut_gives_way_to_a_folder_of_its_own(lake):
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    lake.place.damage(key_of(lake, "pr", "pr_class"), "truncate")
    assert lake.run_all() == []
    again = load_pointer(lake.storage, "pr")
    assert again is not None
    assert again.folder == pointer.folder[:-1] + "-2/"
    assert verify(lake, rebuild=True)[0] == 0
    assert lake.build().summary["changed"] is False
    serve_release(lake.upstream, 3)
    assert lake.run_all() == []
    assert verify(lake, rebuild=True)[0] == 0


def test_several_files_are_repaired_in_one_go(lake):
    for table in ("pr_revisions", "pr_series", "pr_sources", "pr_data"):
        lake.storage.delete(key_of(lake, "pr", table))
    code, told = verify(lake, repair=True)
    assert code == 0
    assert len([one for one in told["problems"] if one["area"] != "catalog"]) == 4
    assert verify(lake, rebuild=True)[0] == 0


def test_what_was_landed_and_not_built_is_no_damage(lake):
    serve_release(lake.upstream, 3)
    assert lake.land_population().failures == lake.land_bls().failures == ()
    assert verify(lake, rebuild=True)[0] == 0


def test_a_whole_release_is_left_alone(lake):
    before = lake.everything()
    assert lake.build().summary["changed"] is False
    assert lake.everything() == before
