"""S11: a rotten pointer: vacuum removes nothing until it is repaired, and no vintage is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.errors import IntegrityFailure
from labor_lake.commands.vacuum import vacuum
from tests.faults.commands import LATER, old_copies, take_in, verify
from tests.faults.lakes_alike import LakesAlike
from tests.faults.places import BACKENDS
from tests.faults.small_survey import serve_release
from tests.faults.table import Case, cases
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from tests.faults.lake import Lake

KEY = "current/pr.json"


@pytest.fixture
def lake(places, tmp_path):
    """Three releases, and a copy that somebody kept of the time before them."""
    with Upstream() as upstream:
        lake = LakesAlike(places, upstream, "next-run").new()
        assert lake.run_all() == []
        assert take_in(lake, old_copies(tmp_path, 3)) == 0
        serve_release(upstream, 3)
        assert lake.run_all() == []
        yield lake


def rot(lake: Lake, case: Case) -> None:
    how = case.inject["how"]
    if case.inject["rotten_pointer"] == "all":
        for version in lake.storage.versions(KEY):
            lake.place.falsify_version(KEY, version.version, b"rotten")
    elif how == "other folder":
        document = lake.read_json(KEY)
        folder = document["folder"]
        document["folder"] = folder.replace(folder[-3], "0" if folder[-3] != "0" else "1")
        lake.place.falsify(KEY, json.dumps(document).encode())
    else:
        lake.place.damage(KEY, how)


def known_to(lake: Lake) -> list[tuple[str, str]]:
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    return [(vintage.release, vintage.sha256) for vintage in pointer.history]


@pytest.mark.parametrize("backend", BACKENDS)
@cases("rotten_pointer")
def test_nothing_goes_and_every_vintage_comes_back(case, lake):
    vintages, pointed = known_to(lake), lake.pointed()
    assert len(vintages) == 4
    rot(lake, case)
    before = lake.tree("curated", "history")
    removed = vacuum(lake.storage, LATER)
    assert [type(failure) for failure in removed.failures] == [IntegrityFailure]
    assert all(
        not stored.key.startswith(("curated/pr/", "history/pr/")) for stored in removed.objects
    )
    assert lake.tree("curated", "history") == before
    assert verify(lake, repair=True)[0] == 0
    assert known_to(lake) == vintages
    assert verify(lake, rebuild=True)[0] == 0
    assert lake.run_all() == []
    assert known_to(lake) == vintages
    assert lake.pointed() == pointed
    assert vacuum(lake.storage, LATER).failures == []
    assert verify(lake, rebuild=True)[0] == 0
    lake.check()


@pytest.mark.parametrize("backend", BACKENDS)
@cases("rotten_pointer")
def test_another_subject_is_vacuumed_all_the_same(case, lake):
    lake.storage.put("curated/cu/20250101T000000Z-0badcafe/x", b"a killed run's")
    rot(lake, case)
    removed = vacuum(lake.storage, LATER)
    assert list(removed.folders) == ["curated/cu/20250101T000000Z-0badcafe/"]
