"""The searches that were written down before there was a ranking, on a sample of the catalogue.

`python -m bench.find` asks them of all 1.1 million series.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from glue_jobs.labels.headlines import HEADLINES, USUAL
from glue_jobs.labels.index import write_index
from glue_jobs.labels.index_reading import Index
from labor_lake.finding import find
from tests.captures import needs_captures
from tests.labels.catalogue import catalogue


def searches(name: str) -> list[tuple[str, str]]:
    with Path(__file__).with_name(f"{name}.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(row["query"], row["series_id"]) for row in rows]


TWELVE, FURTHER = searches("searches"), searches("further_searches")


@pytest.fixture(scope="module")
def indexes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("indexes")
    wanted = {series_id for _, series_id in TWELVE + FURTHER} | HEADLINES.keys()
    for survey, entries in catalogue(wanted, share=200):
        write_index(folder / survey, survey, entries)
    return [Index(path) for path in sorted(folder.iterdir())]


@needs_captures
@pytest.mark.parametrize(("query", "series_id"), TWELVE + FURTHER, ids=lambda one: one)
def test_the_series_that_is_meant_comes_first(indexes, query, series_id):
    found = find(indexes, query)
    assert found[0].series_id == series_id
    assert found[0].missed == ()


def test_headlines_are_series_of_the_survey_that_their_id_names():
    assert [one for one in HEADLINES if not one.isascii() or not one[:2].isupper()] == []
    assert [code for code in USUAL if len(code) != 2] == []
