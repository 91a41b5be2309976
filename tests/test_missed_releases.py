"""A release that the lake has missed is noticed by BLS's own marks, and told."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from labor_lake.cli import main
from tests.faults.lake import DATA_FILE, NEXT_RELEASE, Lake, body_of, change_file
from tests.faults.places import Place
from tests.simulator.upstream import Upstream

SEEN = b"PRS30006032      \t2018\tQ01\t         0.5\t"


def revise(upstream: Upstream, mark: bytes) -> None:
    body = body_of(upstream, DATA_FILE)
    assert SEEN in body
    revised = SEEN.replace(b"0.5", b"0.9") + mark
    change_file(upstream, DATA_FILE, body.replace(SEEN, revised), NEXT_RELEASE)


@pytest.mark.parametrize(("mark", "missed"), [(b"R", False), (b"", True)])
def test_a_value_revised_without_the_mark_means_a_missed_release(mark, missed, tmp_path, capsys):
    with Upstream.sample() as upstream:
        lake = Lake(Place(str(tmp_path / "lake")), upstream)
        assert lake.run_all() == []
        revise(upstream, mark)
        assert lake.land_bls().failures == ()
        built = lake.build().summary["releases"]["pr"]
    assert any("a release before this one was missed" in one for one in built["warnings"]) == missed
    assert main(["status", "--lake", str(lake.folder)]) == 0
    assert ("a release was missed before 20251209T133000Z" in capsys.readouterr().out) == missed
    assert main(["status", "--lake", str(lake.folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["subjects"]["pr"]["missed"]
    assert told == ({DATA_FILE: ["20251209T133000Z"]} if missed else {})


def test_a_survey_whose_footnotes_explain_the_mark_otherwise_is_not_suspected(tmp_path):
    with Upstream.sample() as upstream:
        change_file(upstream, "pr.footnote", b"footnote_code\tfootnote_text\r\nR\trural\r\n")
        lake = Lake(Place(str(tmp_path / "lake")), upstream)
        assert lake.land_bls().failures == ()
        assert lake.build().failures == ()
        revise(upstream, b"")
        assert lake.land_bls().failures == ()
        assert lake.build().summary["releases"]["pr"]["warnings"] == []


def test_a_missed_release_is_warned_of_once(tmp_path):
    with Upstream.sample() as upstream:
        lake = Lake(Place(str(tmp_path / "lake")), upstream)
        assert lake.run_all() == []
        revise(upstream, b"")
        assert lake.land_bls().failures == ()
        assert len(lake.build().summary["releases"]["pr"]["warnings"]) == 1
        later = NEXT_RELEASE + timedelta(days=1)
        change_file(upstream, "pr.txt", b"Read me.\r\n", later)
        assert lake.land_bls().failures == ()
        built = lake.build().summary["releases"]["pr"]
    assert (built["changed"], built["warnings"]) == (True, [])
