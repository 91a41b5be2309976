"""Renders figures and tables as BLS and the population API serve them, byte for byte.

Source: files of 2025-02 and 2025-10 from download.bls.gov; answers of 2024-06 (old shape) and
2025-10 of the population API.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SERIES_ID = "series_id"
_SERIES_ID_WIDTH = 17
_NATION = {"id": "01000US", "name": "United States", "slug": "united-states"}
_SOURCE = (
    "The American Community Survey (ACS) is conducted by the US Census and sent to a portion of"
    " the population every year."
)
_LINK = "http://www.census.gov/programs-surveys/acs/"


def data_file(rows: Iterable[tuple[str, str, str, str, str]]) -> bytes:
    """A data file: series_id padded to 17 characters, value set right in 12.

    Args:
        rows: series_id, year, period, value and footnote codes, as published, without padding.
    """
    header = (_SERIES_ID, "year", "period", "value", "footnote_codes")
    return _lines(
        f"{series_id:<{_SERIES_ID_WIDTH}}\t{year}\t{period}\t{value:>12}\t{footnotes}"
        for series_id, year, period, value, footnotes in (header, *rows)
    )


def table_file(rows: Sequence[Sequence[str]], *, blank_last_line: bool = False) -> bytes:
    """A mapping file or a series file.

    Args:
        rows: the header and the rows, without padding; a first column ``series_id`` is padded.
        blank_last_line: ends the file as ``pr.seasonal`` ends.
    """
    width = _SERIES_ID_WIDTH if rows[0][0] == _SERIES_ID else 0
    lines = ["\t".join([f"{first:<{width}}", *others]) for first, *others in rows]
    return _lines([*lines, ""] if blank_last_line else lines)


def population_body(dataset_name: str, years: Mapping[int, int]) -> bytes:
    """An answer of the population API in its present shape, years ascending.

    Args:
        dataset_name: as the API spells it: ``ACS 1-year Estimate``.
        years: the nation's population, persons, by year.
    """
    answer = {
        "annotations": {
            "dataset_link": _LINK,
            "source_description": _SOURCE,
            "source_name": "Census Bureau",
            "table_id": "B01003",
            "subtopic": "Demographics",
            "topic": "Diversity",
            "dataset_name": dataset_name,
        },
        "page": {"limit": 0, "offset": 0, "total": len(years)},
        "columns": ["Nation ID", "Nation", "Year", "Population"],
        "data": [
            {
                "Nation ID": _NATION["id"],
                "Nation": _NATION["name"],
                "Year": year,
                "Population": float(persons),
            }
            for year, persons in sorted(years.items())
        ],
    }
    return json.dumps(answer, separators=(",", ":")).encode()


def old_population_body(cube: str, dataset_name: str, years: Mapping[int, int]) -> bytes:
    """An answer of the population API in the shape that went away in 2025, years descending.

    Args:
        cube: ``acs_yg_total_population_5``.
        dataset_name: as the API spells it: ``ACS 5-year Estimate``.
        years: the nation's population, persons, by year.
    """
    answer = {
        "data": [
            {
                "ID Nation": _NATION["id"],
                "Nation": _NATION["name"],
                "ID Year": year,
                "Year": str(year),
                "Population": persons,
                "Slug Nation": _NATION["slug"],
            }
            for year, persons in sorted(years.items(), reverse=True)
        ],
        "source": [
            {
                "measures": ["Population"],
                "annotations": {
                    "source_name": "Census Bureau",
                    "source_description": _SOURCE,
                    "dataset_name": dataset_name,
                    "dataset_link": _LINK,
                    "table_id": "B01003",
                    "topic": "Diversity",
                    "subtopic": "Demographics",
                },
                "name": cube,
                "substitutions": [],
            }
        ],
    }
    return json.dumps(answer, separators=(",", ":")).encode()


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")
