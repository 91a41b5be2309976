"""A made-up catalogue of series in the shape of BLS's own: ids, titles, and how many there are.

Codes and their words are those of the captures, and titles are put together as each survey does
it. Which combinations exist is made up.
"""

from __future__ import annotations

import zlib
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Callable

from glue_jobs.labels.index import Entry
from tests.captures import capture
from tests.labels import labor_force

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Keep = Callable[[str], bool]

_YEAR = 2025
_COUNTIES = [
    "Adams",
    "Clark",
    "Douglas",
    "Franklin",
    "Grant",
    "Greene",
    "Jackson",
    "Jefferson",
    "Johnson",
    "Lake",
    "Lee",
    "Lincoln",
    "Madison",
    "Marion",
    "Monroe",
    "Montgomery",
    "Orange",
    "Polk",
    "Union",
    "Warren",
    "Washington",
    "Wayne",
]


_FILES = {  # where the words of a kind are, and in which column
    "area_type": ("sm/2016-02/sm.data_type", 1),
    "consumer_item": ("cu/2017-02/cu.item", 1),
    "industry": ("ce/2025-01/ce.industry", 3),
    "metro": ("sm/2016-02/sm.area", 1),
    "occupation": ("oe/2014-12/oe.occupation", 1),
    "payroll_type": ("ce/2013-12/ce.datatype", 1),
    "price_area": ("ap/2024-03/ap.area", 1),
    "price_item": ("ap/2024-03/ap.item", 1),
    "productivity": ("pr/2025-02/pr.measure", 1),
    "sector": ("pr/2025-02/pr.sector", 1),
    "state": ("sm/2016-02/sm.state", 1),
}


@cache
def words(kind: str) -> dict[str, str]:
    """The codes of a kind, and what they stand for."""
    path, column = _FILES[kind]
    found = {}
    for line in capture(f"bls/{path}").read_text("latin-1").splitlines()[1:]:
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) > column:
            text = cells[column]
            found[cells[0]] = text.capitalize() if kind == "payroll_type" else text
    found.pop("00000", None)  # statewide, of metropolitan areas
    return found


def catalogue(wanted: Iterable[str] = (), share: int = 100) -> Iterator[tuple[str, list[Entry]]]:
    """Every survey with its series, in the order of their ids.

    Args:
        wanted: ids of series that are always among them.
        share: one of so many of the other series is; 1 for all 1.1 million.
    """
    always = frozenset(wanted)

    def keep(series_id: str) -> bool:
        return share == 1 or series_id in always or zlib.crc32(series_id.encode()) % share == 0

    for survey, make in SURVEYS.items():
        # Codes are cut to the width that an id has for them, so that two may become one.
        yield survey, sorted({entry.series_id: entry for entry in make(keep)}.values())


def _adjusted(code: str) -> str:
    return "seasonally adjusted" if code == "S" else "not seasonally adjusted"


def _is_dead(series_id: str) -> bool:
    """A sixth of all series has ended."""
    return zlib.crc32(series_id[2:].encode()) % 6 == 1


def _average_prices(keep: Keep) -> Iterator[Entry]:
    for (area, place), (item, name) in product(
        words("price_area").items(), words("price_item").items()
    ):
        series_id = f"APU{area}{item}"
        if keep(series_id):
            year = 2001 if "(cost per" in name or " leaded" in name else _YEAR
            title = f"{name} in {place}, average price, {_adjusted('U')}"
            yield Entry(series_id, title, "", "monthly", "U", year, "M09")


def _consumer_prices(
    survey: str, whom: str, keep: Keep, base: str = "R", share: int = 3
) -> Iterator[Entry]:
    for (area, place), (item, name) in product(
        words("price_area").items(), words("consumer_item").items()
    ):
        for seasonal in "SU" if area == "0000" else "U":
            series_id = f"{survey.upper()}{seasonal}{base}{area}{item}"
            main = item in ("SA0", "SAM", "SAF1", "SA0E", "SAH1")
            exists = area == "0000" or main or zlib.crc32(series_id.encode()) % share == 0
            if exists and keep(series_id):
                year = 2017 if area[0] in "AX" or "old base" in name else _YEAR
                title = f"{name} in {place}, {whom}, {_adjusted(seasonal)}"
                yield Entry(series_id, title, "1982-84=100", "monthly", seasonal, year, "M09")


def _payrolls(keep: Keep) -> Iterator[Entry]:
    for (industry, name), (kind, text) in product(
        words("industry").items(), words("payroll_type").items()
    ):
        for seasonal in "SU":
            series_id = f"CE{seasonal}{industry}{kind}"
            general = industry.endswith("000000") or kind in ("01", "02", "03", "11", "06", "07")
            if general and not (industry == "00000000" and kind == "03") and keep(series_id):
                title = f"{text}, {name.lower()}, {_adjusted(seasonal)}"
                yield Entry(series_id, title, name, "monthly", seasonal, _YEAR, "M09")


def _states_and_areas(keep: Keep) -> Iterator[Entry]:
    states, industries = words("state"), words("industry")
    places = [(f"{code}00000", f"{name}, Statewide") for code, name in states.items()]
    by_code = {name: code for code, name in states.items()}
    for code, name in words("metro").items():
        state = _STATES_BY_LETTERS.get(name.rpartition(", ")[2][:2], "California")
        places.append((f"{by_code[state]}{code}", f"{state}, {name}"))
    broad = [code for code in industries if code.endswith("00000") or code == "65620000"]
    for (place, where), industry in product(places, broad):
        for kind, text in words("area_type").items():
            for seasonal in "SU" if kind == "01" else "U":
                series_id = f"SM{seasonal}{place}{industry}{kind}"
                if (place.endswith("00000") or kind in ("01", "03")) and keep(series_id):
                    title = f"{text}, {industries[industry]}, {where}, {_adjusted(seasonal)}"
                    yield Entry(series_id, title, "", "monthly", seasonal, _YEAR, "M09")


def _local_areas(keep: Keep) -> Iterator[Entry]:
    measures = {"03": "Unemployment Rate", "04": "Unemployment", "05": "Employment"}
    measures |= {"06": "Labor Force", "07": "Employment-population ratio"}
    places = [(f"ST{code}00000000000", name, "SU") for code, name in words("state").items()]
    for code, name in words("metro").items():
        places.append((f"MT{code[:2]}{code}000000", f"{name} Metropolitan Statistical Area", "U"))
        city, _, letters = name.partition(",")
        places.append((f"CT{code[:2]}{code}000000", f"{city.split('-')[0]} city,{letters}", "U"))
    for code, state in words("state").items():
        letters = _LETTERS_BY_STATE.get(state, "PR")
        for number, county in enumerate(_COUNTIES):
            where = f"{county} County, {letters}"
            places.append((f"CN{code}{number:03d}00000000", where, "U"))
    for (place, where, seasons), (measure, text) in product(places, measures.items()):
        for seasonal in seasons:
            series_id = f"LA{seasonal}{place}{measure}"
            if keep(series_id):
                title = f"{text}: {where} ({seasonal})"
                yield Entry(series_id, title, "", "monthly", seasonal, _YEAR, "M08")


def _job_openings(keep: Keep) -> Iterator[Entry]:
    elements = {"JO": "Job openings", "HI": "Hires", "QU": "Quits", "TS": "Total separations"}
    elements |= {"LD": "Layoffs and discharges", "OS": "Other separations"}
    industries = {"000000": "Total nonfarm", "100000": "Total private", "300000": "Manufacturing"}
    industries |= {"230000": "Construction", "620000": "Health care and social assistance"}
    industries |= {"900000": "Government", "440000": "Retail trade", "510000": "Information"}
    places = {"00": "Total US", "NE": "Northeast", "SO": "South", **words("state")}
    for (element, text), (industry, name), (place, where) in product(
        elements.items(), industries.items(), places.items()
    ):
        for seasonal, level in product("SU", "LR"):
            series_id = f"JT{seasonal}{industry}{place}0000000{element}{level}"
            if (place == "00" or industry == "000000") and keep(series_id):
                unit = "Level - In Thousands" if level == "L" else "Rate"
                title = f"{text}, {name}, {where}, All areas, All size classes, {unit}"
                yield Entry(series_id, title, _adjusted(seasonal), "monthly", seasonal, _YEAR, "M8")


def _productivity(keep: Keep) -> Iterator[Entry]:
    durations = {"1": "% Change same quarter 1 year ago", "2": "% Change from previous quarter"}
    durations |= {"3": "Index (2017=100)"}
    for (sector, name), (measure, text), (duration, how) in product(
        words("sector").items(), words("productivity").items(), durations.items()
    ):
        series_id = f"PRS{sector}6{measure}{duration}"
        title = f"{text}, {name}, {how}"
        yield Entry(series_id, title, "All workers", "quarterly", "S", _YEAR, "Q02")


def _trade_prices(keep: Keep) -> Iterator[Entry]:
    for way, text in (("R", "import"), ("Q", "export")):
        title = f"Monthly {text} price index for BEA End Use, All commodities"
        yield Entry(f"EIUI{way}", f"{title}, {_adjusted('U')}", "", "monthly", "U", _YEAR, "M08")
        for number, name in enumerate(list(words("industry").values())[:400]):
            title = f"Monthly {text} price index by origin for NAICS, {name}, Canada"
            series_id = f"EIU{text[0].upper()}CAN{number:04d}"
            yield Entry(series_id, f"{title}, {_adjusted('U')}", "", "monthly", "U", _YEAR, "M08")


def _producer_commodities(keep: Keep) -> Iterator[Entry]:
    names = {"FD4": "Final demand", "FD41": "Final demand-Finished goods"}
    names |= {"FD49104": "Final demand-Final demand less foods and energy"}
    names |= {"FD49116": "Final demand-Final demand less foods, energy, and trade services"}
    names |= {"FD42": "Final demand-Final demand services", "00000000": "All commodities"}
    names |= {"0531": "Fuels and related products and power-Natural gas", "01": "Farm products"}
    names |= {"0543": "Fuels and related products and power-Industrial electric power"}
    for number, text in enumerate(words("industry").values()):
        names[f"{1000 + number}"] = f"Commodity group-{text} products"
    for (code, name), seasonal in product(names.items(), "SU"):
        if keep(series_id := f"WP{seasonal}{code}"):
            title = f"PPI Commodity data for {name}, {_adjusted(seasonal)}"
            yield Entry(series_id, title, name, "monthly", seasonal, _YEAR, "M08")


def _producer_industries(keep: Keep) -> Iterator[Entry]:
    for code, name in words("industry").items():
        for product_code, what in (("", ""), ("P", "-Primary products"), ("SM", "-Secondary")):
            if keep(series_id := f"PCU{code[2:]}{code[2:]}{product_code}"):
                title = f"PPI industry data for {name}{what}, not seasonally adjusted"
                yield Entry(series_id, title, "", "monthly", "U", _YEAR, "M08")


def _employment_costs(keep: Keep) -> Iterator[Entry]:
    owners = {"1": "All Civilian workers", "2": "Private industry workers"}
    owners |= {"3": "State and local government workers"}
    estimates = {"01": "Total compensation", "02": "Wages and salaries", "03": "Total benefits"}
    kinds = {"A": "12-month percent change", "I": "Index (Dec 2005=100)"}
    kinds |= {"Q": "3-month percent change"}
    industries = {"000000": "All industries and occupations"}
    industries |= {code[2:]: name for code, name in list(words("industry").items())[5:60]}
    for (owner, whom), (estimate, text), (kind, how), (industry, name) in product(
        owners.items(), estimates.items(), kinds.items(), industries.items()
    ):
        for seasonal in "SU":
            series_id = f"CI{seasonal}{owner}{estimate}0000{industry}{kind}"
            title = f"{text} for {whom} in {name}, {how}, current dollars"
            if keep(series_id):
                yield Entry(series_id, title, "", "quarterly", seasonal, _YEAR, "Q02")


def _expenditures(keep: Keep) -> Iterator[Entry]:
    groups = [f"{kind} {number}" for kind in ("age", "income") for number in range(60)]
    items = [*words("consumer_item").values(), *words("price_item").values()]
    items += list(words("industry").values())
    for number, item in enumerate(items):
        for group, whom in enumerate(["All Consumer Units", *groups]):
            series_id = f"CXU{number:06d}LB{group + 101:04d}M"
            if keep(series_id):
                title = f"{item} by Demographic group: {whom}"
                yield Entry(series_id, title, "Expenditures", "annual", "U", 2023, "A01")


def _industry_productivity(keep: Keep) -> Iterator[Entry]:
    measures = {"L00": "Labor productivity", "L01": "Employment", "L20": "Hours worked"}
    measures |= {"U10": "Unit labor costs", "T01": "Sectoral output", "W20": "Hourly compensation"}
    for (code, name), (measure, text), change in product(
        words("industry").items(), measures.items(), ("0", "1")
    ):
        if keep(series_id := f"IPU{code}__{measure}{change}00000"):
            how = "Annual percent change of " if change == "1" else "Index of "
            title = f"{how}{text.lower()} for NAICS {code[2:6]}, {name.lower()}, U.S. total"
            yield Entry(series_id, title, "", "annual", "U", 2024, "A01")


def _dynamics(keep: Keep) -> Iterator[Entry]:
    elements = {"1": "Gross job gains", "2": "Expansions", "3": "Openings"}
    elements |= {"4": "Gross job losses", "5": "Contractions", "6": "Closings"}
    industries = dict(list(words("industry").items())[1:90])
    places = {"00": "U.S. totals", **words("state")}
    for seasonal, place, (industry, name) in product("SU", places, industries.items()):
        code = "000000" if industry == "05000000" else industry[:6]
        for element, level in product(elements, "LR"):
            series_id = f"BD{seasonal}00000{place}000{code}11000{element}{level}Q5"
            if (place == "00" or industry[3:] == "00000") and keep(series_id):
                how = "level" if level == "L" else "rate"
                further = f"{name}; {places[place]}; {how}"
                title = elements[element]
                yield Entry(series_id, title, further, "quarterly", seasonal, 2024, "Q04")


def _injuries(keep: Keep) -> Iterator[Entry]:
    industries = list(words("industry").items())
    cases = ["Total recordable cases", "Cases with days away from work", "Other recordable cases"]
    cases.append("Cases with days of job transfer or restriction")
    kinds = ("Rate of injury and illness cases per 100 full-time workers", "Number of cases")
    states = list(words("state").values())
    places = ["All U.S.", *states]
    for (industry, name), (number, case) in product(industries, enumerate(cases)):
        for (kind, text), (place, where) in product(enumerate(kinds), enumerate(places)):
            for owner, whom in enumerate(("All ownerships", "Private industry")):
                series_id = f"ISU{industry}{number}{kind}{place:03d}{owner}"
                if keep(series_id):
                    title = f"{case}, {text}, {name}, {whom}, {where}"
                    year = 2010 if _is_dead(series_id) else 2023
                    yield Entry(series_id, title, "", "annual", "U", year, "A01")


def _labor_force(keep: Keep) -> Iterator[Entry]:
    return labor_force.series(keep, list(words("occupation").values()))


_STATES_BY_LETTERS = {
    "CA": "California", "TX": "Texas", "NY": "New York", "OH": "Ohio", "CO": "Colorado",
    "IL": "Illinois", "FL": "Florida", "WA": "Washington", "PA": "Pennsylvania", "MI": "Michigan",
}  # fmt: skip
_LETTERS_BY_STATE = {state: letters for letters, state in _STATES_BY_LETTERS.items()}

SURVEYS: dict[str, Callable[[Keep], Iterator[Entry]]] = {
    "ap": _average_prices,
    "bd": _dynamics,
    "ce": _payrolls,
    "ci": _employment_costs,
    "cu": lambda keep: _consumer_prices("cu", "all urban consumers", keep),
    "cw": lambda keep: _consumer_prices("cw", "urban wage earners and clerical workers", keep),
    "cx": _expenditures,
    "ei": _trade_prices,
    "ip": _industry_productivity,
    "is": _injuries,
    "jt": _job_openings,
    "la": _local_areas,
    "ln": _labor_force,
    "pc": _producer_industries,
    "pr": _productivity,
    "sm": _states_and_areas,
    "su": lambda keep: _consumer_prices("su", "all urban consumers, chained", keep, share=1 << 32),
    "wp": _producer_commodities,
}
