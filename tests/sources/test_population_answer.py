"""The population API's answers, in the new shape and the old."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glue_jobs.errors import UpstreamInvalid
from glue_jobs.sources.population.answer import (
    PopulationPage,
    PopulationRow,
    content_sha256,
    join_pages,
    parse_population,
)
from tests.captures import capture, needs_captures

ROWS = [
    {"Nation ID": "01000US", "Nation": "United States", "Year": year, "Population": 3e8 + year}
    for year in (2013, 2014, 2015)
]


def answer(rows=ROWS, **changes) -> bytes:
    document = {
        "annotations": {"source_name": "Census Bureau", "dataset_name": "ACS 1-year Estimate"},
        "page": {"limit": 0, "offset": 0, "total": len(rows) if isinstance(rows, list) else 0},
        "columns": ["Nation ID", "Nation", "Year", "Population"],
        "data": rows,
    }
    document.update(changes)
    return json.dumps({k: v for k, v in document.items() if v != "left out"}).encode()


def with_row(**changes) -> bytes:
    """An answer whose second row is another."""
    changed = {key: value for key, value in {**ROWS[1], **changes}.items() if value != "left out"}
    return answer([ROWS[0], changed, ROWS[2]])


@needs_captures
def test_the_new_shape():
    page = parse_population(capture("population/tesseract-acs1-2025-10.json").read_bytes())
    assert (page.dataset_name, page.total, len(page.rows)) == ("ACS 1-year Estimate", 10, 10)
    assert page.rows[0] == PopulationRow(2013, "01000US", "United States", 316_128_839)
    assert [row.year for row in page.rows] == [*range(2013, 2020), 2021, 2022, 2023]
    assert join_pages([page]) == page


@needs_captures
def test_the_old_shape():
    body = capture("population/datausa-old-api-acs5-2024-06.json").read_bytes()
    page = parse_population(body)
    assert page.dataset_name == "ACS 5-year Estimate"
    assert page.total == len(page.rows)
    assert page.rows[0] == PopulationRow(2022, "01000US", "United States", 331_097_593)
    # Its years descend; joined, they ascend.
    assert [row.year for row in page.rows] == list(range(2022, 2012, -1))
    assert [row.year for row in join_pages([page]).rows] == list(range(2013, 2023))


@needs_captures
def test_the_order_of_keys_does_not_change_the_content():
    bodies = [
        capture(f"population/tesseract-acs1-2025-10{name}.json").read_bytes()
        for name in ("", "-other-key-order")
    ]
    assert bodies[0] != bodies[1]
    one, other = (parse_population(body) for body in bodies)
    assert content_sha256(one) == content_sha256(other)


@given(st.randoms(use_true_random=False))
def test_the_order_of_keys_and_rows_does_not_change_the_content(chance):
    def shuffled(value):
        if isinstance(value, dict):
            items = [(key, shuffled(item)) for key, item in value.items()]
            return dict(chance.sample(items, len(items)))
        return value

    document = shuffled(json.loads(answer([shuffled(row) for row in chance.sample(ROWS, 3)])))
    body = json.dumps(document, indent=chance.choice([None, 1])).encode()
    assert content_sha256(parse_population(body)) == content_sha256(parse_population(answer()))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(with_row(Population=1), id="population"),
        pytest.param(with_row(Year=2020), id="year"),
        pytest.param(with_row(Nation="USA"), id="nation"),
        pytest.param(answer(ROWS[:2]), id="fewer-years"),
        pytest.param(answer(annotations={"dataset_name": "ACS 5-year Estimate"}), id="dataset"),
    ],
)
def test_another_content_has_another_hash(other):
    assert content_sha256(parse_population(other)) != content_sha256(parse_population(answer()))


def test_numbers_may_be_written_as_integers_or_as_floats():
    assert parse_population(with_row(Population=300002014, Year=2014.0)) == parse_population(
        answer()
    )


REFUSED = {
    "not-json": (b"<html>Bad gateway</html>", "is not JSON"),
    "empty-body": (b"", "is not JSON"),
    "cut-short": (answer()[:-10], "is not JSON"),
    "not-utf-8": (b'{"\xff": 1}', "is not JSON"),
    "nested-without-end": (b"[" * 100_000, "is not JSON"),
    "list": (b"[1, 2]", "is not an object"),
    "null": (b"null", "is not an object"),
    "error-object": (b'{"error":true,"detail":"cube not found"}', "an error: 'cube not found'"),
    "error-without-detail": (b'{"error": "yes"}', "with an error"),
    "error-of-4-kB": (json.dumps({"error": 1, "detail": "x" * 4096}).encode(), "an error"),
    "no-data": (answer(data="left out"), "another shape"),
    "data-null": (answer(data=None), "another shape"),
    "data-an-object": (answer(data={"a": 1}), "another shape"),
    "rows-are-lists": (answer([["01000US", "United States", 2013, 1]]), "another shape"),
    "no-annotations": (answer(annotations="left out"), "another shape"),
    "no-dataset-name": (answer(annotations={}), "another shape"),
    "dataset-name-a-number": (answer(annotations={"dataset_name": 1}), "another shape"),
    "page-without-total": (answer(page={}), "another shape"),
    "total-is-text": (answer(page={"total": "3"}), "another shape"),
    "old-shape-without-source": (answer(source=[]), "another shape"),
    "no-year": (with_row(Year="left out"), "another shape"),
    "no-population": (with_row(Population="left out"), "another shape"),
    "nation-null": (with_row(Nation=None), "no name of the nation for 2014"),
    "nation-a-list": (with_row(Nation=["US"]), "no name of the nation"),
    "nation-half-a-character": (with_row(Nation="\ud800"), "no name of the nation"),
    "dataset-half-a-character": (answer(annotations={"dataset_name": "\ud800"}), "another shape"),
    "total-negative": (answer(page={"total": -1}), "another shape"),
    "total-true": (answer(page={"total": True}), "another shape"),
    "total-of-4000-digits": (answer(page={"total": 10**4000}), "another shape"),
    "no-nation": (with_row(Nation="left out"), "another shape"),
    "population-text": (with_row(Population="300002014"), "population '300002014' for 2014"),
    "population-null": (with_row(Population=None), "the population None"),
    "population-true": (with_row(Population=True), "the population True"),
    "population-negative": (with_row(Population=-1), "the population -1 for 2014"),
    "population-zero": (with_row(Population=0), "the population 0"),
    "population-in-parts": (with_row(Population=1.5), "the population 1.5"),
    "population-infinite": (with_row(Population=float("inf")), "the population inf"),
    "population-not-a-number": (with_row(Population=float("nan")), "the population nan"),
    "population-of-no-planet": (with_row(Population=1e30), "the population 1e\\+30"),
    "year-text": (with_row(Year="next"), "the year 'next'"),
    "year-superscript": (with_row(Year="\u00b2"), "the year '\\\\xb2'"),
    "year-of-5000-digits": (with_row(Year="9" * 5000), "the year '99999"),
    "year-null": (with_row(Year=None), "the year None"),
    "year-in-parts": (with_row(Year=2013.5), "the year 2013.5"),
    "year-too-early": (with_row(Year=13), "the year 13"),
    "year-too-late": (with_row(Year=20130), "the year 20130"),
    "states": (
        answer(
            [{"State ID": "04000US01", "State": "Alabama", "Year": 2013, "Population": 4_833_722}]
        ),
        "is of states, not of the nation",
    ),
    "a-state": (with_row(**{"Nation ID": "04000US06"}), "of '04000US06', not of the nation"),
    "nation-id-null": (with_row(**{"Nation ID": None}), "not of the nation"),
}


@pytest.mark.parametrize(
    ("body", "reason"), REFUSED.values(), ids=[f"U20-{name}" for name in REFUSED]
)
def test_u20_an_answer_without_sense_is_refused_in_one_sentence(body, reason):
    with pytest.raises(UpstreamInvalid, match=reason) as caught:
        parse_population(body)
    assert len(str(caught.value)) < 250
    assert str(caught.value).endswith(".")


# Pages.


def pages(*groups, total=3, names=("ACS 1-year Estimate",) * 9):
    return [
        PopulationPage(name, parse_population(answer(list(rows))).rows, total)
        for name, rows in zip(names, groups)
    ]


def test_pages_are_joined_in_the_order_of_their_years():
    whole = join_pages(pages(ROWS[2:], ROWS[:2]))
    assert whole == parse_population(answer())


@pytest.mark.parametrize(
    ("given_pages", "reason"),
    [
        pytest.param([], "holds no years", id="U20-no-page"),
        pytest.param(pages([], total=0), "holds no years", id="U20-empty-data"),
        pytest.param(pages(ROWS, ROWS[1:2], total=4), "a year twice", id="U20-year-twice"),
        pytest.param(pages(ROWS[:2]), "gave 2 of its 3 rows", id="U20-missing-years"),
        pytest.param(pages(ROWS, total=2), "gave 3 of its 2 rows", id="U20-more-than-all"),
        pytest.param(
            pages(ROWS[:2], ROWS[2:], names=("ACS 1-year Estimate", "ACS 5-year Estimate")),
            "changed its dataset",
            id="U20-dataset-changed-between-pages",
        ),
    ],
)
def test_u20_pages_that_do_not_fit_together_are_refused(given_pages, reason):
    with pytest.raises(UpstreamInvalid, match=reason):
        join_pages(given_pages)
