"""Labels: codes in words, dates and last values, of every series once."""

from __future__ import annotations

import random
from datetime import date

import pyarrow.parquet as pq
import pytest

from glue_jobs.tables.header import ending_of
from tests.captures import capture, needs_captures
from tests.labels.converted import convert, labels_of, lines

DATA = "series_id|year|period|value|footnote_codes"
SERIES = lines("series_id|area_code|seasonal", "CU1|S49|U", "CU2|S48|S")


def spans_of(folder, *data, series=SERIES):
    bodies = {f"data_{number}": lines(DATA, *rows) for number, rows in enumerate(data)}
    return labels_of("cu", folder, series=series, **bodies)[1]


def test_every_code_stands_beside_its_words(tmp_path):
    area = lines("area_code|area_name|display_level", "S49|Denver|1", "S48|N/A|1")
    _, labels = labels_of("cu", tmp_path, series=SERIES, area=area)
    assert list(labels["CU1"])[-3:] == ["area_code", "area_name", "seasonal"]
    assert labels["CU1"]["area_name"] == "Denver"
    assert labels["CU2"]["area_name"] is None  # what BLS writes where it has no words
    assert labels["CU1"]["seasonal_text"] == "Not Seasonally Adjusted"


def test_a_mapping_file_that_repeats_its_key_is_not_joined_and_that_is_said(tmp_path):
    area = lines("area_code|area_name", "S49|Denver", "S49|Boulder")
    made, labels = labels_of("cu", tmp_path, series=SERIES, area=area)
    assert "area_name" not in labels["CU1"]
    assert len(labels) == 2
    assert made.warnings == ("cu.area gives no words to series: area_code is not unique in it.",)


def test_a_compound_key_takes_all_its_codes(tmp_path):
    _, labels = labels_of(
        "wp",
        tmp_path,
        series=lines("series_id|group_code|item_code", "W1|01|1", "W2|02|1"),
        item=lines("group_code|item_code|item_name", "01|1|Wheat", "02|1|Milk"),
    )
    assert [row["item_name"] for row in labels.values()] == ["Wheat", "Milk"]


@pytest.mark.parametrize(
    ("periods", "frequency", "first", "last"),
    [
        (["M01", "M02", "M13"], "monthly", "M01", "M02"),
        (["M12", "M13", "S01", "S02", "S03"], "monthly", "M12", "M12"),
        (["Q01", "Q04", "Q05"], "quarterly", "Q01", "Q04"),
        (["S01", "S02", "S03"], "semiannual", "S01", "S02"),
        (["A01"], "annual", "A01", "A01"),
        (["Q05"], "annual", "Q05", "Q05"),
        (["A01", "Q01"], "quarterly", "Q01", "Q01"),
        (["M14"], None, "M14", "M14"),
    ],
)
def test_the_frequency_is_that_of_the_observations(periods, frequency, first, last, tmp_path):
    rows = [f"CU1|2020|{period}|1|" for period in periods]
    label = spans_of(tmp_path, rows)["CU1"]
    assert (label["frequency"], label["first_period"], label["last_period"]) == (
        frequency,
        first,
        last,
    )


@pytest.mark.parametrize(
    ("period", "day"),
    [
        ("M01", (1, 1)),
        ("M12", (12, 1)),
        ("Q03", (7, 1)),
        ("S02", (7, 1)),
        ("A01", (1, 1)),
        ("M13", (1, 1)),
        ("M14", None),
    ],
)
def test_a_date_is_the_first_day_of_its_period(period, day, tmp_path):
    label = spans_of(tmp_path, [f"CU1|2020|{period}|1|"])["CU1"]
    assert label["last_date"] == (date(2020, *day) if day else None)


def test_the_last_value_is_that_of_the_first_of_the_files_that_have_it(tmp_path):
    label = spans_of(
        tmp_path,
        ["CU1|2020|M01|1.5|", "CU1|2020|M02|2.5|"],
        ["CU1|2019|M12|7|", "CU1|2020|M02|9|"],
    )["CU1"]
    assert (label["first_year"], label["first_period"]) == (2019, "M12")
    assert (label["last_value"], label["last_period"]) == (2.5, "M02")


def test_where_bls_printed_no_figure_last_there_is_no_last_value(tmp_path):
    label = spans_of(tmp_path, ["CU1|2020|M01|1.5|", "CU1|2020|M02|-|"])["CU1"]
    assert (label["last_value"], label["last_period"]) == (None, "M02")


def test_series_without_observations_and_observations_without_series_have_a_label(tmp_path):
    labels = spans_of(tmp_path, ["CU0|2020|M01|1|", "CU2|2020|M01|2|", "CU3|2020|Q01|3|"])
    assert list(labels) == ["CU0", "CU1", "CU2", "CU3"]
    assert labels["CU1"]["frequency"] is None
    assert (labels["CU0"]["title"], labels["CU0"]["last_value"]) == ("CU0", 1)
    assert labels["CU3"]["frequency"] == "quarterly"


def test_observations_without_a_series_file_have_labels(tmp_path):
    _, labels = labels_of("cu", tmp_path, data_0=lines(DATA, "CU1|2020|M01|1|"))
    assert labels["CU1"]["title"] == "CU1"
    assert labels["CU1"]["last_date"] == date(2020, 1, 1)


def test_footnotes_on_a_series_are_a_list_of_codes(tmp_path):
    _, labels = labels_of(
        "cm",
        tmp_path,
        series=lines("series_id|footnote_codes", "CM1|H,Y", "CM2|", "CM3|Z"),
        footnote=lines("footnote_code|footnote_text", "H|Half", "Y|Year"),
    )
    assert [row["series_footnotes"] for row in labels.values()] == ["Half; Year", None, "Z"]


def test_many_series_in_several_files_however_they_are_cut(tmp_path, monkeypatch):
    monkeypatch.setattr("glue_jobs.labels.words._BATCH_ROWS", 7)
    shuffled = random.Random(1)
    ids = sorted(f"CU{shuffled.randrange(10_000):05}" for _ in range(300))
    known = sorted(set(ids))
    files: list[list[str]] = [[], [], []]
    last: dict[str, tuple[int, str]] = {}
    for one in known:
        for year in range(2000, 2000 + shuffled.randrange(4)):
            for month in range(1, 13):
                files[shuffled.randrange(3)].append(f"{one}|{year}|M{month:02}|{month}|")
                last[one] = (year, "M12")
    labels = spans_of(
        tmp_path, *files, series=lines("series_id|x_code", *(f"{one}|1" for one in known[::2]))
    )
    assert sorted(labels) == sorted({*known[::2], *last})
    for one, row in labels.items():
        assert (row["last_year"], row["last_period"]) == last.get(one, (None, None))


SURVEYS = {  # labels, BLS's distinct titles, distinct by words
    "ap/2024-03": (1482, 1482, 1482),
    "ce/2013-12": None,
    "cu/2017-02": None,
    "jt/2024-01": (2, 0, 2),
    "pr/2025-02": (282, 0, 282),
    "sm/2016-02": (23478, 0, 23477),
}


@needs_captures
@pytest.mark.parametrize("folder", SURVEYS)
def test_of_every_capture_each_series_has_one_title(folder, tmp_path):
    survey = folder[:2]
    paths = sorted(capture(f"bls/{folder}").iterdir())
    bodies = {path.name.partition(".")[2]: path.read_bytes() for path in paths}
    converted = convert(survey, bodies, tmp_path)
    made, table = converted.make(tmp_path / "labels")
    titles = table.column("title").to_pylist()
    assert len(set(titles)) == len(titles) == made.rows
    in_data = {
        one
        for path in converted.data
        for one in pq.read_table(path, columns=["series_id"]).column(0).unique().to_pylist()
    }
    ids = table.column("series_id").to_pylist()
    assert sorted(ids) == ids
    assert in_data <= set(ids)
    undated = [row for row in table.to_pylist() if row["last_year"] and not row["last_date"]]
    assert undated == []
    if expected := SURVEYS[folder]:
        assert (made.rows, made.titles.by_bls, made.titles.by_words) == expected
    assert all(ending_of(f"{survey}.{ending}") for ending in bodies)
