"""Reads the population API's answers, the new shape and the old one.

New (since 2025): ``{"annotations": {"dataset_name": …}, "page": {"total": N}, "columns": […],
"data": [{"Nation ID": …, "Nation": …, "Year": 2013, "Population": 316128839.0}]}``.
Old (until 2025): ``{"data": [{"ID Nation": …, "Year": "2022", "Population": …}],
"source": [{"annotations": {"dataset_name": …}}]}``.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import UpstreamInvalid
from glue_jobs.timestamps import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

_NATION = "01000US"
_YEAR = re.compile(r"[0-9]{4}")
_MOST_PEOPLE = 10**10
_MOST_ROWS = 10**6


@dataclass(frozen=True, order=True)
class PopulationRow:
    """One year's population, persons."""

    year: int
    nation_id: str
    nation: str
    population: int


@dataclass(frozen=True)
class PopulationPage:
    """One answer of the API.

    Attributes:
        dataset_name: the estimate's own name: ``ACS 1-year Estimate``.
        rows: as received, in their order.
        total: how many rows the API has in all pages.
    """

    dataset_name: str
    rows: tuple[PopulationRow, ...]
    total: int


def parse_population(body: bytes) -> PopulationPage:
    """Returns what one answer holds.

    Raises:
        UpstreamInvalid: the answer is an error, another document, or has a row without sense.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise UpstreamInvalid("The population API's answer is not JSON.") from None
    if not isinstance(answer, dict):
        raise UpstreamInvalid("The population API's answer is not an object.")
    if answer.get("error"):
        detail = ascii(answer.get("detail", "no detail"))[:120]
        raise UpstreamInvalid(f"The population API answers with an error: {detail}.")
    try:
        source = answer["source"][0] if "source" in answer else answer
        name = source["annotations"]["dataset_name"]
        rows = tuple(_row(row) for row in answer["data"])
        total = answer["page"]["total"] if "page" in answer else len(rows)
    except (KeyError, TypeError, IndexError) as error:
        raise UpstreamInvalid(
            f"The population API's answer has another shape than known: no {error}."
        ) from None
    if not _is_text(name) or not _is_whole(total) or not 0 <= total < _MOST_ROWS:
        raise UpstreamInvalid("The population API's answer has another shape than known.")
    return PopulationPage(name, rows, int(total))


def join_pages(pages: Sequence[PopulationPage]) -> PopulationPage:
    """All pages as one, its rows in the years' order.

    Raises:
        UpstreamInvalid: there are no rows, fewer than the API says, a year occurs twice, or the
            pages are not of one dataset.
    """
    rows = tuple(sorted(row for page in pages for row in page.rows))
    years = [row.year for row in rows]
    if not rows:
        raise UpstreamInvalid("The population API's answer holds no years.")
    if len(set(years)) < len(years):
        raise UpstreamInvalid("The population API's answer holds a year twice.")
    if len({page.dataset_name for page in pages}) > 1:
        raise UpstreamInvalid("The population API changed its dataset between two pages.")
    if len(rows) != pages[0].total:
        raise UpstreamInvalid(f"The population API gave {len(rows)} of its {pages[0].total} rows.")
    return PopulationPage(pages[0].dataset_name, rows, len(rows))


def content_sha256(page: PopulationPage) -> str:
    """The hash of what an answer says, whatever the order of its keys and rows."""
    content = [page.dataset_name, [asdict(row) for row in sorted(page.rows)]]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _row(row: dict[str, Any]) -> PopulationRow:
    if "State" in row:
        raise UpstreamInvalid(
            "The population API's answer is of states, not of the nation.",
            hint="Their sum is not the nation's population: it includes Puerto Rico.",
        )
    nation_id = row["Nation ID"] if "Nation ID" in row else row["ID Nation"]
    if nation_id != _NATION:
        raise UpstreamInvalid(
            f"The population API's answer is of {ascii(nation_id)[:40]}, not of the nation."
        )
    year = row["Year"]
    # The old shape's years are text.
    year = int(year) if isinstance(year, str) and _YEAR.fullmatch(year) else year
    if not _is_whole(year) or not FIRST_YEAR <= year <= LAST_YEAR:
        raise UpstreamInvalid(f"The population API's answer has the year {ascii(year)[:20]}.")
    population = row["Population"]
    if not _is_whole(population) or not 0 < population < _MOST_PEOPLE:
        raise UpstreamInvalid(
            f"The population API's answer has the population {ascii(population)[:20]} for {year}."
        )
    nation = row["Nation"]
    if not _is_text(nation):
        raise UpstreamInvalid(f"The population API's answer has no name of the nation for {year}.")
    return PopulationRow(int(year), nation_id, nation, int(population))


def _is_text(value: object) -> bool:
    """Whether it can be written in UTF-8; JSON may name half of a pair, which is no character."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


def _is_whole(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value % 1 == 0
