"""`lake doctor`: one page, whatever works and whatever does not."""

from __future__ import annotations

import os
import re
import shutil

import pytest

from labor_lake.cli import main
from labor_lake.diagnosis import here
from tests.diagnosis.pages import closed_port, found, page_of, said
from tests.simulator.upstream import Upstream

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")

# A directory.


def test_a_lake_that_works_has_no_line_that_fails(demo_lake, capsys):
    page = page_of(capsys, "--lake", demo_lake, code=0)
    assert found(page) == {
        "folder": "ok",
        "free space": "ok",
        "content": "ok",
        "last run": "ok",
        "DuckDB": "ok",
        "upstream": "skipped",
    }
    assert "Published: pr, population." in said(page, "content")
    assert re.search(r"build_tables: exit 0, [0-9.]+ seconds, 2\d{3}-", said(page, "last run"))
    assert page["versions"]["lake"]
    assert page["settings"]["lake"] == {
        "value": page["settings"]["lake"]["value"],
        "from": "--lake",
    }


def test_where_there_is_no_lake_yet_it_says_what_makes_one(capsys):
    page = page_of(capsys, code=0)
    assert found(page)["folder"] == "warning"
    assert "content" not in found(page)
    assert "`lake demo` or `lake run` makes one" in said(page, "folder")


def test_a_file_in_the_place_of_a_lake_is_no_lake(tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    page = page_of(capsys, "--lake", str(tmp_path / "file"), code=7)
    assert found(page)["folder"] == "failed"


def test_a_folder_that_may_only_be_read_is_a_warning(demo_lake, capsys, monkeypatch):
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))
    page = page_of(capsys, "--lake", demo_lake, code=0)
    assert found(page)["writing"] == "warning"
    assert "queries work, runs do not" in said(page, "writing")


def test_little_space_is_a_warning(demo_lake, capsys, monkeypatch):
    usage = shutil.disk_usage(demo_lake)._replace(free=5_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    page = page_of(capsys, "--lake", demo_lake, code=0)
    assert found(page)["free space"] == "warning"
    assert "5.0 MB are free" in said(page, "free space")


def test_the_errors_of_the_last_run_are_on_the_page(tmp_path, capsys):
    lake = str(tmp_path / "lake")
    with Upstream.sample() as upstream:
        upstream.cubes.clear()
        given = ["--lake", lake, "--contact", "a@example.com", "--bls-url", upstream.bls_url]
        given += ["--population-url", upstream.population_url]
        assert main(["run", *given]) != 0
    capsys.readouterr()
    page = page_of(capsys, "--lake", lake, code=7)
    assert found(page)["last run"] == "failed"
    assert "land_population: " in said(page, "last run")
    assert "land_bls: exit 0" in said(page, "last run")


def test_a_damaged_file_is_named(demo_lake, tmp_path, capsys):
    lake = tmp_path / "copy"
    shutil.copytree(demo_lake, lake)
    (lake / "current" / "pr.json").chmod(0o644)
    (lake / "current" / "pr.json").write_text("{")
    page = page_of(capsys, "--lake", str(lake), code=7)
    assert "current/pr.json" in said(page, "content")
    assert "lake verify --repair" in said(page, "content")


# What nobody should send to others, and how the page looks.


def test_secrets_addresses_and_accounts_are_masked(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("LAKE_CONTACT", "jane@example.com")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    monkeypatch.setenv("LAKE_TRINO_PASSWORD", "opensesame")
    monkeypatch.setenv("HOME", str(tmp_path))
    lake = (
        tmp_path / "of-123456789012-jane@example.com-wJalrXUtnFEMI-opensesame-AKIAIOSFODNN7EXAMPLE"
    )
    lake.mkdir()
    for form in ([], ["--json"]):
        main(["doctor", "--lake", str(lake), *form])
        out = capsys.readouterr().out.replace("\n", "").replace(" ", "")
        for secret in ("jane@", "123456789012", "wJalr", "opensesame", "AKIA", str(tmp_path)):
            assert secret not in out
        assert "~/of-<account>-" in out


def test_the_page_fits_a_terminal(demo_lake, capsys):
    assert main(["doctor", "--lake", demo_lake]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line and line[0] != " "][1:6] == [
        "settings",
        "versions",
        "lake",
        "engine",
        "upstream",
    ]


def test_what_nobody_has_foreseen_is_a_line_and_hides_no_other(demo_lake, capsys, monkeypatch):
    def break_down(_: str) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(here, "free_space", break_down)
    page = page_of(capsys, "--lake", demo_lake, code=7)
    assert found(page)["free space"] == "failed"
    assert "ZeroDivisionError: by nothing" in said(page, "free space")
    assert found(page)["content"] == "ok"


def test_a_wrong_setting_is_wrong_usage(capsys):
    assert main(["doctor", "--engine", "sqlite"]) == 2
    assert "--engine cannot be 'sqlite'" in capsys.readouterr().err


# Upstream, and the engines.


def test_upstreams_are_asked_once_each_and_only_when_that_is_wanted(demo_lake, capsys):
    with Upstream.sample() as upstream:
        given = ["--lake", demo_lake, "--bls-url", upstream.bls_url, "--contact", "a@example.com"]
        given += ["--population-url", upstream.population_url]
        page_of(capsys, *given, code=0)
        assert upstream.requests == []
        page = page_of(capsys, *given, "--upstream", code=0)
        assert len(upstream.requests) == 2
    assert (found(page)["BLS"], found(page)["DataUSA"]) == ("ok", "ok")


def test_without_network_each_upstream_is_a_line(demo_lake, capsys):
    nobody = f"http://127.0.0.1:{closed_port()}/"
    given = ["--lake", demo_lake, "--bls-url", nobody, "--population-url", nobody, "--upstream"]
    page = page_of(capsys, *given, "--contact", "a@example.com", code=7)
    assert (found(page)["BLS"], found(page)["DataUSA"]) == ("failed", "failed")
    page = page_of(capsys, *given, code=7)
    assert "requires a contact e-mail address" in said(page, "BLS")
