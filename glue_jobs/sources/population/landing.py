"""Lands a dataset of the population, as received.

Ask for all its years; compare what the answer says (not its bytes, whose order changes from call
to call) with the manifest; store the bodies if it says something new. The moment at which a
content was first retrieved is its release.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from glue_jobs.errors import GuardTripped
from glue_jobs.sources.http import RateLimit
from glue_jobs.sources.population.answer import content_sha256
from glue_jobs.sources.population.api import PopulationApi
from glue_jobs.sources.population.manifest import (
    LandedDataset,
    LandedPage,
    key_of,
    load_population,
    save_population,
)
from glue_jobs.storage.recorded import bring_back
from glue_jobs.timestamps import to_text

if TYPE_CHECKING:
    from pathlib import Path

    from glue_jobs.running import Run
    from glue_jobs.sources.population.api import Answered
    from glue_jobs.subjects import Dataset


def open_api(run: Run) -> PopulationApi:
    """The API as the settings name it: the same for all of a run, so that its rate holds."""
    rate_limit = RateLimit(run.settings.requests_per_second)
    return run.share(
        PopulationApi, lambda: PopulationApi(run.settings.population_url, rate_limit, run.retry)
    )


def land_dataset(run: Run, dataset: Dataset, folder: Path) -> bool:
    """Lands one dataset; returns whether it says anything new.

    The caller holds the population's lease.

    Args:
        run: the job's.
        dataset: which.
        folder: a scratch folder of the lake's.

    Raises:
        LakeError: nothing of the dataset was changed.
    """
    manifest = load_population(run.storage)
    answered = open_api(run).fetch(dataset)
    content = content_sha256(answered.content)
    known = manifest.files.get(dataset.key)
    if known is not None and known.content_sha256 == content:
        _show(run, dataset, known, answered)
        return False
    years = len(answered.content.rows)
    if known is not None and years < known.years and not run.settings.allow_shrink:
        raise GuardTripped(
            f"The population API has {years} years of {dataset.key} where the lake has"
            f" {known.years}; nothing was changed.",
            hint="If the others were really withdrawn: --allow-shrink",
        )
    landed = LandedDataset(
        dataset_name=answered.content.dataset_name,
        content_sha256=content,
        years=years,
        retrieved_at=to_text(run.now()),
        pages=_store(run, dataset, answered, folder),
    )
    save_population(run.storage, replace(manifest, files={**manifest.files, dataset.key: landed}))
    _show(run, dataset, landed, answered)
    return True


def _store(run: Run, dataset: Dataset, answered: Answered, folder: Path) -> tuple[LandedPage, ...]:
    pages = []
    for name, body in zip(_page_names(dataset, answered), answered.bodies):
        path = folder / name
        path.write_bytes(body)
        sha256 = hashlib.sha256(body).hexdigest()
        stored = run.storage.put_file(key_of(name), path, sha256)
        pages.append(LandedPage(name, len(body), sha256, stored.version))
    return tuple(pages)


def _page_names(dataset: Dataset, answered: Answered) -> list[str]:
    later = [f"{dataset.cube}.page{number}.json" for number in range(2, len(answered.bodies) + 1)]
    return [f"{dataset.cube}.json", *later]


def _show(run: Run, dataset: Dataset, landed: LandedDataset, answered: Answered) -> None:
    """Has the folder show the pages that the manifest names; versions stay.

    A page that only the API has is left alone: another run may be about to note it.
    """
    keys = {key_of(name) for name in _page_names(dataset, answered)}
    for page in landed.pages:
        key = key_of(page.name)
        bring_back(run.storage, key, page.version, page.sha256)
        keys.add(key)
    for stored in list(run.storage.list_objects(key_of(f"{dataset.cube}."))):
        if stored.key not in keys:
            run.storage.delete(stored.key)
