"""The contact goes to BLS alone; neither it nor a password of AWS is written or shown."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import pytest

from glue_jobs.running import perform
from glue_jobs.settings import RetryPolicy, Settings
from glue_jobs.sources.http import Http, RateLimit
from glue_jobs.storage.s3 import S3Storage
from labor_lake.cli import main
from labor_lake.deployment.template import make_template
from labor_lake.workflow import job_named
from tests.aws import DATABASE, aws_server, new_bucket
from tests.cloudformation import Template
from tests.lakes import run_at
from tests.security.conftest import CONTACT, SECRET, everything_below
from tests.simulator.faults import Body, Redirect, Status
from tests.simulator.upstream import Upstream
from tests.wheels import ROOT, build_wheel

if TYPE_CHECKING:
    from pathlib import Path

FAULTS = {
    "refused": Status(403),
    "gone": Status(404),
    "moved": Redirect("https://elsewhere.example/"),
    "a-page": Body(b"<html>Access denied</html>"),
    "junk": Body(b"\x00\x01junk"),
}


def asking(upstream: Upstream, lake: Path) -> list[str]:
    words = ["--lake", str(lake), "--contact", CONTACT, "--bls-url", upstream.bls_url]
    return [*words, "--population-url", upstream.population_url]


def crash(*_: object, **__: object) -> None:
    raise ZeroDivisionError("a bug")


@pytest.mark.parametrize("command", ["run", "land-bls", "land-population"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_run_shows_and_keeps_no_contact(fault, command, tmp_path, capfd):
    with Upstream.sample() as upstream:
        upstream.script("*", FAULTS[fault], forever=True)
        assert main([command, "--debug", *asking(upstream, tmp_path / "lake")]) in (5, 7)
    out, err = capfd.readouterr()
    assert "error: " in err
    assert CONTACT not in out + err
    kept = everything_below(tmp_path)
    assert any("/runs/" in name for name in kept)
    assert [name for name, body in kept.items() if CONTACT.encode() in body] == []


@pytest.mark.parametrize("place", ["sources.bls.site.BlsSite.listing", "sources.http.Http.get"])
def test_neither_does_one_that_nobody_foresaw_with_its_traceback(
    place, tmp_path, monkeypatch, capfd
):
    monkeypatch.setattr(f"glue_jobs.{place}", crash)
    with Upstream.sample() as upstream:
        assert main(["land-bls", "--debug", *asking(upstream, tmp_path / "lake")]) == 7
    out, err = capfd.readouterr()
    assert "ZeroDivisionError" in err
    assert CONTACT not in out + err
    kept = everything_below(tmp_path)
    assert [name for name, body in kept.items() if CONTACT.encode() in body] == []


@pytest.mark.parametrize("command", ["verify", "status", "reports", "changes pr", "vacuum"])
def test_no_other_command_shows_the_contact(command, lake, monkeypatch, capsys):
    monkeypatch.setenv("LAKE_CONTACT", CONTACT)
    for form in ([], ["--json"]):
        assert main([*command.split(), *form, "--lake", str(lake)]) == 0
    out, err = capsys.readouterr()
    assert CONTACT not in out + err


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
def test_lake_config_says_that_the_contact_is_set_and_not_what_it_is(
    form, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAKE_CONTACT", raising=False)
    assert main(["config", *form]) == 0
    assert "(set, not shown)" not in capsys.readouterr().out
    (tmp_path / "lake.toml").write_text(f'contact = "{CONTACT}"\n')
    assert main(["config", *form]) == 0
    out = capsys.readouterr().out
    assert "(set, not shown)" in out
    assert "lake.toml" in out
    assert CONTACT not in out


def test_no_value_that_holds_the_contact_shows_it(tmp_path):
    with Upstream.sample() as upstream:
        run = run_at(tmp_path, upstream, contact=CONTACT)
    assert CONTACT not in repr(Settings(contact=CONTACT)) + repr(run)
    assert CONTACT not in repr(Http({"User-Agent": CONTACT}, RateLimit(1), RetryPolicy()))


def test_a_lake_in_s3_holds_neither_contact_nor_password(tmp_path, monkeypatch, capfd):
    with aws_server(), Upstream.sample() as upstream:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        monkeypatch.setenv("AWS_SESSION_TOKEN", f"token-{SECRET}")
        boto3.client("glue").create_database(DatabaseInput={"Name": DATABASE})
        storage = S3Storage(f"s3://{new_bucket()}/lake")
        run = replace(run_at(tmp_path, upstream, contact=CONTACT), storage=storage)
        for job in ("land_bls", "land_population", "build_tables"):
            summary, failures = perform(job, job_named(job), run)
            assert failures == []
            assert CONTACT not in json.dumps(summary)
        upstream.script("*", Status(403), forever=True)
        assert perform("land_bls", job_named("land_bls"), run)[1] != []
        client = boto3.client("s3")
        versions = client.list_object_versions(Bucket=storage.bucket)["Versions"]
        assert len(versions) > 30
        for one in versions:
            found = client.get_object(
                Bucket=storage.bucket, Key=one["Key"], VersionId=one["VersionId"]
            )
            kept = found["Body"].read() + repr((one["Key"], found["Metadata"])).encode()
            assert CONTACT.encode() not in kept, one["Key"]
            assert SECRET.encode() not in kept, one["Key"]
        tables = json.dumps(client_tables(), default=str)
        assert "pr_data" in tables
        assert CONTACT not in tables
    out, err = capfd.readouterr()
    assert CONTACT not in out + err
    assert SECRET not in out + err


def client_tables() -> object:
    return boto3.client("glue").get_tables(DatabaseName=DATABASE)["TableList"]


def holding(value: object, place: str = "") -> list[str]:
    """Where in nested values the contact stands."""
    if isinstance(value, dict):
        return [one for key, inner in value.items() for one in holding(inner, f"{place}/{key}")]
    if isinstance(value, list):
        return [one for inner in value for one in holding(inner, place)]
    return [place] if CONTACT in str(value) else []


def test_on_aws_the_contact_is_an_argument_of_one_job_and_its_second_try_and_of_nothing_else():
    template = Template(make_template())
    given = {"Contact": CONTACT, "CodePrefix": "code/0"}
    stack = template.resolve(given)
    assert holding(dict(stack.resources)) == [
        f"/{job}/Properties/DefaultArguments/--contact" for job in ("LandBlsJob", "LandBlsAgainJob")
    ]
    assert holding(dict(stack.outputs)) == []


def test_what_is_uploaded_holds_nothing_that_lies_about_in_a_clone(tmp_path, monkeypatch):
    monkeypatch.setenv("LAKE_CONTACT", CONTACT)
    clone = tmp_path / "clone"
    for name in ("athena_sql", "glue_jobs", "labor_lake", "sql", "infra"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", ".gitignore", "requirements.txt"):
        shutil.copy(ROOT / name, clone)
    for name in ("lake.toml", ".env", "lake/runs/x.json"):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(f'contact = "{CONTACT}"\n')
    (tmp_path / "out").mkdir()
    with zipfile.ZipFile(build_wheel(clone, tmp_path / "out")) as wheel:
        bodies = {name: wheel.read(name) for name in wheel.namelist()}
    assert {name.partition("/")[0].partition("-")[0] for name in bodies} == {
        "athena_sql",
        "glue_jobs",
        "labor_lake",
    }
    assert [name for name, body in bodies.items() if CONTACT.encode() in body] == []
