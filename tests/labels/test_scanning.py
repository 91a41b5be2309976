"""The giants have no index: their labels are scanned, when they are named."""

from __future__ import annotations

import json

import pytest

import labor_lake
from labor_lake.cli import main
from labor_lake.workflow import run_workflow
from tests.labels.converted import lines
from tests.lakes import RELEASED, run_at
from tests.simulator.upstream import Upstream

FILES = {
    "cs.series": lines(
        "series_id|seasonal|industry_code|series_title",
        "CSU1|U|01|Injuries of nurses in hospitals",
        "CSU2|U|02|Injury cases of carpenters",
        "CSS3|S|02|Falls of carpenters, adjusted",
    ),
    "cs.data.1.AllData": lines(
        "series_id|year|period|value|footnote_codes",
        "CSS3|2020|M01|3|",
        "CSU1|2019|A01|1|",
        "CSU2|2020|A01|2|",
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("giant") / "lake"
    with Upstream() as upstream:
        for name, body in FILES.items():
            upstream.set_file("cs", name, body, RELEASED)
        run = run_at(made, upstream, surveys=("cs",), datasets=())
        assert run_workflow(run).failures == ()
    return str(made)


@pytest.mark.parametrize(
    ("words", "filters", "found"),
    [
        ("injuries", {}, ["CSU2", "CSU1"]),  # the newest first
        ("Injury of NURSES", {}, ["CSU1"]),
        ("carpenters", {"seasonal": "S"}, ["CSS3"]),
        ("carpenters", {"seasonal": "U"}, ["CSU2"]),
        ("carpenters", {"frequency": "monthly"}, ["CSS3"]),
        ("injuries", {"limit": 1}, ["CSU2"]),
        ("plumbers", {}, []),
    ],
)
def test_titles_that_have_all_words_are_found(folder, words, filters, found):
    lake = labor_lake.open(folder)
    assert [one.series_id for one in lake.find(words, survey="cs", **filters)] == found
    assert lake.find(words) == []  # unless it is named


def test_the_command_gives_the_same_and_says_so_where_nothing_is_found(folder, capsys):
    argv = ["find", "carpenters", "--survey", "cs", "--lake", folder]
    assert main([*argv, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["series_id"] for one in told["series"]] == ["CSU2", "CSS3"]
    assert told["series"][1] == {
        "survey": "cs",
        "series_id": "CSS3",
        "title": "Falls of carpenters, adjusted",
        "frequency": "monthly",
        "seasonal": "S",
        "last_period": "2020-M01",
        "missed": [],
    }
    assert told["without_index"] == []
    assert main(["find", "plumbers", *argv[2:]]) == 0
    assert "No series in cs has anything of: plumbers." in capsys.readouterr().out
