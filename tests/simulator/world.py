"""All of BLS, made up: every survey's files under their real names, as large as one likes.

The names are those of an inventory of November 2025, the codes of series and of mapping files are
called as BLS calls them. What stands in the files is not BLS's: series and codes that are numbered,
and figures that follow from a series, a year and a period.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from tests.captures import capture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.simulator.upstream import Upstream

WRITTEN = datetime(2025, 11, 20, 13, 30, tzinfo=timezone.utc)
FIRST_YEAR, LAST_YEAR = 1990, 2024
DOCUMENTS = (".txt", ".contacts")

_FEW = 3  # rows, where a file is as small as can be
_SERIES_IN_A_FILE = 2_000
_CODES = 10  # that series have of a kind
_CELL = b"\t"


@dataclass(frozen=True)
class WorldFile:
    """A file of the inventory: its survey, its name, and about how many bytes it has."""

    survey: str
    name: str
    bytes: int


@cache
def inventory() -> tuple[WorldFile, ...]:
    """Every file that BLS served, in the inventory's order."""
    with capture("inventory/files.tsv").open(newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return tuple(
            WorldFile(row["survey"], row["file"], int(row["bytes_rounded"])) for row in rows
        )


def serve_world(upstream: Upstream, scale: float = 0.0, *, release: int = 1) -> None:
    """Serves all surveys.

    Args:
        upstream: what serves them.
        scale: which part of its real size a file has; 0: some rows each.
        release: figures and times differ from release to release.
    """
    for survey in sorted({file.survey for file in inventory()}):
        serve_survey(upstream, survey, scale, release=release)


def serve_survey(upstream: Upstream, survey: str, scale: float = 0.0, *, release: int = 1) -> None:
    """Serves one of them."""
    written = WRITTEN.replace(day=WRITTEN.day + release)
    for file in inventory():
        if file.survey == survey:
            body = body_of(file, scale, release=release)
            upstream.set_file(survey, file.name, body, written)


def body_of(file: WorldFile, scale: float = 0.0, *, release: int = 1) -> bytes:
    """What a file holds: by its name a document, data, aspects, series, or codes and texts."""
    ending = file.name.partition(".")[2]
    if file.name.endswith(DOCUMENTS):
        return b"About the data of this survey.\r\n"
    if ending == "series":
        codes = series_codes(file.survey)
        header, rows = [_SERIES[0], *codes, *_SERIES[1:]], _series(file.survey, len(codes))
    elif ending == "aspect":
        header, rows = _ASPECT, _aspects(file.survey)
    elif ending.startswith("data.") and ending != "data.type":
        header, rows = _DATA, _observations(file.survey, release)
    else:
        header = _mapping_headers().get(file.name, _made_up_header(ending))
        rows = _codes(len(header) - 1)
    most = int(file.bytes * scale)
    lines = [_CELL.join(name.encode() for name in header)]
    size = 0
    for row in rows if most else islice(rows, _FEW):
        line = _CELL.join(cell.encode() for cell in row)
        lines.append(line)
        size += len(line) + 2
        if most and size >= most:
            break
    return b"\r\n".join(lines) + b"\r\n"


_SERIES = ["series_id        ", "seasonal", "footnote_codes"]
_SERIES += ["begin_year", "begin_period", "end_year", "end_period"]
_DATA = ["series_id        ", "year", "period", "       value", "footnote_codes"]
_ASPECT = ["series_id        ", "year", "period", "aspect_type", "       value", "footnote_codes"]


def _ids(survey: str) -> Iterator[str]:
    number = 0
    while True:
        yield f"{survey.upper()}U{number:010}    "
        number += 1


@cache
def _mapping_rows() -> list[dict[str, str]]:
    with capture("labels/mapping.tsv").open(newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


@cache
def _mapping_headers() -> dict[str, list[str]]:
    """The columns of mapping files that explain series: their key, and the words."""
    keys = {row["mapping_file"]: _names(row["mapping_key_columns"]) for row in _mapping_rows()}
    texts = {row["mapping_file"]: row["text_column"] for row in _mapping_rows()}
    # Of a text column that nobody has seen it says what it may be called.
    return {
        file: [*own, texts[file] if texts[file].isidentifier() else f"{own[-1]}_text"]
        for file, own in keys.items()
        if own
    }


def _made_up_header(ending: str) -> list[str]:
    stem = ending.lower().replace(".", "_").replace("-", "_")
    return [f"{stem}_code", f"{stem}_text"]


@cache
def series_codes(survey: str) -> list[str]:
    """The codes that a series of a survey has, as they are called in its series file."""
    rows = [row for row in _mapping_rows() if row["survey"] == survey]
    columns = {name: None for row in rows for name in _names(row["series_columns"])}
    return [name for name in columns if name not in _SERIES]


def _names(listed: str) -> list[str]:
    """Of ``state_code?+area_code`` both; a name that is a question mark, or a dash, is none."""
    return re.findall(r"\w+", listed)


def _series(survey: str, codes: int) -> Iterator[list[str]]:
    """Series of which no two have the same codes, as long as the codes last."""
    for number, series in enumerate(_ids(survey)):
        own = [f"{number // _CODES**place % _CODES:04}" for place in range(codes)]
        yield [series, *own, "U", "", str(FIRST_YEAR), "M01", str(LAST_YEAR), "M12"]


def _moments() -> Iterator[tuple[str, str]]:
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for month in range(1, 13):
            yield str(year), f"M{month:02}"


def _observations(survey: str, release: int) -> Iterator[list[str]]:
    for number, series in enumerate(_ids(survey)):
        for place, (year, period) in enumerate(_moments()):
            # The newest figures are revised in every release.
            moved = release if year == str(LAST_YEAR) else 0
            value = (number * 37 + place * 11 + moved) % 9973 / 10
            yield [series, year, period, f"{value:12.1f}", "R" if moved > 1 else ""]


def _aspects(survey: str) -> Iterator[list[str]]:
    texts: Mapping[str, str] = {"V1": "0.5", "H1": "L-Jan. 2012"}
    for series in _ids(survey):
        for year, period in _moments():
            for aspect, text in texts.items():
                yield [series, year, period, aspect, text.rjust(12), ""]


def _codes(keys: int) -> Iterator[list[str]]:
    number = 0
    while True:
        rest, own = number, list[str]()
        for _ in range(keys - 1):
            rest, digit = divmod(rest, _CODES)
            own.append(f"{digit:04}")
        yield [*own, f"{rest:04}", f"Item number {number}"]
        number += 1
