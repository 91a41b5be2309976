"""`--surveys all`: what BLS lists, without what is none; and what the lake makes of that."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.errors import GuardTripped, UpstreamInvalid, UsageError
from glue_jobs.settings import resolve
from glue_jobs.sources.bls.known_surveys import known_surveys, surveys_among
from glue_jobs.sources.bls.surveys import landed_surveys
from labor_lake.cli import main
from tests.faults.lake import SURVEY_PATH, Lake
from tests.faults.places import Place
from tests.faults.small_survey import OTHERS, serve_others, serve_release
from tests.lakes import NOW
from tests.simulator.faults import Status
from tests.simulator.upstream import Upstream

ROOT = "/pub/time.series/"
NONE = ("compressed", "yy")


@pytest.fixture
def lake(tmp_path):
    """An empty lake of all surveys, of which BLS serves three, beside two folders that are none."""
    with Upstream() as upstream:
        serve_release(upstream, 1)
        serve_others(upstream, 1)
        for folder in NONE:
            upstream.surveys[folder] = upstream.surveys["pr"]
        yield Lake(Place(str(tmp_path / "lake")), upstream, surveys=("all",))


def serve(upstream: Upstream, *codes: str) -> None:
    """BLS has these surveys, too."""
    for code in codes:
        one = upstream.surveys["pr"]["pr.class"]
        upstream.surveys[code] = {f"{code}.class": one}


def status(lake: Lake, capsys, *words: str) -> str:
    assert main([*words, "--lake", lake.place.uri]) == 0
    text: str = capsys.readouterr().out
    return text


def test_every_survey_that_is_listed_is_landed_built_and_nothing_else(lake):
    assert lake.run_all() == []
    assert landed_surveys(lake.storage) == ("ap", "cu", "pr")
    for survey in ("ap", "cu", "pr"):
        assert load_pointer(lake.storage, survey) is not None
    assert [path for path in lake.asked() if any(f"/{one}/" in path for one in NONE)] == []


def test_a_quiet_day_costs_as_many_requests_as_there_are_surveys_and_two(lake):
    assert lake.run_all() == []
    before = lake.everything()
    lake.upstream.clear_log()
    assert lake.run_all() == []
    assert len(lake.upstream.requests) == 3 + 2
    assert lake.everything() == before


def test_the_small_ones_come_first(lake):
    sizes = [known_surveys()[one].bytes or 0 for one in ("cu", "ap", "pr")]
    assert sizes == sorted(sizes, reverse=True)
    assert lake.land_bls().failures == ()
    listed = [path for path in lake.asked() if path.endswith("/")]
    assert list(dict.fromkeys(listed)) == [f"{ROOT}{one}" for one in ("", "pr/", "ap/", "cu/")]


def test_some_can_be_left_out_of_landing_and_of_building(lake):
    assert lake.run_all() == []
    serve_release(lake.upstream, 2)
    serve_others(lake.upstream, 2)
    lake.upstream.clear_log()
    run = lake.run(surveys=("all", "-cu"), allow_removals=1)
    assert lake.run_all(run) == []
    assert [path for path in lake.asked() if "/cu/" in path] == []
    assert lake.read_json("runs/run-2/build_tables.json")["releases"].keys() == {
        "ap",
        "pr",
        "population",
    }


def test_a_code_that_is_in_no_list_is_taken_for_a_survey_and_told(lake):
    serve(lake.upstream, "zq")
    done = lake.land_bls()
    assert done.failures == ()
    assert done.summary["unknown"] == ["zq"]
    assert "zq" in landed_surveys(lake.storage)


def test_a_survey_that_fails_stops_no_other(lake):
    lake.upstream.script(f"{ROOT}ap/", Status(404), forever=True)
    done = lake.land_bls()
    assert done.exit_code == 7
    assert landed_surveys(lake.storage) == ("cu", "pr")


def test_without_a_list_of_surveys_nothing_is_landed(lake):
    lake.upstream.script(ROOT, Status(404), forever=True)
    done = lake.land_bls()
    assert (type(done.error), done.exit_code) == (UpstreamInvalid, 7)
    assert "answers 404 for the folder that lists its surveys" in done.told
    assert lake.asked() == [ROOT]


def test_a_survey_that_is_listed_no_longer_keeps_what_was_landed(lake, capsys):
    serve(lake.upstream, *[f"q{letter}" for letter in "abcdefgh"])
    assert lake.run_all() == []
    before = {path for path in lake.tree() if "/cu" in path}
    cu = lake.upstream.surveys.pop("cu")
    later = replace(lake.run(), now=lambda: NOW + timedelta(days=1))
    done = lake.do("land_bls", later)
    assert done.failures == ()
    assert done.summary["gone"] == {"cu": "2026-09-06T06:00:00Z"}
    assert lake.build().failures == ()
    assert before <= lake.tree().keys()
    assert "cu: BLS lists it no longer since 2026-09-06T06:00:00Z" in status(lake, capsys, "status")
    told = json.loads(status(lake, capsys, "status", "--json"))["subjects"]
    assert told["cu"]["gone_since"] == "2026-09-06T06:00:00Z"
    assert told["pr"]["gone_since"] is None
    assert lake.land_bls().summary["gone"] == done.summary["gone"]
    lake.upstream.surveys["cu"] = cu
    assert lake.land_bls().summary["gone"] == {}


def test_many_at_once_need_to_be_allowed_while_the_others_are_landed(lake):
    serve(lake.upstream, "zq")
    assert lake.land_bls().failures == ()
    for survey in OTHERS:
        del lake.upstream.surveys[survey]
    serve_release(lake.upstream, 2)
    for _ in range(2):
        done = lake.land_bls(allow_removals=1)
        assert (type(done.error), done.exit_code) == (GuardTripped, 7)
        assert "2 of 4 surveys are no longer listed by BLS: ap, cu" in done.told
        assert "--allow-removals 2" in done.told
        assert done.summary["surveys"].keys() == {"pr", "zq"}
    assert lake.land_bls(allow_removals=2).failures == ()
    assert lake.land_bls(allow_removals=0).failures == ()


def test_a_refused_name_is_in_the_status(lake, capsys):
    lake.upstream.surveys["pr"]["pr class"] = lake.upstream.surveys["pr"]["pr.class"]
    assert lake.run_all() == []
    said = "pr: BLS lists pr class, which is left out: no file may have such a name."
    assert said in status(lake, capsys, "status")
    assert said in status(lake, capsys, "surveys")
    assert f"{SURVEY_PATH}pr%20class" not in lake.asked()


def test_the_bundled_list_has_every_survey_and_what_is_none():
    known = known_surveys()
    assert len(known) == 61
    assert {"jt", "tu", "pr", "cs"} <= known.keys()
    assert all(one.name and one.description for one in known.values())
    assert 34e9 < sum(one.bytes or 0 for one in known.values()) < 36e9
    assert surveys_among(["pr", "yy", "compressed", "sdmx", "esbr", "zq", "PR", "p1"]) == (
        "zq",
        "pr",
    )


def test_lake_surveys_shows_them_all_whether_landed_or_not(lake, capsys):
    assert lake.run_all() == []
    rows = {row["code"]: row for row in json.loads(status(lake, capsys, "surveys", "--json"))}
    assert rows.keys() == known_surveys().keys()
    assert (rows["pr"]["landed"], rows["pr"]["files"]) == (True, 4)
    assert rows["pr"]["is_approximate"] is False
    assert rows["pr"]["landed_release"] == "20250905T123000Z"
    assert (rows["cs"]["landed"], rows["cs"]["is_approximate"]) == (False, True)
    assert rows["cs"]["bytes"] > 13e9
    text = status(lake, capsys, "surveys")
    assert "~13.6 GB" in text
    assert max(map(len, text.splitlines())) <= 88
    only = status(lake, capsys, "surveys", "--landed", "--json")
    assert [row["code"] for row in json.loads(only)] == ["ap", "cu", "pr"]


def test_lake_surveys_needs_neither_a_lake_nor_a_network(tmp_path, capsys):
    assert main(["surveys", "--lake", str(tmp_path / "none")]) == 0
    assert "Major Sector Productivity" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("text", "surveys"),
    [
        ("all", ("all",)),
        ("all,-cs,-CH", ("all", "-cs", "-ch")),
        ("-cs, all", ("all", "-cs")),
        ("pr,ap,pr", ("pr", "ap")),
    ],
)
def test_what_all_means(text, surveys):
    assert resolve({"surveys": text}, {}, {}).settings.surveys == surveys


@pytest.mark.parametrize("text", ["-cs", "pr,-cs", "all,pr", "all,-", "all,-csx", "all,--cs", ""])
def test_what_means_nothing(text):
    with pytest.raises(UsageError):
        resolve({"surveys": text}, {}, {})


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("45m", 2700), ("2h", 7200)])
def test_a_time_limit_has_a_unit(text, seconds):
    assert resolve({"time_limit": text}, {}, {}).settings.time_limit == seconds


@pytest.mark.parametrize("text", ["90", "0m", "-5m", "1.5h", "h", "2 h", "9999999s", ""])
def test_a_time_limit_without_a_unit_or_without_time_is_refused(text):
    with pytest.raises(UsageError):
        resolve({"time_limit": text}, {}, {})
