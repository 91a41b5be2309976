"""Titles: BLS's where it tells series apart, else words, else words and the id."""

from __future__ import annotations

import pytest

from glue_jobs.labels import titles
from tests.labels.converted import labels_of, lines

ITEM = lines("item_code|item_name", "SA0|All items", "SAF|Food")
AREA = lines("area_code|area_name", "0000|U.S. city average", "S49|Denver", "S48|Denver")
SEASONAL = lines("seasonal_code|seasonal_text", "S|Seasonally Adjusted", "U|Not Adjusted")
HEADER = "series_id|area_code|item_code|seasonal|size_code|series_title|footnote_codes"


def titles_of(folder, *rows, **bodies):
    made, labels = labels_of(
        "cu", folder, series=lines(HEADER, *rows), item=ITEM, area=AREA, seasonal=SEASONAL, **bodies
    )
    return made, {series_id: row["title"] for series_id, row in labels.items()}


def test_bls_s_own_title_stands_where_no_other_series_has_it(tmp_path):
    made, found = titles_of(
        tmp_path, "CU1|0000|SA0|U|00|All items, unadjusted|", "CU2|0000|SAF|U|00|Food at all|"
    )
    assert found == {"CU1": "All items, unadjusted", "CU2": "Food at all"}
    assert (made.titles.by_bls, made.titles.by_words, made.titles.at_last) == (2, 2, 2)


def test_where_it_repeats_words_stand_measure_and_subject_first(tmp_path):
    made, found = titles_of(
        tmp_path, "CU1|S49|SA0|U|00|CPI|", "CU2|S49|SAF|U|00|CPI|", "CU3|0000|SAF|S|00|Food|"
    )
    assert found == {
        "CU1": "All items, Denver, Not Adjusted",
        "CU2": "Food, Denver, Not Adjusted",
        "CU3": "Food",
    }
    assert (made.titles.by_bls, made.titles.by_words) == (2, 3)


def test_what_is_the_whole_is_left_out_unless_series_differ_in_it(tmp_path):
    size = lines("size_code|size_name", "00|All sizes", "A|Large cities")
    _, found = titles_of(
        tmp_path,
        "CU1|S49|SA0|U|00||",
        "CU2|S49|SAF|U|00||",
        "CU3|S49|SAF|U|A||",
        size=size,
    )
    assert found == {
        "CU1": "All items, Denver, Not Adjusted",
        "CU2": "Food, Denver, Not Adjusted",
        "CU3": "Food, Large cities, Denver, Not Adjusted",
    }


def test_words_that_are_otherwise_left_out_are_added_where_series_differ_in_them(tmp_path):
    process = lines("process_code|process_text", "1|Raw", "2|Smoothed")
    header = "series_id|item_code|process_code"
    _, labels = labels_of(
        "cu",
        tmp_path,
        series=lines(header, "CU1|SA0|1", "CU2|SA0|2", "CU3|SAF|1"),
        item=ITEM,
        process=process,
    )
    assert {one: row["title"] for one, row in labels.items()} == {
        "CU1": "All items, Raw",
        "CU2": "All items, Smoothed",
        "CU3": "Food",
    }


def test_series_that_differ_in_no_words_bear_their_ids_in_brackets(tmp_path):
    made, found = titles_of(
        tmp_path, "CU1|S48|SA0|U|00||", "CU2|S49|SA0|U|00||", "CU3|S49|SAF|U|00||"
    )
    assert found == {
        "CU1": "All items, Denver, Not Adjusted [CU1]",
        "CU2": "All items, Denver, Not Adjusted [CU2]",
        "CU3": "Food, Denver, Not Adjusted",
    }
    assert (made.titles.by_bls, made.titles.by_words, made.titles.at_last) == (0, 2, 3)


def test_a_code_without_words_is_a_word_of_its_own_and_a_series_without_any_its_id(tmp_path):
    _, labels = labels_of(
        "jt", tmp_path, series=lines("series_id|industry_code|x", "J1|31|", "J2||")
    )
    assert {one: row["title"] for one, row in labels.items()} == {"J1": "industry 31", "J2": "J2"}


def test_where_too_many_repeat_each_gets_all_its_words(tmp_path, monkeypatch):
    monkeypatch.setattr(titles, "_MOST_DIFFERING", 1)
    process = lines("process_code|process_text", "1|Raw", "2|Smoothed")
    _, labels = labels_of(
        "cu",
        tmp_path,
        series=lines("series_id|item_code|process_code", "CU1|SA0|1", "CU2|SA0|2", "CU3|SAF|1"),
        item=ITEM,
        process=process,
    )
    assert labels["CU2"]["title"] == "All items, Smoothed"
    assert labels["CU3"]["title"] == "Food"


def test_of_a_giant_titles_may_repeat_and_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(titles, "MOST_TOLD_APART", 1)
    made, found = titles_of(tmp_path, "CU1|S48|SA0|U|00|A|", "CU2|S49|SA0|U|00|B|")
    assert set(found.values()) == {"All items, Denver, Not Adjusted"}
    assert made.warnings == ("The titles of cu may repeat: it has 2 series.",)


@pytest.mark.parametrize("count", [1, 3, 40])
def test_titles_are_the_same_however_the_file_is_cut(count, tmp_path, monkeypatch):
    monkeypatch.setattr("glue_jobs.labels.words._BATCH_ROWS", count)
    rows = [
        f"CU{n:02}|S4{8 + n % 2}|SA{'0F'[n % 2]}|{'SU'[n // 20]}|00|CPI {n % 5}|" for n in range(40)
    ]
    _, found = titles_of(tmp_path, *rows)
    assert len(set(found.values())) == 40
    assert found["CU07"] == "Food, Denver, Seasonally Adjusted [CU07]"
