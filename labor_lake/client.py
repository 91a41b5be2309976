"""The lake in Python: `labor_lake.open("./lake")`, then a call for each question.

    import labor_lake

    lake = labor_lake.open("./lake")
    lake.series("PRS85006092", as_of="2025-06-30").to_pandas()

Everything is read, nothing is written. Answers are Arrow tables in a thin coat, which pandas and
polars take as they are. Nothing is imported, opened or asked before the first question.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from os import PathLike
    from types import TracebackType

    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage
    from labor_lake.finding import Found
    from labor_lake.series import Label
    from labor_lake.tracing import Trace


@dataclass(frozen=True)
class Answer:
    """The rows that answer a question.

    Attributes:
        table: as Arrow has them.
        notes: what one should know of them, in sentences: a release that the lake has missed.
    """

    table: pa.Table
    notes: tuple[str, ...] = ()

    def to_arrow(self) -> pa.Table:
        """The Arrow table."""
        return self.table

    def to_pandas(self, index: str | None = None) -> pd.DataFrame:
        """A DataFrame; dates and times are datetime64.

        Args:
            index: the column that becomes the index; a series' dates are its index by default.

        Raises:
            UsageError: pandas is not installed.
        """
        with _needing("pandas"):
            frame: pd.DataFrame = self.table.to_pandas(date_as_object=False)
        return frame.set_index(index) if index else frame

    def to_polars(self) -> pl.DataFrame:
        """A polars DataFrame.

        Raises:
            UsageError: polars is not installed.
        """
        with _needing("polars"):
            import polars as pl  # noqa: PLC0415 - who wants none needs none
        frame = pl.from_arrow(self.table)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table gives one
        return frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows for whatever reads Arrow: polars, DuckDB, pandas 3."""
        return self.table.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        """How many rows."""
        return int(self.table.num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows as dictionaries."""
        for batch in self.table.to_batches():
            yield from batch.to_pylist()


@dataclass(frozen=True)
class Figures(Answer):
    """The dated figures of one series.

    Attributes:
        label: what the series is.
    """

    label: Label = field(kw_only=True)

    @property
    def title(self) -> str:
        """The series in words."""
        return self.label.title

    def to_pandas(self, index: str | None = "date") -> pd.DataFrame:
        """A DataFrame with the dates as its index."""
        return super().to_pandas(index)


class Lake:
    """A lake, to be asked; make one with ``labor_lake.open``."""

    def __init__(self, settings: Settings) -> None:
        """Opens nothing yet.

        Args:
            settings: name the lake.
        """
        self._settings = settings
        self._engines: dict[str | None, tuple[Engine, list[Pointer]]] = {}

    def __enter__(self) -> Lake:
        """The lake itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Lets go of what was opened."""
        self.close()

    def close(self) -> None:
        """Lets go of what was opened; the next question opens it again, as it is then."""
        self._engines.clear()

    def tables(self) -> list[str]:
        """The names of all tables and views."""
        answer = self.sql("show tables")
        return sorted(str(row) for row in answer.table.column(0).to_pylist())

    def table(self, name: str, *, as_of: date | str | None = None) -> Answer:
        """A table or view, whole.

        Raises:
            UsageError: there is none of that name.
        """
        return Answer(self.stream_table(name, as_of=as_of).read_all(), self._notes(as_of))

    def stream_table(self, name: str, *, as_of: date | str | None = None) -> pa.RecordBatchReader:
        """The same, batch by batch, for what is larger than memory."""
        known = self.tables()
        if name not in known:
            raise UsageError(f"There is no table {name}.", hint="lake.tables() lists them.")
        return self.stream(f"select * from {name}", as_of=as_of)  # noqa: S608 - a known name

    def sql(
        self, statement: str, parameters: Sequence[object] = (), *, as_of: date | str | None = None
    ) -> Answer:
        """The answer to one Athena SQL statement.

        Args:
            statement: with a ``?`` for each parameter.
            parameters: in order.
            as_of: a date, whose end is meant, or a release; None: now.

        Raises:
            UsageError: the statement is wrong.
            UnsupportedSQL: this engine does not answer it.
        """
        engine, _ = self._engine(as_of)
        return Answer(engine.query(statement, parameters), self._notes(as_of))

    def stream(
        self, statement: str, parameters: Sequence[object] = (), *, as_of: date | str | None = None
    ) -> pa.RecordBatchReader:
        """The same, batch by batch; the next question ends it."""
        return self._engine(as_of)[0].stream(statement, parameters)

    def find(
        self,
        words: str,
        *,
        survey: str = "",
        frequency: str = "",
        seasonal: str = "",
        limit: int = 20,
    ) -> list[Found]:
        """The series that words describe, the best first.

        Args:
            words: "gasoline price Denver"; everyday words do: payrolls, inflation.
            survey: only of this one; the largest ones are searched only when they are named.
            frequency: only monthly, quarterly, semiannual or annual ones.
            seasonal: only adjusted ones (S), or unadjusted ones (U).
            limit: how many at most.

        Raises:
            LakeError: an index that was to be searched is damaged.
        """
        from glue_jobs.catalog.indexes import load_index_files  # noqa: PLC0415 - see above
        from glue_jobs.labels.facts import GIANTS  # noqa: PLC0415
        from labor_lake.finding import find  # noqa: PLC0415
        from labor_lake.index_files import open_indexes  # noqa: PLC0415
        from labor_lake.scanning import scan  # noqa: PLC0415

        storage = self._storage()
        listed = load_index_files(storage)
        if survey in GIANTS and survey in listed.without:
            return scan(
                self._engine(None)[0],
                survey,
                words,
                frequency=frequency,
                seasonal=seasonal,
                limit=limit,
            )
        indexes, failures = open_indexes(storage, listed, words, survey)
        for failure in failures:
            raise failure
        return find(
            indexes, words, survey=survey, frequency=frequency, seasonal=seasonal, limit=limit
        )

    def label(self, series_id: str) -> Label:
        """What a series is.

        Raises:
            UsageError: the lake has no such series.
        """
        from labor_lake.series import find_label  # noqa: PLC0415 - see above

        engine, pointers = self._engine(None)
        return find_label(engine, _names(pointers), series_id)

    def series(
        self,
        series_id: str,
        *,
        as_of: date | str | None = None,
        changes: Sequence[str] = (),
    ) -> Figures:
        """The dated figures of a series.

        Args:
            series_id: its id.
            as_of: a date, whose end is meant, or a release; None: now.
            changes: ``change``, ``percent_change``, ``year_over_year``: a column each.

        Returns:
            Columns date, value, the changes, value_text, footnote_codes, period.

        Raises:
            UsageError: the lake has no such series, or knows nothing of that moment.
        """
        from labor_lake.series import read_figures  # noqa: PLC0415 - see above

        label = self.label(series_id)
        engine, _ = self._engine(as_of)
        figures = read_figures(engine, label, changes)
        return Figures(figures, self._notes(as_of, label.survey), label=label)

    def prints(self, series_id: str, year: int | None = None, period: str = "") -> Answer:
        """Every figure that was ever printed for a series, or for one year or period of it.

        Returns:
            Columns date, period, print, release, released_at, value, value_text, revision,
            is_first_print, days_after, footnote_codes, data_file.

        Raises:
            UsageError: the lake has no such series.
        """
        from labor_lake.series import read_prints  # noqa: PLC0415 - see above

        label = self.label(series_id)
        return Answer(read_prints(self._engine(None)[0], label, year, period))

    def changes(self, survey: str, release: str | None = None) -> Answer:
        """What a release changed in a survey, the last one by default, in words.

        Args:
            survey: its code.
            release: its name, 20250904T123000Z.
        """
        from glue_jobs import table_names  # noqa: PLC0415 - see above
        from glue_jobs.subjects import asked_survey  # noqa: PLC0415

        code = asked_survey(survey)
        view, releases = table_names.changes(code), table_names.releases(code)
        newest = f"(select max(release) from {releases})"  # noqa: S608 - a name of our own
        condition = "?" if release else newest
        statement = (
            f"select * from {view} where release = {condition}"  # noqa: S608 - names of our own
            " order by abs(difference) desc nulls last, data_file, series_id, year, period"
        )
        return self.sql(statement, [release] if release else [])

    def trace(self, series_id: str, year: int, period: str) -> list[Trace]:
        """The line of every vintage's own bytes that holds an observation, oldest first."""
        from labor_lake.tracing import find_traces  # noqa: PLC0415 - see above

        return find_traces(self._storage(), series_id, str(year), period)

    def _engine(self, as_of: date | str | None) -> tuple[Engine, list[Pointer]]:
        """The engine of now or of a moment, opened once, and the pointers it is over."""
        from labor_lake.asking import open_asked  # noqa: PLC0415 - see above

        moment = _text(as_of)
        if moment not in self._engines:
            engine, _, pointers, _ = open_asked(self._settings, moment)
            self._engines[moment] = engine, pointers
        return self._engines[moment]

    def _storage(self) -> Storage:
        from glue_jobs.opening import open_lake as open_storage  # noqa: PLC0415 - see above

        return open_storage(self._settings)

    def _notes(self, as_of: date | str | None, survey: str = "") -> tuple[str, ...]:
        """What one should know of a moment."""
        moment = _text(as_of)
        if moment is None:
            return ()
        from labor_lake.asking import notes_on  # noqa: PLC0415 - see above

        return tuple(notes_on(self._settings, moment, survey))


def open_lake(lake: str | PathLike[str] = "./lake", **settings: Any) -> Lake:
    """A lake to be asked.

    Args:
        lake: a directory, or ``s3://bucket/prefix``.
        settings: others, by the names that they have in a `lake.toml`.

    Raises:
        UsageError: there is no lake, or no such setting.
    """
    from glue_jobs.flags import resolve_settings  # noqa: PLC0415 - see above
    from glue_jobs.opening import refuse_missing_lake  # noqa: PLC0415
    from glue_jobs.settings import SETTINGS  # noqa: PLC0415

    for name in settings:
        if name not in {setting.name for setting in SETTINGS}:
            raise UsageError(f"There is no setting {name}.", hint="`lake config` lists them.")
    resolved = resolve_settings({"lake": str(lake), **settings}).settings
    refuse_missing_lake(resolved)
    return Lake(resolved)


def _names(pointers: Sequence[Pointer]) -> set[str]:
    from glue_jobs.catalog.pointers import tables_of  # noqa: PLC0415 - see above

    return tables_of(pointers)


def _text(as_of: date | str | None) -> str | None:
    return None if as_of is None else str(as_of)


@contextmanager
def _needing(package: str) -> Iterator[None]:
    """Says in a sentence which package is missing."""
    try:
        yield
    except ImportError as error:
        raise UsageError(f"{package} is not installed.", hint=f"pip install {package}") from error
