"""Finds series by words in a table of labels: of the surveys that are too large for an index.

Slower than the index by far, and without a ranking: of the series whose titles have a word that
begins like each word that is asked for, the newest and shortest come first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.engines.own_sql import query_own
from glue_jobs.labels.facts import seasonal_code
from glue_jobs.labels.index_words import words_of
from labor_lake.finding import Found

if TYPE_CHECKING:
    from glue_jobs.engines.protocol import Engine

_STEM = 5
"""Letters of a long word that must be there: plural and singular differ at the end."""


def scan(
    engine: Engine,
    survey: str,
    words: str,
    *,
    frequency: str = "",
    seasonal: str = "",
    limit: int = 20,
) -> list[Found]:
    """The series of a survey that words describe.

    Args:
        engine: over the lake.
        survey: its code.
        words: what is asked for; words that say nothing count for nothing.
        frequency: only monthly, quarterly, semiannual or annual ones.
        seasonal: only adjusted ones (S), or unadjusted ones (U).
        limit: how many at most.
    """
    conditions = [
        rf"regexp_like(lower(title), '\b{_stem(word)}')"  # letters and digits alone
        for word in words_of(words)
    ]
    parameters: list[object] = []
    if frequency:
        conditions.append("frequency = ?")
        parameters.append(frequency)
    if seasonal:
        conditions.append(
            "lower(substr(seasonal_text, 1, 3)) " + ("=" if seasonal == "U" else "<>") + " 'not'"
        )
    statement = (
        "select series_id, title, frequency, seasonal_text, last_year, last_period"  # noqa: S608 - see above
        f" from {table_names.labels(survey)} where {' and '.join(conditions) or 'true'}"
        f" order by last_date desc nulls last, length(title), series_id limit {limit:d}"
    )
    told = f"The series of {survey} cannot be searched"
    rows = query_own(engine, told, statement, parameters).to_pylist()
    return [
        Found(
            survey,
            row["series_id"],
            row["title"],
            row["frequency"] or "",
            seasonal_code(row["seasonal_text"]),
            f"{row['last_year']}-{row['last_period']}" if row["last_year"] else "",
        )
        for row in rows
    ]


def _stem(word: str) -> str:
    return word if len(word) <= _STEM else word[:-1]
