"""What is in a release of a subject: its files are judged, then put into a folder with the history.

Only who has to make a release imports this: it needs pyarrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import Pointer, check_is_there
from glue_jobs.errors import AlreadyWritten, StorageFailure
from glue_jobs.held import describe_sources
from glue_jobs.history.survey import History, marks_revisions, why_missed
from glue_jobs.labelling import put_labels
from glue_jobs.raw_zone import landed_since, landed_vintages, up_to_shown
from glue_jobs.release_folder import Building, put_sources, put_table
from glue_jobs.sources.places import tables_of
from glue_jobs.tables.plan import Role
from glue_jobs.timestamps import CLOCKS_DIFFER, release_name
from glue_jobs.verdicts import Judge, held_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Callable

    from glue_jobs.catalog.pointers import HeldBack
    from glue_jobs.current_release import Remake
    from glue_jobs.running import Run
    from glue_jobs.sources.protocol import Landed
    from glue_jobs.verdicts import Verdict

_MOST_MAKINGS = 99
"""Of one release: each is a folder that a wrong or damaged file made useless."""


@dataclass(frozen=True)
class Prepared:
    """A release that can be named, and what puts its tables into its folder.

    Attributes:
        sources: per file name, what tells its content, and what is shown of it, apart.
        held: the files that are held back, by name.
        fill: puts everything into a folder of a release; None where it has files of other bytes.
    """

    sources: Mapping[str, str]
    held: Mapping[str, HeldBack]
    fill: Callable[[str, str], Building | None]


def prepare_release(
    run: Run,
    subject: str,
    previous: Pointer | None,
    remake: Remake,
    landed: Mapping[str, Landed],
    scratch: Path,
) -> Prepared:
    """Judges what was landed, converting in scratch what has changed.

    Raises:
        LakeError: raw or the current release cannot be read.
    """
    judge = Judge(run, subject, previous, landed, scratch, takes_over=not remake.tables)
    verdicts = judge.judge_all()
    held = held_of(verdicts)

    def put_everything(building: Building) -> None:
        building.warnings.extend(judge.warnings)
        if any(verdict.place.role is Role.DATA for verdict in verdicts):
            building.history = History(run.storage, subject, previous, building.scratch)
            _begin_history(run, building.history, subject, previous, remake, landed, verdicts)
        put_labels(building, subject, landed, verdicts, takes_over=not remake.tables)
        for verdict in verdicts:
            put_table(building, landed[verdict.place.name], verdict)
        if tables_of(subject).lists_sources:
            put_sources(building, subject, landed, held)
        _finish_history(building, subject)

    def fill(folder: str, release: str) -> Building | None:
        building = Building(run, folder, previous, scratch, {}, [], [])
        return building if _is_filled(building, subject, release, put_everything) else None

    return Prepared(describe_sources(landed, held), held, fill)


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


def _is_filled(
    building: Building, subject: str, release: str, put_everything: Callable[[Building], None]
) -> bool:
    """Puts everything into the folder; False where it has files of other bytes."""
    try:
        put_everything(building)
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
    before = building.previous.history if building.previous else ()
    marks = marks_revisions(building.run.storage, subject, building.folder, building.tables, before)
    building.tables.update(history.tables(building.previous, marks=marks))
    building.warnings.extend(history.warnings)
    known = set(building.previous.history) if building.previous else set()
    for vintage in history.vintages:
        if vintage.missed_before and vintage not in known:
            building.warnings.append(f"{vintage.source}: {why_missed(vintage)}")
