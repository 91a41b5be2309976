"""Copies that `lake backfill` cannot take in: what is wrong is said of them, not of the lake."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from labor_lake.cli import main
from labor_lake.commands import backfill
from tests.lakes import lake_of

NAME = "pr.data.0.Current"

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copies") / "lake"
    lake_of(folder, [("PRS30006011", "2013", "Q01", "1.5", "")], {2013: 1})
    return folder


@pytest.fixture
def told(folder, capsys):
    """Offers a copy; returns what is said of it."""

    def offer(path, *release: str) -> list[str]:
        given = release or ("--release", "2024-06-06")
        assert main(["backfill", "pr", NAME, str(path), *given, "--lake", str(folder)]) == 2
        said: list[str] = capsys.readouterr().err.splitlines()
        return said

    return offer


@pytest.mark.parametrize("release", [(), ("--release-from-mtime",)], ids=["release", "mtime"])
@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_no_copy(kind, release, told, tmp_path):
    path = tmp_path / "copy"
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    assert told(path, *release)[0] == f"error: {path} is not a file."


@pytest.mark.parametrize("release", [(), ("--release-from-mtime",)], ids=["release", "mtime"])
def test_a_copy_that_is_not_there_is_told(release, told, tmp_path):
    said = told(tmp_path / "copy", *release)
    assert said == [f"error: {tmp_path / 'copy'} cannot be read: No such file or directory."]


def test_a_copy_that_cannot_be_read_is_told(told, tmp_path, monkeypatch):
    path = tmp_path / "copy"
    path.write_bytes(b"series_id\r\n")

    def refuse(_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(backfill, "path_sha256", refuse)
    assert told(path) == [f"error: {path} cannot be read: Permission denied."]


def test_a_timestamp_that_no_calendar_has_is_told(told, tmp_path, monkeypatch):
    path = tmp_path / "copy"
    copy = SimpleNamespace(stat=lambda: SimpleNamespace(st_mtime=1e18))
    monkeypatch.setattr(backfill, "_checked", lambda _: copy)
    assert told(path, "--release-from-mtime")[0] == f"error: The timestamp of {path} is no date."
