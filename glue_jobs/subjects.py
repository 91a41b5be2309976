"""What a lake can hold, by name: BLS surveys, and the datasets of the population."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ALL_SURVEYS = "all"
"""In place of codes: every survey that BLS serves."""

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


def asked_surveys(items: tuple[str, ...]) -> tuple[str, ...]:
    """The surveys that a person names; ``all`` comes first, before what is left out of it.

    Raises:
        UsageError: an item is no code, or neither is meant: some by name, or all but some.
    """
    left_out = [item for item in items if item.startswith("-")]
    named = [item for item in items if item not in left_out]
    if ALL_SURVEYS not in named:
        if left_out:
            raise UsageError(
                f"{left_out[0][:40]!r} leaves a survey out, but of what?",
                hint=f"--surveys {ALL_SURVEYS},{left_out[0][:40]} means all but that one.",
            )
        return tuple(dict.fromkeys(map(asked_survey, named)))
    if set(named) != {ALL_SURVEYS}:
        raise UsageError(f"{ALL_SURVEYS!r} means every survey; no other can be named beside it.")
    codes = dict.fromkeys(asked_survey(item[1:]) for item in left_out)
    return (ALL_SURVEYS, *(f"-{code}" for code in codes))


def choose_surveys(asked: Sequence[str], there: Iterable[str]) -> tuple[str, ...]:
    """The surveys that are meant by ``all``, or by all but some.

    Args:
        asked: as ``asked_surveys`` gives them: ``all``, ``-cs``.
        there: codes of all surveys, in the order that is wanted.
    """
    return tuple(code for code in there if f"-{code}" not in asked)


def dataset_of(key: str) -> Dataset:
    """The dataset of that key, or ``UsageError``."""
    if key not in DATASETS:
        raise UsageError(
            f"{key[:40]!r} is not a population dataset.", hint=f"There are: {', '.join(DATASETS)}."
        )
    return DATASETS[key]
