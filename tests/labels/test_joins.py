"""Which mapping file has the words for which codes: by rule, and as BLS's files are known."""

from __future__ import annotations

import csv

import pytest

from glue_jobs.labels.joins import Join, NoJoin, plan_join
from tests.captures import capture, needs_captures

SERIES = {
    "pr": ["series_id", "sector_code", "class_code", "seasonal", "base_year", "footnote_codes"],
    "oe": ["series_id", "seasonal", "areatype_code", "area_code", "state_code"],
    "cx": ["series_id", "category_code", "subcategory_code", "item_code"],
    "ce": ["series_id", "supersector_code", "industry_code", "data_type_code", "seasonal"],
    "la": ["series_id", "area_type_code", "area_code", "srd_code", "seasonal"],
    "ep": ["series_id", "occ_code", "ind_code", "disp_code"],
    "ws": ["series_id", "measure_code"],
}


@pytest.mark.parametrize(
    ("survey", "ending", "columns", "keys", "text"),
    [
        ("pr", "sector", ["sector_code", "sector_name"], ["sector_code"], "sector_name"),
        ("pr", "seasonal", ["seasonal_code", "seasonal_text"], ["seasonal"], "seasonal_text"),
        ("oe", "seasonal", ["seasonal", "seasonal_text"], ["seasonal"], "seasonal_text"),
        (
            "cx",
            "item",
            ["subcategory_code", "item_code", "item_text", "display_level"],
            ["subcategory_code", "item_code"],
            "item_text",
        ),
        (  # the key's order differs from file to file
            "oe",
            "area",
            ["state_code", "area_code", "areatype_code", "area_name"],
            ["state_code", "area_code", "areatype_code"],
            "area_name",
        ),
        ("ce", "datatype", ["data_type_code", "data_type_text"], ["data_type_code"], None),
        ("la", "area_type", ["area_type_code", "areatype_text"], ["area_type_code"], None),
        ("la", "state_region_division", ["srd_code", "srd_text"], ["srd_code"], "srd_text"),
        ("ep", "occupation", ["occ_code", "occ_title", "level"], ["occ_code"], "occ_title"),
        ("ep", "display", ["disp_code", "disp_desc"], ["disp_code"], "disp_desc"),
    ],
)
def test_the_leading_columns_that_the_series_file_has_are_the_key(
    survey, ending, columns, keys, text
):
    join = plan_join(survey, ending, columns, SERIES[survey])
    assert isinstance(join, Join)
    assert [of_series for _, of_series in join.keys] == keys
    assert join.text == (text or columns[len(keys)])


@pytest.mark.parametrize(
    ("survey", "ending", "columns", "why"),
    [
        # The header of ce.seasonal of 2013 calls its code industry_code.
        ("ce", "seasonal", ["industry_code", "seasonal_text"], "its key is industry_code"),
        ("cx", "item", ["subcategory_code", "item_text"], "its key is subcategory_code"),
        ("oe", "statemsa", ["state_code", "msa_code", "msa_name"], "its key is state_code"),
        ("pr", "sector", ["sector_code", "display_level"], "no column with words"),
        ("pr", "period", ["period", "period_abbr", "period_name"], ""),
        ("pr", "notes", ["series_id", "note_text"], ""),
    ],
)
def test_without_its_own_code_or_words_a_file_gives_none_and_says_why(survey, ending, columns, why):
    found = plan_join(survey, ending, columns, SERIES[survey])
    assert isinstance(found, NoJoin)
    assert why in found.why
    assert bool(why) == bool(found.why)


@needs_captures
def test_every_join_that_is_known_of_bls_is_found():
    with capture("labels/mapping.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    series: dict[str, list[str]] = {}
    known = []
    for row in rows:
        keys, text = row["mapping_key_columns"].split("+"), row["text_column"]
        asked = row["series_columns"].split("+")
        if "?" in "".join([*keys, text, *asked]) or text == "-" or "-" in asked or "" in asked:
            continue
        if asked == ["footnote_codes"]:
            continue  # a list of codes, which is taken apart
        series.setdefault(row["survey"], ["series_id"]).extend(asked)
        known.append((row, keys, text, asked))
    assert len(known) > 200
    wrong = []
    for row, keys, text, asked in known:
        survey, ending = row["mapping_file"].lower().split(".", 1)
        stem = ending.replace(".", "_")
        columns = [key.lower().replace(" ", "_") for key in keys]
        words = f"{stem}_text" if text.startswith("*") else text.lower().replace(" ", "_")
        join = plan_join(survey, stem, [*columns, words], series[survey])
        found = isinstance(join, Join) and ([one for _, one in join.keys], join.text)
        if found != (asked, words):
            wrong.append((row["mapping_file"], join))
    assert wrong == []
