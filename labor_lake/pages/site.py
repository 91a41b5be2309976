"""The site as a whole: which pages it has, and how they get into the lake or a folder.

Every page is made before the first is written. The list of them, `site.json`, is written last but
one, the front page last; a page of an earlier site that this one does not have is removed then, and
nothing else ever is.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import readable_pointers, tables_of
from glue_jobs.documents import to_json
from glue_jobs.engines.open import open_engine
from glue_jobs.errors import UsageError
from glue_jobs.labels.headlines import HEADLINES
from glue_jobs.storage import names
from glue_jobs.timestamps import to_text
from labor_lake.output import whole_file, write_failure
from labor_lake.pages.cells import Cell, Page, Section, Table, cells
from labor_lake.pages.citations import Citations
from labor_lake.pages.front_page import front_page
from labor_lake.pages.population_page import POPULATION, population_page
from labor_lake.pages.rendering import render, traces_page
from labor_lake.pages.report_pages import report_pages
from labor_lake.pages.series_page import series_page
from labor_lake.pages.survey_page import survey_page
from labor_lake.release_calendar import Expected
from labor_lake.series import find_label
from labor_lake.state import amiss, describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage
    from labor_lake.series import Label

FRONT = "index.html"
_LIST = "site.json"
_PAGE = re.compile(r"([a-z]+/)?[A-Za-z0-9_-]+[.]html")
_HEADLINES_OF_A_SURVEY = 4


def make_site(storage: Storage, settings: Settings) -> dict[str, bytes]:
    """Every file of the site, by its path inside it.

    Args:
        storage: the lake.
        settings: name its engine, and the series that get a page.

    Raises:
        UsageError: there is nothing to show, no such series, or a package is missing.
        LakeError: something of the lake cannot be read.
    """
    now = datetime.now(timezone.utc)
    found, damaged = readable_pointers(storage)
    if not found:
        raise UsageError(
            "There is nothing to show: the lake has no tables.", hint="`lake run` makes them."
        )
    pointers = {pointer.subject: pointer for pointer in found}
    engine = open_engine(storage, found, settings, damaged)
    citations = Citations(pointers)
    state = describe(storage)
    labels = list(_chosen(engine, pointers, settings.series))
    shown = {label.series_id for label in labels}
    expected = {name: Expected(**state["subjects"][name]["expected"]) for name in pointers}
    surveys = [
        population_page(engine, pointer)
        if name == POPULATION
        else survey_page(engine, pointer, state["subjects"][name], expected[name], shown, citations)
        for name, pointer in pointers.items()
    ]
    of_series = [
        (label.series_id, series_page(engine, pointers[label.survey], label, citations))
        for label in labels
    ]
    reports = report_pages(storage, pointers, citations)
    front = front_page(state, list(amiss(state)), pointers, expected, reports, of_series)
    citations.look_up(storage)
    traces = [page for name in pointers for page in _traces(name, citations)]
    pages = [*surveys, *(page for _, page in of_series), *reports, *traces, front]
    links = [("Labor Lake", FRONT), *((page.title, page.path) for page in reports)]
    foot = f"Written {to_text(now)} from the lake's own files. The data is US government data."
    files = {page.path: render(page, links, citations, foot) for page in pages}
    listed = {"made_at": to_text(now), "pages": sorted(files)}
    front_body = files.pop(FRONT)
    return {**files, _LIST: to_json(listed), FRONT: front_body}


def write_into_lake(storage: Storage, files: Mapping[str, bytes]) -> None:
    """Writes a site into the lake, and removes what an earlier one had and this one does not.

    Raises:
        LakeError: it cannot be written.
    """
    earlier = storage.get(names.PAGE + _LIST)
    for path, body in files.items():
        storage.put(names.PAGE + path, body)
    for path in _pages_left(earlier.body if earlier else b"", files):
        storage.delete(names.PAGE + path)


def write_into_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Does the same in a folder on this machine; nothing else in it is touched.

    Raises:
        LakeError: it cannot be written.
    """
    try:
        listed = folder / _LIST
        earlier = listed.read_bytes() if listed.is_file() else b""
        for path, body in files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(place) as made:
                made.write_bytes(body)
        for path in _pages_left(earlier, files):
            (folder / path).unlink(missing_ok=True)
    except OSError as error:
        raise write_failure(str(folder), error) from error


def _pages_left(earlier: bytes, files: Mapping[str, bytes]) -> list[str]:
    """The pages that an earlier site had and this one does not, by its list."""
    return [path for path in _listed(earlier) if path not in files]


def _listed(body: bytes) -> list[str]:
    """The pages of an earlier site; none where its list cannot be read."""
    try:
        pages = list(json.loads(body)["pages"])
    except (ValueError, KeyError, TypeError):
        return []
    return [path for path in pages if isinstance(path, str) and _PAGE.fullmatch(path)]


def _chosen(
    engine: Engine, pointers: Mapping[str, Pointer], series: Sequence[str]
) -> Iterator[Label]:
    """What the series are that get a page."""
    tables = tables_of(pointers.values())
    if series:
        yield from (find_label(engine, tables, one) for one in dict.fromkeys(series))
        return
    counts: dict[str, int] = {}
    for series_id in sorted(HEADLINES, key=lambda one: -HEADLINES[one]):
        survey = series_id[:2].lower()
        if survey not in pointers or counts.get(survey, 0) == _HEADLINES_OF_A_SURVEY:
            continue
        try:
            label = find_label(engine, [f"{survey}_labels"], series_id)
        except UsageError:
            continue  # the lake has not every file of the survey, or BLS no longer the series
        counts[survey] = counts.get(survey, 0) + 1
        yield label


def _traces(survey: str, citations: Citations) -> Iterator[Page]:
    """The page of a survey's traces, if any figure of it was cited."""
    sections = []
    for vintage, lines in citations.found_in(survey):
        rows = [
            [Cell(f"{trace.line:,}", anchor=anchor), *cells(trace.raw)] for anchor, trace in lines
        ]
        sections.append(
            Section(
                f"{vintage.source}, release {vintage.release}",
                [f"sha256 {vintage.sha256}, kept as {vintage.key}."],
                tables=[
                    Table("Lines of the file, byte for byte", ["line", "bytes"], rows, ("line",))
                ],
            )
        )
    if sections:
        intro = ["Where the figures of this site stand in BLS's files. The header is line 1."]
        yield Page(traces_page(survey), f"Traces of {survey}", intro, sections=sections)
