"""Job: makes the tables of a release from the landed files and publishes them in one swap.

Per subject: name the release folder from the manifest and the verdicts that are known; if it is the
current one and complete, there is nothing to do. Else judge every file, converting those that
changed; name the folder from the verdicts; put the tables that were made into it, those that did
not change, and the table of sources; and replace the pointer.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.catalog.pointers import (
    HeldBack,
    Pointer,
    check_is_there,
    load_pointer,
    missing_files,
    publish,
)
from glue_jobs.catalog.show import show_in_catalog
from glue_jobs.errors import AlreadyWritten, LakeError, StorageFailure
from glue_jobs.history.layout import is_laid_out
from glue_jobs.history.survey import History, marks_revisions
from glue_jobs.program import exit_with, main_of
from glue_jobs.raw_zone import landed_since, landed_vintages, up_to_shown
from glue_jobs.release_folder import Building, put_sources, put_table
from glue_jobs.running import Outcome, act_on_each
from glue_jobs.sources.places import tables_of
from glue_jobs.sources.registry import subjects, upstream_of
from glue_jobs.storage import names
from glue_jobs.tables.plan import Role, is_same_converter, made_by, release_digest
from glue_jobs.timestamps import CLOCKS_DIFFER, from_text, release_name
from glue_jobs.verdicts import Judge, held_failures, held_of, is_judged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import Any, Callable

    from glue_jobs.running import Run
    from glue_jobs.sources.protocol import Landed
    from glue_jobs.storage.protocol import Storage
    from glue_jobs.verdicts import Verdict

_MOST_MAKINGS = 99
"""Of one release: each is a folder that a wrong or damaged file made useless."""


@dataclass(frozen=True)
class Remake:
    """What is made again, although nothing new was landed.

    Attributes:
        tables: all tables, from the raw zone; nothing is copied.
        history: the history, from all vintages that the raw zone holds.
        lacking: of the history, what is not there, or is laid out as an older version did it.
    """

    tables: bool = False
    history: bool = False
    lacking: bool = False


def build_tables(run: Run) -> Outcome:
    """Converts what was landed and publishes the new release of every subject."""
    leased: set[str] = set()
    # Until the catalog shows it, what was published is still being written.
    with contextlib.ExitStack() as leases:

        def build(subject: str) -> dict[str, Any]:
            if subject not in leased:
                leases.enter_context(run.storage.lease(subject, run.run_id))
                leased.add(subject)
            return build_subject(run, subject)

        releases, failures = act_on_each(run, subjects(run.settings), build)
        for built in releases.values():
            held = {name: HeldBack(**told) for name, told in built.get("held", {}).items()}
            failures += held_failures(held)
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


@dataclass(frozen=True)
class Prepared:
    """A release that can be named, and what puts its tables into its folder.

    Attributes:
        sources: per file name, what tells its content, and what is shown of it, apart.
        held: the files that are held back, by name.
        fill: puts everything into the folder.
    """

    sources: Mapping[str, str]
    held: Mapping[str, HeldBack]
    fill: Callable[[Building], None]


def _build_from_landed(
    run: Run, subject: str, previous: Pointer | None, remake: Remake, tag: str | None
) -> dict[str, Any]:
    """Builds a subject's release from what was landed of it, if it is not the current one."""
    landed = upstream_of(subject).landed(run.storage, subject)
    if not landed:
        return {"changed": False, "release": None}
    release = release_name(max(from_text(file.released_at) for file in landed.values()))

    def prepare(scratch: Path) -> Prepared:
        judge = Judge(run, subject, previous, landed, scratch, takes_over=not remake.tables)
        verdicts = judge.judge_all()
        held = held_of(verdicts)

        def fill(building: Building) -> None:
            building.warnings.extend(judge.warnings)
            if any(verdict.place.role is Role.DATA for verdict in verdicts):
                building.history = History(run.storage, subject, previous, building.scratch)
                _begin_history(run, building.history, subject, previous, remake, landed, verdicts)
            for verdict in verdicts:
                put_table(building, landed[verdict.place.name], verdict)
            if tables_of(subject).lists_sources:
                put_sources(building, subject, landed, held)
            _finish_history(building, subject)

        return Prepared(_sources(landed, held), held, fill)

    allow_shrink = run.settings.allow_shrink
    judged = {
        name: held
        for name, held in (previous.held if previous else {}).items()
        if name in landed and is_judged(held, landed[name], allow_shrink=allow_shrink)
    }
    return _build(run, subject, release, _sources(landed, judged), previous, remake, tag, prepare)


def _sources(landed: Mapping[str, Landed], held: Mapping[str, HeldBack]) -> dict[str, str]:
    """What tells a release from another: each file's bytes, their date, and what is shown of it."""
    sources = {name: f"{file.sha256} {file.released_at}" for name, file in landed.items()}
    for name, why in held.items():
        allowed = " though it may shrink" if why.allowed else ""
        sources[name] += f" held back{allowed} for {why.shown_sha256 or 'nothing'}"
    return sources


def _begin_history(
    run: Run,
    history: History,
    subject: str,
    previous: Pointer | None,
    remake: Remake,
    landed: Mapping[str, Landed],
    verdicts: Sequence[Verdict],
) -> None:
    """Gives the history what was landed before the shown files and is not in it yet.

    What came after the version that is shown of a file is offered when the file converts again.
    """
    shown = {one.place.name: one.shown for one in verdicts if one.place.role is Role.DATA}
    if previous is None:
        # Nobody knows any more which of them were published; what is no table never was.
        vintages = up_to_shown(
            landed_vintages(run.storage, subject, shown), shown, lambda vintage: vintage.source
        )
        vintages = [vintage for vintage in vintages if shown.get(vintage.source) != ""]
        older = [vintage for vintage in vintages if vintage.sha256 not in shown.values()]
        if older:
            history.write_anew(vintages, may_lack=older)
    elif remake.history or remake.lacking:
        until = release_name(run.now() + CLOCKS_DIFFER)
        write = history.write_anew if remake.history else history.write_missing
        write([one for one in previous.history if one.release <= until])
    for missed in landed_since(run.storage, subject, history.vintages, shown):
        current = landed.get(missed.name)
        if current is None or current.sha256 != missed.sha256:
            history.catch_up(missed, may_shrink=run.settings.allow_shrink)


def _build(
    run: Run,
    subject: str,
    release: str,
    sources: Mapping[str, str],
    previous: Pointer | None,
    remake: Remake,
    tag: str | None,
    prepare: Callable[[Path], Prepared],
) -> dict[str, Any]:
    """Makes a release folder and publishes it, unless it is the current one.

    Args:
        run: the job's.
        subject: which.
        release: its name.
        sources: what it is made from, as far as verdicts on files are known.
        previous: the current pointer, None for the first release.
        remake: what is made again.
        tag: of the pointer that the new one replaces.
        prepare: converts in a scratch folder what has changed.
    """
    schema = tables_of(subject).schema

    def as_it_is(sources: Mapping[str, str]) -> dict[str, Any] | None:
        """The current release if it is that one; the same tables of another writer are the same."""
        if (
            previous is None
            or remake != Remake()
            or not is_same_converter(previous.made_by, schema)
        ):
            return None
        if not _making(previous, release, release_digest(sources, previous.made_by)):
            return None
        return {**_described(previous), "changed": False}

    if known := as_it_is(sources):
        return known
    run.progress.step(f"{subject}: building the release {release}")
    making = 1
    while True:
        with run.storage.scratch() as scratch:
            prepared = prepare(scratch)
            if known := as_it_is(prepared.sources):
                return known
            digest = release_digest(prepared.sources, made_by(schema))
            making = max(making, _making(previous, release, digest))
            folder = names.release_folder(subject, release, digest, making)
            building = Building(run, folder, previous, scratch, {}, [], [])
            if _is_filled(building, subject, release, prepared):
                break
            making += 1
    pointer = Pointer(
        subject,
        release,
        building.folder,
        building.tables,
        made_by(schema),
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


def _is_filled(building: Building, subject: str, release: str, prepared: Prepared) -> bool:
    """Puts everything into the folder; False where it has files of other bytes."""
    try:
        prepared.fill(building)
    except StorageFailure:
        # A file that was made, and cannot be read back, may have been removed meanwhile.
        check_is_there(
            building.run.storage, Pointer(subject, release, building.folder, building.tables)
        )
        raise
    except AlreadyWritten:
        if building.folder.endswith(f"-{_MOST_MAKINGS}/"):
            raise
        return False
    return True


def _finish_history(building: Building, subject: str) -> None:
    """Adds the table of revisions, and warns of releases that the lake has not seen."""
    history = building.history
    if history is None:
        return
    table = history.table()
    building.warnings.extend(history.warnings)
    if table is None:
        return
    building.tables[table_names.revisions(subject)] = table
    if not marks_revisions(building.run.storage, subject, building.folder, building.tables):
        history.without_marks()
    known = set(building.previous.history) if building.previous else set()
    for vintage in history.vintages:
        if vintage.unflagged and vintage not in known:
            building.warnings.append(
                f"{vintage.source}: {vintage.unflagged} of {vintage.revised} revised values do"
                " not bear BLS's mark, so a release before this one was missed."
            )


def main(argv: Sequence[str] | None = None) -> int:
    """The job as a program."""
    return main_of("build_tables", build_tables, argv)


if __name__ == "__main__":
    exit_with(main())
