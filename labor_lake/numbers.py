"""The numbers that a flag takes, with a bound, and figures as BLS prints them."""

from __future__ import annotations

import argparse

_MOST_DAYS = 700_000
"""So many ago lies in the year 100 or so; a date has no year before 1."""


def days(text: str) -> int:
    """A number of days, for argparse.

    Raises:
        argparse.ArgumentTypeError: it is none, negative, or leads out of the calendar.
    """
    if text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= _MOST_DAYS:
        return int(text)
    raise argparse.ArgumentTypeError(
        f"{text[:40]!r} is not a whole number of days from 0 to {_MOST_DAYS}"
    )


def hours(text: str) -> float:
    """A number of hours, for argparse.

    Raises:
        argparse.ArgumentTypeError: it is none, negative or infinite.
    """
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number of hours")
    return value


def count_digits(value: float | None) -> int:
    """How many digits a figure has behind its point."""
    return 0 if value is None else len(f"{value:.10f}".rstrip("0").partition(".")[2])


def shown_figure(value: float | None, text: str | None, digits: int | None = None) -> str:
    """A figure as BLS prints it, or the text in its place.

    Args:
        value: the figure; None where there is none.
        text: what BLS printed in its place.
        digits: behind the point; as many as it has by default.
    """
    if value is None:
        return text or ""
    return f"{value:.{count_digits(value) if digits is None else digits}f}"
