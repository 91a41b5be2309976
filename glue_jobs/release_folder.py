"""Puts the tables of a release into its folder, as the verdicts on its files say.

A table that was made in scratch is moved there; one whose file's bytes are those of the current
release is taken over from there without being read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.catalog.pointers import Table, TableFile
from glue_jobs.storage.hashing import path_sha256
from glue_jobs.tables import schemas
from glue_jobs.tables.convert import Converted, write_records
from glue_jobs.tables.plan import Role
from glue_jobs.timestamps import from_text, release_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from glue_jobs.catalog.pointers import HeldBack, Pointer
    from glue_jobs.history.survey import History
    from glue_jobs.running import Run
    from glue_jobs.sources.protocol import Landed
    from glue_jobs.tables.columns import TableColumn
    from glue_jobs.verdicts import Verdict


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
        history: what the release changes; None where there are no data files.
    """

    run: Run
    folder: str
    previous: Pointer | None
    scratch: Path
    tables: dict[str, Table]
    converted: list[str]
    warnings: list[str]
    history: History | None = None

    def add(
        self,
        table: str,
        columns: tuple[TableColumn, ...],
        file: TableFile,
        keys: tuple[TableColumn, ...] = (),
    ) -> None:
        """Notes a finished file of a table, which has these partition keys."""
        known = self.tables.get(table)
        files = (*(known.files if known else ()), file)
        self.tables[table] = Table(_joined(known.columns if known else (), columns), files, keys)


def _joined(
    one: tuple[TableColumn, ...], other: tuple[TableColumn, ...]
) -> tuple[TableColumn, ...]:
    """The columns of a table whose files have not the same ones; the last one stays the last."""
    names = {column.name for column in one}
    further = tuple(column for column in other if column.name not in names)
    return (*one[:-1], *further, one[-1]) if one and further else one or other


def put_table(building: Building, landed: Landed, verdict: Verdict) -> None:
    """Puts a landed file's table, or its partition of the data table, into the folder."""
    place, made, converted = verdict.place, verdict.made, verdict.converted
    if verdict.taken_over is not None:
        before = replace(verdict.taken_over, unlisted=verdict.unlisted)
        take_over(building, place.table, before, place.keys)
    elif made is not None and converted is not None:
        building.converted.append(place.name)
        building.warnings.extend(converted.warnings)
        is_data = place.role is Role.DATA and verdict.held is None
        if is_data and building.history is not None:
            building.history.add(landed, made)
        file = store_file(building, made, place.path, converted)
        partition = (place.partition,) if place.partition else ()
        file = replace(
            file,
            partition=partition,
            source=place.name,
            source_sha256=verdict.shown,
            unlisted=verdict.unlisted,
        )
        building.add(place.table, converted.columns, file, place.keys)


def put_sources(
    building: Building,
    subject: str,
    landed: Mapping[str, Landed],
    held: Mapping[str, HeldBack],
) -> None:
    """Puts the table of all landed files into the folder, once their tables are there."""
    target = building.scratch / "sources"
    records = source_records(subject, landed, building.tables, held)
    converted = write_records(records, schemas.SOURCES, target)
    file = store_file(building, target, "sources/part-00000.parquet", converted)
    building.add(table_names.sources(subject), converted.columns, file)


def source_records(
    subject: str,
    landed: Mapping[str, Landed],
    tables: Mapping[str, Table],
    held: Mapping[str, HeldBack],
) -> list[dict[str, object]]:
    """The rows of a subject's table of sources: one per landed file, with what was read of it."""
    # A table that lies elsewhere is the history: of all vintages, not what is shown of a file.
    shown = [table for table in tables.values() if not table.folder]
    files = {file.source: file for table in shown for file in table.files}
    has_series = table_names.series(subject) in tables
    records = []
    for name, source in sorted(landed.items()):
        file, why = files.get(name), held.get(name)
        records.append(
            {
                "name": name,
                "bytes": sum(one.bytes for one in source.objects),
                "sha256": source.sha256,
                "release": release_name(from_text(source.released_at)),
                "rows_read": file.rows if file else None,
                "rows_rejected": file.rejects if file else 0,
                "rows_as_text": file.texts if file else 0,
                "rows_unlisted": file.unlisted if file and has_series else None,
                "status": "held back" if why else "table" if file else "document",
                "shown_sha256": file.source_sha256 if file else None,
                "held_since": why.since if why else None,
                "held_reason": why.reason if why else None,
            }
        )
    return records


def rejects_text(converted: Converted) -> bytes:
    """The lines that were set aside, as one JSON object a line."""
    lines = [json.dumps(vars(reject), sort_keys=True) for reject in converted.rejects]
    return ("\n".join(lines) + "\n").encode()


def take_over(
    building: Building, table: str, before: TableFile, keys: tuple[TableColumn, ...] = ()
) -> None:
    """Takes an unchanged file of a table over from the current release, without reading it."""
    assert building.previous is not None  # noqa: S101 - whoever has a file has its pointer
    for path in filter(None, (before.path, before.rejects_path, before.index_path)):
        building.run.storage.copy(building.previous.folder + path, building.folder + path)
    building.add(table, building.previous.tables[table].columns, before, keys)


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
        texts=converted.texts,
        rejects_path=rejects_path,
    )


def store_index(building: Building, made: Path, file: TableFile) -> TableFile:
    """Moves a finished search index into the folder; returns its table's file, which names it."""
    path = f"indexes/{file.path.rpartition('/')[0]}.index"
    sha256, size = path_sha256(made), made.stat().st_size
    building.run.storage.put_file(building.folder + path, made, sha256)
    return replace(file, index_path=path, index_bytes=size, index_sha256=sha256)
