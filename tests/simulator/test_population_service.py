"""How the population API behaves, as a client sees it."""

from __future__ import annotations

import json

import pytest

from tests.simulator.conftest import POPULATION
from tests.simulator.upstream import Upstream

ACS1 = "acs_yg_total_population_1"


@pytest.fixture
def upstream():
    with Upstream.sample() as opened:
        yield opened


@pytest.fixture
def get(upstream, client):
    def get(cube: str = ACS1, **query: str):
        return client.get(upstream.population_url, params={"cube": cube, **POPULATION, **query})

    return get


def test_it_answers_with_a_page_columns_and_rows_in_ascending_years(get):
    answer = get()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert body["annotations"]["dataset_name"] == "ACS 1-year Estimate"
    assert body["page"] == {"limit": 0, "offset": 0, "total": 10}
    assert body["columns"] == ["Nation ID", "Nation", "Year", "Population"]
    assert [row["Year"] for row in body["data"]] == [*range(2013, 2020), 2021, 2022, 2023]
    assert '"Year":2013,"Population":316128839.0}' in answer.text


def test_the_other_cube_is_another_dataset(get):
    body = get("acs_yg_total_population_5").json()
    assert body["annotations"]["dataset_name"] == "ACS 5-year Estimate"
    assert body["data"][-1]["Year"] == 2022


def test_it_asks_for_no_contact(upstream, client):
    query = {"cube": ACS1, **POPULATION}
    answer = client.get(upstream.population_url, params=query, headers={"User-Agent": ""})
    assert answer.status_code == 200


def test_an_unknown_cube_is_404_with_an_error_object(get):
    answer = get("acs_yg_total_population_9")
    assert answer.status_code == 404
    assert answer.json() == {
        "error": True,
        "detail": "Cube 'acs_yg_total_population_9' was not found.",
    }


@pytest.mark.parametrize(
    "query", [{"drilldowns": "Year,State"}, {"measures": "Income"}, {"limit": "many"}]
)
def test_a_query_without_sense_is_400_with_an_error_object(get, query):
    answer = get(**query)
    assert (answer.status_code, answer.json()["error"]) == (400, True)


@pytest.mark.parametrize(
    ("limit", "page", "years"),
    [
        ("3", {"limit": 3, "offset": 0, "total": 10}, [2013, 2014, 2015]),
        ("2,7", {"limit": 2, "offset": 7, "total": 10}, [2021, 2022]),
        ("5,9", {"limit": 5, "offset": 9, "total": 10}, [2023]),
        ("0,8", {"limit": 0, "offset": 8, "total": 10}, [2022, 2023]),
        ("5,10", {"limit": 5, "offset": 10, "total": 10}, []),
    ],
)
def test_limit_pages_and_total_counts_all_rows(get, limit, page, years):
    body = get(limit=limit).json()
    assert body["page"] == page
    assert [row["Year"] for row in body["data"]] == years


def test_a_server_can_cap_its_pages_whatever_is_asked_for(upstream, get):
    upstream.page_limit = 4
    assert get().json()["page"] == {"limit": 4, "offset": 0, "total": 10}
    assert len(get(limit="1000,4").json()["data"]) == 4
    assert len(get(limit="1000,8").json()["data"]) == 2
    assert len(get(limit="3").json()["data"]) == 3


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"data": [], "source": []}'])
@pytest.mark.parametrize("limit", ["0", "5,5"])
def test_a_body_that_was_given_is_sent_as_it_is(upstream, get, body, limit):
    upstream.cubes[ACS1] = body
    upstream.page_limit = 3
    assert get(limit=limit).content == body


def test_without_paging_not_even_blanks_change(upstream, get):
    body = json.dumps({"page": {"total": 1}, "data": [{"Year": 2013}]}, indent=3).encode()
    upstream.cubes[ACS1] = body
    assert get().content == body
