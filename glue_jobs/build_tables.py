"""Job: makes the tables of a release from the landed files and publishes them in one swap.

Per subject: name the release folder from the manifest and the verdicts that are known; if it is the
current one and complete, there is nothing to do. Else judge every file, converting those that
changed; name the folder from the verdicts; put the tables that were made into it, those that did
not change, and the table of sources; and replace the pointer.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.catalog.pointers import HeldBack, Pointer, load_pointer, missing_files, publish
from glue_jobs.catalog.show import show_in_catalog
from glue_jobs.current_release import Remake
from glue_jobs.errors import LakeError
from glue_jobs.held import describe_sources, held_failures, is_judged
from glue_jobs.history.layout import is_laid_out
from glue_jobs.program import exit_with, main_of
from glue_jobs.running import Outcome, act_on_each
from glue_jobs.sources.places import tables_of
from glue_jobs.sources.registry import subjects, upstream_of
from glue_jobs.storage import names
from glue_jobs.tables.plan import is_same_maker, made_by, release_digest
from glue_jobs.timestamps import CLOCKS_DIFFER, from_text, release_name
from glue_jobs.workers import stop_workers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from glue_jobs.running import Run
    from glue_jobs.sources.protocol import Landed
    from glue_jobs.storage.protocol import Storage


def build_tables(run: Run) -> Outcome:
    """Converts what was landed and publishes the new release of every subject."""
    shown: Counter[str] = Counter()
    with contextlib.ExitStack() as leases:
        leases.callback(stop_workers, run.shared)

        def build(subject: str) -> dict[str, Any]:
            if too_late := run.out_of_time():
                raise too_late
            with contextlib.ExitStack() as lease:
                lease.enter_context(run.storage.lease(subject, run.run_id))
                built = build_subject(run, subject)
                try:
                    if built["changed"]:
                        shown.update(show_in_catalog(run.storage, run.settings, subject))
                except LakeError:
                    # What was published is still being written, until all are shown below.
                    leases.push(lease.pop_all())
            return built

        releases, failures = act_on_each(run, _in_turn(run), build)
        for built in releases.values():
            held = {name: HeldBack(**told) for name, told in built.get("held", {}).items()}
            failures += held_failures(held)
        changed = any(built.get("changed") for built in releases.values())
        outcome = Outcome(changed, {"releases": releases}, failures)
        try:
            shown.update(show_in_catalog(run.storage, run.settings))
            outcome.details["catalog"] = dict(shown)
            outcome.changed |= bool(shown)
        except LakeError as error:
            # The engine would answer from tables of another release than the pointers say.
            outcome.failures.append(error)
            outcome.stopped = True
    return outcome


def _in_turn(run: Run) -> Iterator[str]:
    """The subjects to build: those that are landed by a job that is still at work come first."""
    begun = []
    for subject in run.handed_on:
        begun.append(subject)
        yield subject
    for subject in subjects(run.settings, run.storage):
        if subject not in begun:
            yield subject


def build_subject(
    run: Run, subject: str, remake: Remake | None = None, *, over: str | None = None
) -> dict[str, Any]:
    """Builds and publishes a subject's release; the caller holds its lease.

    Args:
        run: whose settings count.
        subject: which.
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
    built = _build_from_landed(run, subject, previous, remake, tag)
    if built["changed"] and (published := load_pointer(run.storage, subject)):
        # A vacuum beside a run that has lost its lease may act between the look and the swap.
        lacking = _lacking(run.storage, published, run.now())
        if lacking != Remake():
            _build_from_landed(run, subject, published, lacking, published.tag)
    return built


def _lacking(storage: Storage, pointer: Pointer | None, now: datetime) -> Remake:
    """What of the current release is not there any more, or not as it is written now.

    That is a vintage with a date in the future, and a history of an older version's layout.
    """
    if pointer is None:
        return Remake()
    missing = missing_files(storage, pointer)
    history = tuple(table.folder for table in pointer.tables.values() if table.folder)
    until = release_name(now + CLOCKS_DIFFER)
    revisions = pointer.tables.get(table_names.revisions(pointer.subject))
    return Remake(
        tables=any(not key.startswith(history) for key in missing),
        lacking=any(key.startswith(history) for key in missing)
        or any(vintage.release > until for vintage in pointer.history)
        or (revisions is not None and not is_laid_out(revisions)),
    )


def _build_from_landed(
    run: Run, subject: str, previous: Pointer | None, remake: Remake, tag: str | None
) -> dict[str, Any]:
    """Builds a subject's release from what was landed of it, if it is not the current one."""
    landed = upstream_of(subject).landed(run.storage, subject)
    if not landed:
        return {"changed": False, "release": None}
    release = release_name(max(from_text(file.released_at) for file in landed.values()))

    allow_shrink = run.settings.allow_shrink
    judged = {
        name: held
        for name, held in (previous.held if previous else {}).items()
        if name in landed and is_judged(held, landed[name], allow_shrink=allow_shrink)
    }
    if known := _as_it_is(subject, release, previous, remake, describe_sources(landed, judged)):
        return known
    return _build(run, subject, release, landed, previous, remake, tag)


def _as_it_is(
    subject: str,
    release: str,
    previous: Pointer | None,
    remake: Remake,
    sources: Mapping[str, str],
) -> dict[str, Any] | None:
    """The current release if it is that one; the same tables of another writer are the same."""
    tables = tables_of(subject)
    if previous is None or remake != Remake():
        return None
    if not is_same_maker(previous.made_by, tables.schema, tables.derived):
        return None
    if not _making(previous, release, release_digest(sources, previous.made_by)):
        return None
    return {**_described(previous), "changed": False}


def _build(
    run: Run,
    subject: str,
    release: str,
    landed: Mapping[str, Landed],
    previous: Pointer | None,
    remake: Remake,
    tag: str | None,
) -> dict[str, Any]:
    """Makes a release folder and publishes it, unless the verdicts say that it is the current one.

    Args:
        run: the job's.
        subject: which.
        release: its name.
        landed: what it is made from, by name.
        previous: the current pointer, None for the first release.
        remake: what is made again.
        tag: of the pointer that the new one replaces.
    """
    from glue_jobs.release_contents import (  # noqa: PLC0415 - a quiet run does without pyarrow
        prepare_release,
    )

    run.progress.step(f"{subject}: building the release {release}")
    maker = made_by(tables_of(subject).schema, tables_of(subject).derived)
    making = 1
    while True:
        with run.storage.scratch() as scratch:
            prepared = prepare_release(run, subject, previous, remake, landed, scratch)
            if known := _as_it_is(subject, release, previous, remake, prepared.sources):
                return known
            digest = release_digest(prepared.sources, maker)
            making = max(making, _making(previous, release, digest))
            folder = names.release_folder(subject, release, digest, making)
            building = prepared.fill(folder, release)
            if building is not None:
                break
            making += 1
    pointer = Pointer(
        subject,
        release,
        building.folder,
        building.tables,
        maker,
        tuple(building.history.vintages) if building.history else (),
        prepared.held,
        tag,
    )
    publish(run.storage, pointer)
    return {
        **_described(pointer),
        "changed": True,
        "converted": building.converted,
        "rows": {name: table.rows for name, table in building.tables.items()},
        "rejects": sum(file.rejects for table in building.tables.values() for file in table.files),
        "warnings": building.warnings,
    }


def _making(previous: Pointer | None, release: str, digest: str) -> int:
    """Which making of a release the current folder is; 0 where it is another release's."""
    if previous is None:
        return 0
    return names.making_of(previous.folder, previous.subject, release, digest)


def _described(pointer: Pointer) -> dict[str, Any]:
    held = {"held": {name: asdict(why) for name, why in pointer.held.items()}}
    return {
        "release": pointer.release,
        "folder": pointer.folder,
        **(held if pointer.held else {}),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """The job as a program."""
    return main_of("build_tables", build_tables, argv)


if __name__ == "__main__":
    exit_with(main())
