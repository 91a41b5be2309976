"""Job: makes the reports from the current releases, if these say anything new.

First the checks in `sql/checks/` run, each a query that returns what is wrong. Then every query in
`sql/reports/` whose tables are there, and whose checks found no error, is answered and written as
CSV and Parquet, under this run's name and under `latest`. What depends on nothing that has changed
since the last publish is neither asked, nor read, nor written. A report that cannot be renewed,
since a check, a table or the pointer of a subject is at fault, stays the last good one.

`report.json`, written last, says which these are, why and since when, what each report was made
from, and the hash of every file: a run that finds one lost or changed makes it again, and where
that gives the recorded bytes, it puts them back where they were.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import column_names, readable_pointers, tables_of
from glue_jobs.engines.open import has_own_catalog, open_engine
from glue_jobs.engines.own_sql import query_own
from glue_jobs.errors import IntegrityFailure, LakeError, QualityFailure
from glue_jobs.program import exit_with, main_of
from glue_jobs.reports.changes import as_text, changes_of, data_files, vintages_of
from glue_jobs.reports.checks import load_checks, run_checks
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
from glue_jobs.reports.inputs import describe_inputs, key_of
from glue_jobs.reports.renewal import Renewal
from glue_jobs.running import Outcome
from glue_jobs.sql_files import sql_files
from glue_jobs.storage import names
from glue_jobs.summaries import failures_of_run
from glue_jobs.table_names import subject_of
from glue_jobs.timestamps import to_text
from glue_jobs.views import absent, base_tables, views_over

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine
    from glue_jobs.running import Run
    from glue_jobs.storage.protocol import Storage


def publish_reports(run: Run) -> Outcome:
    """Makes the three reports from the current releases, each when its own inputs stand."""
    pointers, damaged = readable_pointers(run.storage)
    last = _last(run.storage)
    altered = altered_files(run.storage, last) if last else {}
    renewal = Renewal(last, describe_inputs(pointers), altered)
    if has_own_catalog(run.storage.uri, run.settings):
        # What the engine's own catalog has lost, nobody else would see.
        engine = open_engine(run.storage, pointers, run.settings, damaged)
        engine.create_views(views_over(column_names(pointers)))
    if not renewal.is_needed:
        nothing: dict[str, object] = {"reports": {}, "checks": {}}
        return Outcome(details=nothing, failures=[*damaged.values()])
    run.progress.step("making the reports")
    engine = open_engine(run.storage, pointers, run.settings, damaged)
    all_checks = load_checks()
    due = renewal.reports(all_checks)
    checks = renewal.checks(all_checks, due)
    reports = {name: sql for name, sql in sql_files("reports").items() if name in due}
    views = renewal.views([*reports.values(), *(check.sql for check in checks)])
    without_views = engine.create_views(views)
    checked = run_checks(engine, checks, tables_of(pointers))
    with run.storage.lease(REPORTS, run.run_id), run.storage.scratch() as folder:
        held = {**checked.held_reports(checks), **_held_by(damaged)}
        made = _make(engine, pointers, reports, held, folder)
        _keep_reports(run, renewal, made, folder)
        changes, failed = _make_changes(engine, pointers, renewal, folder)
        _keep_changes(run.storage, renewal, changes, {**damaged, **failed}, folder)
        bodies = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        made_from = {
            key: told
            for key, told in renewal.made_from.items()
            if key not in {*failed, *(key_of("views", name) for name in without_views)}
        }
        index = ReportIndex(
            run_id=run.run_id,
            made_at=to_text(run.now()),
            made_from=made_from,
            reports=made.reports,
            skipped=made.skipped,
            changes=changes,
            held=made.held,
            files=_files(renewal, made, changes, bodies, run.run_id),
            schema=SCHEMA,
        )
        if last and replace(index, run_id=last.run_id, made_at=last.made_at) == last:
            index = last  # what was lost goes back to where it was
        changed = index != last or bool(altered)
        if changed:
            _write(run.storage, index, bodies, altered)
    told = [
        *damaged.values(),
        *without_views.values(),
        *checked.failures.values(),
        *made.failures,
        *failed.values(),
    ]
    # What stands behind several reports is told once.
    outcome = Outcome(changed, failures=list({str(one): one for one in told}.values()))
    outcome.details["checks"] = checked.results
    outcome.details["warnings"] = checked.warnings
    outcome.details["reports"] = {
        name: report.rows
        for name, report in made.reports.items()
        if name in due and name not in made.held
    }
    outcome.details["skipped"] = made.skipped
    outcome.details["held"] = {name: held.reason for name, held in made.held.items()}
    return outcome


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
    engine: Engine,
    pointers: Sequence[Pointer],
    reports: Mapping[str, str],
    held: Mapping[str, str],
    folder: Path,
) -> Made:
    """Answers the report queries whose tables are there and sound, into files in a folder."""
    from glue_jobs.reports.files import (  # noqa: PLC0415 - a quiet run does without pyarrow
        printed_rows,
        to_csv,
        write_report_parquet,
    )

    made = Made()
    for name, sql in reports.items():
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


def _keep_reports(run: Run, renewal: Renewal, made: Made, folder: Path) -> None:
    """Has the set keep what was not due, and the last good one of what was held back or is lost."""
    last = renewal.last
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
    for name, report in last.reports.items() if last else ():
        if name in sql_files("reports") and name not in made.held:
            made.reports.setdefault(name, report)


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
    engine: Engine, pointers: Sequence[Pointer], renewal: Renewal, folder: Path
) -> tuple[dict[str, Changes], dict[str, LakeError]]:
    """Tells what the newest vintage of each survey's first data file changed, in text and JSON.

    Returns:
        What was told, now or before, and what has failed, each by survey.
    """
    sources = {one.subject: source for one in pointers for source in data_files(one)[:1]}
    due = renewal.changes(sources)
    known = renewal.last.changes if renewal.last else {}
    made = {survey: known[survey] for survey in sources if survey not in due}
    failures = dict[str, LakeError]()
    for pointer in (one for one in pointers if one.subject in due):
        vintage = vintages_of(pointer, sources[pointer.subject])[-1]
        try:
            document = changes_of(engine, pointer, vintage)
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
    renewal: Renewal,
    changes: dict[str, Changes],
    failed: Iterable[str],
    folder: Path,
) -> None:
    """Has the set keep what was last told of the changes of surveys that have failed."""
    last = renewal.last
    for survey in failed:
        known = last.changes.get(survey) if last else None
        if last and known and _keep_files(storage, last, f"changes-{survey}", folder):
            changes[survey] = known


def _files(
    renewal: Renewal,
    made: Made,
    changes: Iterable[str],
    bodies: Mapping[str, bytes],
    run_id: str,
) -> dict[str, ReportFile]:
    """Every file of the set: one of the same bytes stays where an earlier run put it."""
    files = renewal.kept({*made.reports, *(f"changes-{survey}" for survey in changes)})
    for name, body in bodies.items():
        sha256 = hashlib.sha256(body).hexdigest()
        known = files.get(name)
        if known is None or (known.bytes, known.sha256) != (len(body), sha256):
            files[name] = ReportFile(len(body), sha256, run_id)
    return files


def _last(storage: Storage) -> ReportIndex | None:
    """The index of the latest reports, if it can be read and has hashes."""
    try:
        index = load_index(storage)
    except IntegrityFailure:
        return None
    return index if index and index.has_hashes else None


def _write(
    storage: Storage, index: ReportIndex, bodies: Mapping[str, bytes], altered: Collection[str]
) -> None:
    """Writes what is new or was altered where it belongs, then beside the latest.

    The index comes last in both.
    """
    latest = {name: names.report(LATEST, name) for name in (*bodies, INDEX)}
    own = {name: index.key_of(name) for name in bodies}
    for keys in ({**own, INDEX: names.report(index.run_id, INDEX)}, latest):
        for name, body in bodies.items():
            if index.files[name].run_id == index.run_id or keys[name] in altered:
                _write_file(storage, keys[name], body)
        _write_file(storage, keys[INDEX], index_body(index))


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
