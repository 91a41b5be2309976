"""The bundled excerpt: published figures of some `pr` series, and of the population.

`figures.tsv` holds one line per series and year: the figures as BLS published them on 2025-09-04
(release of the second quarter of 2025), `Q01` to `Q05`, a footnote code behind a figure.
`vintages.tsv` holds the lines that are others in four other releases; one without figures was not
published in that release. `tables.json` holds the mapping tables and those series' rows. All of it
is US government data.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glue_jobs.timestamps import release_name
from labor_lake.sample import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FOLDER = Path(__file__).parent
RELEASED = datetime(2025, 9, 4, 12, 30, tzinfo=timezone.utc)
"""The release that the demo shows."""

VINTAGES = (
    datetime(2024, 6, 6, 12, 30, tzinfo=timezone.utc),
    datetime(2025, 2, 6, 13, 30, tzinfo=timezone.utc),
    datetime(2025, 5, 8, 12, 30, tzinfo=timezone.utc),
    RELEASED,
    datetime(2026, 3, 24, 12, 30, tzinfo=timezone.utc),
)
"""Every release that the excerpt is of, oldest first; BLS made others in between."""

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
        b"Some series only, from 1995 on, just as BLS published them.\r\n"
        b"The whole survey is at https://download.bls.gov/pub/time.series/pr/\r\n"
    ),
}
_ENDS_WITH_A_BLANK_LINE = "pr.seasonal"


def files(released: datetime = RELEASED) -> dict[str, tuple[bytes, datetime]]:
    """The survey's files by name: body, and when it was last written.

    Args:
        released: which of the releases.
    """
    published = _figures(released)
    # The figures begin in 1995, so that all of them and the current ones are the same.
    figures = render.data_file(published)
    bodies = {"pr.data.0.Current": figures, "pr.data.1.AllData": figures, **_DOCUMENTS}
    for name, rows in _tables()["files"].items():
        bodies[name] = render.table_file(rows, blank_last_line=name == _ENDS_WITH_A_BLANK_LINE)
    bodies["pr.series"] = render.table_file(_series(published))
    return {name: (body, _OLDER.get(name, released)) for name, body in sorted(bodies.items())}


def population() -> dict[str, tuple[str, dict[int, int]]]:
    """The API's cubes: the dataset's name, and its population by year."""
    return {
        cube: (entry["dataset_name"], {int(year): count for year, count in entry["years"].items()})
        for cube, entry in _tables()["population"].items()
    }


def _figures(released: datetime) -> list[tuple[str, str, str, str, str]]:
    """The figures of a release: series_id, year, period, value, footnote codes."""
    lines = {(series_id, year): own for series_id, year, *own in _lines("figures.tsv")}
    for release, series_id, year, *own in _lines("vintages.tsv"):
        if release == release_name(released):
            lines[series_id, year] = own
    return [
        (series_id, year, f"Q{quarter:02d}", value, footnote)
        for (series_id, year), own in sorted(lines.items())
        for quarter, figure in enumerate(own, 1)
        for value, _, footnote in [figure.partition(" ")]
        if value
    ]


def _series(published: Sequence[tuple[str, str, str, str, str]]) -> list[list[str]]:
    """The rows of `pr.series`, each with the last period that was published."""
    last = {series_id: [year, period] for series_id, year, period, *_ in published}
    last |= {
        series_id: [year, period]
        for series_id, year, period, *_ in published
        if period != "Q05" or last[series_id][1] == "Q05"
    }
    header, *rows = _tables()["files"]["pr.series"]
    return [header, *([*row[:-2], *last[row[0]]] for row in rows)]


def _lines(name: str) -> Iterator[list[str]]:
    for line in (_FOLDER / name).read_text("ascii").splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((_FOLDER / "tables.json").read_text("ascii"))
    return document
