"""Job: makes the reports from the current releases, if these say anything new.

First the checks in `sql/checks/` run, each a query that returns what is wrong. Then every query in
`sql/reports/` whose tables are there, and whose checks found no error, is answered and written as
CSV and Parquet, under this run's name and under `latest`. A report that cannot be renewed, since a
check, a table or the pointer of a subject is at fault, stays the last good one. `report.json`,
written last, says which these are, why and since when, what each report was made from, and the hash
of every file: a run that finds one lost or changed makes them again, and where that gives the
recorded bytes, it puts them back where they were.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import readable_pointers, tables_of
from glue_jobs.engines.open import open_engine
from glue_jobs.engines.own_sql import query_own
from glue_jobs.errors import IntegrityFailure, LakeError, QualityFailure
from glue_jobs.program import exit_with, main_of
from glue_jobs.reports.changes import as_text, changes_of, data_files, vintages_of
from glue_jobs.reports.checks import load_checks, run_checks
from glue_jobs.reports.files import printed_rows, to_csv, write_report_parquet
from glue_jobs.reports.index import (
    INDEX,
    LATEST,
    REPORTS,
    SCHEMA,
    Changes,
    Held,
    Inputs,
    Report,
    ReportFile,
    ReportIndex,
    altered_files,
    index_body,
    load_index,
    read_file,
)
from glue_jobs.running import Outcome
from glue_jobs.sql_files import absent, base_tables, sql_files
from glue_jobs.storage import names
from glue_jobs.summaries import failures_of_run
from glue_jobs.table_names import subject_of
from glue_jobs.timestamps import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine
    from glue_jobs.running import Run
    from glue_jobs.storage.protocol import Storage


def publish_reports(run: Run) -> Outcome:
    """Makes the three reports from the current releases, each when its own inputs stand."""
    pointers, damaged = readable_pointers(run.storage)
    made_from = describe_inputs(pointers)
    last = _last(run.storage)
    is_current = last is not None and last.made_from == made_from and not last.held
    if last and is_current and not altered_files(run.storage, last):
        nothing: dict[str, object] = {"reports": {}, "checks": {}}
        return Outcome(details=nothing, failures=[*damaged.values()])
    run.progress.step("making the reports")
    engine = open_engine(run.storage, pointers, run.settings, damaged)
    without_views = engine.create_views()
    if without_views:
        made_from["views"] = "incomplete"  # so that the next run makes them
    checks = load_checks()
    checked = run_checks(engine, checks, tables_of(pointers))
    with run.storage.lease(REPORTS, run.run_id), run.storage.scratch() as folder:
        held = {**checked.held_reports(checks), **_held_by(damaged)}
        made = _make(engine, pointers, held, folder)
        _keep_held(run, last, made, folder)
        changes, failed = _make_changes(engine, pointers, folder)
        _keep_changes(run.storage, last, changes, {**damaged, **failed}, folder)
        bodies = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        index = ReportIndex(
            run_id=run.run_id,
            made_at=to_text(run.now()),
            made_from=made_from,
            reports=made.reports,
            skipped=made.skipped,
            changes=changes,
            held=made.held,
            files={name: _described(body) for name, body in bodies.items()},
            schema=SCHEMA,
        )
        if last and replace(index, run_id=last.run_id, made_at=last.made_at) == last:
            index = last  # what was lost goes back to where it was
        changed = index != last or bool(altered_files(run.storage, index))
        if changed:
            _write(run.storage, index, bodies)
    told = [
        *damaged.values(),
        *without_views,
        *checked.failures.values(),
        *made.failures,
        *failed.values(),
    ]
    # What stands behind several reports is told once.
    outcome = Outcome(changed, failures=list({str(one): one for one in told}.values()))
    outcome.details["checks"] = checked.results
    outcome.details["warnings"] = checked.warnings
    outcome.details["reports"] = {
        name: report.rows for name, report in made.reports.items() if name not in made.held
    }
    outcome.details["skipped"] = made.skipped
    outcome.details["held"] = {name: held.reason for name, held in made.held.items()}
    return outcome


def describe_inputs(pointers: Sequence[Pointer]) -> dict[str, str]:
    """All that the reports depend on: each subject's folder, its history's, and the SQL."""
    statements = [sql_files(folder) for folder in ("views", "checks", "reports")]
    digest = hashlib.sha256(json.dumps(statements, sort_keys=True).encode()).hexdigest()
    # A backfill leaves the release as it is, and writes other files of the history.
    histories = {
        name: hashlib.sha256(repr([file.sha256 for file in table.files]).encode()).hexdigest()
        for pointer in pointers
        for name, table in pointer.tables.items()
        if table.folder
    }
    folders = {pointer.subject: pointer.folder for pointer in pointers}
    return {**folders, **histories, "sql": digest}


@dataclass
class Made:
    """What became of the reports.

    Attributes:
        reports: those that are there, by name.
        skipped: why others have nothing to be made from.
        held: those that could not be renewed.
        failures: what the engine failed with, and what has lost its tables.
    """

    reports: dict[str, Report] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    failures: list[LakeError] = field(default_factory=list)


def _make(
    engine: Engine, pointers: Sequence[Pointer], held: Mapping[str, str], folder: Path
) -> Made:
    """Answers the report queries whose tables are there and sound, into files in a folder."""
    made = Made()
    for name, sql in sql_files("reports").items():
        if name in held:
            made.held[name] = Held(held[name], "")
        elif reason := absent(sql, tables_of(pointers)):
            made.skipped[name] = reason
        else:
            try:
                table = query_own(engine, f"The report {name} cannot be made", sql)
            except LakeError as error:
                made.failures.append(error)
                made.held[name] = Held(str(error), "")
                continue
            header, rows = printed_rows(table)
            (folder / f"{name}.csv").write_bytes(to_csv(header, rows))
            write_report_parquet(table, folder / f"{name}.parquet")
            made.reports[name] = Report(table.num_rows, _sources(pointers, base_tables(sql)))
    return made


def _held_by(damaged: Mapping[str, LakeError]) -> dict[str, str]:
    """Why a report that needs a subject without a pointer is not renewed, by report."""
    return {
        name: str(damaged[subject])
        for name, sql in sql_files("reports").items()
        for subject in sorted(map(subject_of, base_tables(sql)))
        if subject in damaged
    }


def _keep_held(run: Run, last: ReportIndex | None, made: Made, folder: Path) -> None:
    """Has the set keep the last good one of each report that was held back or lost its tables."""
    for name, reason in [*made.skipped.items()]:
        if last and name in last.reports:
            lost = QualityFailure(
                f"{name} has {reason} to be made from.",
                hint="The last one is kept. `lake status` tells what has become of its inputs.",
            )
            made.failures.append(lost)
            made.held[name] = Held(str(lost), "")
            del made.skipped[name]
    for name, held in [*made.held.items()]:
        known = last.held.get(name) if last else None
        made.held[name] = replace(held, since=known.since if known else to_text(run.now()))
        if last and name in last.reports and _keep_files(run.storage, last, name, folder):
            made.reports[name] = last.reports[name]


def _keep_files(storage: Storage, last: ReportIndex, name: str, folder: Path) -> bool:
    """Puts the last files of that name into the folder; False where they are not to be had."""
    files = [file for file in last.files if file.rpartition(".")[0] == name]
    try:
        bodies = {file: read_file(storage, last, file) for file in files}
    except IntegrityFailure:
        return False  # it can be made again when its inputs are good again, and not before
    for file, body in bodies.items():
        (folder / file).write_bytes(body)
    return True


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


def _make_changes(
    engine: Engine, pointers: Sequence[Pointer], folder: Path
) -> tuple[dict[str, Changes], dict[str, LakeError]]:
    """Tells what the newest vintage of each survey's first data file changed, in text and JSON.

    Returns:
        What was told, and what has failed, each by survey.
    """
    made, failures = {}, dict[str, LakeError]()
    for pointer in pointers:
        for source in data_files(pointer)[:1]:
            vintage = vintages_of(pointer, source)[-1]
            try:
                document = changes_of(engine, pointer, vintage, tables_of(pointers))
            except LakeError as error:
                failures[pointer.subject] = error
                continue
            text, whole = (folder / f"changes-{pointer.subject}.{kind}" for kind in ("txt", "json"))
            text.write_text(as_text(document), "utf-8")
            whole.write_text(json.dumps(document, indent=1, default=str) + "\n", "utf-8")
            made[pointer.subject] = Changes(
                **{name: document[name] for name in ("source", "release", "first", "counts")}
            )
    return made, failures


def _keep_changes(
    storage: Storage,
    last: ReportIndex | None,
    changes: dict[str, Changes],
    failed: Iterable[str],
    folder: Path,
) -> None:
    """Has the set keep what was last told of the changes of surveys that have failed."""
    for survey in failed:
        known = last.changes.get(survey) if last else None
        if last and known and _keep_files(storage, last, f"changes-{survey}", folder):
            changes[survey] = known


def _described(body: bytes) -> ReportFile:
    return ReportFile(len(body), hashlib.sha256(body).hexdigest())


def _last(storage: Storage) -> ReportIndex | None:
    """The index of the latest reports, if it can be read and has hashes."""
    try:
        index = load_index(storage)
    except IntegrityFailure:
        return None
    return index if index and index.has_hashes else None


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
