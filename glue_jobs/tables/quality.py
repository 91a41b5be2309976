"""What must hold before a file's rows are published, checked while they stream by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glue_jobs.errors import GuardTripped, QualityFailure, UnknownSeries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from glue_jobs.tables.flatfile import Reject

MOST_REJECTED = 0.001
"""Maximum share of rejected rows; a file with more is refused."""

MOST_SHRINKING = 0.1
"""Maximum share of its rows that a data file may lose from one release to the next."""


@dataclass
class Findings:
    """What was noticed in one file.

    Attributes:
        name: the file.
        most_rejects: more than so many cannot be borne, however many rows follow.
        rejects: the lines set aside.
        warnings: what a person may want to know.
    """

    name: str
    most_rejects: int
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def reject(self, rejects: Iterable[Reject]) -> None:
        """Sets lines aside; gives the file up as soon as there are hopelessly many."""
        self.rejects.extend(rejects)
        if len(self.rejects) > self.most_rejects:
            raise self._too_many("at least ")

    def warn(self, text: str) -> None:
        """Notes something that does not hinder."""
        self.warnings.append(f"{self.name} {text}.")

    def check_rejects(self, rows: int) -> None:
        """Fails the file if more than ``MOST_REJECTED`` of its lines were rejects."""
        if len(self.rejects) > MOST_REJECTED * (rows + len(self.rejects)):
            raise self._too_many("")

    def _too_many(self, about: str) -> QualityFailure:
        first = min(self.rejects, key=lambda reject: reject.line)
        return QualityFailure(
            f"{self.name}: {about}{len(self.rejects)} lines cannot be read, more than"
            f" {MOST_REJECTED:.1%}; the first is line {first.line}, which {first.reason}.",
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


class KnownSeries:
    """The series that a survey's series file names, to hold observations against.

    Both files ascend by series_id, so one pass over each is enough, and only the part around
    the current place is in memory.
    """

    def __init__(self, series_table: BinaryIO) -> None:
        """Takes the Parquet file of the survey's series, sorted by series_id."""
        self._groups = self._read(series_table)
        self._window = pa.array([], pa.string())

    def check(self, name: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Passes batches of observations on if all their series are known.

        Raises:
            UnknownSeries: at the first series that is not.
        """
        for batch in batches:
            # A sorted batch has its series in order, so the words of its dictionary are.
            words = batch.column("series_id").dictionary
            unknown = self._unknown(words)
            if unknown:
                raise UnknownSeries(
                    f"{name} has observations of the series {ascii(unknown[0])[1:-1][:40]}, which"
                    " the series file does not name.",
                    hint="BLS may be in the middle of a release.",
                )
            yield batch

    def check_table(self, name: str, data_table: BinaryIO) -> None:
        """The same for observations that are a Parquet file already."""
        file = pq.ParquetFile(data_table, read_dictionary=["series_id"])
        for _ in self.check(name, file.iter_batches(columns=["series_id"])):
            pass

    def _unknown(self, words: pa.Array) -> Sequence[str]:
        if not len(words):
            return []
        last = words[-1].as_py()
        parts = [self._window.filter(pc.greater_equal(self._window, words[0]))]
        while not (len(parts[-1]) and parts[-1][-1].as_py() >= last):
            following = next(self._groups, None)
            if following is None:
                break
            parts.append(following)
        self._window = pa.concat_arrays(parts)
        known = pc.is_in(words, value_set=self._window)
        unknown: list[str] = words.filter(pc.invert(known)).to_pylist()
        return unknown

    @staticmethod
    def _read(series_table: BinaryIO) -> Iterator[pa.Array]:
        file = pq.ParquetFile(series_table)
        for batch in file.iter_batches(batch_size=1 << 16, columns=["series_id"]):
            yield batch.column("series_id")
