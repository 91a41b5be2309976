"""Judges each landed file of a survey before anything of its release is named or stored.

A file that cannot be converted, or whose content breaks what must hold, is held back: the release
shows its effective version instead, the newest landed one that converted, or no table where none
did. So one file's trouble delays no other. Whatever has to be converted is converted here, in
scratch, so that a release's name can say what it shows.

Data files are held against the series file. BLS writes them minutes apart, so what does not fit may
fit on the next run: the newer of the two waits for the other, for a day.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import HeldBack
from glue_jobs.errors import (
    GuardTripped,
    IntegrityFailure,
    LakeError,
    QualityFailure,
    TryAgainLater,
    UnknownSeries,
)
from glue_jobs.moments import from_text, to_text
from glue_jobs.raw_zone import kept_source, landed_source, older_versions
from glue_jobs.storage import copy_verified, names
from glue_jobs.tables.convert import convert_data, convert_table
from glue_jobs.tables.plan import Role, is_same_converter, plan_survey
from glue_jobs.tables.quality import KnownSeries, check_shrinking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import Callable

    from glue_jobs.catalog.manifests import LandedFile
    from glue_jobs.catalog.pointers import Pointer, TableFile
    from glue_jobs.job import Run
    from glue_jobs.tables.convert import Converted, Source
    from glue_jobs.tables.plan import Planned

_HEALS_WITHIN = timedelta(days=1)
"""So long after its newest file, BLS may still be in the middle of a release."""

_COPIES = {Role.SERIES: "series.parquet", Role.OTHER: "footnote.parquet"}
"""Where in scratch the tables lie that the build itself reads."""


@dataclass(frozen=True)
class Verdict:
    """What a release shows of a landed file.

    Attributes:
        place: of its table.
        shown: hash of the version that the table is made from, in hex; empty where there is no
            table: of a document, or where no version converts.
        held: why that is not the landed version; None where it is.
        taken_over: the current release's file, where the table is as it was.
        made: the table's Parquet file in scratch, where it was converted now.
        converted: what became of the file then.
    """

    place: Planned
    shown: str
    held: HeldBack | None = None
    taken_over: TableFile | None = None
    made: Path | None = None
    converted: Converted | None = None


def held_of(verdicts: Sequence[Verdict]) -> dict[str, HeldBack]:
    """The files that are held back, by name."""
    return {verdict.place.name: verdict.held for verdict in verdicts if verdict.held}


def held_failures(held: Mapping[str, HeldBack], now: datetime) -> Iterator[LakeError]:
    """What a run fails with that leaves files held back: one failure for each."""
    for file in held.values():
        shows = "its last good version is shown" if file.shown_sha256 else "it has no table yet"
        told = f"{file.reason} It is held back since {file.since}; {shows}."
        heals = file.heals_until and now <= from_text(file.heals_until)
        yield TryAgainLater(told, hint=file.hint) if heals else QualityFailure(told, hint=file.hint)


def is_judged(held: HeldBack, landed: LandedFile, *, allow_shrink: bool) -> bool:
    """Whether a verdict still counts: another one takes other bytes, or a new permission."""
    return held.sha256 == landed.sha256 and (held.allowed or not allow_shrink)


class Judge:
    """Converts and checks the files of one survey, beside what its current release has."""

    def __init__(
        self,
        run: Run,
        survey: str,
        previous: Pointer | None,
        landed: Mapping[str, LandedFile],
        scratch: Path,
        *,
        takes_over: bool,
    ) -> None:
        """Takes all that a verdict depends on.

        Args:
            run: whose settings count.
            survey: its code.
            previous: the current pointer, None for the first release.
            landed: the files of the manifest, by name.
            scratch: a folder for tables that are made.
            takes_over: whether files of the current release may be taken over.
        """
        self._run, self._survey, self._landed = run, survey, landed
        self._previous, self._scratch = previous, scratch
        self._takes_over = (
            takes_over and previous is not None and is_same_converter(previous.made_by)
        )
        self._held = previous.held if previous else {}
        newest = max(from_text(file.last_modified) for file in landed.values())
        self._heals_until = to_text(newest + _HEALS_WITHIN)
        self._known_series: Callable[[], KnownSeries] | None = None
        self._series_changed = False

    def judge_all(self) -> list[Verdict]:
        """A verdict on every landed file, the series file first.

        Raises:
            LakeError: raw or the current release cannot be read; nothing can be said.
        """
        places, seconds = self._by_table(plan_survey(self._survey, sorted(self._landed)))
        series = [place for place in places if place.role is Role.SERIES]
        others = [place for place in places if place.role is not Role.SERIES]
        judged = [self._judge(place) for place in series]
        try:
            judged = self._judge_beside(judged, others)
        except UnknownSeries as error:
            # Not even what is shown of the data fits: the series file is the one that is ahead.
            judged = [self._hold(place, error, self._shown_before(place)) for place in series]
            judged = self._judge_beside(judged, others)
        for place in seconds:
            judged.append(self._judge_second(place, judged))
        return judged

    def _by_table(self, places: Sequence[Planned]) -> tuple[list[Planned], list[Planned]]:
        """One file for each table, and those that would become a table that another makes.

        Whoever made the table of the current release goes on making it.
        """
        makers: dict[str, Planned] = {}
        for place in places:
            before = self._before(place)
            if place.path not in makers or (before and before.source == place.name):
                makers[place.path] = place
        firsts = set(makers.values())
        return (
            [place for place in places if place in firsts],
            [place for place in places if place not in firsts],
        )

    def _judge_second(self, place: Planned, judged: Sequence[Verdict]) -> Verdict:
        """Holds a file back that would become a table which another file makes already."""
        makers = [one for one in judged if one.place.path == place.path and (one.shown or one.held)]
        if not makers:
            return self._judge(place)
        source = landed_source(self._run.storage, self._survey, self._landed[place.name])
        told = (
            f"{place.name} would become {place.table}, which is made from {makers[0].place.name}."
        )
        try:
            if convert_table(source, self._scratch / "second", self._scratch) is None:
                return Verdict(place, "")
        except QualityFailure as error:
            return self._hold(place, error, Verdict(place, ""))
        return self._hold(place, QualityFailure(told), Verdict(place, ""))

    def _judge_beside(self, series: Sequence[Verdict], others: Sequence[Planned]) -> list[Verdict]:
        self._known_series, self._series_changed = None, False
        for verdict in series:
            before = self._before(verdict.place)
            self._series_changed = not before or before.source_sha256 != verdict.shown
            if verdict.shown:
                path = verdict.made or self._scratch / _COPIES[Role.SERIES]
                self._known_series = partial(_open_series, path)
        return [*series, *map(self._judge, others)]

    def _judge(self, place: Planned) -> Verdict:
        landed = self._landed[place.name]
        source = partial(landed_source, self._run.storage, self._survey, landed)
        try:
            return self._attempt(place, landed.sha256, source)
        except (QualityFailure, GuardTripped) as error:
            return self._hold(place, error, self._effective(place))

    def _hold(self, place: Planned, error: LakeError, shown: Verdict) -> Verdict:
        landed = self._landed[place.name]
        known = self._held.get(place.name)
        held = HeldBack(
            reason=str(error),
            hint=error.hint,
            since=known.since if known else landed.retrieved_at,
            sha256=landed.sha256,
            shown_sha256=shown.shown,
            allowed=self._run.settings.allow_shrink,
            heals_until=self._heals_until if isinstance(error, UnknownSeries) else "",
        )
        return replace(shown, held=held)

    def _effective(self, place: Planned) -> Verdict:
        """The newest older version that converts; those that were judged before are passed over."""
        before, judged = self._before(place), self._held.get(place.name)
        until = {before.source_sha256 if before else "", judged.sha256 if judged else ""}
        for sha256 in older_versions(self._run.storage, self._survey, place.name, until):
            with contextlib.suppress(QualityFailure, GuardTripped, IntegrityFailure):
                return self._attempt(place, sha256, partial(self._kept, place.name, sha256))
        return self._shown_before(place)

    def _shown_before(self, place: Planned) -> Verdict:
        """What the current release shows."""
        before = self._before(place)
        if before is None:
            return Verdict(place, "")
        sha256 = before.source_sha256
        return self._attempt(place, sha256, partial(self._kept, place.name, sha256))

    def _kept(self, name: str, sha256: str) -> Source:
        return kept_source(self._run.storage, name, names.raw_file(self._survey, name), sha256)

    def _attempt(self, place: Planned, sha256: str, source: Callable[[], Source]) -> Verdict:
        """Takes a version's table over, or makes it.

        Raises:
            QualityFailure: it cannot be made, or may not be published.
            GuardTripped: it has lost a large part of its rows.
        """
        before = self._before(place)
        if before and before.source_sha256 == sha256 and self._may_take_over(place, before):
            if place.role is Role.DATA and self._series_changed:
                self._check_series(place, before)
            return Verdict(place, sha256, taken_over=before)
        opened = source()
        self._run.progress.step(f"{place.name}: converting {opened.size:,} bytes")
        target = self._scratch / place.path
        target.parent.mkdir(parents=True, exist_ok=True)
        converted = self._convert(place, opened, target)
        if converted is None:
            return Verdict(place, "")
        self._check_columns(place, converted)
        if before and place.role is not Role.OTHER:
            allowed = self._run.settings.allow_shrink
            check_shrinking(place.name, before.rows, converted.rows, allowed=allowed)
        return Verdict(place, sha256, made=target, converted=converted)

    def _convert(self, place: Planned, source: Source, target: Path) -> Converted | None:
        """Makes a file's table; None for a document."""
        if place.role is Role.DATA:
            return convert_data(source, target, self._scratch, self._known_series)
        table = convert_table(source, target, self._scratch)
        if table is None:
            # One that was a table yesterday is damaged, not a document.
            if place.role is Role.SERIES or self._before(place):
                raise QualityFailure(f"{place.name} has no header line any more.")
        elif place.role is Role.SERIES and table.columns[0].name != "series_id":
            raise QualityFailure(f"{place.name} does not begin with the column series_id.")
        return table

    def _before(self, place: Planned) -> TableFile | None:
        """The Parquet file that the current release has in a file's place."""
        if self._previous is None or place.table not in self._previous.tables:
            return None
        files = self._previous.tables[place.table].files
        return next((file for file in files if file.path == place.path), None)

    def _may_take_over(self, place: Planned, before: TableFile) -> bool:
        """Whether the current release has what a conversion would give again.

        Of tables that the build itself reads it is made sure.
        """
        if not self._takes_over or self._previous is None:
            return False
        if place.role is not Role.SERIES and not place.table.endswith("_footnote"):
            return True
        storage, key = self._run.storage, self._previous.folder + before.path
        if storage.stat(key) is None:
            return False
        try:
            copy_verified(storage, key, before.sha256, self._scratch / _COPIES[place.role])
        except IntegrityFailure:
            return False
        return True

    def _check_series(self, place: Planned, before: TableFile) -> None:
        """Holds an unchanged data file against a series file that has changed."""
        if self._known_series is None or self._previous is None:
            return
        path = self._scratch / "unchanged.parquet"
        key = self._previous.folder + before.path
        copy_verified(self._run.storage, key, before.sha256, path)
        with path.open("rb") as stream:
            self._known_series().check_table(place.name, stream)

    def _check_columns(self, place: Planned, converted: Converted) -> None:
        """Refuses a table that lost a column: views and users' queries name it."""
        known = self._previous.tables.get(place.table) if self._previous else None
        if known is None or self._run.settings.allow_shrink:
            return
        names_now = {column.name for column in converted.columns}
        gone = [column.name for column in known.columns if column.name not in names_now]
        if gone:
            raise QualityFailure(
                f"{place.name} has no column {gone[0]} any more.",
                hint="If BLS has really dropped it: --allow-shrink",
            )


def _open_series(path: Path) -> KnownSeries:
    return KnownSeries(path.open("rb"))
