"""Job: makes the tables of a release from the landed files and publishes them in one swap.

Per survey: name the release folder from the manifest; if it is the current one and complete, there
is nothing to do; else convert the files that changed, copy the Parquet files of those that did not,
write the table of sources, and replace the pointer. The population goes the same way.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glue_jobs.catalog import show_in_catalog
from glue_jobs.catalog.manifests import load_population, load_survey
from glue_jobs.catalog.pointers import Pointer, load_pointer, missing_files, publish
from glue_jobs.errors import LakeError
from glue_jobs.history import History, marks_revisions
from glue_jobs.job import Outcome, exit_with, main_of
from glue_jobs.moments import CLOCKS_DIFFER, from_text, release_name
from glue_jobs.raw_zone import landed_population, landed_vintages, merge_vintages
from glue_jobs.release_folder import Building, build_file, build_sources, store_file
from glue_jobs.storage import names
from glue_jobs.subjects import POPULATION
from glue_jobs.tables.convert import convert_population
from glue_jobs.tables.plan import made_by, plan_survey, release_digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any, Callable

    from glue_jobs.job import Run
    from glue_jobs.storage.protocol import Storage


@dataclass(frozen=True)
class Remake:
    """What is made again, although nothing new was landed.

    Attributes:
        tables: all tables, from the raw zone; nothing is copied.
        history: the history, from all vintages that the raw zone holds.
        elsewhere: into a new folder, since the current one holds what it should not.
    """

    tables: bool = False
    history: bool = False
    elsewhere: bool = False


def build_tables(run: Run) -> Outcome:
    """Converts what was landed and publishes the new release of every survey and of population."""
    outcome = Outcome(details={"releases": {}})
    # Until the catalog shows it, what was published is still being written.
    with contextlib.ExitStack() as leases:
        for subject in (*run.settings.surveys, POPULATION):
            try:
                leases.enter_context(run.storage.lease(subject, run.run_id))
                built = build_subject(run, subject)
            except LakeError as error:
                outcome.failures.append(error)
                built = {"error": str(error)}
            outcome.details["releases"][subject] = built
            outcome.changed |= bool(built.get("changed"))
        try:
            outcome.details["catalog"] = show_in_catalog(run.storage, run.settings)
            outcome.changed |= bool(outcome.details["catalog"])
        except LakeError as error:
            outcome.failures.append(error)
    return outcome


def build_subject(run: Run, subject: str, remake: Remake | None = None) -> dict[str, Any]:
    """Builds and publishes a subject's release; the caller holds its lease.

    Args:
        run: whose settings count.
        subject: a survey's code, or ``population``.
        remake: what is made again; None: what the current release lacks, if anything.

    Returns:
        The subject's part of the summary.

    Raises:
        LakeError: nothing was published; the last release stands.
    """
    # The pointer is read before the manifest, so that a run that has landed and published
    # meanwhile is not overwritten by what this one knows.
    previous = load_pointer(run.storage, subject)
    if remake is None:
        remake = _lacking(run.storage, previous, run.now())
    build = _build_population if subject == POPULATION else _build_survey
    return build(run, subject, previous, remake)


def _lacking(storage: Storage, pointer: Pointer | None, now: datetime) -> Remake:
    """What of the current release is not there any more, or was named by a date in the future."""
    if pointer is None:
        return Remake()
    missing = missing_files(storage, pointer)
    history = tuple(table.folder for table in pointer.tables.values() if table.folder)
    until = release_name(now + CLOCKS_DIFFER)
    return Remake(
        tables=any(not key.startswith(history) for key in missing),
        history=any(key.startswith(history) for key in missing)
        or any(vintage.release > until for vintage in pointer.history),
    )


def _build_survey(
    run: Run, survey: str, previous: Pointer | None, remake: Remake
) -> dict[str, Any]:
    manifest = load_survey(run.storage, survey)
    if not manifest.files:
        return {"changed": False, "release": None}
    release = release_name(max(from_text(file.last_modified) for file in manifest.files.values()))
    digest = release_digest(
        {file.name: f"{file.sha256} {file.last_modified}" for file in manifest.files.values()}
    )

    def build(building: Building) -> None:
        building.history = History(run.storage, survey, previous, building.scratch)
        if remake.history:
            known = previous.history if previous else ()
            landed = landed_vintages(run.storage, survey)
            building.history.write_anew(merge_vintages(known, landed, run.now()))
        places = plan_survey(survey, sorted(manifest.files))
        for place in places:
            build_file(building, survey, manifest.files[place.name], place)
        build_sources(building, survey, manifest.files)
        _finish_history(building, survey)

    return _build(run, survey, release, digest, previous, remake, build)


def _build_population(
    run: Run, subject: str, previous: Pointer | None, remake: Remake
) -> dict[str, Any]:
    datasets = load_population(run.storage).datasets
    if not datasets:
        return {"changed": False, "release": None}
    release = release_name(max(from_text(entry.retrieved_at) for entry in datasets.values()))
    digest = release_digest({key: entry.content_sha256 for key, entry in datasets.items()})

    def build(building: Building) -> None:
        for key, dataset in sorted(datasets.items()):
            page = landed_population(run.storage, dataset)
            path = f"population/dataset={key}/part-00000.parquet"
            converted = convert_population(page, building.scratch / "population")
            file = store_file(building, building.scratch / "population", path, converted)
            file = replace(file, partition=(key,), source=key, source_sha256=dataset.content_sha256)
            building.converted.append(key)
            building.add(subject, converted.columns, file)

    return _build(run, subject, release, digest, previous, remake, build)


def _build(
    run: Run,
    subject: str,
    release: str,
    digest: str,
    previous: Pointer | None,
    remake: Remake,
    build: Callable[[Building], None],
) -> dict[str, Any]:
    """Makes a release folder and publishes it, unless it is the current one."""
    making = names.making_of(previous.folder, subject, release, digest) if previous else 0
    if previous is not None and making and remake == Remake():
        return {"changed": False, "release": release, "folder": previous.folder}
    making = making + 1 if making and remake.elsewhere else max(making, 1)
    folder = names.release_folder(subject, release, digest, making)
    run.progress.step(f"{subject}: building the release {release}")
    with run.storage.scratch() as scratch:
        building = Building(run, folder, previous, not remake.tables, scratch, {}, [], [])
        build(building)
    pointer = Pointer(
        subject,
        release,
        folder,
        building.tables,
        made_by(),
        tuple(building.history.snapshots) if building.history else (),
        previous.tag if previous else None,
    )
    publish(run.storage, pointer)
    return {
        "changed": True,
        "release": release,
        "folder": folder,
        "converted": building.converted,
        "rows": {name: table.rows for name, table in building.tables.items()},
        "rejects": sum(file.rejects for table in building.tables.values() for file in table.files),
        "warnings": building.warnings,
    }


def _finish_history(building: Building, survey: str) -> None:
    """Adds the table of revisions, and warns of releases that the lake has not seen."""
    history = building.history
    if history is None or (table := history.table()) is None:
        return
    building.tables[history.name] = table
    if not marks_revisions(building.run.storage, survey, building.folder, building.tables):
        history.without_marks()
    known = set(building.previous.history) if building.previous else set()
    for snapshot in history.snapshots:
        if snapshot.unflagged and snapshot not in known:
            building.warnings.append(
                f"{snapshot.source}: {snapshot.unflagged} of {snapshot.revised} revised values do"
                " not bear BLS's mark, so a release before this one was missed."
            )


def main(argv: Sequence[str] | None = None) -> int:
    """The job as a program."""
    return main_of("build_tables", build_tables, argv)


if __name__ == "__main__":
    exit_with(main())
