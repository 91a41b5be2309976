"""DataUSA as a source: one subject, the population, whose files are its datasets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glue_jobs.running import Outcome, act_on_each
from glue_jobs.sources.population.answer import content_sha256
from glue_jobs.sources.population.manifest import (
    MANIFESTS,
    SUBJECT,
    LandedDataset,
    key_of,
)
from glue_jobs.sources.protocol import Landed, RawObject, Upstream
from glue_jobs.subjects import dataset_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from glue_jobs.running import Run
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage


class Population(Upstream[LandedDataset]):
    """The estimates of the US population; what it was once said to be is in its old releases."""

    manifests = MANIFESTS
    keeps_releases = True

    def subjects(self, settings: Settings, storage: Storage) -> tuple[str, ...]:
        """The population, also where no dataset is to be landed: one may have been."""
        return (SUBJECT,)

    def has(self, subject: str) -> bool:
        """Whether it is the population."""
        return subject == SUBJECT

    def as_landed(self, subject: str, name: str, entry: LandedDataset) -> Landed:
        """A dataset, told by its content, and released when that was first retrieved."""
        return Landed(
            name=name,
            sha256=entry.content_sha256,
            released_at=entry.retrieved_at,
            retrieved_at=entry.retrieved_at,
            objects=tuple(
                RawObject(key_of(page.name), page.bytes, page.sha256, page.version)
                for page in entry.pages
            ),
        )

    def as_amended(self, entry: LandedDataset, landed: Landed) -> LandedDataset:
        """The dataset with another moment, or pages of other versions."""
        versions = {one.key: one.version for one in landed.objects}
        pages = tuple(
            replace(page, version=versions.get(key_of(page.name), page.version))
            for page in entry.pages
        )
        return replace(entry, retrieved_at=landed.released_at, pages=pages)

    def land(self, run: Run) -> Outcome:
        """Lands the US population into the raw zone."""
        from glue_jobs.sources.population.landing import land_dataset  # noqa: PLC0415

        def land(key: str) -> dict[str, Any]:
            run.progress.step(f"population {key}: asking the API")
            # A lake that cannot be written to says so here, before anything is asked.
            with run.storage.scratch() as folder, run.storage.lease(SUBJECT, run.run_id):
                return {"changed": land_dataset(run, dataset_of(key), folder)}

        datasets, failures = act_on_each(run, run.settings.datasets, land)
        changed = any(landed.get("changed") for landed in datasets.values())
        return Outcome(changed, {"datasets": datasets}, failures)

    def land_again(self, run: Run, subject: str, name: str = "") -> None:
        """Lands one dataset, or all that the settings name; each is asked for whole in any case."""
        from glue_jobs.sources.population.landing import land_dataset  # noqa: PLC0415

        with run.storage.scratch() as folder:
            for key in [name] if name else run.settings.datasets:
                land_dataset(run, dataset_of(key), folder)

    def fetch(self, run: Run, subject: str, file: Landed, key: str, path: Path) -> None:
        """Asks for a dataset, and writes the page of it that lies under a key."""
        from glue_jobs.sources.population.landing import open_api  # noqa: PLC0415

        bodies = open_api(run).fetch(dataset_of(file.name)).bodies
        number = [page.key for page in file.objects].index(key)
        path.write_bytes(bodies[number] if number < len(bodies) else b"")

    def ask(self, run: Run, subject: str) -> Iterator[tuple[Landed, str]]:
        """Asks for every dataset, and compares what the answers say."""
        from glue_jobs.sources.population.landing import open_api  # noqa: PLC0415

        for key, landed in self.landed(run.storage, subject).items():
            now = content_sha256(open_api(run).fetch(dataset_of(key)).content)
            same = now == landed.sha256
            yield landed, "" if same else "is not what the population API says now"

    def asked(self, summary: Mapping[str, Any]) -> set[str]:
        """The population, if one dataset was answered."""
        datasets: Mapping[str, Mapping[str, Any]] = summary.get("datasets", {})
        return {SUBJECT} if any("error" not in told for told in datasets.values()) else set()

    def describe(self, summary: Mapping[str, Any]) -> Iterator[str]:
        """A line for each dataset that has changed."""
        for key, landed in summary.get("datasets", {}).items():
            if landed.get("changed"):
                yield f"population {key}: landed"


UPSTREAM = Population()
