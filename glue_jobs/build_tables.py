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
from glue_jobs.catalog.pointers import (
    Pointer,
    check_is_there,
    load_pointer,
    missing_files,
    publish,
)
from glue_jobs.errors import AlreadyWritten, LakeError, StorageFailure
from glue_jobs.history import History, marks_revisions
from glue_jobs.job import Outcome, act_on_each, exit_with, main_of
from glue_jobs.moments import CLOCKS_DIFFER, from_text, release_name
from glue_jobs.raw_zone import landed_population, landed_since, landed_vintages
from glue_jobs.release_folder import Building, build_file, build_sources, store_file
from glue_jobs.storage import names
from glue_jobs.subjects import POPULATION
from glue_jobs.tables.convert import convert_population
from glue_jobs.tables.plan import made_by, plan_survey, release_digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any, Callable

    from glue_jobs.catalog.manifests import SurveyManifest
    from glue_jobs.job import Run
    from glue_jobs.storage.protocol import Storage

_MOST_MAKINGS = 99
"""Of one release: each is a folder that a wrong or damaged file made useless."""


@dataclass(frozen=True)
class Remake:
    """What is made again, although nothing new was landed.

    Attributes:
        tables: all tables, from the raw zone; nothing is copied.
        history: the history, from all vintages that the raw zone holds.
    """

    tables: bool = False
    history: bool = False


def build_tables(run: Run) -> Outcome:
    """Converts what was landed and publishes the new release of every survey and of population."""
    leased: set[str] = set()
    # Until the catalog shows it, what was published is still being written.
    with contextlib.ExitStack() as leases:

        def build(subject: str) -> dict[str, Any]:
            if subject not in leased:
                leases.enter_context(run.storage.lease(subject, run.run_id))
                leased.add(subject)
            return build_subject(run, subject)

        releases, failures = act_on_each(run, (*run.settings.surveys, POPULATION), build)
        changed = any(built.get("changed") for built in releases.values())
        outcome = Outcome(changed, {"releases": releases}, failures)
        try:
            outcome.details["catalog"] = show_in_catalog(run.storage, run.settings)
            outcome.changed |= bool(outcome.details["catalog"])
        except LakeError as error:
            # The engine would answer from tables of another release than the pointers say.
            outcome.failures.append(error)
            outcome.stopped = True
    return outcome


def build_subject(
    run: Run, subject: str, remake: Remake | None = None, *, over: str | None = None
) -> dict[str, Any]:
    """Builds and publishes a subject's release; the caller holds its lease.

    Args:
        run: whose settings count.
        subject: a survey's code, or ``population``.
        remake: what is made again; None: what the current release lacks, if anything.
        over: the tag of a pointer that cannot be read and gives way to the new one.

    Returns:
        The subject's part of the summary.

    Raises:
        LakeError: nothing was published; the last release stands.
    """
    # The pointer is read before the manifest, so that a run that has landed and published
    # meanwhile is not overwritten by what this one knows.
    previous = load_pointer(run.storage, subject) if over is None else None
    if remake is None:
        remake = _lacking(run.storage, previous, run.now())
    tag = previous.tag if previous else over
    build = _build_population if subject == POPULATION else _build_survey
    built = build(run, subject, previous, remake, tag)
    if built["changed"] and (published := load_pointer(run.storage, subject)):
        # A vacuum beside a run that has lost its lease may act between the look and the swap.
        lacking = _lacking(run.storage, published, run.now())
        if lacking != Remake():
            build(run, subject, published, lacking, published.tag)
    return built


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
    run: Run, survey: str, previous: Pointer | None, remake: Remake, tag: str | None
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
        _begin_history(run, building.history, survey, previous, remake, manifest)
        places = plan_survey(survey, sorted(manifest.files))
        for place in places:
            build_file(building, survey, manifest.files[place.name], place)
        build_sources(building, survey, manifest.files)
        _finish_history(building, survey)

    return _build(run, survey, release, digest, previous, remake, tag, build)


def _begin_history(
    run: Run,
    history: History,
    survey: str,
    previous: Pointer | None,
    remake: Remake,
    manifest: SurveyManifest,
) -> None:
    """Gives the history what was landed before the current files and is not in it yet."""
    if previous is None:
        # Nobody knows any more which of them were published; what is no table never was.
        landed = landed_vintages(run.storage, survey)
        current = {file.sha256 for file in manifest.files.values()}
        older = [vintage for vintage in landed if vintage.sha256 not in current]
        if older:
            history.write_anew(landed, may_lack=older)
    elif remake.history:
        until = release_name(run.now() + CLOCKS_DIFFER)
        history.write_anew(one for one in previous.history if one.release <= until)
    for landed_file in landed_since(run.storage, survey, history.last_hashes, manifest):
        history.catch_up(landed_file)


def _build_population(
    run: Run, subject: str, previous: Pointer | None, remake: Remake, tag: str | None
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

    return _build(run, subject, release, digest, previous, remake, tag, build)


def _build(
    run: Run,
    subject: str,
    release: str,
    digest: str,
    previous: Pointer | None,
    remake: Remake,
    tag: str | None,
    build: Callable[[Building], None],
) -> dict[str, Any]:
    """Makes a release folder and publishes it, unless it is the current one."""
    making = names.making_of(previous.folder, subject, release, digest) if previous else 0
    if previous is not None and making and remake == Remake():
        return {"changed": False, "release": release, "folder": previous.folder}
    run.progress.step(f"{subject}: building the release {release}")
    building = _make_folder(run, subject, release, digest, max(making, 1), previous, remake, build)
    pointer = Pointer(
        subject,
        release,
        building.folder,
        building.tables,
        made_by(),
        tuple(building.history.snapshots) if building.history else (),
        tag,
    )
    publish(run.storage, pointer)
    return {
        "changed": True,
        "release": release,
        "folder": building.folder,
        "converted": building.converted,
        "rows": {name: table.rows for name, table in building.tables.items()},
        "rejects": sum(file.rejects for table in building.tables.values() for file in table.files),
        "warnings": building.warnings,
    }


def _make_folder(
    run: Run,
    subject: str,
    release: str,
    digest: str,
    making: int,
    previous: Pointer | None,
    remake: Remake,
    build: Callable[[Building], None],
) -> Building:
    """Makes everything in a folder; where one has files of other bytes, in the next one."""
    while True:
        folder = names.release_folder(subject, release, digest, making)
        with run.storage.scratch() as scratch:
            building = Building(run, folder, previous, not remake.tables, scratch, {}, [], [])
            try:
                build(building)
            except StorageFailure:
                # A file that was made, and cannot be read back, may have been removed meanwhile.
                check_is_there(run.storage, Pointer(subject, release, folder, building.tables))
                raise
            except AlreadyWritten:
                making += 1
                if making > _MOST_MAKINGS:
                    raise
            else:
                return building


def _finish_history(building: Building, survey: str) -> None:
    """Adds the table of revisions, and warns of releases that the lake has not seen."""
    history = building.history
    if history is None:
        return
    table = history.table()
    building.warnings.extend(history.warnings)
    if table is None:
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
