"""The bundled excerpt: published figures of some `pr` series, and of the population.

`figures.tsv` holds one line per series and year: the figures as BLS published them on 2025-09-04
(release of the second quarter of 2025), `Q01` to `Q05`, a footnote code behind a figure.
`tables.json` holds the mapping tables and those series' rows. All of it is US government data.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labor_lake.sample import render

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = Path(__file__).parent
_RELEASED = datetime(2025, 9, 4, 12, 30, tzinfo=timezone.utc)
_OLDER = {
    "pr.contacts": datetime(2022, 9, 13, 20, 52, tzinfo=timezone.utc),
    "pr.period": datetime(1994, 1, 7, 20, 53, tzinfo=timezone.utc),
    "pr.seasonal": datetime(2011, 11, 18, 21, 5, tzinfo=timezone.utc),
    "pr.txt": datetime(2023, 2, 7, 13, 30, tzinfo=timezone.utc),
}
_DOCUMENTS = {
    "pr.contacts": b"This is an excerpt.\r\n\r\nBLS answers questions about productivity.\r\n",
    "pr.txt": (
        b"Major Sector Productivity and Costs (PR): an excerpt\r\n\r\n"
        b"Some series only, from 1995 on, as published on 2025-09-04.\r\n"
        b"The whole survey is at https://download.bls.gov/pub/time.series/pr/\r\n"
    ),
}
_ENDS_WITH_A_BLANK_LINE = "pr.seasonal"


def files() -> dict[str, tuple[bytes, datetime]]:
    """The survey's files by name: body, and when it was last written."""
    # The figures begin in 1995, so that all of them and the current ones are the same.
    figures = render.data_file(_figures())
    bodies = {"pr.data.0.Current": figures, "pr.data.1.AllData": figures, **_DOCUMENTS}
    for name, rows in _tables()["files"].items():
        bodies[name] = render.table_file(rows, blank_last_line=name == _ENDS_WITH_A_BLANK_LINE)
    return {name: (body, _OLDER.get(name, _RELEASED)) for name, body in sorted(bodies.items())}


def population() -> dict[str, tuple[str, dict[int, int]]]:
    """The API's cubes: the dataset's name, and its population by year."""
    return {
        cube: (entry["dataset_name"], {int(year): count for year, count in entry["years"].items()})
        for cube, entry in _tables()["population"].items()
    }


def _figures() -> Iterator[tuple[str, str, str, str, str]]:
    for line in (_FOLDER / "figures.tsv").read_text("ascii").splitlines():
        if line.startswith("#"):
            continue
        series_id, year, *figures = line.split("\t")
        for quarter, figure in enumerate(figures, 1):
            value, _, footnote = figure.partition(" ")
            if value:
                yield series_id, year, f"Q{quarter:02d}", value, footnote


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((_FOLDER / "tables.json").read_text("ascii"))
    return document
