"""Whatever writes a subject holds its lease: while another writes, it leaves the subject alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from glue_jobs.errors import TryAgainLater
from glue_jobs.storage.local import LocalStorage
from labor_lake.commands.vacuum import vacuum
from labor_lake.commands.verify import verify_lake
from tests.faults.commands import LATER, old_copies, take_in
from tests.faults.lake import Lake
from tests.faults.places import Places
from tests.faults.small_survey import serve_release
from tests.simulator.upstream import Upstream

ALL = ("raw", "curated", "history", "current")


@pytest.fixture
def lake(tmp_path):
    """Two releases, of which the second supersedes the first; upstream has the third."""
    with Upstream() as upstream:
        lake = Lake(Places("local", tmp_path).new(), upstream, allow_removals=1)
        for number in (1, 2):
            serve_release(upstream, number)
            assert lake.run_all() == []
        serve_release(upstream, 3)
        yield lake


@pytest.fixture
def written(lake):
    """Another process writes both subjects."""
    before = lake.tree(*ALL)
    with lake.storage.lease("pr"), lake.storage.lease("population"):
        yield lake
    assert lake.tree(*ALL) == before


@pytest.mark.parametrize("job", [Lake.land_bls, Lake.land_population])
def test_nothing_is_landed_meanwhile(job, written):
    assert [type(failure) for failure in job(written).failures] == [TryAgainLater]


def test_no_release_is_built_meanwhile(written):
    assert [type(failure) for failure in written.build().failures] == [TryAgainLater] * 2


def test_no_old_copy_is_taken_in_meanwhile(written, tmp_path):
    assert take_in(written, old_copies(tmp_path, 3)) == TryAgainLater.exit_code


def test_nothing_is_vacuumed_meanwhile(written):
    failures = vacuum(written.storage, LATER).failures
    assert [type(failure) for failure in failures] == [TryAgainLater] * 2


def test_a_repair_holds_the_lease_while_it_puts_bytes_in_place(lake):
    class Watched(LocalStorage):
        restored = 0

        def restore(self, key, path, sha256):
            assert lake.storage.is_leased("pr")
            self.restored += 1
            return super().restore(key, path, sha256)

    watched = Watched(lake.storage.root)
    lake.place.damage("raw/bls/pr/pr.class", "delete")
    run = replace(lake.run(), storage=watched)
    assert verify_lake(run, mend=True, upstream=False).failures == []
    assert watched.restored == 1
