"""Job: lands the US population from the API, as received.

Per dataset: ask for all its years; compare what the answer says (not its bytes, whose order
changes from call to call) with the manifest; store the bodies if it says something new. The
moment at which a content was first retrieved is its release.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from glue_jobs.catalog.manifests import (
    LandedDataset,
    LandedPage,
    load_population,
    save_population,
)
from glue_jobs.errors import LakeError
from glue_jobs.formats.population_json import content_sha256
from glue_jobs.job import Outcome, main_of
from glue_jobs.moments import to_text
from glue_jobs.sources.http import Pace
from glue_jobs.sources.population import PopulationApi
from glue_jobs.storage import names
from glue_jobs.subjects import dataset_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glue_jobs.job import Run
    from glue_jobs.sources.population import Answered
    from glue_jobs.subjects import Dataset


def land_population(run: Run) -> Outcome:
    """Lands the US population into the raw zone."""
    settings = run.settings
    api = PopulationApi(settings.population_url, Pace(settings.requests_per_second), run.retry)
    outcome = Outcome(details={"datasets": {}})
    for key in settings.datasets:
        run.progress.step(f"population {key}: asking the API")
        try:
            stored = land_dataset(run, api, dataset_of(key))
        except LakeError as error:
            outcome.failures.append(error)
            outcome.details["datasets"][key] = {"error": str(error)}
        else:
            outcome.details["datasets"][key] = {"changed": stored}
            outcome.changed |= stored
    return outcome


def land_dataset(run: Run, api: PopulationApi, dataset: Dataset) -> bool:
    """Lands one dataset; returns whether it says anything new.

    Raises:
        LakeError: nothing of the dataset was changed.
    """
    manifest = load_population(run.storage)
    answered = api.fetch(dataset)
    content = content_sha256(answered.content)
    known = manifest.datasets.get(dataset.key)
    if known is not None and known.content_sha256 == content:
        return False
    landed = LandedDataset(
        dataset_name=answered.content.dataset_name,
        content_sha256=content,
        years=len(answered.content.rows),
        retrieved_at=to_text(run.now()),
        pages=_store(run, dataset, answered),
    )
    save_population(
        run.storage, replace(manifest, datasets={**manifest.datasets, dataset.key: landed})
    )
    return True


def _store(run: Run, dataset: Dataset, answered: Answered) -> tuple[LandedPage, ...]:
    pages = []
    with run.storage.scratch() as folder:
        for number, body in enumerate(answered.bodies, 1):
            name = f"{dataset.cube}.json" if number == 1 else f"{dataset.cube}.page{number}.json"
            path = folder / name
            path.write_bytes(body)
            sha256 = hashlib.sha256(body).hexdigest()
            stored = run.storage.put_file(names.raw_population(name), path, sha256)
            pages.append(LandedPage(name, len(body), sha256, stored.version))
    return tuple(pages)


def main(argv: Sequence[str] | None = None) -> int:
    """The job as a program."""
    return main_of("land_population", land_population, argv)


if __name__ == "__main__":
    sys.exit(main())
