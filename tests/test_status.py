"""`lake status`: what is built, what it refuses to be asked, and how wide it is."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone

import pytest

from glue_jobs.timestamps import to_text
from labor_lake.cli import main
from labor_lake.commands import status
from labor_lake.sample import render
from labor_lake.state import describe
from tests.faults.lake import DATA_FILE, Lake, change_file
from tests.faults.places import Place
from tests.faults.small_survey import FIRST, serve_release
from tests.simulator.upstream import Upstream

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")


@pytest.fixture
def lake(tmp_path):
    """A small survey, landed and built."""
    with Upstream() as upstream:
        lake = Lake(Place(str(tmp_path / "lake")), upstream, allow_removals=1)
        serve_release(upstream, 1)
        assert lake.run_all() == []
        yield lake


def is_built(lake: Lake) -> dict[str, bool]:
    return {name: one["is_built"] for name, one in describe(lake.storage)["subjects"].items()}


def stale(lake: Lake, capsys) -> list[str]:
    main(["status", "--json", "--lake", str(lake.folder)])
    return [one["reason"] for one in json.loads(capsys.readouterr().out)["stale"]]


def test_an_older_file_that_is_landed_is_not_built_until_it_is(lake, capsys):
    """The release has the name of its newest file, which is another one."""
    rows = [("class_code", "class_text"), ("6", "All")]
    change_file(lake.upstream, "pr.class", render.table_file(rows), FIRST + timedelta(hours=1))
    assert lake.land_bls().failures == ()
    assert is_built(lake) == {"pr": False, "population": True}
    assert "the release 20250905T123000Z is landed, but not built." in stale(lake, capsys)
    assert lake.build().failures == ()
    assert is_built(lake) == {"pr": True, "population": True}


def test_a_file_that_was_told_to_be_held_back_counts_as_built(lake):
    change_file(lake.upstream, DATA_FILE, b"Under construction\r\n", FIRST + timedelta(days=2))
    assert lake.land_bls().failures == ()
    assert is_built(lake)["pr"] is False
    assert [failure.exit_code for failure in lake.build().failures] == [7]
    assert is_built(lake)["pr"] is True
    assert describe(lake.storage)["subjects"]["pr"]["held"].keys() == {DATA_FILE}


def test_a_file_that_is_no_more_counts_until_its_table_is_gone(lake):
    lake.upstream.remove_file("pr", "pr.class")
    assert lake.land_bls().failures == ()
    assert is_built(lake)["pr"] is False
    assert lake.build().failures == ()
    assert is_built(lake)["pr"] is True


def test_another_dataset_s_figures_are_not_built_until_they_are(lake):
    serve_release(lake.upstream, 2)
    assert lake.land_population().failures == ()
    assert is_built(lake) == {"pr": True, "population": False}


@pytest.mark.parametrize("hours", ["nan", "inf", "-inf", "-1", "1e999", "soon", ""])
def test_an_age_that_is_none_is_a_wrong_command(hours, demo_lake, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["status", f"--max-age={hours}", "--lake", demo_lake])
    assert ended.value.code == 2
    assert f"--max-age: {hours!r} is not a number of hours" in capsys.readouterr().err


@pytest.mark.parametrize("age", [timedelta(hours=23), timedelta(minutes=59), timedelta(days=365)])
def test_the_usual_status_fits_80_columns(age, demo_lake, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    now = datetime.now(timezone.utc)
    state = {
        "release": "20250904T123000Z",
        "files": 12,
        "bytes": 158_300,
        "rows": {"pr_data": 1_234_567},
        "checked_at": to_text(now - age),
    }
    rows = [status._row(subject, state, now) for subject in ("pr", "population")]
    monkeypatch.setattr(status, "_row", lambda subject, state, now: rows[subject == "population"])
    assert main(["status", "--lake", demo_lake]) == 0
    told = [re.sub(r"\x1b\[[0-9;]*m", "", one) for one in capsys.readouterr().out.splitlines()]
    (header,) = [line for line in told if "subject" in line]
    assert header.split() == ["subject", "release", "files", "landed", "observations", "asked"]
    assert max(map(len, told[1:5])) <= 80
