"""Which sources there are. A new one is its folder and a line here."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import UsageError
from glue_jobs.storage import names

if TYPE_CHECKING:
    from glue_jobs.running import Job
    from glue_jobs.settings import Settings
    from glue_jobs.sources.protocol import Upstream
    from glue_jobs.storage.protocol import Storage

SOURCES = {
    "bls": ("glue_jobs.sources.bls", "the surveys' files"),
    "population": ("glue_jobs.sources.population", "the population"),
}
"""Every source by its name: its folder, and what it lands. Its job is called land_<name>."""


def landing_jobs() -> tuple[str, ...]:
    """The names of the jobs that land."""
    return tuple(f"land_{source}" for source in SOURCES)


def landing_job(name: str) -> Job:
    """A landing job's function, by the job's name."""
    return upstream(name[len("land_") :]).land


def subjects(settings: Settings, storage: Storage) -> list[str]:
    """The subjects that a run with these settings is about; of all, those that are landed."""
    return [
        subject for source in SOURCES for subject in upstream(source).subjects(settings, storage)
    ]


def landed_subjects(storage: Storage) -> list[str]:
    """The subjects that have a manifest."""
    return [
        names.subject_of(stored.key)
        for stored in storage.list_objects(names.RAW)
        if names.is_manifest(stored.key)
    ]


def upstream(source: str) -> Upstream[Any]:
    """The half of a source that lands."""
    half: Upstream[Any] = importlib.import_module(f"{SOURCES[source][0]}.upstream").UPSTREAM
    return half


def upstream_of(subject: str) -> Upstream[Any]:
    """The half that lands, of the source that has a subject.

    Raises:
        UsageError: none has it.
    """
    return upstream(_source_of(subject))


def folder_with(subject: str) -> str:
    """The folder, as a package, of the source that has a subject.

    Raises:
        UsageError: none has it.
    """
    return SOURCES[_source_of(subject)][0]


def _source_of(subject: str) -> str:
    for source in SOURCES:
        if upstream(source).has(subject):
            return source
    raise UsageError(f"No source has a subject {subject[:40]!r}.")
