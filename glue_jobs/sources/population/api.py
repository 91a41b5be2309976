"""The population API: one cube per dataset, asked for all years of the nation.

It stands under two addresses. They are asked in turn, and the first whole answer counts.

Source: https://honolulu-api.datausa.io/tesseract, captures of 2025-10; the same path is served
under https://api.datausa.io.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from glue_jobs.errors import LakeError, UpstreamInvalid, UpstreamUnavailable
from glue_jobs.sources.http import Http
from glue_jobs.sources.population.answer import PopulationPage, join_pages, parse_population

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glue_jobs.settings import RetryPolicy
    from glue_jobs.sources.http import RateLimit
    from glue_jobs.subjects import Dataset

_MOST_BYTES = 4 << 20
_MOST_PAGES = 100


@dataclass(frozen=True)
class Answered:
    """What the API says of a dataset: the bodies as received, and their content."""

    bodies: tuple[bytes, ...]
    content: PopulationPage


class PopulationApi:
    """The API behind its addresses."""

    def __init__(self, urls: Sequence[str], rate_limit: RateLimit, policy: RetryPolicy) -> None:
        self._urls = urls
        self._http = Http(
            {"User-Agent": "labor-lake", "Accept": "application/json"}, rate_limit, policy
        )

    def fetch(self, dataset: Dataset) -> Answered:
        """Asks for a dataset under each address, until one gives all of it.

        Raises:
            UpstreamInvalid: every answer is an error, of another dataset, or makes no sense.
            UpstreamUnavailable: no complete answer, and some address may give one later.
        """
        failures: list[LakeError] = []
        for url in self._urls:
            try:
                return self._fetch(url, dataset)
            except LakeError as failure:
                failures.append(failure)
        raise _all_of(failures)

    def _fetch(self, url: str, dataset: Dataset) -> Answered:
        """Asks one address, page by page until all rows are there."""
        bodies: list[bytes] = []
        pages: list[PopulationPage] = []
        received = 0
        while True:
            body = self._page(url, dataset, received)
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
                return Answered(tuple(bodies), join_pages(pages))

    def _page(self, url: str, dataset: Dataset, offset: int) -> bytes:
        query = {
            "cube": dataset.cube,
            "drilldowns": "Year,Nation",
            "locale": "en",
            "measures": "Population",
        }
        if offset:
            query["limit"] = f"1000,{offset}"
        body = io.BytesIO()
        answer = self._http.get(f"{url}?{urlencode(query)}", body, most_bytes=_MOST_BYTES)
        if answer.status != 200:
            raise UpstreamInvalid(
                f"The population API answers {answer.status} for {dataset.cube}.",
                hint="If it has moved, set its new address with --population-url.",
            )
        if not body.getvalue():
            raise UpstreamUnavailable("The population API's answer is empty.")
        return body.getvalue()


def _all_of(failures: Sequence[LakeError]) -> LakeError:
    """One failure for what every address failed with; later may help if it may help one of them."""
    worst = next((failure for failure in failures if failure.retryable), failures[0])
    told = list(dict.fromkeys(str(failure) for failure in (worst, *failures)))
    if len(told) == 1:
        return worst
    return type(worst)(f"{told[0]} The other address: {' '.join(told[1:])}", hint=worst.hint)
