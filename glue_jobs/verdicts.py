"""Judges each landed file of a subject before anything of its release is named or stored.

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

from glue_jobs import table_names
from glue_jobs.catalog.pointers import HeldBack
from glue_jobs.current_release import CurrentRelease
from glue_jobs.errors import (
    GuardTripped,
    IntegrityFailure,
    LakeError,
    QualityFailure,
    TryAgainLater,
    UnknownSeries,
)
from glue_jobs.raw_zone import contents_of, older_versions
from glue_jobs.sources.places import tables_of
from glue_jobs.sources.registry import upstream_of
from glue_jobs.tables.plan import Role
from glue_jobs.tables.quality import KnownSeries, check_shrinking
from glue_jobs.timestamps import from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import Callable

    from glue_jobs.catalog.pointers import Pointer, TableFile
    from glue_jobs.running import Run
    from glue_jobs.sources.protocol import Landed
    from glue_jobs.tables.convert import Content, Converted
    from glue_jobs.tables.plan import Planned

_HEALS_WITHIN = timedelta(days=1)
"""So long after its newest file, BLS may still be in the middle of a release."""

_SERIES_COPY = "series.parquet"
"""Where in scratch the series table lies that is taken over: data files are held against it."""


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
        shows = "its last good version is shown" if file.shown_sha256 else "it has no table"
        told = f"{file.reason} It is held back since {file.since}; {shows}."
        heals = file.heals_until and now <= from_text(file.heals_until)
        yield TryAgainLater(told, hint=file.hint) if heals else QualityFailure(told, hint=file.hint)


def is_judged(held: HeldBack, landed: Landed, *, allow_shrink: bool) -> bool:
    """Whether a verdict still counts: another one takes other bytes, or a new permission."""
    return held.sha256 == landed.sha256 and _is_permitted_alike(held, allow_shrink=allow_shrink)


def _is_permitted_alike(held: HeldBack, *, allow_shrink: bool) -> bool:
    """Whether nothing may be published now that might not be when a verdict was found."""
    return held.allowed or not allow_shrink


class Judge:
    """Converts and checks the files of one subject, beside what its current release has."""

    def __init__(
        self,
        run: Run,
        subject: str,
        previous: Pointer | None,
        landed: Mapping[str, Landed],
        scratch: Path,
        *,
        takes_over: bool,
    ) -> None:
        """Takes all that a verdict depends on.

        Args:
            run: whose settings count.
            subject: whose.
            previous: the current pointer, None for the first release.
            landed: the files of the manifest, by name.
            scratch: a folder for tables that are made.
            takes_over: whether files of the current release may be taken over.
        """
        self._run, self._subject, self._landed, self._scratch = run, subject, landed, scratch
        self._upstream, self._tables = upstream_of(subject), tables_of(subject)
        self._current = CurrentRelease(run.storage, previous, self._tables.schema)
        self._takes_over = takes_over and self._current.is_of_this_converter
        newest = max(from_text(file.released_at) for file in landed.values())
        self._heals_until = to_text(newest + _HEALS_WITHIN)
        self._known_series: Callable[[], KnownSeries] | None = None
        self._series_changed = False
        self._series: list[Planned] = []
        self._series_waits = False

    def judge_all(self) -> list[Verdict]:
        """A verdict on every landed file, the series file first.

        Raises:
            LakeError: raw or the current release cannot be read; nothing can be said.
        """
        places, seconds = self._by_table(self._tables.plan(self._subject, sorted(self._landed)))
        self._series = [place for place in places if place.role is Role.SERIES]
        others = [place for place in places if place.role is not Role.SERIES]
        judged = [self._judge(place) for place in self._series]
        try:
            judged = self._judge_beside(judged, others)
        except UnknownSeries as error:
            # Not even what is shown of the data fits: the series file is the one that is ahead.
            self._series_waits = True
            judged = [self._hold(place, error, self._shown_before(place)) for place in self._series]
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
            if place.path not in makers or self._current.made_from(place):
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
        told, maker = f"{place.name} would become {place.table}", makers[0].place.name
        told += (
            f", which is made from {maker}."
            if makers[0].shown
            else f", as would {maker}, which is held back and has no table."
        )
        try:
            # A table's own folder in scratch may have any name without a dot.
            contents = contents_of(self._run.storage, self._landed[place.name])
            target = self._scratch / "second.parquet"
            if self._tables.convert(place, contents, target, self._scratch, None) is None:
                return Verdict(place, "")
        except QualityFailure as error:
            return self._hold(place, error, Verdict(place, ""))
        return self._hold(place, QualityFailure(told), Verdict(place, ""))

    def _judge_beside(self, series: Sequence[Verdict], others: Sequence[Planned]) -> list[Verdict]:
        self._known_series, self._series_changed = None, False
        for verdict in series:
            before = self._current.in_place_of(verdict.place)
            self._series_changed = not before or before.source_sha256 != verdict.shown
            if verdict.shown:
                path = verdict.made or self._scratch / _SERIES_COPY
                self._known_series = partial(_open_series, path)
        return [*series, *map(self._judge, others)]

    def _judge(self, place: Planned) -> Verdict:
        landed = self._landed[place.name]
        try:
            return self._attempt(place, landed.sha256, lambda: landed)
        except (QualityFailure, GuardTripped) as error:
            return self._hold(place, error, self._effective(place))

    def _hold(self, place: Planned, error: LakeError, shown: Verdict) -> Verdict:
        landed = self._landed[place.name]
        known = self._current.held.get(place.name)
        held = HeldBack(
            reason=str(error),
            hint=error.hint,
            since=known.since if known else landed.retrieved_at,
            sha256=landed.sha256,
            shown_sha256=shown.shown,
            allowed=self._run.settings.allow_shrink,
            heals_until=self._waits_until(place) if isinstance(error, UnknownSeries) else "",
        )
        return replace(shown, held=held)

    def _waits_until(self, place: Planned) -> str:
        """Until when a file that does not fit the series, or a series file, may heal by itself.

        That stays while neither of them changes, whatever else of the survey does.
        """
        known = self._current.held.get(place.name)
        is_new = [
            self._current.landed_sha256(one) != self._landed[one.name].sha256
            for one in (place, *self._series)
        ]
        if known is None or any(is_new):
            return self._heals_until
        return known.heals_until or self._heals_until

    def _effective(self, place: Planned) -> Verdict:
        """The newest older version that converts."""
        own, known = self._current.made_from(place), self._current.held.get(place.name)
        until = {own.source_sha256} if own else set()
        if known and self._is_settled(place, known):
            until.add(known.sha256)
        for sha256 in older_versions(self._run.storage, self._subject, place.name, until):
            with contextlib.suppress(QualityFailure, GuardTripped, IntegrityFailure):
                return self._attempt(place, sha256, partial(self._kept, place.name, sha256))
        return self._shown_before(place)

    def _is_settled(self, place: Planned, known: HeldBack) -> bool:
        """Whether a version that was held back, and those before it, would be so again."""
        return (
            self._current.is_of_this_converter
            and _is_permitted_alike(known, allow_shrink=self._run.settings.allow_shrink)
            and not known.heals_until
            and not (place.role is Role.DATA and self._series_changed)
        )

    def _shown_before(self, place: Planned) -> Verdict:
        """What the current release shows; nothing where that can neither be made nor taken over.

        Raises:
            UnknownSeries: it does not fit the series file, which can wait.
        """
        own = self._current.made_from(place)
        if own is None:
            return Verdict(place, "")
        sha256 = own.source_sha256
        try:
            return self._attempt(place, sha256, partial(self._kept, place.name, sha256))
        except (QualityFailure, GuardTripped, IntegrityFailure) as error:
            if isinstance(error, UnknownSeries) and not self._series_waits:
                raise
        # Another converter may refuse what this one took; what was published is right all the same.
        if not self._current.copy_if_whole(own, self._copy_of(place)):
            return Verdict(place, "")
        self._check_series(place)
        return Verdict(place, sha256, taken_over=own)

    def _kept(self, name: str, sha256: str) -> Landed:
        return self._upstream.kept(self._run.storage, self._subject, name, sha256)

    def _attempt(self, place: Planned, sha256: str, find: Callable[[], Landed]) -> Verdict:
        """Takes a version's table over, or makes it.

        Raises:
            QualityFailure: it cannot be made, or may not be published.
            GuardTripped: it has lost a large part of its rows.
        """
        own = self._current.made_from(place)
        if own and own.source_sha256 == sha256 and self._may_take_over(place, own):
            return Verdict(place, sha256, taken_over=own)
        contents = contents_of(self._run.storage, find())
        size = sum(content.size for content in contents)
        self._run.progress.step(f"{place.name}: converting {size:,} bytes")
        target = self._scratch / place.path
        target.parent.mkdir(parents=True, exist_ok=True)
        converted = self._convert(place, contents, target)
        if converted is None:
            return Verdict(place, "")
        before = self._current.in_place_of(place)
        # What the same bytes give is right, also where a table of wrong rows was made of them.
        if before is None or before.source_sha256 != sha256:
            self._check_columns(place, converted)
            if before and place.role is not Role.OTHER:
                allowed = self._run.settings.allow_shrink
                check_shrinking(place.name, before.rows, converted.rows, allowed=allowed)
        return Verdict(place, sha256, made=target, converted=converted)

    def _convert(
        self, place: Planned, contents: Sequence[Content], target: Path
    ) -> Converted | None:
        """Makes a file's table; None for a document."""
        table = self._tables.convert(place, contents, target, self._scratch, self._known_series)
        if table is None:
            # One that was a table yesterday is damaged, not a document.
            if place.role is Role.SERIES or self._current.made_from(place):
                raise QualityFailure(f"{place.name} has no header line any more.")
        elif place.role is Role.SERIES and table.columns[0].name != "series_id":
            raise QualityFailure(f"{place.name} does not begin with the column series_id.")
        return table

    def _may_take_over(self, place: Planned, own: TableFile) -> bool:
        """Whether the current release has what a conversion would give again.

        What is read of it, here or by the build, must have its recorded hash.

        Raises:
            UnknownSeries: it does not fit the series file, which has changed.
        """
        if not self._takes_over:
            return False
        is_read = place.role is Role.SERIES or place.table == table_names.footnotes(self._subject)
        if not is_read and not self._must_fit(place):
            return self._current.is_there(own)
        if not self._current.copy_if_whole(own, self._copy_of(place)):
            return False
        self._check_series(place)
        return True

    def _copy_of(self, place: Planned) -> Path:
        """Where in scratch a table lies that is taken over, once it was copied to be read."""
        is_series = place.role is Role.SERIES
        return self._scratch / (_SERIES_COPY if is_series else "unchanged.parquet")

    def _must_fit(self, place: Planned) -> bool:
        """Whether an unchanged table is held against a series file that has changed."""
        return place.role is Role.DATA and self._series_changed and self._known_series is not None

    def _check_series(self, place: Planned) -> None:
        if self._known_series is not None and self._must_fit(place):
            with self._copy_of(place).open("rb") as stream:
                self._known_series().check_table(place.name, stream)

    def _check_columns(self, place: Planned, converted: Converted) -> None:
        """Refuses a table that lost a column: views and users' queries name it."""
        if self._run.settings.allow_shrink:
            return
        names_now = {column.name for column in converted.columns}
        gone = [name for name in self._current.columns_of(place.table) if name not in names_now]
        if gone:
            raise QualityFailure(
                f"{place.name} has no column {gone[0]} any more.",
                hint="If BLS has really dropped it: --allow-shrink",
            )


def _open_series(path: Path) -> KnownSeries:
    return KnownSeries(path.open("rb"))
