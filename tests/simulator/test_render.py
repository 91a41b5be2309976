"""What the excerpt is rendered into, line by line against what BLS served."""

from __future__ import annotations

import json

import pytest

from labor_lake.sample import excerpt, render
from tests.captures import capture, needs_captures

FILES = {name: body for name, (body, _) in excerpt.files().items()}
SERIES = {line[:17].strip() for line in FILES["pr.series"].decode().splitlines()[1:]}
MAPPINGS = ("class", "duration", "footnote", "measure", "period", "seasonal", "sector")


def lines_of_the_excerpt(path: str) -> bytes:
    """The header and the excerpt's series of a captured file, in its order."""
    header, *rows = capture(path).read_bytes().splitlines(keepends=True)
    return b"".join([header, *(row for row in rows if row[:17].decode().strip() in SERIES)])


@needs_captures
@pytest.mark.parametrize("name", ["pr.data.0.Current", "pr.series"])
def test_the_figures_and_series_are_all_that_bls_published_of_them(name):
    assert FILES[name] == lines_of_the_excerpt(f"bls/pr/2025-10/{name}")


@needs_captures
def test_every_line_of_all_data_is_one_that_bls_published():
    real = capture("bls/pr/2025-10/pr.data.1.AllData").read_bytes().splitlines(keepends=True)
    assert set(FILES["pr.data.1.AllData"].splitlines(keepends=True)) <= set(real)


@needs_captures
@pytest.mark.parametrize("name", MAPPINGS)
def test_a_mapping_file_is_byte_for_byte_the_real_one(name):
    assert FILES[f"pr.{name}"] == capture(f"bls/pr/2025-02/pr.{name}").read_bytes()


@needs_captures
def test_the_population_api_s_body_is_byte_for_byte_the_real_one():
    dataset_name, years = excerpt.population()["acs_yg_total_population_1"]
    real = capture("population/tesseract-acs1-2025-10.json").read_bytes()
    assert render.population_body(dataset_name, years) == real


@needs_captures
def test_the_old_api_s_body_says_the_same_in_the_same_order_as_the_real_one():
    cube = "acs_yg_total_population_5"
    dataset_name, years = excerpt.population()[cube]
    made = json.loads(render.old_population_body(cube, dataset_name, years))
    real = json.loads(capture("population/datausa-old-api-acs5-2024-06.json").read_bytes())
    assert json.dumps(made) == json.dumps(real)


def test_a_data_line_is_padded_as_bls_pads_it():
    body = render.data_file([("PRS30006011", "2025", "Q01", "-0.4", "R")])
    assert body == (
        b"series_id        \tyear\tperiod\t       value\tfootnote_codes\r\n"
        b"PRS30006011      \t2025\tQ01\t        -0.4\tR\r\n"
    )


def test_only_a_series_id_is_padded_in_a_table():
    assert render.table_file([["series_id", "x"], ["A", ""]]) == (
        b"series_id        \tx\r\nA                \t\r\n"
    )
    assert render.table_file([["class_code", "x"], ["3", "y"]]) == b"class_code\tx\r\n3\ty\r\n"


def test_pr_seasonal_has_a_capitalised_header_and_a_blank_last_line():
    assert FILES["pr.seasonal"].startswith(b"Seasonal_code\tSeasonal_text\r\n")
    assert FILES["pr.seasonal"].endswith(b"\r\n\r\n")


def test_the_survey_has_the_files_of_the_real_one():
    data = ("data.0.Current", "data.1.AllData")
    assert set(FILES) == {f"pr.{name}" for name in (*MAPPINGS, *data, "contacts", "series", "txt")}


def test_the_excerpt_shows_what_a_whole_survey_has():
    rows = [line.split("\t") for line in FILES["pr.data.0.Current"].decode().splitlines()[1:]]
    periods: dict[str, set[str]] = {}
    for series_id, _, period, _, _ in rows:
        periods.setdefault(series_id.strip(), set()).add(period)
    assert set(periods) == SERIES
    assert {"PRS30006011", "PRS30006032", "PRS84006142", "PRS85006092"} < SERIES
    assert periods["PRS30006081"] == {"Q05"}
    assert len({series_id[3:7] for series_id in SERIES}) > 3, "sectors"
    assert {series_id[-1] for series_id in SERIES} == {"1", "2", "3"}, "durations"
    assert {footnotes for *_, footnotes in rows} == {"", "R"}
    assert any(len(value.strip().partition(".")[2]) == 3 for _, _, _, value, _ in rows), "indices"


def test_the_population_leaves_out_the_years_that_have_no_figure():
    population = {cube: set(years) for cube, (_, years) in excerpt.population().items()}
    assert population == {
        "acs_yg_total_population_1": set(range(2013, 2024)) - {2020},
        "acs_yg_total_population_5": set(range(2013, 2023)),
    }
