"""Job: makes the tables of a release from the landed files and publishes them in one swap.

Per survey: name the release folder from the manifest; if it is the current one, there is nothing
to do; else convert the files that changed, copy the Parquet files of those that did not, write
the table of sources, and replace the pointer. The population goes the same way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from glue_jobs.catalog import show_in_catalog
from glue_jobs.catalog.manifests import load_population, load_survey
from glue_jobs.catalog.pointers import Pointer, Table, TableFile, load_pointer, publish
from glue_jobs.errors import LakeError, QualityFailure
from glue_jobs.formats.population_json import joined, parse_population
from glue_jobs.history import History, marks_revisions
from glue_jobs.job import Outcome, exit_with, main_of
from glue_jobs.moments import from_text, release_name
from glue_jobs.storage import file_sha256, names
from glue_jobs.subjects import POPULATION
from glue_jobs.tables import schemas
from glue_jobs.tables.convert import (
    Converted,
    Source,
    convert_data,
    convert_population,
    convert_table,
    write_records,
)
from glue_jobs.tables.plan import Planned, Role, made_by, plan_survey, release_digest
from glue_jobs.tables.quality import KnownSeries, check_shrinking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any, Callable

    from glue_jobs.catalog.manifests import LandedFile
    from glue_jobs.job import Run
    from glue_jobs.tables.columns import TableColumn


@dataclass
class Building:
    """A release folder in the making.

    Attributes:
        run: whose.
        folder: its key.
        previous: the current pointer, None for the first release.
        scratch: where files are made.
        tables: what is in it so far.
        converted: names of the files that were converted, not copied.
        warnings: sentences for the summary.
        history: what the release changes; None for the population.
    """

    run: Run
    folder: str
    previous: Pointer | None
    scratch: Path
    tables: dict[str, Table]
    converted: list[str]
    warnings: list[str]
    history: History | None = None

    def add(self, table: str, columns: tuple[TableColumn, ...], file: TableFile) -> None:
        """Notes a finished file of a table."""
        known = self.tables.get(table)
        files = (*(known.files if known else ()), file)
        self.tables[table] = Table(columns, files, schemas.partition_keys(table))


def build_tables(run: Run) -> Outcome:
    """Converts what was landed and publishes the new release of every survey and of population."""
    outcome = Outcome(details={"releases": {}})
    for subject in (*run.settings.surveys, POPULATION):
        try:
            built = build_population(run) if subject == POPULATION else build_survey(run, subject)
        except LakeError as error:
            outcome.failures.append(error)
            built = {"error": str(error)}
        outcome.details["releases"][subject] = built
        outcome.changed |= bool(built.get("changed"))
    try:
        outcome.details["catalog"] = show_in_catalog(run.storage, run.settings)
        outcome.changed |= bool(outcome.details["catalog"])
    except LakeError as error:
        outcome.failures.append(error)
    return outcome


def build_survey(run: Run, survey: str) -> dict[str, Any]:
    """Builds and publishes a survey's release; returns its part of the summary.

    Raises:
        LakeError: nothing was published; the last release stands.
    """
    previous = load_pointer(run.storage, survey)
    manifest = load_survey(run.storage, survey)
    if not manifest.files:
        return {"changed": False, "release": None}
    release = release_name(max(from_text(file.last_modified) for file in manifest.files.values()))
    digest = release_digest(
        {file.name: f"{file.sha256} {file.last_modified}" for file in manifest.files.values()}
    )

    def build(building: Building) -> None:
        building.history = History(run.storage, survey, previous, building.scratch)
        places = plan_survey(survey, sorted(manifest.files))
        for place in places:
            _build_file(building, survey, manifest.files[place.name], place)
        _build_sources(building, survey, manifest.files)
        _finish_history(building, survey)

    return _build(run, survey, release, digest, previous, build)


def build_population(run: Run) -> dict[str, Any]:
    """Builds and publishes the population's release; returns its part of the summary."""
    previous = load_pointer(run.storage, POPULATION)
    datasets = load_population(run.storage).datasets
    if not datasets:
        return {"changed": False, "release": None}
    release = release_name(max(from_text(entry.retrieved_at) for entry in datasets.values()))
    digest = release_digest({key: entry.content_sha256 for key, entry in datasets.items()})

    def build(building: Building) -> None:
        for key, dataset in sorted(datasets.items()):
            pages = []
            for page in dataset.pages:
                with run.storage.open(names.raw_population(page.name), page.version) as stream:
                    pages.append(parse_population(stream.read()))
            path = f"population/dataset={key}/part-00000.parquet"
            converted = convert_population(joined(pages), building.scratch / "population")
            file = _store(building, building.scratch / "population", path, converted)
            file = replace(file, partition=(key,), source=key, source_sha256=dataset.content_sha256)
            building.converted.append(key)
            building.add(POPULATION, converted.columns, file)

    return _build(run, POPULATION, release, digest, previous, build)


def _build(
    run: Run,
    subject: str,
    release: str,
    digest: str,
    previous: Pointer | None,
    build: Callable[[Building], None],
) -> dict[str, Any]:
    """Makes a release folder and publishes it, unless it is the current one.

    ``previous`` was read before the manifest; so a run that has landed and published meanwhile is
    not overwritten by what this one knows.
    """
    folder = names.release_folder(subject, release, digest)
    if previous is not None and previous.folder == folder:
        return {"changed": False, "release": release, "folder": folder}
    run.progress.step(f"{subject}: building the release {release}")
    with run.storage.scratch() as scratch:
        building = Building(run, folder, previous, scratch, {}, [], [])
        build(building)
    pointer = Pointer(
        subject,
        release,
        folder,
        building.tables,
        made_by(),
        tuple(building.history.snapshots) if building.history else (),
        previous.tag if previous else None,
    )
    publish(run.storage, pointer)
    return {
        "changed": True,
        "release": release,
        "folder": folder,
        "converted": building.converted,
        "rows": {name: table.rows for name, table in building.tables.items()},
        "rejects": sum(file.rejects for table in building.tables.values() for file in table.files),
        "warnings": building.warnings,
    }


def _build_file(building: Building, survey: str, landed: LandedFile, place: Planned) -> None:
    """Puts one landed file's table, or its partition of the data table, into the folder."""
    run = building.run
    before = _file_before(building, place)
    if before and before.source_sha256 == landed.sha256 and _is_made_alike(building):
        if place.role is Role.DATA:
            _check_series_again(building, survey, place)
        _copy(building, place, before)
        return
    key = names.raw_file(survey, landed.name)
    source = Source(landed.name, landed.bytes, lambda: run.storage.open(key, landed.version))
    run.progress.step(f"{landed.name}: converting {landed.bytes:,} bytes")
    target = building.scratch / "part.parquet"
    if place.role is Role.DATA:
        known_series = _known_series(building, survey)
        converted = convert_data(source, target, building.scratch, known_series)
    else:
        table = convert_table(source, target, building.scratch)
        if table is None:
            _check_is_document(building, place)
            return
        if place.role is Role.SERIES and table.columns[0].name != "series_id":
            raise QualityFailure(f"{landed.name} does not begin with the column series_id.")
        converted = table
    _check_columns(building, place, converted)
    if before and place.role is not Role.OTHER:
        check_shrinking(landed.name, before.rows, converted.rows, allowed=run.settings.allow_shrink)
    building.converted.append(landed.name)
    building.warnings.extend(converted.warnings)
    if place.role is Role.DATA and building.history is not None:
        building.history.add(landed, place.partition, target)
    file = _store(building, target, place.path, converted)
    partition = (place.partition,) if place.partition else ()
    file = replace(file, partition=partition, source=landed.name, source_sha256=landed.sha256)
    building.add(place.table, converted.columns, file)


def _build_sources(building: Building, survey: str, landed: Mapping[str, LandedFile]) -> None:
    target = building.scratch / "sources"
    converted = write_records(source_records(landed, building.tables), schemas.SOURCES, target)
    file = _store(building, target, "sources/part-00000.parquet", converted)
    building.add(f"{survey}_sources", converted.columns, file)


def source_records(
    landed: Mapping[str, LandedFile], tables: Mapping[str, Table]
) -> list[dict[str, object]]:
    """The rows of a survey's table of sources: one per landed file, with what was read of it."""
    files = {file.source: file for table in tables.values() for file in table.files}
    return [
        {
            "name": name,
            "bytes": source.bytes,
            "sha256": source.sha256,
            "release": release_name(from_text(source.last_modified)),
            "rows_read": files[name].rows if name in files else None,
            "rows_rejected": files[name].rejects if name in files else 0,
        }
        for name, source in sorted(landed.items())
    ]


def rejects_text(converted: Converted) -> bytes:
    """The lines that were set aside, as one JSON object a line."""
    lines = [json.dumps(vars(reject), sort_keys=True) for reject in converted.rejects]
    return ("\n".join(lines) + "\n").encode()


def _finish_history(building: Building, survey: str) -> None:
    """Adds the table of revisions, and warns of releases that the lake has not seen."""
    history = building.history
    if history is None or (table := history.table()) is None:
        return
    building.tables[history.name] = table
    if not marks_revisions(building.run.storage, survey, building.folder, building.tables):
        history.without_marks()
    known = set(building.previous.history) if building.previous else set()
    for snapshot in history.snapshots:
        if snapshot.unflagged and snapshot not in known:
            building.warnings.append(
                f"{snapshot.source}: {snapshot.unflagged} of {snapshot.revised} revised values do"
                " not bear BLS's mark, so a release before this one was missed."
            )


def _file_before(building: Building, place: Planned) -> TableFile | None:
    """The Parquet file that the current release has in a file's place."""
    if building.previous is None or place.table not in building.previous.tables:
        return None
    files = building.previous.tables[place.table].files
    return next((file for file in files if file.path == place.path), None)


def _is_made_alike(building: Building) -> bool:
    """Whether a conversion would give the current release's files again, byte for byte."""
    return building.previous is not None and building.previous.made_by == made_by()


def _copy(building: Building, place: Planned, before: TableFile) -> None:
    """Takes an unchanged file over from the current release, without reading it."""
    assert building.previous is not None  # noqa: S101 - whoever has a file has its pointer
    for path in filter(None, (before.path, before.rejects_path)):
        building.run.storage.copy(building.previous.folder + path, building.folder + path)
    building.add(place.table, building.previous.tables[place.table].columns, before)


def _store(building: Building, made: Path, path: str, converted: Converted) -> TableFile:
    """Moves a finished Parquet file, and the lines set aside, into the folder."""
    storage = building.run.storage
    with made.open("rb") as stream:
        sha256 = file_sha256(stream)
    size = made.stat().st_size
    storage.put_file(building.folder + path, made, sha256)
    rejects_path = ""
    if converted.rejects:
        rejects_path = f"rejects/{path.rpartition('/')[0]}.jsonl"
        storage.put(building.folder + rejects_path, rejects_text(converted))
    return TableFile(
        path,
        converted.rows,
        size,
        sha256,
        rejects=len(converted.rejects),
        rejects_path=rejects_path,
    )


def _known_series(building: Building, survey: str) -> Callable[[], KnownSeries] | None:
    table = building.tables.get(f"{survey}_series")
    if table is None:
        return None
    key = building.folder + table.files[0].path

    def open_table() -> BinaryIO:
        return building.run.storage.open(key)

    return lambda: KnownSeries(open_table())


def _check_series_again(building: Building, survey: str, place: Planned) -> None:
    """Holds an unchanged data file against a series file that has changed."""
    previous, known_series = building.previous, _known_series(building, survey)
    if previous is None or known_series is None:
        return
    if _series_source(previous.tables, survey) == _series_source(building.tables, survey):
        return
    with building.run.storage.open(previous.folder + place.path) as stream:
        known_series().check_table(place.name, stream)


def _series_source(tables: Mapping[str, Table], survey: str) -> str:
    table = tables.get(f"{survey}_series")
    return table.files[0].source_sha256 if table else ""


def _check_columns(building: Building, place: Planned, converted: Converted) -> None:
    """Refuses a table that lost a column: views and users' queries name it."""
    known = building.previous.tables.get(place.table) if building.previous else None
    if known is None or building.run.settings.allow_shrink:
        return
    names_now = {column.name for column in converted.columns}
    gone = [column.name for column in known.columns if column.name not in names_now]
    if gone:
        raise QualityFailure(
            f"{place.name} has no column {gone[0]} any more; it was not published.",
            hint="The last good release stands. If BLS has really dropped it: --allow-shrink",
        )


def _check_is_document(building: Building, place: Planned) -> None:
    """A file that was a table yesterday and is none today is damaged, not a document."""
    if place.role is Role.SERIES or _file_before(building, place):
        raise QualityFailure(
            f"{place.name} has no header line any more; it was not published.",
            hint="The last good release stands.",
        )


def main(argv: Sequence[str] | None = None) -> int:
    """The job as a program."""
    return main_of("build_tables", build_tables, argv)


if __name__ == "__main__":
    exit_with(main())
