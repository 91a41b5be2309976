"""What the fault table injects, made from its words.

In place of an answer, every time or ``once``:

    to, step                         a step of the scripted upstream for one kind of request
    listing                          the listing of two files, edited
    name                             a row more in the listing, its name so many ``times`` repeated
    link                             another link in the listing's row of pr.class
    population, answer, edited, first_row
                                     the API's answer: as text; with other parts; edited; with
                                     other fields in its first row; null leaves one out

In what is served as it should be:

    file, lines                      a file (``name``, or the data file), edited or with more lines
    removed, of, allowed             files that vanish, of how many, and how many may
    years                            how many years the API still has
    retry_after                      a header; a number stands for the date in so many seconds

An edit is a pattern, its replacement, and how often: once, ``all``, or a number of times the
replacement in one place. Text stands for bytes by Latin-1. ``ENTRY`` is an entry of the listing.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from labor_lake.sample import excerpt, render
from labor_lake.sample.pages import BLOCK_PAGE, ListedRow, listing
from tests.faults.lake import DATA_FILE, NEXT_RELEASE, SURVEY_PATH, observation
from tests.simulator import faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.table import Case
    from tests.simulator.faults import Step

CUBE = "acs_yg_total_population_1"
ACS1, YEARS = excerpt.population()[CUBE]
API = "/tesseract/*"
PATHS = {
    "listing": SURVEY_PATH,
    "file": SURVEY_PATH + DATA_FILE,
    "small file": f"{SURVEY_PATH}pr.class",
    "population": API,
}
ANSWERS = ("to", "listing", "population", "answer", "edited", "first_row")
"""Injections in place of an answer that is refused as a whole."""

_ANSWER = json.loads(render.population_body(ACS1, {**YEARS, 2031: 350_000_000}))
_ENTRY = r"(?<=<br>) \d[^<]*<A[^<]*</A><br>"
_LISTING = listing(
    SURVEY_PATH,
    [ListedRow("pr.class", 102, NEXT_RELEASE), ListedRow(DATA_FILE, 77814, NEXT_RELEASE)],
)


def scripted(case: Case) -> tuple[str, Step]:
    """A request's path, and the step to script for it."""
    kind, given = next(iter(case.inject.items()))
    if kind == "to":
        ((step, arguments),) = case.inject["step"].items()
        return PATHS[given], getattr(faults, step)(**_bytes_of(arguments))
    if kind == "listing":
        return SURVEY_PATH, faults.Listing(edited(_LISTING, given).decode("utf-8"))
    return API, faults.Body(_answer(kind, given), "application/json")


def edited(body: bytes, edits: Sequence[Sequence[Any]]) -> bytes:
    """A body after some edits, one after the other."""
    text = body.decode("latin-1")
    for pattern, replacement, *often in edits:
        everywhere = often == ["all"]
        times = often[0] if often and not everywhere else 1
        changed, count = re.subn(
            pattern.replace("ENTRY", _ENTRY),
            replacement * times,
            text,
            count=0 if everywhere else 1,
            flags=re.DOTALL,
        )
        assert count, f"{pattern} is nowhere in {text[:80]}"
        text = changed
    return text.encode("latin-1")


def file_of(case: Case, body: bytes) -> bytes:
    """What is served in place of a file's content."""
    edits = case.inject.get("file", ())
    if edits == "reversed":
        header, *rows = body.splitlines(keepends=True)
        return b"".join([header, *rows[::-1]])
    lines = [observation(*map(str, fields)) for fields in case.inject.get("lines", ())]
    return edited(body, edits) + b"".join(lines)


def page_of(case: Case, rows: Sequence[ListedRow]) -> str:
    """The survey's listing with a row that the lake will not fetch."""
    kind, given = next(iter(case.inject.items()))
    if kind == "name":
        more = ListedRow(given * case.inject.get("times", 1), 102, NEXT_RELEASE)
        return listing(SURVEY_PATH, [*rows, more]).decode("utf-8")
    page = listing(SURVEY_PATH, rows).decode("utf-8")
    return page.replace(f'"{SURVEY_PATH}pr.class"', f'"{given}"')


def _answer(kind: str, given: Any) -> bytes:
    if kind == "population":
        return BLOCK_PAGE if given == "BLOCK_PAGE" else bytes(given, "utf-8")
    if kind == "answer":
        return json.dumps(_without_nulls({**_ANSWER, **given})).encode()
    if kind == "edited":
        return edited(json.dumps(_ANSWER).encode(), given)
    rows = _ANSWER["data"]
    return json.dumps(
        {**_ANSWER, "data": [_without_nulls({**rows[0], **given}), *rows[1:]]}
    ).encode()


def _without_nulls(parts: dict[str, Any]) -> dict[str, Any]:
    return {key: part for key, part in parts.items() if part is not None}


def _bytes_of(arguments: dict[str, Any]) -> dict[str, Any]:
    made = dict(arguments)
    for name in ("body", "content", "start", "lines"):
        if name in made:
            text = made[name]
            made[name] = BLOCK_PAGE if text == "BLOCK_PAGE" else text.encode("latin-1")
    return made
