"""What the lake calls its tables: each begins with its subject, ``pr_data``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

OWN = (
    *("data", "sources", "labels", "releases", "revisions"),
    *("observations", "values", "changes", "prints", "gaps"),
)
"""Endings of what the lake itself makes; an upstream file of that name makes no table."""


def data(subject: str) -> str:
    """The observations; partitioned by data_file."""
    return f"{subject}_data"


def revisions(subject: str) -> str:
    """What each release changed in the observations; partitioned by data_file and release."""
    return f"{subject}_revisions"


def revisions_beside(data_table: str) -> str:
    """The table of what each release changed in a table of observations."""
    return revisions(subject_of(data_table))


def series(subject: str) -> str:
    """The series, as BLS lists them."""
    return f"{subject}_series"


def sources(subject: str) -> str:
    """Every landed file."""
    return f"{subject}_sources"


def releases(subject: str) -> str:
    """What each release changed, in numbers, and whether one before it was missed."""
    return f"{subject}_releases"


def labels(subject: str) -> str:
    """The series in words: title, frequency, span, every code explained."""
    return f"{subject}_labels"


def labelled(tables: Iterable[str]) -> list[str]:
    """The subjects whose labels are among some tables."""
    ending = labels("")
    return sorted(name[: -len(ending)] for name in tables if name.endswith(ending))


def footnotes(subject: str) -> str:
    """What the codes of footnotes mean: BLS's own mapping file."""
    return f"{subject}_footnote"


def changes(subject: str) -> str:
    """The view of the revisions in words, where the project has one."""
    return f"{subject}_changes"


def of_file(subject: str, ending: str) -> str:
    """The table that is made of an upstream file, by the end of its name."""
    return f"{subject}_{ending}"


def ending(table: str) -> str:
    """What a table's name says after its subject: ``data_type``."""
    return table.partition("_")[2]


def subject_of(table: str) -> str:
    """The subject whose table that is."""
    return table.partition("_")[0]


def observations(subject: str, rows: dict[str, int]) -> int:
    """How many figures a release has, by the rows of its tables: what people count."""
    return rows.get(data(subject), rows.get(subject, 0))
