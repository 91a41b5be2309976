"""Job: makes the reports from the current releases, if these say anything new.

First the checks in `sql/checks/` run, each a query that returns what is wrong; a single row keeps
the old reports. Then every query in `sql/reports/` is answered and written as CSV and Parquet,
under this run's name and under `latest`. `report.json`, written last, says what each report was
made from, and the hash of every file: a run that finds one lost or changed makes them again, and
where that gives the recorded bytes, it puts them back where they were.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import load_pointers, tables_of
from glue_jobs.changes import as_text, changes_of, data_files, vintages
from glue_jobs.engines import open_engine
from glue_jobs.errors import IntegrityFailure, QualityFailure
from glue_jobs.job import Outcome, exit_with, main_of
from glue_jobs.moments import to_text
from glue_jobs.report_files import printed_rows, to_csv, write_report_parquet
from glue_jobs.report_index import (
    INDEX,
    LATEST,
    REPORTS,
    SCHEMA,
    Changes,
    Inputs,
    Report,
    ReportFile,
    ReportIndex,
    altered_files,
    index_body,
    load_index,
)
from glue_jobs.sql_files import absent, base_tables, sql_files
from glue_jobs.storage import names
from glue_jobs.summaries import failures_of_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine
    from glue_jobs.job import Run
    from glue_jobs.storage.protocol import Storage


def publish_reports(run: Run) -> Outcome:
    """Makes the three reports from the current releases."""
    pointers = load_pointers(run.storage)
    made_from = describe_inputs(pointers)
    published = _published(run.storage, made_from)
    if published and not altered_files(run.storage, published):
        return Outcome(details={"reports": {}, "checks": {}})
    run.progress.step("making the reports")
    engine = open_engine(run.storage, pointers, run.settings)
    engine.create_views()
    outcome = Outcome(changed=True)
    outcome.details["checks"] = run_checks(engine, pointers)
    with run.storage.lease(REPORTS, run.run_id), run.storage.scratch() as folder:
        reports, skipped = _make(engine, pointers, folder)
        changes = _make_changes(engine, pointers, folder)
        bodies = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        index = ReportIndex(
            run_id=run.run_id,
            made_at=to_text(run.now()),
            made_from=made_from,
            reports=reports,
            skipped=skipped,
            changes=changes,
            files={name: _described(body) for name, body in bodies.items()},
            schema=SCHEMA,
        )
        if published and published.files == index.files:
            index = published  # what was lost goes back to where it was
        _write(run.storage, index, bodies)
    outcome.details["reports"] = {name: made.rows for name, made in reports.items()}
    outcome.details["skipped"] = skipped
    return outcome


def describe_inputs(pointers: Sequence[Pointer]) -> dict[str, str]:
    """All that the reports depend on: each subject's folder, its history's, and the SQL."""
    statements = [sql_files(folder) for folder in ("views", "checks", "reports")]
    digest = hashlib.sha256(json.dumps(statements, sort_keys=True).encode()).hexdigest()
    # A backfill leaves the release as it is and begins another history.
    histories = {
        name: table.folder
        for pointer in pointers
        for name, table in pointer.tables.items()
        if table.folder
    }
    folders = {pointer.subject: pointer.folder for pointer in pointers}
    return {**folders, **histories, "sql": digest}


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
) -> tuple[dict[str, Report], dict[str, str]]:
    """Answers the report queries whose tables are there, into files in a folder."""
    reports: dict[str, Report] = {}
    skipped: dict[str, str] = {}
    for name, sql in sql_files("reports").items():
        if reason := absent(sql, tables_of(pointers)):
            skipped[name] = reason
            continue
        table = engine.query(sql)
        header, rows = printed_rows(table)
        (folder / f"{name}.csv").write_bytes(to_csv(header, rows))
        write_report_parquet(table, folder / f"{name}.parquet")
        reports[name] = Report(table.num_rows, _sources(pointers, base_tables(sql)))
    return reports, skipped


def _sources(pointers: Sequence[Pointer], tables: set[str]) -> tuple[Inputs, ...]:
    """The releases, files and datasets behind some tables, with their hashes."""
    described = []
    for pointer in pointers:
        sources = {
            file.source: file.source_sha256
            for name, file in pointer.files()
            if name in tables and file.source
        }
        if sources:
            described.append(Inputs(pointer.subject, pointer.release, pointer.folder, sources))
    return tuple(described)


def _make_changes(engine: Engine, pointers: Sequence[Pointer], folder: Path) -> dict[str, Changes]:
    """Tells what the newest vintage of each survey's first data file changed, in text and JSON."""
    made = {}
    for pointer in pointers:
        for source in data_files(pointer)[:1]:
            snapshot = vintages(pointer, source)[-1]
            document = changes_of(engine, pointer, snapshot, tables_of(pointers))
            text, whole = (folder / f"changes-{pointer.subject}.{kind}" for kind in ("txt", "json"))
            text.write_text(as_text(document), "utf-8")
            whole.write_text(json.dumps(document, indent=1, default=str) + "\n", "utf-8")
            made[pointer.subject] = Changes(
                **{name: document[name] for name in ("source", "release", "first", "counts")}
            )
    return made


def _described(body: bytes) -> ReportFile:
    return ReportFile(len(body), hashlib.sha256(body).hexdigest())


def _published(storage: Storage, made_from: Mapping[str, str]) -> ReportIndex | None:
    """The index of the latest reports, if it has hashes and they were made from just this."""
    try:
        index = load_index(storage)
    except IntegrityFailure:
        return None
    return index if index and index.has_hashes and index.made_from == made_from else None


def _write(storage: Storage, index: ReportIndex, bodies: Mapping[str, bytes]) -> None:
    """Writes every file into the run's folder, then beside the latest, the index last in both."""
    for folder in (index.run_id, LATEST):
        for name, body in (*bodies.items(), (INDEX, index_body(index))):
            _write_file(storage, names.report(folder, name), body)


def _write_file(storage: Storage, key: str, body: bytes) -> None:
    """Writes a file, also over one that has lost just these bytes, which S3's ``put`` leaves."""
    with storage.scratch() as folder:
        path = folder / "body"
        path.write_bytes(body)
        storage.restore(key, path, hashlib.sha256(body).hexdigest())


def main(argv: Sequence[str] | None = None) -> int:
    """The job as a program."""
    return main_of("publish_reports", publish_reports, argv, failures_of_run)


if __name__ == "__main__":
    exit_with(main())
