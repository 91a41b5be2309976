"""A demo lake is marked: the demo writes nowhere else, and nothing else writes into it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

import labor_lake
from glue_jobs.demo_mark import mark_as_demo
from glue_jobs.errors import UsageError
from glue_jobs.opening import open_run
from glue_jobs.settings import Settings
from glue_jobs.storage import names
from glue_jobs.storage.local import LocalStorage
from glue_jobs.storage.s3 import S3Storage
from labor_lake.cli import main
from labor_lake.commands import demo
from labor_lake.sample.excerpt import VINTAGES, files
from tests.aws import aws_server, new_bucket
from tests.captures import capture, needs_captures
from tests.simulator.upstream import Upstream
from tests.test_real_input import RELEASES

WRITING = {
    "run": ("run",),
    "land-bls": ("land-bls",),
    "land-population": ("land-population",),
    "build-tables": ("build-tables",),
    "publish-reports": ("publish-reports",),
    "backfill": ("backfill", "pr", "pr.data.0.Current", "--release", "2024-06-06", "copy"),
    "verify --repair": ("verify", "--repair"),
    "verify --upstream": ("verify", "--upstream"),
}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("LAKE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def live_upstream():
    """BLS and the population API, and the flags with which a live command asks them."""
    with Upstream.sample() as upstream:
        flags = ["--bls-url", upstream.bls_url, "--population-url", upstream.population_url]
        yield upstream, [*flags, "--contact", "a@example.com"]


def test_the_demo_leaves_a_live_lake_as_it_is(tmp_path, capsys):
    lake = tmp_path / "live"
    with live_upstream() as (_, flags):
        assert main(["run", "--lake", str(lake), *flags]) == 0
    before = files_under(lake)
    assert main(["demo", "--lake", str(lake)]) == 2
    assert f"error: The lake {lake} is neither empty nor a demo lake" in capsys.readouterr().err
    assert files_under(lake) == before


def test_the_demo_writes_into_no_lake_that_the_settings_name(tmp_path, monkeypatch):
    Path("lake.toml").write_text(
        'lake = "./of-the-file"\nsurveys = ["cu"]\ndatasets = ["acs5"]\nallow_removals = -1\n'
    )
    monkeypatch.setenv("LAKE_URI", "./of-the-environment")
    monkeypatch.setenv("LAKE_SURVEYS", "ce")
    monkeypatch.setenv("LAKE_BLS_URL", "https://example.com/")
    assert main(["demo", "--json"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake-demo", "lake.toml"]
    current = sorted(path.name for path in Path("lake-demo", "current").iterdir())
    assert current == ["population.json", "pr.json"]


def test_the_demo_takes_no_flag_that_it_would_not_heed(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--surveys", "cu"])
    assert ended.value.code == 2
    with pytest.raises(SystemExit):
        main(["demo", "--help"])
    assert "(default: ./lake-demo)" in capsys.readouterr().out


def test_on_s3_the_demo_shows_itself_in_a_database_of_its_own():
    environ = {"LAKE_DATABASE": "labor_lake", "AWS_REGION": "eu-west-1", "LAKE_LOG_FORMAT": "json"}
    settings = demo.demo_settings({"lake": "s3://bucket/demo"}, environ)
    assert (settings.lake, settings.database) == ("s3://bucket/demo", "labor_lake_demo")
    assert (settings.region, settings.log_format) == ("eu-west-1", "json")
    assert demo.demo_settings({"database": "mine"}, environ).database == "mine"


def test_a_demo_lake_of_before_the_mark_is_told_what_to_do(capsys):
    Path("lake-demo/current").mkdir(parents=True)
    Path("lake-demo/current/pr.json").write_text("{}")
    assert main(["demo"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "remove it first" in told[1]


def test_the_mark_is_written_before_anything_else(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "follow", interrupted)
    assert main(["demo"]) == 130
    assert [stored.key for stored in LocalStorage(Path("lake-demo")).list_objects("")] == [
        "demo.json"
    ]
    with live_upstream() as (upstream, flags):
        assert main(["run", "--lake", "lake-demo", *flags]) == 2
        assert upstream.requests == []
    monkeypatch.undo()
    assert main(["demo", "--json"]) == 0


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    lake = tmp_path_factory.mktemp("demo") / "lake"
    assert main(["demo", "--json", "--lake", str(lake)]) == 0
    return lake


@pytest.mark.parametrize("words", WRITING.values(), ids=WRITING)
def test_a_demo_lake_is_refused_by_whatever_writes(words, made, capsys):
    Path("copy").write_bytes(b"")
    before = files_under(made)
    with live_upstream() as (upstream, flags):
        assert main([*words, "--lake", str(made), *flags]) == 2
        assert upstream.requests == []
    told = capsys.readouterr().err.splitlines()
    assert told[0] == f"error: The lake {made} is a demo lake: only `lake demo` writes into it."
    assert told[1].startswith("hint:  ")
    assert files_under(made) == before


def test_a_job_on_glue_refuses_it_too(made):
    ended = subprocess.run(
        [sys.executable, "-m", "glue_jobs.land_bls", "--lake", str(made), "--contact", "a@b.com"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "is a demo lake" in ended.stderr


def test_whatever_only_reads_takes_it(made, capsys):
    for words in (["verify", "--json"], ["status"], ["reports"], ["vacuum"], ["changes", "pr"]):
        assert main([*words, "--lake", str(made)]) == 0
        if words[0] == "verify":
            document = json.loads(capsys.readouterr().out)
            assert (document["problems"], document["left_over"]) == ([], [])


def test_the_mark_is_an_object_of_a_lake_in_s3_as_well(tmp_path):
    with aws_server():
        bucket = new_bucket()
        storage = S3Storage(f"s3://{bucket}/demo")
        mark_as_demo(storage)
        mark_as_demo(storage)
        assert [stored.key for stored in storage.list_objects("")] == [names.DEMO_MARK]
        with pytest.raises(UsageError, match="is a demo lake"):
            open_run(Settings(lake=storage.uri), "run")
        boto3.client("s3").put_object(Bucket=bucket, Key="live/raw/bls/pr/pr.txt", Body=b"x")
        live = S3Storage(f"s3://{bucket}/live")
        with pytest.raises(UsageError, match="neither empty nor a demo lake"):
            mark_as_demo(live)
        assert live.get(names.DEMO_MARK) is None


def test_a_folder_with_anything_in_it_is_not_empty(tmp_path):
    (tmp_path / "folder" / "empty").mkdir(parents=True)
    mark_as_demo(LocalStorage(tmp_path / "folder"))
    (tmp_path / "other" / "thesis").mkdir(parents=True)
    (tmp_path / "other" / "thesis" / "draft.txt").write_text("mine")
    with pytest.raises(UsageError, match="neither empty"):
        mark_as_demo(LocalStorage(tmp_path / "other"))


def test_the_demo_of_vintages_shows_how_a_quarter_was_told(capsys):
    assert main(["demo", "--vintages"]) == 0
    assert "landing what BLS published on 2024-06-06" in capsys.readouterr().err
    with labor_lake.open("lake-vintages") as lake:
        prints = lake.prints("PRS85006092", 2024, "Q01").to_pandas()
        assert list(prints["value"]) == [0.2, 0.7, 1.6, 0.2]
        assert len(lake.sql("select distinct release from pr_releases")) == len(VINTAGES)
    assert main(["demo", "--vintages"]) == 0
    assert "Nothing is new." in capsys.readouterr().out


def test_no_demo_brings_an_earlier_release_back(capsys):
    """The excerpt that the plain demo shows is older than the newest of the vintages."""
    assert main(["demo", "--vintages"]) == 0
    assert main(["demo", "--lake", "lake-vintages"]) == 0
    out = capsys.readouterr().out
    assert "Nothing is new." in out
    assert out.count("made from pr 20260324T123000Z") == 2


@needs_captures
@pytest.mark.parametrize(("month", "released"), RELEASES.items())
def test_each_release_of_the_excerpt_has_the_figures_that_bls_published(month, released):
    def figures(body: bytes) -> set[tuple[bytes, ...]]:
        lines = [tuple(map(bytes.strip, line.split(b"\t"))) for line in body.splitlines()[1:]]
        return {line for line in lines if line[0] in series and line[1] >= b"1995"}

    body, _ = files(released)["pr.data.0.Current"]
    series = {line.split(b"\t")[0].strip() for line in body.splitlines()[1:]}
    assert len(series) == 13
    published = capture(f"bls/pr/{month}/pr.data.0.Current").read_bytes()
    assert figures(body) == figures(published)
