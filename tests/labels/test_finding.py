"""Finding series: which words are met, by what, and what is left out."""

from __future__ import annotations

import pytest

from glue_jobs.labels.facts import GIANTS
from glue_jobs.labels.index import Entry, write_index
from glue_jobs.labels.index_reading import Index
from labor_lake.finding import find, is_searched
from tests.labels.lakes import EGGS, RATE

UNADJUSTED = Entry("LNU04000000", "(Unadj) Unemployment Rate", "", "monthly", "U", 2025, "M09")
WOMEN = Entry("LNS14000002", "(Seas) Unemployment Rate - Women", "", "monthly", "S", 2025, "M09")
YEARLY = Entry("LNU04023554", "(Unadj) Unemployment Rate", "", "annual", "U", 2025, "A01")
INJURIES = Entry("CSU1", "Injuries of nurses", "", "annual", "U", 2023, "A01")
OLD = Entry("EEU1", "Average hourly earnings", "", "monthly", "S", 2003, "M04")
NEW = Entry("SMU1", "Average hourly earnings", "Alabama", "monthly", "U", 2025, "M09")
ITEMS = Entry("CUSR0000SA0", "All items in U.S. city average", "", "monthly", "S", 2025, "M09")


@pytest.fixture
def indexes(tmp_path):
    surveys = {
        "ap": [EGGS],
        "cs": [INJURIES],
        "cu": [ITEMS],
        "ee": [OLD],
        "ln": [RATE, WOMEN, UNADJUSTED, YEARLY],
        "sm": [NEW],
    }
    for survey, entries in surveys.items():
        write_index(tmp_path / survey, survey, entries)
    return [Index(path) for path in sorted(tmp_path.iterdir())]


def ids(found) -> list[str]:
    return [one.series_id for one in found]


def test_a_series_has_what_is_shown_of_it(indexes):
    (found,) = find(indexes, "grade a eggs")
    assert found == ("ap", EGGS.series_id, EGGS.title, "monthly", "U", "2025-M09", ())


def test_all_words_must_be_met(indexes):
    assert ids(find(indexes, "unemployment rate women")) == ["LNS14000002"]


def test_where_none_meets_all_those_that_meet_most_come_and_say_what_they_miss(indexes):
    found = find(indexes, "unemployment rate women Denver")
    assert ids(found) == ["LNS14000002"]
    assert found[0].missed == ("Denver",)
    assert find(indexes, "zebra giraffe") == []


def test_words_of_a_survey_s_name_are_words_of_its_series(indexes):
    assert ids(find(indexes, "consumer price index")) == ["CUSR0000SA0"]
    assert ids(find(indexes, "inflation")) == ["CUSR0000SA0"]


def test_filters(indexes):
    assert ids(find(indexes, "unemployment", seasonal="U", frequency="annual")) == ["LNU04023554"]
    assert "LNS14000000" not in ids(find(indexes, "unemployment", seasonal="U"))
    assert ids(find(indexes, "average", survey="sm")) == ["SMU1"]
    assert len(find(indexes, "unemployment", limit=2)) == 2


def test_what_a_query_says_of_adjustment_and_frequency_is_met_by_what_is_noted(indexes):
    assert "LNS14000000" not in ids(find(indexes, "unadjusted unemployment rate"))
    assert ids(find(indexes, "annual unemployment rate")) == ["LNU04023554"]
    assert ids(find(indexes, "seasonally adjusted unemployment rate"))[0] == "LNS14000000"


def test_of_the_words_that_are_met_the_rare_ones_count_more(indexes):
    found = find(indexes, "eggs monthly women")
    assert {one.missed for one in found} == {("eggs",), ("women",)}
    assert "LNS14000000" not in ids(found)


def test_the_id_of_a_series_finds_it(indexes):
    assert ids(find(indexes, "lns14000002")) == ["LNS14000002"]
    assert ids(find(indexes, "LNS14000002, eggs"))[:2] == ["LNS14000002", "APU0000708111"]
    assert find(indexes, "LNS99999999") == []


def test_giants_are_searched_only_when_they_are_named(indexes):
    assert find(indexes, "injuries of nurses") == []
    assert ids(find(indexes, "injuries of nurses", survey="cs")) == ["CSU1"]
    assert ids(find(indexes, "cs nurses")) == ["CSU1"]
    assert not any(is_searched(code, "injuries") for code in GIANTS)


def test_a_survey_that_ended_comes_after_one_that_goes_on(indexes):
    assert ids(find(indexes, "average hourly earnings")) == ["SMU1", "EEU1"]


@pytest.mark.parametrize("query", ["", "the of", "?!"])
def test_a_query_without_words_finds_nothing(indexes, query):
    assert find(indexes, query) == []
