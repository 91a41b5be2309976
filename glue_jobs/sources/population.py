"""The population API: one cube per dataset, asked for all years of the nation.

Source: https://honolulu-api.datausa.io/tesseract, captures of 2025-10.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from glue_jobs.errors import UpstreamInvalid, UpstreamUnavailable
from glue_jobs.formats.population_json import PopulationPage, joined, parse_population
from glue_jobs.sources.http import Http

if TYPE_CHECKING:
    from glue_jobs.settings import RetryPolicy
    from glue_jobs.sources.http import Pace
    from glue_jobs.subjects import Dataset

_MOST_BYTES = 4 << 20
_MOST_PAGES = 100


@dataclass(frozen=True)
class Answered:
    """What the API says of a dataset: the bodies as received, and their content."""

    bodies: tuple[bytes, ...]
    content: PopulationPage


class PopulationApi:
    """The API behind one address."""

    def __init__(self, url: str, pace: Pace, policy: RetryPolicy) -> None:
        self._url = url
        self._http = Http({"User-Agent": "labor-lake", "Accept": "application/json"}, pace, policy)

    def fetch(self, dataset: Dataset) -> Answered:
        """Asks for a dataset, page by page until all its rows are there.

        Raises:
            UpstreamInvalid: the answer is an error, of another dataset, or makes no sense.
            UpstreamUnavailable: no complete answer.
        """
        bodies: list[bytes] = []
        pages: list[PopulationPage] = []
        received = 0
        while True:
            body = self._page(dataset, received)
            page = parse_population(body)
            if page.dataset_name != dataset.name:
                raise UpstreamInvalid(
                    f"Asked for {dataset.name}, the population API answered with"
                    f" {ascii(page.dataset_name)[:60]}.",
                    hint="The two give other figures for the same years; the last good one stands.",
                )
            bodies.append(body)
            pages.append(page)
            received += len(page.rows)
            if not page.rows or received >= page.total or len(pages) == _MOST_PAGES:
                return Answered(tuple(bodies), joined(pages))

    def _page(self, dataset: Dataset, offset: int) -> bytes:
        query = {
            "cube": dataset.cube,
            "drilldowns": "Year,Nation",
            "locale": "en",
            "measures": "Population",
        }
        if offset:
            query["limit"] = f"1000,{offset}"
        body = io.BytesIO()
        answer = self._http.get(f"{self._url}?{urlencode(query)}", body, most_bytes=_MOST_BYTES)
        if answer.status != 200:
            raise UpstreamInvalid(
                f"The population API answers {answer.status} for {dataset.cube}.",
                hint="If it has moved, set its new address with --population-url.",
            )
        if not body.getvalue():
            raise UpstreamUnavailable("The population API's answer is empty.")
        return body.getvalue()
