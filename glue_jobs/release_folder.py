"""Puts the tables of a release into its folder: converted from landed files, or copied unchanged.

Each file is converted in scratch, checked against the current release, and stored; a file whose
bytes are those of the current release is taken over from there without being read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import Table, TableFile
from glue_jobs.errors import IntegrityFailure, QualityFailure
from glue_jobs.moments import from_text, release_name
from glue_jobs.raw_zone import landed_source
from glue_jobs.storage import copy_verified, path_sha256
from glue_jobs.tables import schemas
from glue_jobs.tables.convert import Converted, convert_data, convert_table, write_records
from glue_jobs.tables.plan import Role, made_by
from glue_jobs.tables.quality import KnownSeries, check_shrinking

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Callable

    from glue_jobs.catalog.manifests import LandedFile
    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.history import History
    from glue_jobs.job import Run
    from glue_jobs.tables.columns import TableColumn
    from glue_jobs.tables.plan import Planned


_COPIES = {Role.SERIES: "series.parquet", Role.OTHER: "footnote.parquet"}
"""Where in scratch the tables lie that the build itself reads."""


@dataclass
class Building:
    """A release folder in the making.

    Attributes:
        run: whose.
        folder: its key.
        previous: the current pointer, None for the first release.
        copies: whether files may be taken over from the current release.
        scratch: where files are made.
        tables: what is in it so far.
        converted: names of the files that were converted, not copied.
        warnings: sentences for the summary.
        history: what the release changes; None for the population.
    """

    run: Run
    folder: str
    previous: Pointer | None
    copies: bool
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


def build_file(building: Building, survey: str, landed: LandedFile, place: Planned) -> None:
    """Puts one landed file's table, or its partition of the data table, into the folder."""
    run = building.run
    before = _file_before(building, place)
    if before and before.source_sha256 == landed.sha256 and _may_copy(building, place, before):
        if place.role is Role.DATA:
            _check_series_again(building, survey, place, before)
        _copy(building, place, before)
        return
    source = landed_source(run.storage, survey, landed)
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
    file = store_file(building, target, place.path, converted)
    partition = (place.partition,) if place.partition else ()
    file = replace(file, partition=partition, source=landed.name, source_sha256=landed.sha256)
    building.add(place.table, converted.columns, file)


def build_sources(building: Building, survey: str, landed: Mapping[str, LandedFile]) -> None:
    """Puts the table of all landed files into the folder, once their tables are there."""
    target = building.scratch / "sources"
    converted = write_records(source_records(landed, building.tables), schemas.SOURCES, target)
    file = store_file(building, target, "sources/part-00000.parquet", converted)
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


def _file_before(building: Building, place: Planned) -> TableFile | None:
    """The Parquet file that the current release has in a file's place."""
    if building.previous is None or place.table not in building.previous.tables:
        return None
    files = building.previous.tables[place.table].files
    return next((file for file in files if file.path == place.path), None)


def _may_copy(building: Building, place: Planned, before: TableFile) -> bool:
    """Whether the current release has what a conversion would give again, byte for byte.

    Of tables that the build itself reads it is made sure.
    """
    previous = building.previous
    if not building.copies or previous is None or previous.made_by != made_by():
        return False
    if place.role is not Role.SERIES and not place.table.endswith("_footnote"):
        return True
    storage, key = building.run.storage, previous.folder + before.path
    if storage.stat(key) is None:
        return False
    try:
        copy_verified(storage, key, before.sha256, building.scratch / _COPIES[place.role])
    except IntegrityFailure:
        return False
    return True


def _copy(building: Building, place: Planned, before: TableFile) -> None:
    """Takes an unchanged file over from the current release, without reading it."""
    assert building.previous is not None  # noqa: S101 - whoever has a file has its pointer
    for path in filter(None, (before.path, before.rejects_path)):
        building.run.storage.copy(building.previous.folder + path, building.folder + path)
    building.add(place.table, building.previous.tables[place.table].columns, before)


def store_file(building: Building, made: Path, path: str, converted: Converted) -> TableFile:
    """Moves a finished Parquet file, and the lines set aside, into the folder."""
    storage = building.run.storage
    sha256, size = path_sha256(made), made.stat().st_size
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
    (file,) = table.files
    path = building.scratch / _COPIES[Role.SERIES]
    if not path.exists():
        copy_verified(building.run.storage, building.folder + file.path, file.sha256, path)
    return lambda: KnownSeries(path.open("rb"))


def _check_series_again(building: Building, survey: str, place: Planned, file: TableFile) -> None:
    """Holds an unchanged data file against a series file that has changed."""
    previous = building.previous
    if previous is None:
        return
    if _series_source(previous.tables, survey) == _series_source(building.tables, survey):
        return
    known_series = _known_series(building, survey)
    if known_series is None:
        return
    path = building.scratch / "unchanged.parquet"
    copy_verified(building.run.storage, previous.folder + place.path, file.sha256, path)
    with path.open("rb") as stream:
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
