"""A typo is told before it does harm, and an answer that cannot be given is no success."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.storage.local import LocalStorage
from labor_lake.cli import main
from labor_lake.commands.backfill import backfill

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")


@pytest.fixture
def copied(demo_lake, tmp_path):
    """A lake of one's own, and an old copy of its data file."""
    shutil.copytree(demo_lake, tmp_path / "lake")
    (tmp_path / "lake" / "demo.json").unlink()
    old = tmp_path / "old"
    shutil.copy(tmp_path / "lake" / "raw" / "bls" / "pr" / "pr.data.0.Current", old)
    return str(tmp_path / "lake"), str(old)


def test_a_copy_of_a_file_that_the_lake_has_never_seen_is_refused(copied, capsys):
    lake, old = copied
    words = ["--release", "2024-06-06", "--lake", lake]
    assert main(["backfill", "pr", "pr.data.0.Curent", old, *words]) == 2
    told = capsys.readouterr().err
    assert "has never seen a file pr.data.0.Curent of pr" in told
    assert "Did you mean pr.data.0.Current?" in told
    assert main(["backfill", "pr", "pr.data.9.Gone", old, *words]) == 2
    assert "--new-file" in capsys.readouterr().err
    assert main(["backfill", "pr", "pr.data.9.Gone", old, "--new-file", *words]) == 0
    assert "pr.data.9.Gone: 1 vintage, from" in capsys.readouterr().out


def test_changes_are_by_default_those_of_a_file_that_bls_still_has(copied, tmp_path, capsys):
    lake, _ = copied
    storage = LocalStorage(Path(lake))
    pointer = load_pointer(storage, "pr")
    assert pointer is not None
    name = "pr.data.0.Ancient"
    backfill(storage, pointer, name, {"20200606T123000Z": tmp_path / "old"})
    assert main(["changes", "pr", "--lake", lake]) == 0
    assert capsys.readouterr().out.startswith("pr.data.0.Current, release ")


def test_changes_say_that_the_newest_release_changed_nothing(copied, tmp_path, capsys, monkeypatch):
    lake, _ = copied
    monkeypatch.setattr("labor_lake.commands.changes.load_pointer", _of_a_later_release)
    assert main(["changes", "pr", "--lake", lake]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "20260101T000000Z has not changed pr.data.0.Current; the last release that did:"


def _of_a_later_release(storage, survey):
    pointer = load_pointer(storage, survey)
    assert pointer is not None
    return replace(pointer, release="20260101T000000Z")


def test_a_wrong_release_names_its_own_flag(demo_lake, capsys):
    assert main(["changes", "pr", "--release", "foo", "--lake", demo_lake]) == 2
    assert "hint:  --release 2025-06-30" in capsys.readouterr().err


def test_a_report_that_was_unknown_then_is_no_success(demo_lake, capsys):
    words = ["--as-of", "2025-09-10", "--lake", demo_lake]
    assert main(["reports", "population_summary", *words]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "population_summary is unknown at 2025-09-10: population is known since 2" in told.err


def test_the_command_that_shows_the_rest_names_the_lake(demo_lake, capsys):
    assert main(["reports", "--as-of", "2030-01-01", "--lake", demo_lake]) == 0
    shown = capsys.readouterr().out
    assert f"lake reports series_population --as-of 2030-01-01 --lake {demo_lake}" in shown


def test_reports_of_which_none_could_be_made_are_no_success(copied, capsys):
    lake, _ = copied
    storage = LocalStorage(Path(lake))
    content = storage.get("reports/latest/report.json")
    assert content is not None
    document = json.loads(content.body)
    document.update(reports={}, files={}, held={})
    storage.put("reports/latest/report.json", json.dumps(document).encode())
    assert main(["reports", "--lake", lake]) == 7
    assert "No report could be made yet." in capsys.readouterr().err


def test_every_setting_says_where_it_came_from(capsys):
    assert main(["config", "--surveys", "ap"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["surveys"].endswith("ap   (from --surveys)")
    assert lines["database"].endswith("labor_lake   (default)")
    assert "not set" in lines["contact"]
