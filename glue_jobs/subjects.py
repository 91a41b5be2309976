"""What a lake can hold, by name: BLS surveys, and the datasets of the population."""

from __future__ import annotations

import re
from dataclasses import dataclass

from glue_jobs.errors import UsageError

_SURVEY = re.compile(r"[a-z]{2}")


@dataclass(frozen=True)
class Dataset:
    """One population estimate: how the lake, the API and the Census call it."""

    key: str
    cube: str
    name: str


DATASETS = {
    "acs1": Dataset("acs1", "acs_yg_total_population_1", "ACS 1-year Estimate"),
    "acs5": Dataset("acs5", "acs_yg_total_population_5", "ACS 5-year Estimate"),
}


def survey_code(text: str) -> str:
    """Returns a survey's two-letter code, or raises ``UsageError`` for anything else."""
    if not _SURVEY.fullmatch(text):
        raise UsageError(
            f"{text[:40]!r} is not a survey code.", hint="A code is two letters: pr, ap."
        )
    return text


def asked_survey(text: str) -> str:
    """The code of a survey that a person names: ``PR`` is ``pr``."""
    return survey_code(text.lower() if text.isascii() else text)


def dataset_of(key: str) -> Dataset:
    """The dataset of that key, or ``UsageError``."""
    if key not in DATASETS:
        raise UsageError(
            f"{key[:40]!r} is not a population dataset.", hint=f"There are: {', '.join(DATASETS)}."
        )
    return DATASETS[key]
