"""Values for the saved queries that take one."""

from __future__ import annotations


def parameters_of(series_id: str, date: str, release: str) -> dict[str, list[str]]:
    """What each of them is given, by its name.

    Args:
        series_id: a series that the lake has.
        date: a day on which something was known.
        release: one that the lake has.
    """
    return {
        "annual_average": [series_id],
        "as_of": [date],
        "as_of_release": [release],
        "changes": [release],
        "first_and_latest": [series_id],
        "wide_by_release": [series_id],
    }
