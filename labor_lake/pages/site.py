"""The site as a whole: which pages it has, and how they get into the lake or a folder.

Every page is made before the first is written. One that cannot be made says why in its own place,
and the others are as ever. The list of them, `site.json`, is written last but one, the front page
last; a page of an earlier site that this one does not have is removed then, and nothing else ever
is.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from glue_jobs.catalog.pointers import readable_pointers, tables_of
from glue_jobs.documents import to_json
from glue_jobs.engines.open import open_engine
from glue_jobs.errors import IntegrityFailure, InternalFailure, LakeError, UsageError
from glue_jobs.labels.headlines import HEADLINES
from glue_jobs.reports.index import load_index
from glue_jobs.storage import names
from glue_jobs.timestamps import to_text
from labor_lake.output import whole_file, write_failure
from labor_lake.pages.cells import Cell, Page, Section, Table, cells
from labor_lake.pages.charts import need_packages
from labor_lake.pages.citations import Citations
from labor_lake.pages.front_page import front_page, subject_path
from labor_lake.pages.population_page import POPULATION, population_page
from labor_lake.pages.rendering import render, traces_page
from labor_lake.pages.report_pages import report_page, report_path
from labor_lake.pages.series_page import series_page, series_path
from labor_lake.pages.survey_page import survey_page
from labor_lake.release_calendar import Expected
from labor_lake.series import find_label
from labor_lake.state import amiss, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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


@dataclass(frozen=True)
class Site:
    """A site that is made and not yet written.

    Attributes:
        files: by path inside it.
        failures: what could not be shown, by what it is: ``subject cu``, ``series LNS14000000``.
    """

    files: Mapping[str, bytes]
    failures: Mapping[str, LakeError]


def make_site(storage: Storage, settings: Settings) -> Site:
    """Makes every file of the site.

    Args:
        storage: the lake.
        settings: name its engine, and the series that get a page.

    Raises:
        UsageError: there is nothing to show, or a package is missing.
        LakeError: what all pages need cannot be read.
    """
    need_packages()
    found, damaged = readable_pointers(storage)
    if not found:
        raise UsageError(
            "There is nothing to show: the lake has no tables.", hint="`lake run` makes them."
        )
    pointers = {pointer.subject: pointer for pointer in found}
    engine = open_engine(storage, found, settings, damaged)
    failures = {f"subject {name}": error for name, error in damaged.items()}
    return _Making(storage, pointers, engine, describe(storage), failures).site(settings.series)


@dataclass(frozen=True)
class _Making:
    """A site while it is made: what its pages are made from, and what has failed."""

    storage: Storage
    pointers: Mapping[str, Pointer]
    engine: Engine
    state: Mapping[str, Any]
    failures: dict[str, LakeError]

    def site(self, series: Sequence[str]) -> Site:
        """All pages, from that of each subject to the front page."""
        citations = Citations(self.pointers)
        labels = list(self.chosen(series))
        expected = self.expected()
        subjects = self.subject_pages(expected, {one.series_id for one in labels}, citations)
        of_series = [(one.series_id, self.series_page(one, citations)) for one in labels]
        reports = [
            self.attempt(
                f"report {name}",
                report_path(name),
                partial(report_page, self.storage, name, self.pointers, citations),
            )
            for name in self.reports()
        ]
        untraced = citations.look_up(self.storage)
        self.failures.update({f"traces of {name}": error for name, error in untraced.items()})
        traces = [
            page for name in self.pointers for page in _traces(name, citations, untraced.get(name))
        ]
        troubles = [
            *amiss(self.state),
            *((name, f"{error}") for name, error in self.failures.items()),
        ]
        front = front_page(self.state, troubles, self.pointers, expected, reports, of_series)
        pages = [*subjects, *(page for _, page in of_series), *reports, *traces, front]
        return Site(_rendered(pages, reports, citations), self.failures)

    def attempt(self, name: str, path: str, make: Callable[[], Page]) -> Page:
        """A page, or in its place one that says why it could not be made."""
        try:
            return make()
        except LakeError as error:
            self.failures[name] = error
        except Exception as error:  # noqa: BLE001 - what one subject's files bring up is theirs alone
            self.failures[name] = InternalFailure(error)
        told = [text for text in (f"{self.failures[name]}", self.failures[name].hint) if text]
        return Page(path, name, sections=[Section("This cannot be shown", told)])

    def expected(self) -> dict[str, Expected]:
        """By subject what is known of its releases."""
        subjects = self.state["subjects"]
        return {name: Expected(**subjects[name]["expected"]) for name in self.pointers}

    def subject_pages(
        self,
        expected: Mapping[str, Expected],
        shown_series: Collection[str],
        citations: Citations,
    ) -> list[Page]:
        """The page of each subject."""

        def page_of(name: str) -> Page:
            pointer = self.pointers[name]
            if name == POPULATION:
                return population_page(self.engine, pointer)
            known = self.state["subjects"][name]
            return survey_page(self.engine, pointer, known, expected[name], shown_series, citations)

        return [
            self.attempt(f"subject {name}", subject_path(name), partial(page_of, name))
            for name in self.pointers
        ]

    def series_page(self, label: Label, citations: Citations) -> Page:
        """The page of a chosen series."""
        make = partial(series_page, self.engine, self.pointers[label.survey], label, citations)
        return self.attempt(f"series {label.series_id}", series_path(label.series_id), make)

    def reports(self) -> list[str]:
        """The reports that the lake has."""
        try:
            index = load_index(self.storage)
        except IntegrityFailure as error:
            self.failures["reports"] = error
            return []
        return sorted(index.reports) if index else []

    def chosen(self, series: Sequence[str]) -> Iterator[Label]:
        """What the series are that get a page: those asked for, or what people ask for most."""
        tables = tables_of(self.pointers.values())
        for series_id in dict.fromkeys(series):
            try:
                yield find_label(self.engine, tables, series_id)
            except LakeError as error:
                self.failures[f"series {series_id}"] = error
        if series:
            return
        counts: Counter[str] = Counter()
        for series_id in sorted(HEADLINES, key=lambda one: -HEADLINES[one]):
            survey = series_id[:2].lower()
            if survey not in self.pointers or counts[survey] == _HEADLINES_OF_A_SURVEY:
                continue
            try:
                label = find_label(self.engine, [f"{survey}_labels"], series_id)
            except LakeError:
                # The lake has not every file of the survey, or BLS no longer the series. What else
                # is wrong with the survey stands on its page.
                continue
            counts[survey] += 1
            yield label


def _rendered(
    pages: Sequence[Page], reports: Sequence[Page], citations: Citations
) -> dict[str, bytes]:
    """The pages as files, and their list; the front page is the last of them."""
    made_at = to_text(datetime.now(timezone.utc))
    links = [("Labor Lake", FRONT), *((page.title, page.path) for page in reports)]
    foot = f"Written {made_at} from the lake's own files. The data is US government data."
    files = {page.path: render(page, links, citations, foot) for page in pages}
    listed = {"made_at": made_at, "pages": sorted(files)}
    front = files.pop(FRONT)
    return {**files, _LIST: to_json(listed), FRONT: front}


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


def _traces(survey: str, citations: Citations, failure: LakeError | None) -> Iterator[Page]:
    """The page of a survey's traces, if any figure of it was cited."""
    sections = [Section("What cannot be shown", [f"{failure}"])] if failure else []
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
