"""The questions that a program may ask a lake, each answered with values that JSON can say.

Nothing is written. What the lake holds is given as data and never as a sentence of ours: a title
may say anything. Each question opens the lake anew, and so is over the releases of that moment.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import athena_sql
from glue_jobs.catalog.pointers import column_names, readable_pointers
from glue_jobs.errors import UnsupportedSQL, UsageError
from glue_jobs.opening import open_lake
from glue_jobs.reports.answers import json_rows
from glue_jobs.sql_files import header_lines
from glue_jobs.table_names import subject_of
from glue_jobs.views import views_over
from labor_lake.asking import notes_on
from labor_lake.client import Lake
from labor_lake.toolbox.bounds import MOST_ROWS, bounded_rows, bounded_table, checked_limit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.settings import Settings

_UP_TO = f"limit goes up to {MOST_ROWS:,}."

_NAME = re.compile(r"[a-z0-9_]+")


class Tools:
    """The tools over one lake."""

    def __init__(self, settings: Settings) -> None:
        """Opens nothing yet.

        Args:
            settings: name the lake.
        """
        self._settings = settings

    def find(
        self, words: str, survey: str = "", frequency: str = "", seasonal: str = "", limit: int = 20
    ) -> dict[str, Any]:
        """Find series by words, the best first: "unit labor costs", "gasoline price Denver".

        Args:
            words: Everyday words do: payrolls, inflation, jobless.
            survey: Only of this survey, by its code: pr, cu, ce.
            frequency: Only monthly, quarterly, semiannual or annual series.
            seasonal: S for seasonally adjusted series only, U for unadjusted ones.
            limit: How many at most.
        """
        wanted = checked_limit(limit)
        with Lake(self._settings) as lake:
            found = lake.find(
                words,
                survey=survey.lower(),
                frequency=frequency.lower(),
                seasonal=seasonal.upper(),
                limit=wanted,
            )
        series = [{**one._asdict(), "missed": list(one.missed)} for one in found]
        return bounded_rows(series, wanted, "Name a survey, or more words.")

    def describe(self, name: str = "") -> dict[str, Any]:
        """What a table, a view or a series is; without a name: which tables and views there are.

        Args:
            name: pr_data, pr_observations; or a series' id: PRS85006092.
        """
        with Lake(self._settings) as lake:
            names = lake.tables()
            if not name:
                less = "show tables like 'pr_*' lists those of a survey."
                return bounded_rows([{"name": one} for one in names], len(names), less)
            if name.lower() in names:
                columns = lake.sql(f"describe {name.lower()}").table
                return self._described(name.lower(), columns)
            label = lake.label(name)
            return {"kind": "series", "survey": label.survey, **_plain(dict(label.row))}

    def query(
        self, sql: str, parameters: Sequence[str] = (), as_of: str = "", limit: int = 50
    ) -> dict[str, Any]:
        """Answer one SELECT in Athena's SQL (Trino); nothing can be changed.

        Choose one data_file (for example 0.Current) before you add or count: the files of a survey
        hold the same observations.

        Args:
            sql: One statement; SHOW and DESCRIBE are answered as well.
            parameters: A text for each ? in it, in order.
            as_of: As it was known at the end of this date, 2025-06-30; empty: now.
            limit: How many rows are told at most.
        """
        wanted = checked_limit(limit)
        _refuse_changes(sql)
        with Lake(self._settings) as lake:
            answer = lake.stream(sql, parameters, as_of=as_of or None)
            less = f"Name fewer columns, add conditions, or aggregate; {_UP_TO}"
            told = bounded_table(answer, answer.schema, wanted, less)
        notes = notes_on(self._settings, as_of) if as_of else ()
        return {**told, "notes": list(notes)}

    def series(self, series_id: str, as_of: str = "", limit: int = 60) -> dict[str, Any]:
        """The dated figures of a series, the newest first.

        Args:
            series_id: Its id, as find gives it: PRS85006092.
            as_of: As it was known at the end of this date, 2025-06-30; empty: now.
            limit: How many figures are told at most.
        """
        wanted = checked_limit(limit)
        with Lake(self._settings) as lake:
            figures = lake.series(series_id, as_of=as_of or None)
        return {
            "series_id": figures.label.series_id,
            "title": figures.title,
            "notes": list(figures.notes),
            **bounded_rows(
                json_rows(figures.table)[::-1],
                wanted,
                f"{figures.label.survey}_values has them for query, by date; {_UP_TO}",
            ),
        }

    def prints(
        self, series_id: str, year: int = 0, period: str = "", limit: int = 60
    ) -> dict[str, Any]:
        """Every figure that was ever printed for a series, with its release: how it was revised.

        Args:
            series_id: Its id: PRS85006092.
            year: Only of this year; 0: all.
            period: Only of this period: Q01, M12.
            limit: How many at most.
        """
        wanted = checked_limit(limit)
        with Lake(self._settings) as lake:
            printed = lake.prints(series_id, year or None, period)
        less = f"Give a year, or a year and a period; {_UP_TO}"
        return bounded_rows(json_rows(printed.table)[::-1], wanted, less)

    def trace(self, series_id: str, year: int, period: str) -> dict[str, Any]:
        """The line of every file that ever held an observation: release, file, line, hash, bytes.

        Args:
            series_id: Its id: PRS85006092.
            year: Of the observation.
            period: Of the observation: Q01, M12.
        """
        with Lake(self._settings) as lake:
            found = lake.trace(series_id, year, period)
        less = "pr_revisions has them for query."
        return bounded_rows([asdict(one) for one in found], len(found), less)

    def _described(self, name: str, columns: pa.Table) -> dict[str, Any]:
        """A table or view with its columns, and what a view's own header says of it."""
        pointers = readable_pointers(open_lake(self._settings))[0]
        view = views_over(column_names(pointers)).get(name, "")
        header = header_lines(view)
        own = dict(line.split(": ", 1) for line in header if re.match(r"[a-z_]+: ", line))
        meanings = {**_meanings(pointers, name), **own}
        rows = []
        for row in json_rows(columns):
            told = list(row.values())
            # Athena answers in lines of text, in which tabs divide what others have columns for.
            parts = str(told[0]).split("\t") if len(told) == 1 else [str(one or "") for one in told]
            column = parts[0].strip()
            if _NAME.fullmatch(column):
                kind = parts[1].strip() if len(parts) > 1 else ""
                rows.append({"name": column, "type": kind, "meaning": meanings.get(column, "")})
        about = " ".join(header).partition("Columns:")[0].strip()
        kind = "view" if view else "table"
        answer = bounded_rows(rows, len(rows), f"show columns in {name} lists their names.")
        return {"kind": kind, "name": name, "about": about, **answer}


def _meanings(pointers: Sequence[Pointer], name: str) -> Mapping[str, str]:
    """What columns of a name mean: in that table, else in another one of its survey."""
    tables = [(one, table) for pointer in pointers for one, table in pointer.tables.items()]
    own = [table for one, table in tables if one == name]
    beside = [table for one, table in tables if subject_of(one) == subject_of(name)]
    return {
        column.name: column.comment
        for table in (*beside, *own)
        for column in table.all_columns
        if column.comment
    }


def _refuse_changes(sql: str) -> None:
    """Refuses what is no question, before any engine sees it.

    Raises:
        UsageError: it is no SQL.
        UnsupportedSQL: it is no query.
    """
    try:
        statement = athena_sql.parse(sql)
    except athena_sql.UnsupportedSQL as error:
        hint = "One SELECT, SHOW or DESCRIBE is answered, which changes nothing."
        raise UnsupportedSQL(str(error), hint=hint) from error
    except athena_sql.AthenaSQLError as error:
        raise UsageError(str(error), hint=error.hint) from error
    if isinstance(statement, athena_sql.CreateView):
        raise UnsupportedSQL("Nothing can be made here.", hint="Put the view into a WITH.")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row of labels as JSON can say it, without what is empty."""
    told = json_rows(pa.Table.from_pylist([row]))[0]
    return {name: value for name, value in told.items() if value is not None}
