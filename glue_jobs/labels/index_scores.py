"""How likely a series is what people look for, whatever they look for: a number from 0 to 255.

The parts are chosen by their order: what is still published (60) counts more than what is about
the whole country (45), that more than seasonal adjustment (15) or frequency (15 at most). A
headline (``headlines.py``, 60 at most) outweighs any of them, and all together weigh about as much
as one or two words of a query that are in the title.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from glue_jobs.labels.headlines import HEADLINES, USUAL
from glue_jobs.labels.index_words import words_of

if TYPE_CHECKING:
    from collections.abc import Collection

LIVING, NATIONAL, _ADJUSTED = 60, 45, 15
_FREQUENCIES = {"monthly": 15, "quarterly": 12, "semiannual": 5}
MOST = 255

_COUNTRY = (
    "u.s. city average",
    "united states",
    "total us",
    "u.s. total",
    "all u.s",
    "nationwide",
    "u.s. metropolitan areas",
)
_TOTALS = (
    "total nonfarm",
    "total private",
    "total, all",
    "all items",
    "all industries",
    "all occupations",
    "all commodities",
    "all consumer units",
)
_TOTAL = 12
"""Who names no industry, item or group means all of them."""

# Where that many of a survey's series name the country, one that does not is about a part of it.
_NAMED_BY = 100

_PLACES = frozenset(
    words_of(
        "Alabama Alaska Arizona Arkansas California Carolina Colorado Columbia Connecticut Dakota"
        " Delaware Florida Georgia Hampshire Hawaii Idaho Illinois Indiana Iowa Jersey Kansas"
        " Kentucky Louisiana Maine Maryland Massachusetts Michigan Minnesota Mississippi Missouri"
        " Montana Nebraska Nevada Ohio Oklahoma Oregon Pennsylvania Rhode Rico Tennessee Texas Utah"
        " Vermont Virginia Washington Wisconsin Wyoming York"
        " county metropolitan micropolitan msa statewide city town northeast midwest"
    )
)
"""A text with one of these words is about a part of the country.

Of a state's name the word that no other text has: `York`, not `New`.
"""

_POSTAL = re.compile(r", [A-Z]{2}(?:-[A-Z]{2})*(?![A-Za-z])|\b(?:South|West)\b urban")


def named_country(title: str, words: str) -> str:
    """What a series calls the whole country, if it names it."""
    text = f"{title}\n{words}".lower()
    return next((name for name in _COUNTRY if name in text), "")


def names_a_part(title: str, found: Collection[str]) -> bool:
    """Whether a series names a part of the country.

    Args:
        title: its title.
        found: all words of it, as ``words_of`` gives them.
    """
    return not _PLACES.isdisjoint(found) or _POSTAL.search(title) is not None


def is_national(*, names_country: bool, names_part: bool, naming: int, series: int) -> bool:
    """Whether a series is about the whole country.

    Args:
        names_country: whether it names the country.
        names_part: whether it names a part of it.
        naming: how many of its survey's series name the country.
        series: how many there are.
    """
    return names_country or (not names_part and naming * _NAMED_BY < series)


def usual_forms(survey: str) -> tuple[tuple[re.Pattern[str], int], ...]:
    """The forms of a survey's series ids that people mean, to be given to ``static_score``."""
    return tuple((re.compile(form), points) for form, points in USUAL.get(survey, ()))


def static_score(
    series_id: str,
    title: str,
    frequency: str,
    seasonal: str,
    usual: tuple[tuple[re.Pattern[str], int], ...],
) -> int:
    """The points of a series, without those for being still published and national."""
    score = HEADLINES.get(series_id, 0) + _FREQUENCIES.get(frequency, 0)
    score += _ADJUSTED if seasonal == "S" else 0
    title = title.lower()
    score += _TOTAL if any(total in title for total in _TOTALS) else 0
    return score + next((points for form, points in usual if form.match(series_id)), 0)
