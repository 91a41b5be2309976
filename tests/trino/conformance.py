"""Holds a real Trino server and the local engine against each other: `make conformance-trino`.

The jobs make the lake of the captures twice, in a stand-in for S3 with Glue and in a directory.
Both engines answer all views, reports, checks and saved queries. The corpus' answers are recorded
anew: those of the project's own statements in their file, those of the captures in `.build/`; what
has changed is told.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trino import constants, dbapi, exceptions

from glue_jobs.catalog.pointers import column_names
from glue_jobs.engines.open import open_engine
from glue_jobs.reports.files import csv_lines, printed_rows
from glue_jobs.settings import Settings
from glue_jobs.sql_files import sql_files
from glue_jobs.storage.open import open_storage
from glue_jobs.views import absent, views_over
from labor_lake.asking import open_asked
from tests.captures import CAPTURES, capture
from tests.conformance.comparison import difference, statement_of
from tests.conformance.lake import build
from tests.conformance.statements import GROWN, RECORDED
from tests.pointers import load_pointers
from tests.saved_queries import parameters_of
from tests.trino.lake import served_lake

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from glue_jobs.engines.protocol import Engine

PARAMETERS = parameters_of("PRS85006092", "2025-06-30", "20250904T123000Z")
"""Of saved queries, by name."""

EXPECTED = {
    "best_year": "best_year-2026-04.csv",
    "population_summary": "population_summary-acs1-2025-10.csv",
    "series_population": "series_population-2026-04.csv",
}
"""What the captures say of the reports, by name."""

DAYS = ("2025-01-31", "2025-06-30", "2025-12-31")
"""On which what was known is asked for: between the captures."""

PAST = {
    "data": "select * from pr_data",
    "observations": "select * from pr_observations where year >= 2023",
    "changes": "select * from pr_changes where year = 2024",
    **{name: sql_files("reports")[name] for name in ("best_year", "series_population")},
}
"""Statements about the past, by name."""

_KEPT_ROWS = 400
_BUILD = Path(".build")


def main() -> int:
    """Prints what was compared; 1 where anything differs."""
    if CAPTURES is None:
        print("The captures are not here, so there is no lake to ask about.")
        return 1
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        build(place / "lake")
        print(f"a lake in a directory: {time.monotonic() - began:.0f} s", flush=True)
        with served_lake(place, "glue", _build_in_s3) as settings:
            print(f"a lake in S3, and a server: {time.monotonic() - began:.0f} s", flush=True)
            found = 0
            for told in _compare(settings, Settings(lake=str(place / "lake"))):
                print(told, flush=True)
                found += 1
    print(f"{found} differences; {time.monotonic() - began:.0f} s")
    return 1 if found else 0


def _build_in_s3(settings: Settings) -> None:
    build(settings.lake, catalog=settings.catalog)


def _compare(served: Settings, local: Settings) -> Iterator[str]:
    trino, duckdb = _engine(served), _engine(local)
    began = time.monotonic()
    storage = open_storage(local.lake, "")
    tables = column_names(load_pointers(storage))
    views = views_over(tables)
    failures = trino.create_views(views)
    yield from (f"view {name}: {failure}" for name, failure in failures.items())
    print(f"{len(views)} views made: {time.monotonic() - began:.0f} s", flush=True)
    asked = {f"view {name}": f"select * from {name}" for name in views}
    for folder in ("reports", "checks", "queries"):
        for name, sql in sql_files(folder).items():
            if not absent(sql, tables):
                asked[f"{folder} {name}"] = sql
    for name, sql in asked.items():
        if told := _difference(trino, duckdb, sql, PARAMETERS.get(name.partition(" ")[2], [])):
            yield f"{name}: {told}"
    print(f"{len(asked)} own statements compared: {time.monotonic() - began:.0f} s", flush=True)
    yield from _compare_past(served, local)
    print(f"the past compared: {time.monotonic() - began:.0f} s", flush=True)
    for name, file in EXPECTED.items():
        header, rows = printed_rows(trino.query(sql_files("reports")[name]))
        if _as_set(csv_lines([header, *rows])) != _as_set(capture(f"expected/{file}").read_text()):
            yield f"reports {name}: not what expected/{file} says"
    _record_all(served)
    print(f"the corpus recorded: {time.monotonic() - began:.0f} s", flush=True)


def _compare_past(served: Settings, local: Settings) -> Iterator[str]:
    for day in DAYS:
        trino, duckdb = (open_asked(settings, day)[0] for settings in (served, local))
        for name, sql in PAST.items():
            if told := _difference(trino, duckdb, sql, []):
                yield f"{name} as of {day}: {told}"


def _difference(theirs: Engine, ours: Engine, sql: str, given: Sequence[object]) -> str:
    """What is different in the answers of two engines, if anything."""
    asked, told = theirs.query(sql, given), ours.query(sql, given)
    if _sorted(asked).equals(_sorted(told)):
        return ""
    # Doubles may differ in their last digits.
    return difference(statement_of(sql, asked), told, ordered=False)


def _engine(settings: Settings) -> Engine:
    storage = open_storage(settings.lake, settings.region)
    return open_engine(storage, load_pointers(storage), settings)


def _sorted(answer: pa.Table) -> pa.Table:
    """The rows in an order that their values decide."""
    return answer.sort_by([(name, "ascending") for name in answer.column_names])


def _as_set(text: str) -> set[str]:
    return set(text.splitlines())


def _record_all(settings: Settings) -> None:
    """Records the corpus; tells which of the captures' answers are other ones now."""
    connection = connection_to(settings)
    _BUILD.mkdir(exist_ok=True)
    places = ((capture(RECORDED), _BUILD / Path(RECORDED).name), (GROWN, GROWN))
    for source, target in places:
        lines = [json.loads(line) for line in source.read_text("utf-8").splitlines()]
        recorded = [{**_asked(line), **_answer(connection, line["sql"])} for line in lines]
        target.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in recorded))
        changed = [one["id"] for one, line in zip(recorded, lines) if _shape(one) != _shape(line)]
        print(f"{target.name}: {len(recorded)} recorded, other columns or errors: {changed}")


def connection_to(settings: Settings) -> dbapi.Connection:
    """A connection whose answers are as in the corpus: times in milliseconds, no precision told."""
    constants.CLIENT_CAPABILITIES = ""
    return dbapi.Connection(
        settings.trino_url,
        user=settings.trino_user,
        catalog=settings.trino_catalog,
        schema=settings.database,
        timezone="UTC",
        legacy_primitive_types=True,
    )


def _asked(line: dict[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in ("id", "category", "sql")}


def _shape(line: dict[str, Any]) -> tuple[Any, ...]:
    """The part of an answer that two runs agree on, whatever order its rows come in.

    The captures' own answers say a year's former type.
    """
    rows, error = line.get("rows", ()), line.get("error", {})
    columns = str(line.get("columns")).replace("smallint", "integer")
    return columns, line.get("row_count", len(rows)), error.get("name")


def _answer(connection: dbapi.Connection, sql: str) -> dict[str, Any]:
    """An answer as the corpus has it."""
    cursor = connection.cursor()
    try:
        cursor.execute(sql)
        rows = cursor.fetchall()
    except exceptions.TrinoQueryError as error:
        return {"error": {"name": error.error_name, "message": error.message}}
    # Its description wants the sizes that were not asked for.
    columns = [[column["name"], column["type"]] for column in cursor._query.columns]
    answer: dict[str, Any] = {"columns": columns, "rows": rows[:_KEPT_ROWS]}
    return {**answer, "row_count": len(rows)} if len(rows) > _KEPT_ROWS else answer


if __name__ == "__main__":
    sys.exit(main())
