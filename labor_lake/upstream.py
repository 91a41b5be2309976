"""Asks BLS and the population API whether they have what was landed; downloads no file again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_jobs.catalog.manifests import landed_subjects, load_population, load_survey
from glue_jobs.errors import IntegrityFailure, StorageFailure
from glue_jobs.formats.population_json import content_sha256
from glue_jobs.moments import to_text
from glue_jobs.sources.bls import BlsSite
from glue_jobs.sources.http import Pace
from glue_jobs.sources.population import PopulationApi
from glue_jobs.storage import names
from glue_jobs.subjects import POPULATION, dataset_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from glue_jobs.catalog.manifests import LandedDataset, LandedFile
    from glue_jobs.running import Run
    from glue_jobs.sources.bls import Offered

_ASKED_AT_ONCE = 4


@dataclass(frozen=True)
class Asked:
    """What upstream says of a landed file or dataset.

    Attributes:
        subject: whose it is.
        key: where it lies.
        what: is other than was landed, the end of a sentence; empty where nothing is.
    """

    subject: str
    key: str
    what: str


def ask_upstream(run: Run) -> Iterator[Asked]:
    """Asks about every file and dataset that a manifest names, if it can be read.

    Raises:
        LakeError: an upstream gave no answer.
    """
    pace = Pace(run.settings.requests_per_second)
    for subject in landed_subjects(run.storage):
        run.progress.step(f"{subject}: asking upstream about every file")
        try:
            if subject == POPULATION:
                asked = _ask_api(run, pace, load_population(run.storage).datasets)
            else:
                asked = _ask_bls(run, pace, subject, load_survey(run.storage, subject).files)
        except (IntegrityFailure, StorageFailure):
            continue  # `verify` has named the manifest
        yield from asked


def _ask_api(run: Run, pace: Pace, datasets: Mapping[str, LandedDataset]) -> Iterator[Asked]:
    api = PopulationApi(run.settings.population_url, pace, run.retry)
    for key, dataset in datasets.items():
        is_same = content_sha256(api.fetch(dataset_of(key)).content) == dataset.content_sha256
        place = names.raw_population(dataset.pages[0].name)
        yield Asked(POPULATION, place, "" if is_same else "is not what the population API says now")


def _ask_bls(run: Run, pace: Pace, survey: str, files: Mapping[str, LandedFile]) -> Iterator[Asked]:
    site = BlsSite(run.settings.bls_url, run.settings.contact, pace, run.retry)
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        offered = list(pool.map(lambda name: site.look(survey, name), files))
    for file, now in zip(files.values(), offered):
        yield Asked(survey, names.raw_file(survey, file.name), _difference(file, now))


def _difference(file: LandedFile, now: Offered) -> str:
    written = to_text(now.last_modified) if now.last_modified else file.last_modified
    if now.status != 200:
        return f"is no longer served by BLS, which answers {now.status}"
    if (now.size, written) != (file.bytes, file.last_modified):
        return f"is another file at BLS: {now.size:,} bytes, of {written}"
    return ""
