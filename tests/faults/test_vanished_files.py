"""U9: files vanish from the listing: out of sight, never out of the history, not many at once."""

from __future__ import annotations

import pytest

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.errors import UpstreamInvalid
from glue_jobs.sources.bls.manifest import load_survey
from tests.faults.lake import SURVEY_PATH, body_of, change_file
from tests.faults.places import BACKENDS
from tests.faults.table import cases, fault
from tests.simulator.faults import Status

pytestmark = pytest.mark.parametrize("backend", BACKENDS)


@fault("U9")
def test_one_of_twelve_goes_out_of_sight_and_stays_in_history(lake):
    key = "raw/bls/pr/pr.footnote"
    body = body_of(lake.upstream, "pr.footnote")
    lake.upstream.remove_file("pr", "pr.footnote")
    done = lake.land_bls()
    assert done.failures == ()
    assert done.summary["surveys"]["pr"]["removed"] == ["pr.footnote"]
    assert "pr.footnote" not in load_survey(lake.storage, "pr").files
    assert lake.storage.stat(key) is None
    (kept,) = lake.storage.versions(key)
    with lake.storage.open(key, kept.version) as stream:
        assert stream.read() == body
    lake.check()


@fault("U9")
def test_its_table_goes_with_the_next_build_and_the_old_folder_stays(lake):
    before = lake.tree("curated")
    lake.upstream.remove_file("pr", "pr.footnote")
    assert lake.run_all() == []
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    assert "pr_footnote" not in pointer.tables
    assert "pr_class" in pointer.tables
    assert before.items() <= lake.tree("curated").items()
    lake.check()


@fault("U9")
def test_a_file_that_comes_back_is_landed_again(lake):
    before = lake.tree()
    file = lake.upstream.surveys["pr"]["pr.footnote"]
    lake.upstream.remove_file("pr", "pr.footnote")
    assert lake.run_all() == []
    change_file(lake.upstream, "pr.footnote", file.body, file.last_modified)
    assert lake.run_all() == []
    assert before.items() <= lake.tree().items()
    # S3 makes a version of its own of a content that returns after it was deleted.
    versions = lake.storage.versions("raw/bls/pr/pr.footnote")
    assert len(versions) == (2 if lake.place.database else 1)


@cases("removed")
def test_many_at_once_need_to_be_allowed(case, lake):
    removed, held = case.inject["removed"], case.inject["of"]
    for number in range(held - 12):
        change_file(lake.upstream, f"pr.extra{number:02}", b"text\r\n")
    assert lake.land_bls().failures == ()
    names = sorted(set(lake.upstream.surveys["pr"]))[-removed:]
    for name in names:
        lake.upstream.remove_file("pr", name)
    before = lake.noted()
    done = lake.land_bls(allow_removals=case.inject.get("allowed", 0))
    assert done.exit_code == case.exit_code
    if not case.exit_code:
        assert done.failures == ()
        assert sorted(done.summary["surveys"]["pr"]["removed"]) == names
        assert lake.tree("raw").keys() == {
            f"raw/bls/pr/{name}" for name in [*lake.upstream.surveys["pr"], "_manifest.json"]
        } | {path for path in before if path.startswith("raw/population/")}
    else:
        assert type(done.error).__name__ == case.expect["error"]
        assert f"{removed} of {held} files of pr are no longer listed" in done.told
        assert f"--allow-removals {removed}" in done.told
        assert lake.noted() == before
    lake.check()


@fault("U9")
def test_nothing_is_removed_unless_all_the_rest_succeeded(lake):
    before = lake.noted()
    lake.upstream.remove_file("pr", "pr.footnote")
    change_file(lake.upstream, "pr.class", body_of(lake.upstream, "pr.class") + b"9\tx\r\n")
    lake.upstream.script(f"{SURVEY_PATH}pr.class", Status(503), times=4)
    assert lake.land_bls().exit_code == 5
    assert lake.noted() == before
    assert lake.land_bls().summary["surveys"]["pr"]["removed"] == ["pr.footnote"]


@fault("U9")
def test_a_vanished_survey_keeps_what_it_has(lake):
    before = lake.noted()
    del lake.upstream.surveys["pr"]
    done = lake.land_bls(allow_removals=100)
    assert (done.exit_code, type(done.error)) == (7, UpstreamInvalid)
    assert lake.noted() == before
