"""A build that meets bytes which are not its lake's own: none of them comes into a release."""

from __future__ import annotations

import pytest

from glue_jobs.catalog.pointers import Pointer, load_pointer
from glue_jobs.errors import IntegrityFailure
from tests.faults.commands import verify
from tests.faults.lake import Lake
from tests.faults.places import Places
from tests.faults.small_survey import lake_with, serve_release
from tests.simulator.upstream import Upstream


@pytest.fixture
def upstream():
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def new_lake(upstream, tmp_path):
    """Makes lakes with one release, while upstream serves the second."""
    places = Places("local", tmp_path)

    def make() -> Lake:
        lake = lake_with(places, upstream, 1)
        serve_release(upstream, 2)
        return lake

    return make


def pointer_of(lake: Lake) -> Pointer:
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    return pointer


def test_a_document_that_rots_before_a_build_is_refused(upstream, tmp_path):
    """It makes no table, but the table of sources tells its hash."""
    serve_release(upstream, 1)
    lake = Lake(Places("local", tmp_path).new(), upstream)
    assert lake.land_bls().failures == lake.land_population().failures == ()
    lake.place.falsify("raw/bls/pr/pr.txt", b"Read it!\r\n")
    assert [type(failure) for failure in lake.build().failures] == [IntegrityFailure]
    assert load_pointer(lake.storage, "pr") is None


def test_a_release_file_that_rots_is_not_what_the_next_vintage_is_compared_with(new_lake):
    healthy, lake = new_lake(), new_lake()
    assert healthy.run_all() == []
    before = pointer_of(lake)
    (file,) = before.tables["pr_data"].files
    lake.place.falsify(before.key_of("pr_data", file), bytes(file.bytes))
    assert lake.run_all() == []
    assert pointer_of(lake).history == pointer_of(healthy).history


def test_a_foreign_file_in_the_history_s_place_gives_the_year_another_folder(new_lake):
    healthy, lake = new_lake(), new_lake()
    assert healthy.run_all() == []
    made = pointer_of(healthy)
    table = made.tables["pr_revisions"]
    lake.storage.put(made.key_of("pr_revisions", table.files[-1]), b"another making's")
    assert lake.run_all() == []
    again = pointer_of(lake)
    assert again.history == made.history
    assert [file.sha256 for file in again.tables["pr_revisions"].files] == [
        file.sha256 for file in table.files
    ]
    old, new = (one.tables["pr_revisions"].files[-1].path.split("/") for one in (made, again))
    assert new == [*old[:-2], f"{old[-2]}-2", old[-1]]
    assert verify(lake, rebuild=True)[1]["problems"] == []
