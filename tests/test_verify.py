"""`lake verify`: upstream's word, what is left over, and what cannot be brought back.

What rots, and how it is made good, is row S7 of the fault table.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import pytest

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.errors import StorageFailure, UpstreamUnavailable
from glue_jobs.tables import parquet
from labor_lake.cli import main
from labor_lake.repair import repair
from labor_lake.state import describe
from labor_lake.verification import verify as verify_lake
from tests.aws import REGION
from tests.faults.lake import (
    CONTACT,
    DATA_FILE,
    SURVEY_PATH,
    Lake,
    body_of,
    change_file,
    lake_after,
    publish_next_release,
)
from tests.faults.places import BACKENDS, Places, cloud
from tests.faults.storages import CountingStorage, FailingStorage
from tests.simulator.faults import Headers, Status
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


@pytest.fixture(params=BACKENDS)
def lake(request, tmp_path):
    """A lake with two releases, which upstream still serves."""
    with cloud(request.param), Upstream.sample() as upstream:
        serve = [lambda _: None, publish_next_release]
        yield lake_after(Places(request.param, tmp_path), upstream, "sample", serve)


@pytest.fixture
def verify(lake, capsys):
    """Runs the command; returns its exit code and what it told."""

    def run(*flags: str) -> tuple[int, dict[str, Any]]:
        settings = {
            "--lake": lake.place.uri,
            "--database": lake.place.database or "labor_lake",
            "--region": REGION,
            "--bls-url": lake.upstream.bls_url,
            "--population-url": lake.upstream.population_url,
            "--contact": CONTACT,
            "--requests-per-second": "100",
        }
        words = [word for setting in settings.items() for word in setting]
        code = main(["verify", *words, "--json", "--bytes", *flags])
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return code, told

    return run


def test_a_lake_as_it_should_be(lake, verify):
    before = lake.place.visible()
    code, told = verify()
    assert code == 0
    assert told["problems"] == told["left_over"] == []
    assert told["checked"]["raw"] == 13
    assert told["checked"]["manifest"] == told["checked"]["pointer"] == 2
    assert told["checked"]["vintage"] == 1  # the first release's data file; the rest is current
    assert lake.upstream.requests == []
    assert lake.place.visible() == before  # nothing is written, not even a summary


def test_upstream_is_asked_about_every_file_and_status_says_when(lake, verify):
    assert describe(lake.storage)["upstream_verified_at"] is None
    code, told = verify("--upstream")
    assert (code, told["problems"], told["checked"]["upstream"]) == (0, [], 13)
    asked = [request.method for request in lake.upstream.requests]
    assert asked.count("HEAD") == 12
    assert lake.upstream.requests[-1].method == "GET"  # the population
    status = describe(lake.storage)
    assert status["upstream_verified_at"] == told["started_at"]
    assert "land_bls" in status["last_run"]


def test_a_change_that_the_listing_did_not_show_is_found_and_landed(lake, verify):
    """Two changes within one minute, which leave the size alike."""
    file = lake.upstream.surveys["pr"]["pr.class"]
    changed = body_of(lake.upstream, "pr.class").replace(b"New workers", b"Old workers")
    change_file(lake.upstream, "pr.class", changed, file.last_modified.replace(second=59))
    assert lake.land_bls().summary["changed"] is False
    code, told = verify("--upstream")
    (problem,) = told["problems"]
    assert (code, problem["key"]) == (7, "raw/bls/pr/pr.class")
    assert problem["problem"].endswith("bytes, of 2025-12-09T13:30:59Z")
    code, told = verify("--upstream", "--repair")
    assert code == 0
    assert "landing it again" in told["problems"][0]["repaired"]
    assert lake.place.body("raw/bls/pr/pr.class") == changed
    assert lake.build().summary["changed"] is True
    lake.check()


def test_a_file_that_upstream_has_no_more_is_named(lake, verify):
    lake.upstream.script(f"{SURVEY_PATH}pr.txt", Status(404), forever=True)
    code, told = verify("--upstream")
    assert code == 7
    assert [problem["problem"] for problem in told["problems"]] == [
        "is no longer served by BLS, which answers 404"
    ]


def test_an_upstream_that_is_down_is_told_and_the_rest_stands(lake, verify):
    lake.upstream.script("*", Status(503, {"Retry-After": "3600"}), forever=True)
    code, told = verify("--upstream")
    assert code == 5
    assert told["errors"][0]["error"] == "UpstreamUnavailable"


def test_u21_a_size_that_is_no_number_is_no_answer(lake):
    lake.upstream.script("*", Headers({"Content-Length": "abc"}), forever=True)
    with pytest.raises(UpstreamUnavailable, match="its Content-Length is 'abc'"):
        verify_lake(lake.run(), upstream=True)


def test_what_nothing_names_is_left_over_and_no_damage(lake, verify):
    left = ("curated/pr/20250101T000000Z-0badcafe/x", "history/pr/0007/x", "raw/bls/pr/pr.stray")
    for key in left:
        lake.storage.put(key, b"a killed run's")
    code, told = verify()
    assert (code, told["problems"], sorted(told["left_over"])) == (0, [], sorted(left))


@pytest.mark.parametrize("lake", ["local"], indirect=True)
def test_what_a_rotten_pointer_of_the_past_named_is_not_called_left_over(lake, verify):
    """Nothing can bring such a pointer back, and no reader needs it: it is no problem either."""
    oldest, *_ = sorted((lake.folder / ".lake/versions/current/pr.json").iterdir())
    oldest.write_bytes(b"rotten")
    code, told = verify()
    assert (code, told["problems"], told["left_over"]) == (0, [], [])


def test_what_was_kept_nowhere_else_is_said_to_be_lost(lake, verify):
    """An old vintage has no other copy; the current one comes back, the old one cannot."""
    key = f"raw/bls/pr/{DATA_FILE}"
    old = lake.storage.versions(key)[0].version
    if lake.place.database:
        client = boto3.client("s3", region_name=REGION)
        client.delete_object(Bucket=lake.place.uri[5:], Key=key, VersionId=old)
    else:
        (lake.folder / ".lake/versions" / key / old).unlink()
    for flags in ((), ("--repair",)):
        code, told = verify(*flags)
        (problem,) = told["problems"]
        assert (code, problem["key"], problem["area"]) == (7, key, "vintage")
        assert (
            "no version any more with the bytes of the release 20250904T123000Z"
            in (problem["problem"])
        )
        assert problem["repaired"] is None
    assert problem["not_repaired"] == "These bytes were kept nowhere else."


def test_upstream_that_serves_other_bytes_now_is_no_help(lake, verify):
    key = "raw/bls/pr/pr.class"
    lake.place.damage(key, "flip")
    change_file(
        lake.upstream, "pr.class", body_of(lake.upstream, "pr.class").replace(b"New", b"Old")
    )
    code, told = verify("--repair")
    (problem,) = [one for one in told["problems"] if one["area"] == "raw"]
    assert (code, problem["key"], problem["repaired"]) == (7, key, None)
    assert "upstream serves other ones now" in problem["not_repaired"]


def test_the_table_of_sources_is_made_again_though_there_is_a_history(lake, verify):
    pointer = lake.read_json("current/pr.json")
    key = pointer["folder"] + pointer["tables"]["pr_sources"]["files"][0]["path"]
    before = lake.tree("curated")
    lake.place.damage(key, "flip")
    code, told = verify("--repair")
    assert (code, [problem["key"] for problem in told["problems"]]) == (0, [key])
    assert told["problems"][0]["repaired"] == "by making it again"
    assert lake.tree("curated") == before


def test_a_release_is_made_anew_where_this_program_makes_other_bytes_of_a_table(
    lake, verify, monkeypatch
):
    """Another Parquet library has made it; what else of it is damaged comes along."""
    with monkeypatch.context() as another:
        another.setattr(parquet, "ROW_GROUP_ROWS", 2)
        change_file(
            lake.upstream,
            "pr.class",
            body_of(lake.upstream, "pr.class") + b"8\tOld workers\t0\tT\t4\r\n",
        )
        assert lake.run_all() == []
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    for table in ("pr_class", "pr_sources"):
        lake.place.damage(pointer.key_of(table, pointer.tables[table].files[0]), "flip")
    code, told = verify("--repair")
    assert code == 0
    files = [problem for problem in told["problems"] if problem["area"] == "release"]
    assert sorted(problem["repaired"] for problem in files) == [
        "by making the release anew, since this program makes other bytes of it",
        "with the rest of the release",
    ]
    assert verify("--rebuild")[0] == 0
    assert lake.build().summary["changed"] is False


def test_rejects_that_are_missing_are_written_again(lake, verify):
    name = DATA_FILE
    change_file(lake.upstream, name, body_of(lake.upstream, name) + b"PRS88003203\t2025\r\n")
    assert lake.run_all() == []
    (key,) = [path for path in lake.tree("curated") if "/rejects/" in path]
    body = lake.place.body(key)
    lake.storage.delete(key)
    code, told = verify("--repair")
    assert (code, [problem["key"] for problem in told["problems"]]) == (0, [key])
    assert lake.place.body(key) == body


def test_people_read_what_is_wrong_and_what_was_done(lake, capsys):
    lake.place.damage("raw/bls/pr/pr.txt", "replace")
    words = ["--lake", lake.place.uri, "--region", REGION]
    words += ["--database", lake.place.database or "labor_lake", "--contact", CONTACT]
    assert main(["verify", *words]) == 7
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "raw/bls/pr/pr.txt has other bytes than were stored."
    assert told[-1].endswith("objects compared, 1 do not match what was recorded.")
    assert main(["verify", "--repair", *words]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[2].startswith("  restored from its version ")
    assert told[-2].endswith("objects compared, 1 restored, 0 do not match what was recorded.")
    assert told[-1].endswith("lake verify --rebuild compares them.")


@pytest.mark.parametrize("lake", ["local"], indirect=True)
@pytest.mark.parametrize("key", ["raw/bls/pr/pr.class", "current/pr.json"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_repair_that_fails_at_any_operation_can_be_made_again(key, when, lake, tmp_path: Path):
    places = Places("local", tmp_path / "copies")
    before = lake.tree()

    def damaged() -> Lake:
        copy = Lake(places.new(lake.folder), lake.upstream)
        copy.place.damage(key, "delete")
        return copy

    def mend(copy: Lake, storage: Any) -> None:
        run = copy.run()
        (problem,) = verify_lake(run).problems
        repair(replace(run, storage=storage), problem.noted)

    whole = damaged()
    counting = CountingStorage(whole.storage)
    mend(whole, counting)
    assert whole.tree() == before
    for number in range(1, counting.operations + 1):
        copy = damaged()
        with pytest.raises(StorageFailure):
            mend(copy, FailingStorage(copy.storage, number, when))
        if verify_lake(copy.run()).problems:
            mend(copy, copy.storage)
        assert copy.tree() == before
        copy.check()
