"""The periods that BLS uses: their dates, their names, and which are annual figures.

A period is a letter and two digits. Months, quarters and half years are numbered from 1; the number
after the last one is their annual average, which BLS publishes beside them.

Source: download.bls.gov, the files `<survey>.period`; in 1.1 million series and all captures there
is no other period.
"""

from __future__ import annotations

from typing import NamedTuple

FREQUENCIES = ("monthly", "quarterly", "semiannual", "annual")
"""Of the letters M, Q, S and A, the finest first: a series is what its finest letter says."""

_LETTERS = {"M": 12, "Q": 4, "S": 2, "A": 1}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PARTS = {"Q": "Quarter", "S": "Half"}
_ORDINALS = ("1st", "2nd", "3rd", "4th")


class Period(NamedTuple):
    """A period of any year.

    Attributes:
        code: ``M01``.
        month: its first one, 1 to 12.
        months: how many it has.
        is_annual: whether it is an annual figure.
        name: in words.
        kind: a place in FREQUENCIES; ``AVERAGE`` of an annual average beside others.
    """

    code: str
    month: int
    months: int
    is_annual: bool
    name: str
    kind: int


AVERAGE = len(FREQUENCIES)
"""The kind of an annual average: a series that has nothing else is annual."""

UNKNOWN = AVERAGE + 1
"""The kind of a period that nobody knows."""


def _make() -> dict[str, Period]:
    made = []
    for kind, (letter, count) in enumerate(_LETTERS.items()):
        for number in range(1, count + 1):
            months = 12 // count
            name = (
                _MONTHS[number - 1]
                if letter == "M"
                else f"{_ORDINALS[number - 1]} {_PARTS[letter]}"
                if letter in _PARTS
                else "Annual"
            )
            first = 1 + (number - 1) * months
            made.append(Period(f"{letter}{number:02}", first, months, letter == "A", name, kind))
        if count > 1:
            average = f"{letter}{count + 1:02}"
            made.append(Period(average, 1, 12, True, "Annual Average", AVERAGE))
    return {period.code: period for period in made}


PERIODS = _make()
"""All of them, by code."""


def kind_of(code: str) -> int:
    """Of which kind a period is; finer ones come first."""
    return PERIODS[code].kind if code in PERIODS else UNKNOWN


def frequency_of(kind: int) -> str | None:
    """In a word; annual of a series that has annual averages alone, None of one without a date."""
    return None if kind == UNKNOWN else FREQUENCIES[min(kind, len(FREQUENCIES) - 1)]
