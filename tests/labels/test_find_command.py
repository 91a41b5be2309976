"""`lake find`: what it prints, and what of a lake is not in its way."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glue_jobs.storage.local import LocalStorage
from labor_lake import index_files
from labor_lake.cli import main
from tests.aws import REGION
from tests.faults.places import Places, cloud
from tests.labels.lakes import EGGS, RATE, index_key, publish_index

ROOT = Path(__file__).parents[2]


@pytest.fixture
def storage(tmp_path):
    storage = LocalStorage(tmp_path / "lake")
    publish_index(storage, tmp_path, "ap", [EGGS])
    publish_index(storage, tmp_path, "ln", [RATE])
    return storage


@pytest.fixture
def lake_find(storage, capsys):
    def run(*words: str) -> tuple[int, str, str]:
        code = main(["find", "--lake", str(storage.root), *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_series_are_printed_as_a_table(lake_find):
    code, told, errors = lake_find("price", "of", "eggs")
    assert (code, errors) == (0, "")
    header, _, row = [line for line in told.splitlines() if line.strip()]
    assert header.split() == ["series_id", "title", "freq", "adj", "last"]
    assert row.split()[0] == "APU0000708111"
    assert row.split()[-3:] == ["M", "U", "2025-M09"]
    assert "seasonally adjusted" not in row


def test_a_terminal_of_80_columns_gets_a_table(lake_find, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    _, told, _ = lake_find("eggs")
    shown = re.sub(r"\x1b\[[0-9;]*m", "", told)
    assert max(map(len, shown.splitlines())) <= 80
    assert "Eggs, grade A, large, per doz" in told
    assert "…" in told


def test_as_json(lake_find):
    code, told, _ = lake_find("jobless", "--json")
    document = json.loads(told)
    assert (code, document["without_index"], document["errors"]) == (0, [], [])
    (found,) = document["series"]
    assert (found["series_id"], found["survey"], found["missed"]) == ("LNS14000000", "ln", [])


def test_what_is_not_found_is_told_with_a_hint(lake_find):
    code, told, _ = lake_find("zebra")
    assert code == 0
    assert "No series has anything of: zebra." in told
    assert "--survey" in told


def test_what_is_met_in_part_is_told(lake_find):
    _, told, _ = lake_find("eggs", "Denver")
    assert "No series has all of: eggs Denver. These have most of it; missing: Denver." in told


def test_surveys_without_an_index_are_named(storage, tmp_path, lake_find):
    publish_index(storage, tmp_path, "cu")
    publish_index(storage, tmp_path, "cw")
    code, told, errors = lake_find("eggs")
    assert code == 0
    assert "APU0000708111" in told
    assert errors == "No search index yet: cu, cw. `lake run` makes it.\n"


def test_a_damaged_index_is_not_in_the_others_way(storage, lake_find):
    (storage.root / index_key("ap")).chmod(0o600)
    (storage.root / index_key("ap")).write_bytes(b"x")
    code, told, errors = lake_find("unemployment")
    assert code == 7
    assert "LNS14000000" in told
    assert "has another size than was recorded" in errors
    (storage.root / index_key("ap")).unlink()
    assert "is not there" in lake_find("unemployment")[2]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"folder": "curated/ln/x/", "tables": 7}'])
def test_a_damaged_pointer_is_not_in_the_others_way(storage, lake_find, body):
    storage.put("current/ap.json", body)
    code, told, errors = lake_find("unemployment")
    assert code == 7
    assert "LNS14000000" in told
    assert "current/ap.json is not the pointer that was written there" in errors


def test_an_index_of_another_survey_s_folder_is_damage(storage, lake_find):
    body = storage.get("current/ap.json").body.replace(b"curated/ap/", b"curated/ln/")
    storage.put("current/ap.json", body)
    assert lake_find("eggs")[0] == 7


def test_an_empty_lake_and_a_survey_that_is_not_built_are_told(tmp_path, lake_find, capsys):
    assert lake_find("eggs", "--survey", "pr")[0] == 2
    (tmp_path / "empty").mkdir()
    assert main(["find", "eggs", "--lake", str(tmp_path / "empty")]) == 2
    assert "nothing is built" in capsys.readouterr().err


@pytest.mark.parametrize("flags", [["--limit", "0"], ["--limit", "x"], ["--seasonal", "X"]])
def test_wrong_flags_are_refused(lake_find, flags):
    with pytest.raises(SystemExit):
        lake_find("eggs", *flags)


def test_an_index_in_s3_is_fetched_once_and_verified(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with cloud("s3"):
        place = Places("s3", tmp_path).new()
        storage = place.storage
        publish_index(storage, tmp_path, "ap", [EGGS])
        words = ["find", "eggs", "--lake", place.uri, "--region", REGION]
        assert main(words) == 0
        (kept,) = index_files.cache_folder().iterdir()
        place.falsify(index_key("ap"), b"rotten")
        assert main(words) == 0  # what was fetched is still what the pointer names
        assert capsys.readouterr().out.count("APU0000708111") == 2
        kept.unlink()
        assert main(words) == 7
        assert "does not match its recorded checksum" in capsys.readouterr().err
        assert list(index_files.cache_folder().iterdir()) == []


def test_what_was_not_used_for_a_month_leaves_the_cache(tmp_path, monkeypatch):
    old, new = tmp_path / "old.index", tmp_path / "new.index"
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (time.time() - 40 * 24 * 3600,) * 2)
    index_files._drop_unused(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["new.index"]


def test_it_imports_neither_pyarrow_nor_duckdb(storage):
    code = (
        "import sys; from labor_lake.cli import main;"
        f"main(['find', 'eggs', '--lake', {str(storage.root)!r}]);"
        "print([m for m in ('pyarrow', 'pandas', 'awswrangler', 'boto3', 'duckdb', 'requests')"
        " if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert "APU0000708111" in result.stdout
    assert result.stdout.splitlines()[-1] == "[]"
