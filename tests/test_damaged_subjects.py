"""One subject's damaged pointer or manifest is that subject's trouble, and no other's."""

from __future__ import annotations

import json

import pytest

from glue_jobs.catalog.glue import GlueCatalog
from labor_lake.cli import main
from labor_lake.commands.vacuum import vacuum
from tests.aws import REGION
from tests.faults.commands import LATER, verify
from tests.faults.lake import Lake
from tests.faults.places import Places, cloud
from tests.faults.published import answer_without_athena
from tests.faults.small_survey import FIRST, serve_others, serve_release
from tests.simulator.upstream import Upstream

GARBAGE = b"rotten"
TOLD = "current/{}.json is not the pointer that was written there."
REPORTS = {"best_year", "population_summary", "series_population"}

pytestmark = pytest.mark.usefixtures("no_settings_of_this_machine")


def lake_of_three(place, upstream: Upstream) -> Lake:
    """Two surveys and the population, in their first release."""
    lake = Lake(place, upstream, allow_removals=1, surveys=("pr", "ap"))
    serve_release(upstream, 1)
    serve_others(upstream, 1)
    assert lake.run_all() == []
    return lake


@pytest.fixture
def lake(tmp_path):
    with Upstream() as upstream:
        lake = lake_of_three(Places("local", tmp_path).new(), upstream)
        assert lake.do("publish_reports", lake.run()).failures == ()
        yield lake


@pytest.fixture
def command(lake, capsys):
    """Runs a command on the lake; returns its exit code, what it printed and what it told."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main([*words, "--lake", str(lake.folder)])
        return code, *capsys.readouterr()

    return run


def damage(lake: Lake, subject: str) -> str:
    """Damages a subject's pointer; returns what is said of it."""
    lake.place.falsify(f"current/{subject}.json", GARBAGE)
    return TOLD.format(subject)


def told(done) -> list[str]:
    return [str(failure) for failure in done.failures]


def released(lake: Lake) -> list[str]:
    """The newest release that the reports of a survey are of."""
    reports = lake.read_json("reports/latest/report.json")["reports"]
    return [one["release"] for one in reports["best_year"]["made_from"]]


def test_reports_of_the_others_are_renewed_and_the_failure_is_told_on_every_run(lake):
    said = damage(lake, "ap")
    serve_release(lake.upstream, 2)
    assert [str(failure) for failure in lake.run_all()] == [said]  # that of building ap
    for _ in range(2):
        done = lake.do("publish_reports", lake.run())
        assert (done.exit_code, told(done)) == (7, [said])
        assert done.summary.get("held", {}) == {}
        assert released(lake) == ["20250906T123000Z"]


def test_what_was_told_of_its_changes_stays(lake):
    before = lake.tree("reports")["reports/latest/changes-ap.txt"]
    damage(lake, "ap")
    lake.do("publish_reports", lake.run())
    index = lake.read_json("reports/latest/report.json")
    assert set(index["changes"]) == {"ap", "pr"}
    assert lake.tree("reports")["reports/latest/changes-ap.txt"] == before
    assert f"reports/{index['files']['changes-ap.txt']['run_id']}/changes-ap.txt" in lake.tree()


def test_reports_that_need_it_are_held_and_say_why(lake):
    said = damage(lake, "population")
    serve_release(lake.upstream, 2)
    lake.run_all()
    done = lake.do("publish_reports", lake.run())
    assert told(done) == [said]
    assert done.summary["held"] == dict.fromkeys(["population_summary", "series_population"], said)
    assert released(lake) == ["20250906T123000Z"]
    assert set(lake.read_json("reports/latest/report.json")["reports"]) == REPORTS


def test_who_asks_for_its_tables_is_told_and_nobody_else(lake, command):
    said = damage(lake, "ap")
    for asked in ("select * from ap_data", "describe ap_data", "select * from ap_series"):
        code, _, error = command("query", asked)
        assert (code, error.splitlines()[0]) == (7, f"error: {said}")
    for asked in ("select count(*) from pr_data", "select 1", "show tables"):
        assert command("query", asked)[0] == 0
    assert command("query", "select * from pr_dat")[0] == 2
    assert command("changes", "pr")[0] == 0
    assert command("changes", "ap")[0] == 7


def test_it_is_so_as_of_a_date_too(lake, command):
    said = damage(lake, "ap")
    day = ["--as-of", "2026-01-01"]
    assert command("query", "select count(*) from pr_data", *day)[0] == 0
    code, _, error = command("query", "select * from ap_data", *day)
    assert (code, error.splitlines()[0]) == (7, f"error: {said}")


def test_reports_as_of_a_date_are_made_of_what_is_sound(lake, command):
    said = damage(lake, "population")
    code, printed, error = command("reports", "--as-of", "2026-01-01", "--json")
    assert (code, error.splitlines()[0]) == (7, f"error: {said}")
    assert list(json.loads(printed)) == ["best_year"]
    code, printed, error = command("reports", "population_summary", "--as-of", "2026-01-01")
    assert (code, printed, error.splitlines()[0]) == (7, "", f"error: {said}")


def test_the_status_says_so_and_tells_of_the_others(lake, command):
    said = damage(lake, "ap")
    code, printed, _ = command("status")
    assert code == 7
    rows = {line.split()[0]: line.split() for line in printed.splitlines() if line.strip()}
    assert rows["ap"][1:3] == ["damaged", "2"]
    assert rows["pr"][1] == "20250905T123000Z"
    assert printed.count(said) == 1
    assert "not built" not in printed
    document = json.loads(command("status", "--json")[1])
    assert document["damaged"] == document["subjects"]["ap"]["damaged"] == [said]
    assert document["stale"] == []


@pytest.mark.parametrize(
    ("subject", "key"),
    [("ap", "raw/bls/ap/_manifest.json"), ("population", "raw/population/_manifest.json")],
)
def test_a_damaged_manifest_is_told_in_the_status_too(subject, key, lake, command):
    lake.place.falsify(key, GARBAGE)
    code, printed, _ = command("status", "--max-age", "36")
    assert code == 7
    assert printed.count(f"{key} is not the manifest that was written there.") == 1
    rows = {line.split()[0]: line.split() for line in printed.splitlines() if line.strip()}
    assert rows[subject][2:4] == ["?", "?"]
    assert rows["pr"][2] == "4"
    document = json.loads(command("status", "--json")[1])
    assert {name: state["is_built"] for name, state in document["subjects"].items()} == {
        **dict.fromkeys(("ap", "population", "pr"), True),
        subject: False,
    }
    assert document["stale"] == []


@pytest.mark.parametrize("key", ["current/ap.json", "raw/bls/ap/_manifest.json"])
def test_verify_goes_on_finding_it_and_compares_the_rest(key, lake):
    lake.place.falsify(key, GARBAGE)
    lake.place.damage("raw/bls/pr/pr.class", "flip")
    code, found = verify(lake, upstream=True)
    assert code == 7
    assert {key, "raw/bls/pr/pr.class"} <= {one["key"] for one in found["problems"]}
    assert found["checked"]["upstream"] >= 4
    assert verify(lake, repair=True)[0] == 0


def test_vacuum_removes_nothing_of_it(lake):
    damage(lake, "ap")
    lake.storage.put("curated/ap/20250101T000000Z-0badcafe/x", b"a killed run's")
    lake.storage.put("curated/pr/20250101T000000Z-0badcafe/x", b"a killed run's")
    removed = vacuum(lake.storage, LATER)
    assert list(removed.folders) == ["curated/pr/20250101T000000Z-0badcafe/"]
    assert [failure.exit_code for failure in removed.failures] == [7]


def test_the_catalog_is_shown_of_the_others_and_no_job_is_stopped(tmp_path, monkeypatch):
    answer_without_athena(monkeypatch, tmp_path / "asked")
    with cloud("s3"), Upstream() as upstream:
        lake = lake_of_three(Places("s3", tmp_path).new(), upstream)
        catalog = GlueCatalog(lake.storage, lake.place.database, REGION)
        before = catalog._tables()
        damage(lake, "ap")
        assert catalog.differences() == []
        serve_release(upstream, 2)
        lake.land_bls()
        done = lake.build()
        (failure,) = done.failures
        assert "current/ap.json" in str(failure)
        assert done.summary["stopped"] is False
        after = catalog._tables()
        assert after["ap_data"] == before["ap_data"]
        assert after["pr_data"]["Parameters"]["release"] == "20250906T123000Z"
        done = lake.do("publish_reports", lake.run(surveys=("pr",)))
        assert told(done) == [str(failure)]
        assert released(lake) == ["20250906T123000Z"]
        assert verify(lake)[1]["problems"][0]["key"] == "current/ap.json"


def test_a_file_that_is_no_pointer_harms_nobody(lake, command):
    lake.storage.put("current/notes.txt", FIRST.isoformat().encode())
    assert command("query", "select count(*) from pr_data")[0] == 0
    assert command("status")[0] == 7
