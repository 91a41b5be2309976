"""Which files the lake touches: its own, under names that lead nowhere else, as the umask says."""

from __future__ import annotations

import json
import os
import re
import stat

import pytest

from glue_jobs.errors import IntegrityFailure
from glue_jobs.storage.local import LocalStorage
from labor_lake.cli import main
from tests.faults.lake import DATA_FILE
from tests.security.conftest import everything_below

LEADING_OUT = ["../secret.csv", "raw/../../secret.csv", "/etc/passwd", "..", "raw/bls/.."]
OPERATIONS = {
    "stat": lambda storage, key, _: storage.stat(key),
    "get": lambda storage, key, _: storage.get(key),
    "open": lambda storage, key, _: storage.open(key),
    "open-version": lambda storage, key, _: storage.open("raw/x", f"../../../../{key}"),
    "put": lambda storage, key, _: storage.put(key, b"x"),
    "swap": lambda storage, key, _: storage.put_if_match(key, b"x", None),
    "put_file": lambda storage, key, file: storage.put_file(key, file, "0" * 64),
    "copy-from": lambda storage, key, _: storage.copy(key, "curated/copy"),
    "copy-to": lambda storage, key, _: storage.copy("current/pr.json", key),
    "delete": lambda storage, key, _: storage.delete(key),
    "scan": lambda storage, key, _: list(storage.list_objects(f"{key}/")),
    "versions": lambda storage, key, _: storage.versions(key),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("key", LEADING_OUT)
def test_a_key_that_leads_out_of_the_lake_is_refused(key, operation, lake):
    file = lake.parent / "file"
    file.write_bytes(b"x")
    before = everything_below(lake.parent)
    with pytest.raises(IntegrityFailure, match="would lead out of the lake"):
        OPERATIONS[operation](LocalStorage(lake), key, file)
    after = everything_below(lake.parent)
    assert {name: after.get(name) for name in before} == before


def rewritten(file, change):
    """A pointer or manifest as somebody else would leave it behind."""
    document = json.loads(file.read_text())
    change(document)
    file.unlink()
    file.write_text(json.dumps(document))


@pytest.mark.parametrize(
    "words", [["verify"], ["trace", "PRS30006032", "2018", "Q01"]], ids=lambda words: words[0]
)
def test_a_lake_of_somebody_else_names_no_file_outside(words, lake, capsys):
    def change(document):
        document["history"] = [{**one, "key": "../secret.csv"} for one in document["history"]]
        document["folder"] = "curated/../../"

    rewritten(lake / "current" / "pr.json", change)
    assert main([*words, "--lake", str(lake)]) == 7
    told = capsys.readouterr()
    assert re.search(r"current/pr\.json (is not the pointer|cannot be read)", told.out + told.err)


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "..", "latest/../../x", "\x00"])
def test_a_report_is_one_of_those_that_the_lake_lists(name, lake, capsys):
    for words in ([], ["--as-of", "2100-01-01"]):
        assert main(["reports", name, *words, "--lake", str(lake)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert "There is no report" in err


@pytest.mark.parametrize(
    "name", ["pr.data.0/../../../secret", "pr.data...", "pr.data.0\\x", "../pr.data.0", "cu.data.0"]
)
def test_an_old_copy_gets_no_name_that_leads_elsewhere(name, lake, capsys):
    (lake.parent / "copy").write_bytes((lake / "raw" / "bls" / "pr" / DATA_FILE).read_bytes())
    before = everything_below(lake.parent)
    words = ["backfill", "pr", name, "copy", "--release", "2024-06-06", "--lake", str(lake)]
    assert main(words) != 0
    assert capsys.readouterr().err.startswith("error: ")
    after = everything_below(lake.parent)
    assert {key for key in after if ".lake/lock" not in key} == set(before) - {"lake/.lake/lock"}


@pytest.mark.parametrize("run_id", ["../../x", "a/b", ".", "wr 1", "x" * 256])
def test_a_run_has_no_name_that_leads_elsewhere(run_id, lake, capsys):
    from glue_jobs.publish_reports import main as job

    before = everything_below(lake.parent)
    assert job(["--lake", str(lake), "--WORKFLOW_RUN_ID", run_id]) == 2
    assert "is not a valid run id" in capsys.readouterr().err
    assert everything_below(lake.parent) == before


@pytest.mark.parametrize("address", ["ftp://x/y", "file:///etc", "gs://bucket", "http://x"])
def test_the_lake_is_a_directory_or_in_s3(address, capsys):
    assert main(["status", "--lake", address]) == 2
    assert "neither a directory nor in S3" in capsys.readouterr().err


@pytest.mark.parametrize(("umask", "others"), [(0o077, 0), (0o027, 0o050), (0o022, 0o055)])
def test_who_may_read_a_lake_is_said_by_the_umask_and_nobody_writes_to_its_files(
    umask, others, tmp_path
):
    before = os.umask(umask)
    try:
        assert main(["demo", "--json", "--lake", str(tmp_path / "lake")]) == 0
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "lake").rglob("*")}
    # Locks hold nothing, and whoever takes one opens it to write.
    locks = {tmp_path / "lake/.lake/lock", *(tmp_path / "lake/.lake/leases").iterdir()}
    files = {path: mode for path, mode in modes.items() if path.is_file() and path not in locks}
    assert len(files) > 50
    assert {mode & 0o222 for mode in files.values()} == {0}
    assert {mode & 0o077 & ~others for mode in modes.values()} == {0}


def test_a_name_in_an_error_cannot_command_the_terminal(capsys):
    assert main(["status", "--lake", "ftp://\x1b]0;title\x07\x1b[2J\r\n"]) == 2
    err = capsys.readouterr().err
    assert "\\x1b]0;title" in err
    assert [char for char in err if not char.isprintable() and char != "\n"] == []
    assert len(err.splitlines()) == 2


def test_a_title_in_an_answer_cannot_command_the_terminal(lake, capsys):
    assert main(["query", "select chr(27) || '[2J' as x", "--lake", str(lake)]) == 0
    out = capsys.readouterr().out
    assert "\\x1b[2J" in out
    assert "\x1b" not in out
