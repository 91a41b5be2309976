"""S8: raw rots before somebody makes tables of it: it is refused; nothing wrong is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glue_jobs.build_tables import build_subject
from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.current_release import Remake
from glue_jobs.errors import IntegrityFailure, LakeError
from glue_jobs.tables import plan
from tests.faults.commands import old_copies, take_in, verify
from tests.faults.lake import DATA_FILE, Lake, publish_next_release
from tests.faults.places import BACKENDS
from tests.faults.table import Case, cases
from tests.simulator.faults import Status

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Content

RAW = {
    "data": f"raw/bls/pr/{DATA_FILE}",
    "series": "raw/bls/pr/pr.series",
    "mapping": "raw/bls/pr/pr.class",
    "page": "raw/population/acs_yg_total_population_1.json",
}


def rot(lake: Lake, case: Case) -> None:
    """Makes a figure another one, or does worse."""
    key, how = RAW[case.inject["file"]], case.inject["how"]
    if how != "digit":
        lake.place.damage(key, how)
        return
    body = lake.place.body(key)
    # The file is as well-formed as before; nothing but its hash can tell.
    at = max(body.rfind(digit) for digit in (b"1", b"2", b"5", b"8"))
    lake.place.falsify(key, body[:at] + b"3" + body[at + 1 :])


def pointer_of(lake: Lake, case: Case) -> Content | None:
    """The pointer of the subject whose file rots."""
    subject = "population" if case.inject["file"] == "page" else "pr"
    return lake.storage.get(f"current/{subject}.json")


def check_refused(lake: Lake, failures: tuple[Exception, ...]) -> None:
    assert failures
    assert {type(failure) for failure in failures} == {IntegrityFailure}
    assert "does not match its recorded checksum" in str(failures[0])


def check_mended(lake: Lake, healed: Lake) -> None:
    """Upstream still has the bytes; then everything is as if nothing had been."""
    assert verify(lake, repair=True)[0] == 0
    assert lake.run_all() == []
    assert verify(lake, rebuild=True)[0] == 0
    assert lake.pointed() == healed.pointed()
    lake.check()


@pytest.mark.parametrize("backend", BACKENDS)
@cases("rotten_before_build")
def test_what_rots_between_landing_and_building_is_not_built(case, upstream, places, undisturbed):
    # What has not changed since the last release is not read, so the first one is built, too.
    begin = None if case.inject["file"] == "series" else undisturbed.landed
    lake, healed = (Lake(places.new(begin), upstream) for _ in range(2))
    publish_next_release(upstream)
    assert healed.run_all() == []
    before = pointer_of(lake, case)
    assert lake.land_bls().failures == lake.land_population().failures == ()
    rot(lake, case)
    check_refused(lake, lake.build().failures)
    assert pointer_of(lake, case) == before
    check_mended(lake, healed)


@pytest.mark.parametrize("backend", BACKENDS)
@cases("rotten_before_writer")
def test_what_rots_before_another_converter_makes_all_tables_again(case, lake, monkeypatch):
    assert lake.run_all() == []
    before = pointer_of(lake, case)
    rot(lake, case)
    with monkeypatch.context() as another:
        another.setattr(plan, "CONVERTER_VERSION", 99)
        check_refused(lake, lake.build().failures)
    assert pointer_of(lake, case) == before
    assert verify(lake, repair=True)[0] == 0


@pytest.mark.parametrize("backend", BACKENDS)
@cases("rotten_before_history")
def test_what_rots_before_the_history_is_written_again(case, lake):
    assert lake.run_all() == []
    before = lake.place.body("current/pr.json")
    rot(lake, case)
    with pytest.raises(LakeError) as refused:
        build_subject(lake.run(), "pr", Remake(history=True))
    check_refused(lake, (refused.value,))
    assert lake.place.body("current/pr.json") == before
    assert verify(lake, repair=True)[0] == 0
    assert lake.run_all() == []
    assert verify(lake, rebuild=True)[0] == 0


@pytest.mark.parametrize("backend", BACKENDS)
@cases("rotten_before_history")
def test_a_lost_file_of_the_history_comes_back_from_the_release_s_own_table(case, lake):
    """Its Parquet has its recorded hash, so the rotten bytes are not needed, and not read."""
    assert lake.run_all() == []
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    table = pointer.tables["pr_revisions"]
    rot(lake, case)
    lake.storage.delete(table.folder + table.files[0].path)
    assert lake.build().failures == ()
    assert verify(lake, repair=True)[0] == 0
    assert verify(lake, rebuild=True)[0] == 0


@pytest.mark.parametrize("backend", BACKENDS)
@cases("rotten_before_backfill")
def test_what_rots_before_a_backfill_is_no_history(case, lake, tmp_path):
    assert lake.run_all() == []
    before = lake.place.body("current/pr.json")
    rot(lake, case)
    assert take_in(lake, old_copies(tmp_path, 3)) == 7
    assert lake.place.body("current/pr.json") == before
    assert verify(lake, repair=True)[0] == 0
    assert take_in(lake, old_copies(tmp_path, 3)) == 0
    assert verify(lake, rebuild=True)[0] == 0


@pytest.mark.parametrize("backend", BACKENDS)
@cases("rotten_before_repair")
def test_what_rots_before_a_repair_is_put_in_no_release(case, lake):
    """Upstream is no help: it is down."""
    assert lake.run_all() == []
    table = {"data": "pr_data", "mapping": "pr_class", "page": "population"}[case.inject["file"]]
    pointer = load_pointer(lake.storage, "population" if table == "population" else "pr")
    assert pointer is not None
    key = pointer.key_of(table, pointer.tables[table].files[0])
    lake.storage.delete(key)
    rot(lake, case)
    lake.upstream.script("*", Status(503), forever=True)
    code, told = verify(lake, repair=True)
    assert code == 7
    assert {one["key"]: one["repaired"] for one in told["problems"]}[key] is None
    assert lake.storage.stat(key) is None
