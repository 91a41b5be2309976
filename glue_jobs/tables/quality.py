"""What must hold before a file's rows are published, and what is counted while they stream by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glue_jobs.errors import GuardTripped, QualityFailure
from glue_jobs.tables.fields import KNOWN_PERIODS, NOT_AVAILABLE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from glue_jobs.tables.flatfile import Reject, Rows

MOST_SHRINKING = 0.1
"""Maximum share of its rows that a data file may lose from one release to the next."""

MOST_TEXT = 0.01
"""Share of values that may be text in any data file; more must have been there before."""


@dataclass(frozen=True)
class Tolerance:
    """How many of a file's lines may be rejects: so many, or that share if it is more."""

    lines: int
    share: float

    def of(self, lines: int) -> int:
        """The most rejects among so many lines."""
        return max(self.lines, int(lines * self.share))


OBSERVATIONS = Tolerance(0, 0.001)
SERIES = Tolerance(3, 0.001)
MAPPING = Tolerance(3, 0.01)
"""A mapping file of 75 lines, one of them damaged, is worth more than none."""


@dataclass
class Findings:
    """What was noticed in one file.

    Attributes:
        name: the file.
        tolerance: of rejects.
        most_rejects: more than so many cannot be borne, however many rows follow.
        rejects: the lines set aside.
        warnings: what a person may want to know.
        tells_texts: whether values that are text are worth a warning.
        texts: values that are text; ``-``, which says that a figure is not available, is none.
    """

    name: str
    tolerance: Tolerance
    most_rejects: int
    tells_texts: bool = False
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    texts: int = 0
    _short: int = 0
    _not_utf8: int = 0
    _periods: set[str] = field(default_factory=set)

    def note(self, rows: Rows) -> None:
        """Counts what a block held; gives the file up as soon as there are hopelessly many rejects.

        Raises:
            QualityFailure: there are.
        """
        self.reject(rows.rejects)
        self._short += rows.short
        self._not_utf8 += rows.not_utf8
        names = rows.batch.schema.names
        if "value_text" in names:
            text = rows.batch.column("value_text")
            self.texts += int(pc.sum(pc.not_equal(text, NOT_AVAILABLE)).as_py() or 0)
            words = rows.batch.column("period").dictionary.to_pylist()
            self._periods |= set(words) - KNOWN_PERIODS

    def reject(self, rejects: Iterable[Reject]) -> None:
        """Sets lines aside.

        Raises:
            QualityFailure: there are hopelessly many.
        """
        self.rejects.extend(rejects)
        if len(self.rejects) > self.most_rejects:
            raise self._too_many("at least ")

    def warn(self, text: str) -> None:
        """Notes something that does not hinder."""
        self.warnings.append(f"{self.name} {text}.")

    def finish(self, rows: int) -> None:
        """Tells what was counted of a file that was read to its end.

        Raises:
            QualityFailure: more of its lines are rejects than may be, or all of them.
        """
        count = len(self.rejects)
        if count > self.tolerance.of(rows + count) or (count and not rows):
            raise self._too_many("")
        if count and self.tolerance is not OBSERVATIONS:
            self.warn(f"has lines that cannot be read, and were set aside: {count}")
        if self._short:
            self.warn(f"has rows that end before their last field, taken as blank: {self._short}")
        if self._not_utf8:
            self.warn(f"has lines that are not UTF-8, read as Windows-1252: {self._not_utf8}")
        if self._periods:
            told = ", ".join(sorted(self._periods)[:5])
            self.warn(f"has periods that are not known: {told}")
        if self.texts and self.tells_texts:
            self.warn(f"has values that are text, which stand in value_text: {self.texts}")

    def _too_many(self, about: str) -> QualityFailure:
        first = min(self.rejects, key=lambda reject: reject.line)
        most = f"{self.tolerance.share:.1%}"
        if self.tolerance.lines:
            most = f"{self.tolerance.lines} lines and {most}"
        return QualityFailure(
            f"{self.name}: {about}{len(self.rejects)} lines cannot be read, more than"
            f" {most}; the first is line {first.line}, which {first.reason}.",
            hint="The raw file is kept as it was received.",
        )


def check_shrinking(name: str, before: int, now: int, *, allowed: bool) -> None:
    """Refuses a data file that lost a large part of its rows, unless told to accept it.

    Raises:
        GuardTripped: more than ``MOST_SHRINKING`` of the rows are gone.
    """
    if now < before * (1 - MOST_SHRINKING) and not allowed:
        raise GuardTripped(
            f"{name} has {now:,} rows where the last release had {before:,}.",
            hint="If BLS has really removed them: --allow-shrink",
        )


def check_texts(name: str, texts: int, rows: int, before: float, *, allowed: bool) -> None:
    """Refuses a data file in which much became text that was numbers before.

    Args:
        name: the file.
        texts: values that are text now.
        rows: all of its rows.
        before: the share of text in the file's last table.
        allowed: whether it was told to accept it.

    Raises:
        GuardTripped: more than ``MOST_TEXT`` is text, and more than twice the share of before.
    """
    share = texts / rows if rows else 0.0
    if share > MOST_TEXT and share > 2 * before and not allowed:
        raise GuardTripped(
            f"{name} has text in place of {texts:,} of {rows:,} values ({share:.1%}); the last"
            f" release had {before:.1%}.",
            hint="If BLS really prints it so: --allow-shrink",
        )


def count_unlisted(data_table: BinaryIO, series_table: BinaryIO) -> tuple[int, str]:
    """How many observations are of series that the series file does not name, and the first one.

    Both tables ascend by series_id, so one pass over each is enough, and only the part around the
    current place is in memory.
    """
    count, first = 0, ""
    known = _KnownSeries(series_table)
    file = pq.ParquetFile(data_table, read_dictionary=["series_id"])
    for batch in file.iter_batches(columns=["series_id"]):
        series = batch.column("series_id")
        unknown = known.unknown(series.dictionary)
        if len(unknown):
            first = first or unknown[0].as_py()
            places = pc.index_in(unknown, value_set=series.dictionary)
            count += int(pc.sum(pc.is_in(series.indices, value_set=places)).as_py() or 0)
    return count, first


class _KnownSeries:
    """The series that a survey's series file names, in order."""

    def __init__(self, series_table: BinaryIO) -> None:
        file = pq.ParquetFile(series_table)
        self._groups = (
            batch.column("series_id")
            for batch in file.iter_batches(batch_size=1 << 16, columns=["series_id"])
        )
        self._window = pa.array([], pa.string())

    def unknown(self, words: pa.Array) -> pa.Array:
        """Which of some series are not named; they ascend, and follow those asked before."""
        last = words[-1].as_py()
        parts = [self._window.filter(pc.greater_equal(self._window, words[0]))]
        while not (len(parts[-1]) and parts[-1][-1].as_py() >= last):
            following = next(self._groups, None)
            if following is None:
                break
            parts.append(following)
        self._window = pa.concat_arrays(parts)
        return words.filter(pc.invert(pc.is_in(words, value_set=self._window)))
