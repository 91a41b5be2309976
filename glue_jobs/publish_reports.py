"""Job: makes the reports from the current releases, if these say anything new.

First the checks in `sql/checks/` run, each a query that returns what is wrong; a single row keeps
the old reports. Then every query in `sql/reports/` is answered and written as CSV and Parquet,
under this run's name and under `latest`. `report.json`, written last, says what each report was
made from.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_jobs.catalog.manifests import to_json
from glue_jobs.catalog.pointers import load_pointers, tables_of
from glue_jobs.changes import as_text, changes_of, data_files, vintages
from glue_jobs.engines import open_engine
from glue_jobs.errors import QualityFailure
from glue_jobs.job import Outcome, exit_with, main_of
from glue_jobs.moments import to_text
from glue_jobs.report_files import printed_rows, to_csv, write_report_parquet
from glue_jobs.sql_files import absent, base_tables, sql_files
from glue_jobs.storage import names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine
    from glue_jobs.job import Run

LATEST = "latest"
REPORT_INDEX = "report.json"


@dataclass(frozen=True)
class Made:
    """A report's files, and what `report.json` says of it."""

    paths: tuple[Path, ...]
    entry: dict[str, Any]


def publish_reports(run: Run) -> Outcome:
    """Makes the three reports from the current releases."""
    pointers = load_pointers(run.storage)
    made_from = describe_inputs(pointers)
    if _published_inputs(run) == made_from:
        return Outcome(details={"reports": {}, "checks": {}})
    run.progress.step("making the reports")
    engine = open_engine(run.storage, pointers, run.settings)
    engine.create_views()
    outcome = Outcome(changed=True)
    outcome.details["checks"] = run_checks(engine, pointers)
    with run.storage.scratch() as folder:
        reports, skipped = _make(engine, pointers, folder)
        changes = _make_changes(engine, pointers, folder)
        index = {
            "run_id": run.run_id,
            "made_at": to_text(run.now()),
            "made_from": made_from,
            "reports": {name: made.entry for name, made in reports.items()},
            "skipped": skipped,
            "changes": {survey: made.entry for survey, made in changes.items()},
        }
        for place in (run.run_id, LATEST):
            _write(run, place, [*reports.values(), *changes.values()], index)
    outcome.details["reports"] = {name: made.entry["rows"] for name, made in reports.items()}
    outcome.details["skipped"] = skipped
    return outcome


def describe_inputs(pointers: Sequence[Pointer]) -> dict[str, str]:
    """All that the reports depend on: each subject's folder, and the SQL."""
    statements = [sql_files(folder) for folder in ("views", "checks", "reports")]
    digest = hashlib.sha256(json.dumps(statements, sort_keys=True).encode()).hexdigest()
    return {**{pointer.subject: pointer.folder for pointer in pointers}, "sql": digest}


def run_checks(engine: Engine, pointers: Sequence[Pointer]) -> dict[str, str]:
    """Runs the checks whose tables are there; returns what became of each.

    Raises:
        QualityFailure: a check found something.
    """
    results = {}
    tables = tables_of(pointers)
    for name, sql in sql_files("checks").items():
        if reason := absent(sql, tables):
            results[name] = f"skipped: {reason}"
            continue
        offenders = engine.query(sql)
        if offenders.num_rows:
            first = ", ".join(f"{key} {value}" for key, value in offenders.to_pylist()[0].items())
            raise QualityFailure(
                f"The check {name} found {offenders.num_rows} rows, the first: {first}."
                " The old reports stand.",
                hint=f"sql/checks/{name}.sql says what it looks for.",
            )
        results[name] = "passed"
    return results


def _make(
    engine: Engine, pointers: Sequence[Pointer], folder: Path
) -> tuple[dict[str, Made], dict[str, str]]:
    """Answers the report queries whose tables are there, into files in a folder."""
    reports: dict[str, Made] = {}
    skipped: dict[str, str] = {}
    for name, sql in sql_files("reports").items():
        if reason := absent(sql, tables_of(pointers)):
            skipped[name] = reason
            continue
        table = engine.query(sql)
        header, rows = printed_rows(table)
        csv_path, parquet_path = folder / f"{name}.csv", folder / f"{name}.parquet"
        csv_path.write_bytes(to_csv(header, rows))
        write_report_parquet(table, parquet_path)
        entry = {"rows": table.num_rows, "made_from": _sources(pointers, base_tables(sql))}
        reports[name] = Made((csv_path, parquet_path), entry)
    return reports, skipped


def _sources(pointers: Sequence[Pointer], tables: set[str]) -> list[dict[str, Any]]:
    """The releases, files and datasets behind some tables, with their hashes."""
    described = []
    for pointer in pointers:
        sources = {
            file.source: file.source_sha256
            for name, file in pointer.files()
            if name in tables and file.source
        }
        if sources:
            described.append(
                {
                    "subject": pointer.subject,
                    "release": pointer.release,
                    "folder": pointer.folder,
                    "sources": sources,
                }
            )
    return described


def _make_changes(engine: Engine, pointers: Sequence[Pointer], folder: Path) -> dict[str, Made]:
    """Tells what the newest vintage of each survey's first data file changed, in text and JSON."""
    made = {}
    for pointer in pointers:
        for source in data_files(pointer)[:1]:
            snapshot = vintages(pointer, source)[-1]
            document = changes_of(engine, pointer, snapshot, tables_of(pointers))
            text, whole = (folder / f"changes-{pointer.subject}.{kind}" for kind in ("txt", "json"))
            text.write_text(as_text(document), "utf-8")
            whole.write_text(json.dumps(document, indent=1, default=str) + "\n", "utf-8")
            entry = {name: document[name] for name in ("source", "release", "first", "counts")}
            made[pointer.subject] = Made((text, whole), entry)
    return made


def _write(run: Run, place: str, reports: Sequence[Made], index: Mapping[str, Any]) -> None:
    for made in reports:
        for path in made.paths:
            run.storage.put(names.report(place, path.name), path.read_bytes())
    run.storage.put(names.report(place, REPORT_INDEX), to_json(index))


def _published_inputs(run: Run) -> dict[str, str] | None:
    content = run.storage.get(names.report(LATEST, REPORT_INDEX))
    if content is None:
        return None
    inputs: dict[str, str] = json.loads(content.body).get("made_from", {})
    return inputs


def main(argv: Sequence[str] | None = None) -> int:
    """The job as a program."""
    return main_of("publish_reports", publish_reports, argv)


if __name__ == "__main__":
    exit_with(main())
