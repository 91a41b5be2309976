"""Job: lands the US population from the API, as received.

Per dataset: ask for all its years; compare what the answer says (not its bytes, whose order
changes from call to call) with the manifest; store the bodies if it says something new. The
moment at which a content was first retrieved is its release.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from glue_jobs.catalog.manifests import (
    LandedDataset,
    LandedPage,
    load_population,
    save_population,
)
from glue_jobs.errors import GuardTripped
from glue_jobs.formats.population_json import content_sha256
from glue_jobs.moments import to_text
from glue_jobs.program import exit_with, main_of
from glue_jobs.running import Outcome, act_on_each
from glue_jobs.sources.http import Pace
from glue_jobs.sources.population import PopulationApi
from glue_jobs.storage import names
from glue_jobs.storage.recorded import bring_back
from glue_jobs.subjects import POPULATION, dataset_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from glue_jobs.running import Run
    from glue_jobs.sources.population import Answered
    from glue_jobs.subjects import Dataset


def land_population(run: Run) -> Outcome:
    """Lands the US population into the raw zone."""
    settings = run.settings
    api = PopulationApi(settings.population_url, Pace(settings.requests_per_second), run.retry)

    def land(key: str) -> dict[str, Any]:
        run.progress.step(f"population {key}: asking the API")
        # A lake that cannot be written to says so here, before anything is asked.
        with run.storage.scratch() as folder, run.storage.lease(POPULATION, run.run_id):
            return {"changed": land_dataset(run, api, dataset_of(key), folder)}

    datasets, failures = act_on_each(run, settings.datasets, land)
    changed = any(landed.get("changed") for landed in datasets.values())
    return Outcome(changed, {"datasets": datasets}, failures)


def land_dataset(run: Run, api: PopulationApi, dataset: Dataset, folder: Path) -> bool:
    """Lands one dataset; returns whether it says anything new.

    The caller holds the population's lease.

    Args:
        run: the job's.
        api: who is asked.
        dataset: which.
        folder: a scratch folder of the lake's.

    Raises:
        LakeError: nothing of the dataset was changed.
    """
    manifest = load_population(run.storage)
    answered = api.fetch(dataset)
    content = content_sha256(answered.content)
    known = manifest.datasets.get(dataset.key)
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
    save_population(
        run.storage, replace(manifest, datasets={**manifest.datasets, dataset.key: landed})
    )
    _show(run, dataset, landed, answered)
    return True


def _store(run: Run, dataset: Dataset, answered: Answered, folder: Path) -> tuple[LandedPage, ...]:
    pages = []
    for name, body in zip(_page_names(dataset, answered), answered.bodies):
        path = folder / name
        path.write_bytes(body)
        sha256 = hashlib.sha256(body).hexdigest()
        stored = run.storage.put_file(names.raw_population(name), path, sha256)
        pages.append(LandedPage(name, len(body), sha256, stored.version))
    return tuple(pages)


def _page_names(dataset: Dataset, answered: Answered) -> list[str]:
    later = [f"{dataset.cube}.page{number}.json" for number in range(2, len(answered.bodies) + 1)]
    return [f"{dataset.cube}.json", *later]


def _show(run: Run, dataset: Dataset, landed: LandedDataset, answered: Answered) -> None:
    """Has the folder show the pages that the manifest names; versions stay.

    A page that only the API has is left alone: another run may be about to note it.
    """
    keys = {names.raw_population(name) for name in _page_names(dataset, answered)}
    for page in landed.pages:
        key = names.raw_population(page.name)
        bring_back(run.storage, key, page.version, page.sha256)
        keys.add(key)
    for stored in list(run.storage.scan(names.raw_population(f"{dataset.cube}."))):
        if stored.key not in keys:
            run.storage.delete(stored.key)


def main(argv: Sequence[str] | None = None) -> int:
    """The job as a program."""
    return main_of("land_population", land_population, argv)


if __name__ == "__main__":
    exit_with(main())
