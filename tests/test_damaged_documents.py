"""Every command that meets a document of another type says so in a sentence, and fails with 7."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from labor_lake.cli import main
from tests.lakes import lake_of
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

SERIES = "PRS30006032"
ROWS = [(SERIES, str(year), "Q01", "1.5", "") for year in (2017, 2018)]
MANIFEST, POINTER = "raw/bls/pr/_manifest.json", "current/pr.json"
POPULATION = "raw/population/_manifest.json"
INDEX, SUMMARY = "reports/latest/report.json", "runs/run/land_bls.json"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "lake"
    assert lake_of(folder, ROWS, {2017: 100, 2018: 200}).failures == ()
    return folder


@pytest.fixture
def lake(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "lake", symlinks=True)


@pytest.fixture(scope="module")
def upstream():
    with Upstream.sample() as opened:
        yield opened


@pytest.fixture
def command(lake, upstream, capsys):
    """Runs a command on the lake; returns its exit code and all it printed."""

    def run(*words: str) -> tuple[int, str]:
        given = ["--lake", str(lake), "--contact", "test@example.com"]
        given += ["--bls-url", upstream.bls_url, "--population-url", upstream.population_url]
        code = main([*words, *given])
        out, err = capsys.readouterr()
        return code, out + err

    return run


def write(lake: Path, key: str, body: bytes) -> None:
    """Past every guard, as a person with an editor would."""
    path = lake / key
    path.unlink()
    path.write_bytes(body)


def changed(document: dict[str, Any], name: str, value: object) -> None:
    """Sets every field of that name, at any depth."""
    for key, entry in list(document.items()):
        if key == name:
            document[key] = value
        elif isinstance(entry, dict):
            changed(entry, name, value)
        elif isinstance(entry, list):
            for one in entry:
                if isinstance(one, dict):
                    changed(one, name, value)


READERS = {
    "run": (["run"], {MANIFEST, POPULATION, POINTER}),
    "build-tables": (["build-tables"], {MANIFEST, POPULATION, POINTER}),
    "publish-reports": (["publish-reports"], {POINTER}),
    "status": (["status"], {MANIFEST, POPULATION, POINTER, INDEX, SUMMARY}),
    "query": (["query", "select 1 as one from pr_data"], {POINTER}),
    "as-of": (["query", "--as-of", "2100-01-01", "select 1 as one from pr_data"], {POINTER}),
    "reports": (["reports"], {INDEX}),
    "verify": (["verify"], {MANIFEST, POPULATION, POINTER, INDEX}),
    "vacuum": (["vacuum"], {POINTER}),
    "trace": (["trace", SERIES, "2018", "Q01"], {POINTER}),
    "changes": (["changes", "pr"], {POINTER}),
}
FIELDS = {
    MANIFEST: ("bytes", "sha256", "version", "files"),
    POPULATION: ("pages", "years", "retrieved_at"),
    POINTER: ("folder", "tables", "partition", "rows", "release"),
    INDEX: ("files", "made_from", "bytes"),
    SUMMARY: ("job", "errors", "surveys", "started_at"),
}
WRONG: list[object] = [7, "../x", None, [1], {"a": [{"b": None}]}]
RIGHT = {("bytes", 7), ("years", 7), ("rows", 7), ("job", "../x")}


@pytest.mark.parametrize(
    ("words", "key"),
    [
        pytest.param(words, key, id=f"{reader}-{key}")
        for reader, (words, reads) in READERS.items()
        for key in sorted(reads)
    ],
)
def test_a_field_of_another_type_is_damage(words, key, lake, command):
    document = json.loads((lake / key).read_bytes())
    for name in FIELDS[key]:
        for wrong in WRONG:
            if isinstance(wrong, (int, str)) and (name, wrong) in RIGHT:
                continue
            other = json.loads(json.dumps(document))
            changed(other, name, wrong)
            write(lake, key, json.dumps(other).encode())
            code, told = command(*words)
            assert (code, key in told) == (7, True), (name, wrong, told)
            assert "in a way it should not" not in told


@pytest.mark.parametrize("key", [MANIFEST, POPULATION, POINTER])
def test_repair_brings_the_last_good_one_back(key, lake, command):
    document = json.loads((lake / key).read_bytes())
    changed(document, "sha256", 7)
    write(lake, key, json.dumps(document).encode())
    code, told = command("verify", "--repair")
    assert code == 0, told
    assert f"{key} cannot be read" in told
    assert command("verify")[0] == 0


def test_status_says_all_the_rest(lake, command):
    for key in (INDEX, SUMMARY):
        write(lake, key, b"[" * 100_000)
    code, told = command("status")
    assert code == 7
    assert f"{INDEX} is not the index that was written there." in told
    assert f"{SUMMARY} is not the summary that was written there." in told
    assert "20250904T123000Z" in told


def test_a_manifest_that_names_no_file_is_no_failure_of_status(lake, command):
    write(lake, MANIFEST, b'{"survey": "pr", "files": {}}')
    assert command("status")[0] == 0
