"""Series of the household survey (`ln`) for the made-up catalogue: its titles are its own."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Callable

from glue_jobs.labels.index import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MEASURES = {
    "11": "Civilian Labor Force Level",
    "113": "Labor Force Participation Rate",
    "12": "Employment Level",
    "123": "Employment-Population Ratio",
    "13": "Unemployment Level",
    "14": "Unemployment Rate",
    "15": "Not in Labor Force",
}
_UNADJUSTED = {"11": "01", "113": "013", "12": "02", "123": "023", "13": "03", "14": "04"}
_PEOPLE = {
    0: "",
    1: "Men",
    2: "Women",
    3: "White",
    4: "White Men",
    6: "Black or African American",
    7: "Black or African American Men",
    9: "Hispanic or Latino",
    12: "16-19 yrs.",
    13: "16-19 yrs., Men",
    18: "16-19 yrs., Black or African American",
    24: "20 yrs. & over",
    25: "20 yrs. & over, Men",
    26: "20 yrs. & over, Women",
    36: "20-24 yrs.",
    60: "25-54 yrs.",
    230: "55 yrs. & over",
    27662: "Bachelor's degree and higher, 25 yrs. & over",
    27659: "Less than a High School Diploma, 25 yrs. & over",
    49526: "Total Veterans, 18 years and over",
    74593: "With a Disability, 16 years and over",
}
_SPECIAL = {
    "LNS13327709": "(seas) Total unemployed, plus all marginally attached workers plus total"
    " employed part time for economic reasons, as a percent of all civilian labor force plus all"
    " marginally attached workers",
    "LNS13008636": "(Seas) Number Unemployed for 27 Weeks & over",
    "LNS13008275": "(Seas) Average Weeks Unemployed",
    "LNS12032194": "(Seas) Employment Level - Part-Time for Economic Reasons, All Industries",
    "LNS12026619": "(Seas) Multiple Jobholders, Primary Job Full Time, Secondary Job Part Time",
}
_GENERAL = "Percent or rate; 16 years and over; All Races; Both Sexes; All educational levels"


def series(keep: Callable[[str], bool], occupations: Sequence[str]) -> Iterator[Entry]:
    """Its series, some of them real ones."""
    for series_id, title in _SPECIAL.items():
        yield Entry(series_id, title, _GENERAL, "monthly", "S", 2025, "M09")
    for (measure, text), (people, whom) in product(_MEASURES.items(), _PEOPLE.items()):
        tail = f" - {whom}" if whom else ""
        number = str(people).zfill(8 - len(measure))
        yield Entry(
            f"LNS{measure}{number}", f"(Seas) {text}{tail}", _GENERAL, "monthly", "S", 2025, "M09"
        )
        if code := _UNADJUSTED.get(measure):
            series_id = f"LNU{code}{str(people).zfill(8 - len(code))}"
            title = f"(Unadj) {text}{tail}"
            yield Entry(series_id, title, _GENERAL, "monthly", "U", 2025, "M09")
    kinds = ("Employed", "Unemployed", "Unemployment Rate")
    crossed = product(kinds, occupations, _PEOPLE.values())
    for count, (kind, occupation, whom) in enumerate(crossed):
        if keep(series_id := f"LNU{60000000 + count}"):
            title = f"(Unadj) {kind} - {occupation}, {whom or 'All persons'}"
            frequency, period = ("annual", "A01") if count % 3 else ("monthly", "M09")
            yield Entry(series_id, title, "Percent", frequency, "U", 2025, period)
