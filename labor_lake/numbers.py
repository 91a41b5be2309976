"""The numbers that a flag takes: with a bound, since a clock has one."""

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
