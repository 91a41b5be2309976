"""Judges each landed file of a subject before anything of its release is named or stored.

A file that cannot be converted, or whose content breaks what must hold, is held back: the release
shows its effective version instead, the newest landed one that converted, or no table where none
did. So one file's trouble delays no other. Whatever has to be converted is converted here, in
scratch, so that a release's name can say what it shows.

Observations of series that the series file does not name are kept and counted: BLS writes the two
files minutes apart, and lists some series nowhere.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.catalog.pointers import HeldBack
from glue_jobs.converting import Conversions
from glue_jobs.current_release import CurrentRelease
from glue_jobs.errors import GuardTripped, IntegrityFailure, LakeError, QualityFailure
from glue_jobs.held import is_permitted_alike
from glue_jobs.raw_zone import contents_of, older_versions, start_of
from glue_jobs.sources.places import tables_of
from glue_jobs.sources.registry import upstream_of
from glue_jobs.tables.header import looks_tabular, read_header
from glue_jobs.tables.plan import Role
from glue_jobs.tables.quality import check_shrinking, check_texts, count_unlisted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Callable

    from glue_jobs.catalog.pointers import Pointer, TableFile
    from glue_jobs.running import Run
    from glue_jobs.sources.protocol import Landed
    from glue_jobs.tables.convert import Converted
    from glue_jobs.tables.plan import Planned

_SERIES_COPY = "series.parquet"
"""Where in scratch the series table lies that is taken over: series of data are looked up in it."""


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
        unlisted: observations of series that the shown series file does not name.
    """

    place: Planned
    shown: str
    held: HeldBack | None = None
    taken_over: TableFile | None = None
    made: Path | None = None
    converted: Converted | None = None
    unlisted: int = 0


def held_of(verdicts: Sequence[Verdict]) -> dict[str, HeldBack]:
    """The files that are held back, by name."""
    return {verdict.place.name: verdict.held for verdict in verdicts if verdict.held}


class Judge:
    """Converts and checks the files of one subject, beside what its current release has.

    Attributes:
        warnings: sentences for the summary, of all files.
    """

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
        self._conversions = Conversions(run, subject, scratch)
        self._starts: dict[str, bytes] = {}  # of contents, by their hash: each is read once
        self._series_path: Path | None = None
        self._series_changed = False
        self.warnings: list[str] = []

    def judge_all(self) -> list[Verdict]:
        """A verdict on every landed file that may be a table, the series file first.

        Raises:
            LakeError: raw or the current release cannot be read; nothing can be said.
        """
        files = [self._landed[name] for name in sorted(self._landed)]
        placed = [place for file in files if (place := self._place(file)) is not None]
        places, seconds = self._by_table(
            sorted(placed, key=lambda place: (place.role is not Role.SERIES, place.name))
        )
        self._conversions.begin(list(self._to_convert(places)))
        judged: list[Verdict] = []
        for place in places:
            verdict = self._judge(place)
            if place.role is Role.SERIES:
                self._look_series_up_in(verdict)
            judged.append(self._with_unlisted(verdict))
        for place in seconds:
            judged.append(self._judge_second(place, judged))
        return judged

    def _to_convert(self, places: Sequence[Planned]) -> Iterator[tuple[Planned, Landed]]:
        """The files whose landed version is not the one that the current release shows."""
        for place in places:
            landed = self._landed[place.name]
            if not self._takes_over or not self._current.is_made_of(place, landed.sha256):
                with contextlib.suppress(QualityFailure):  # it is told when its turn comes
                    yield self._actual(place, landed), landed

    def _place(self, file: Landed) -> Planned | None:
        """Where a landed file's table belongs; None where it has none, and never had."""
        made = self._current.place_of(file.name)
        if made is not None and self._current.is_made_of(made, file.sha256):
            return made
        start = self._start_of(file)
        place = self._tables.place(self._subject, file.name, start)
        if made is not None and (place is None or not self._may_become(made, place, start)):
            return made
        if place is None and looks_tabular(start):
            self.warnings.append(f"{file.name} looks like a table, and is kept as a document.")
        return place

    def _may_become(self, made: Planned, place: Planned, start: bytes) -> bool:
        """Whether a file's table may become another one, since its header says so now."""
        if made.path == place.path:
            return True
        return self._run.settings.allow_shrink and read_header(place.name, start) is not None

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
            if self._tables.convert(place, contents, target, self._scratch) is None:
                return Verdict(place, "")
        except QualityFailure as error:
            return self._hold(place, error, Verdict(place, ""))
        return self._hold(place, QualityFailure(told), Verdict(place, ""))

    def _look_series_up_in(self, verdict: Verdict) -> None:
        before = self._current.in_place_of(verdict.place)
        self._series_changed = not before or before.source_sha256 != verdict.shown
        if verdict.shown:
            self._series_path = verdict.made or self._copy_of(verdict.place)

    def _with_unlisted(self, verdict: Verdict) -> Verdict:
        """Counts the observations of a data file whose series are not listed."""
        if verdict.place.role is not Role.DATA or not verdict.shown or not self._series_path:
            return verdict
        if verdict.taken_over is not None and not self._series_changed:
            return replace(verdict, unlisted=verdict.taken_over.unlisted)
        path = verdict.made or self._copy_of(verdict.place)
        with path.open("rb") as data, self._series_path.open("rb") as series:
            count, first = count_unlisted(data, series)
        if count:
            self.warnings.append(
                f"{verdict.place.name} has {count:,} observations of series that the series file"
                f" does not name, such as {ascii(first)[1:-1][:40]}; they are kept."
            )
        return replace(verdict, unlisted=count)

    def _judge(self, place: Planned) -> Verdict:
        landed = self._landed[place.name]
        try:
            return self._attempt(place, landed.sha256, lambda: landed)
        except (QualityFailure, GuardTripped) as error:
            shown = self._effective(place)
            if not shown.shown and self._is_no_table(landed):
                # It may be called anything; nothing that it was before is lost.
                self.warnings.append(f"{error} It is kept as a document.")
                return Verdict(place, "")
            return self._hold(place, error, shown)

    def _is_no_table(self, landed: Landed) -> bool:
        start = self._start_of(landed)
        return read_header(landed.name, start) is None and not looks_tabular(start)

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
        )
        return replace(shown, held=held)

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
        return self._current.is_of_this_converter and is_permitted_alike(
            known, allow_shrink=self._run.settings.allow_shrink
        )

    def _shown_before(self, place: Planned) -> Verdict:
        """What the current release shows; nothing where that can neither be made nor taken over."""
        own = self._current.made_from(place)
        if own is None:
            return Verdict(place, "")
        sha256 = own.source_sha256
        with contextlib.suppress(QualityFailure, GuardTripped, IntegrityFailure):
            return self._attempt(place, sha256, partial(self._kept, place.name, sha256))
        # Another converter may refuse what this one took; what was published is right all the same.
        if not self._current.copy_if_whole(own, self._copy_of(place)):
            return Verdict(place, "")
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
        landed = find()
        size = sum(one.bytes for one in landed.objects)
        self._run.progress.step(f"{place.name}: converting {size:,} bytes")
        place = self._actual(place, landed)
        converted = self._conversions.convert(place, landed)
        if converted is None:
            # One that was a table yesterday is damaged, not a document.
            if self._current.made_from(place):
                raise QualityFailure(f"{place.name} has no header line any more.")
            self._warn_of_document(landed)
            return Verdict(place, "")
        self._check(place, sha256, converted)
        made = self._conversions.target_of(place)
        return Verdict(place, sha256, made=made, converted=converted)

    def _start_of(self, landed: Landed) -> bytes:
        if landed.sha256 not in self._starts:
            self._starts[landed.sha256] = start_of(self._run.storage, landed)
        return self._starts[landed.sha256]

    def _actual(self, place: Planned, landed: Landed) -> Planned:
        """The place of a version, which must be the one that its file has.

        Raises:
            QualityFailure: its header names other columns than those of that table.
        """
        start = self._start_of(landed)
        actual = self._tables.place(self._subject, landed.name, start)
        if actual is None or actual.path == place.path:
            return actual or place
        raise QualityFailure(
            f"{landed.name} names its columns differently: it was a part of {place.table}, and"
            f" would be one of {actual.table}.",
            hint="If BLS really means it: --allow-shrink",
        )

    def _check(self, place: Planned, sha256: str, converted: Converted) -> None:
        """Holds a table against the one that it follows.

        Raises:
            QualityFailure: it has lost a column.
            GuardTripped: it has lost many of its rows, or many of its numbers are text now.
        """
        before = self._current.in_place_of(place)
        # What the same bytes give is right, also where a table of wrong rows was made of them.
        if before is None or before.source_sha256 == sha256:
            return
        self._check_columns(place, converted)
        if place.role is not Role.OTHER:
            allowed = self._run.settings.allow_shrink
            check_shrinking(place.name, before.rows, converted.rows, allowed=allowed)
        if place.role is Role.DATA:
            share = before.texts / before.rows if before.rows else 0.0
            check_texts(place.name, converted.texts, converted.rows, share, allowed=allowed)

    def _warn_of_document(self, landed: Landed) -> None:
        start = self._start_of(landed)
        if read_header(landed.name, start) is None and looks_tabular(start):
            self.warnings.append(
                f"{landed.name} looks like a table, but has no header line that names its columns;"
                " it is kept as a document."
            )

    def _may_take_over(self, place: Planned, own: TableFile) -> bool:
        """Whether the current release has what a conversion would give again.

        What is read of it, here or by the build, must have its recorded hash.

        Raises:
            UnknownSeries: it does not fit the series file, which has changed.
        """
        if not self._takes_over:
            return False
        is_read = place.role is Role.SERIES or place.table == table_names.footnotes(self._subject)
        is_read |= place.role is Role.DATA and self._series_changed
        if not is_read:
            return self._current.is_there(own)
        return self._current.copy_if_whole(own, self._copy_of(place))

    def _copy_of(self, place: Planned) -> Path:
        """Where in scratch a table lies that is taken over, once it was copied to be read."""
        is_series = place.role is Role.SERIES
        return self._scratch / (_SERIES_COPY if is_series else "unchanged.parquet")

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
