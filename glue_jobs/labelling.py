"""Puts the labels of a survey's series into a release folder, and makes them again from one.

They are made of the survey's other tables as the release shows them, wherever these lie: in scratch
where they were just converted, else in the current release. Where all of them are the same as
before, the labels are taken over.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.current_release import CurrentRelease
from glue_jobs.labels.entries import read_entries
from glue_jobs.labels.facts import GIANTS
from glue_jobs.labels.index import write_index
from glue_jobs.labels.making import make_labels
from glue_jobs.release_folder import store_file, store_index, take_over
from glue_jobs.sources.places import tables_of
from glue_jobs.storage.verified import copy_verified
from glue_jobs.tables.convert import Converted
from glue_jobs.tables.plan import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Callable

    from glue_jobs.catalog.pointers import Pointer, TableFile
    from glue_jobs.release_folder import Building
    from glue_jobs.sources.protocol import Landed
    from glue_jobs.storage.protocol import Storage
    from glue_jobs.verdicts import Verdict

PATH = "labels/part-00000.parquet"


@dataclass(frozen=True)
class _Input:
    """A table, or a part of one, that labels are made of.

    Attributes:
        table: its name.
        source: the landed file it was made from.
        sha256: hash of that file's bytes, in hex.
        fetch: puts the Parquet file into scratch, at a path or where it says.
    """

    table: str
    source: str
    sha256: str
    fetch: Callable[[Path], Path]


def put_labels(
    building: Building,
    subject: str,
    landed: Mapping[str, Landed],
    verdicts: Sequence[Verdict],
    *,
    takes_over: bool,
) -> None:
    """Puts the labels into the folder, before the tables that they are made of are moved there.

    There are none where a release shows neither series nor observations. Those of the current
    release are taken over, if they may be, where they are made of the same.
    """
    inputs = [
        _input_of(building, one)
        for one in verdicts
        if one.shown and one.place.role in (Role.SERIES, Role.DATA, Role.OTHER)
    ]
    inputs = _in_order(subject, inputs, landed)
    if not inputs:
        return
    digest = _digest_of(inputs)
    name = table_names.labels(subject)
    table = building.previous.tables.get(name) if building.previous and takes_over else None
    if table and table.files[0].source_sha256 == digest:
        schema = tables_of(subject).schema
        current = CurrentRelease(building.run.storage, building.previous, schema)
        if current.is_there(table.files[0]):
            take_over(building, name, table.files[0])
            return
    building.run.progress.step(f"{subject}: putting its series into words")
    target = building.scratch / "labels.parquet"
    converted = _make(subject, inputs, target, building.scratch)
    building.warnings.extend(converted.warnings)
    index = None if subject in GIANTS else building.scratch / "labels.index"
    if index:
        index_labels(subject, target, index)
    file = store_file(building, target, PATH, converted)
    file = replace(file, source_sha256=digest)
    building.add(name, converted.columns, store_index(building, index, file) if index else file)


def index_labels(subject: str, labels: Path, target: Path) -> None:
    """Writes the index that the series of a table of labels are found by."""
    write_index(target, subject, read_entries(labels))


def make_labels_again(
    storage: Storage, pointer: Pointer, landed: Mapping[str, Landed], target: Path
) -> Converted:
    """Makes the labels of a release from its other tables.

    Raises:
        IntegrityFailure: one of these has not its recorded bytes.
    """
    inputs = [
        _Input(
            table,
            file.source,
            file.source_sha256,
            _copier(storage, pointer.key_of(table, file), file),
        )
        for table, file in pointer.files()
        if file.source and not pointer.tables[table].folder
    ]
    inputs = _in_order(pointer.subject, inputs, landed)
    return _make(pointer.subject, inputs, target, target.parent)


def _input_of(building: Building, verdict: Verdict) -> _Input:
    place, made, before = verdict.place, verdict.made, verdict.taken_over
    if made is not None:
        return _Input(place.table, place.name, verdict.shown, lambda _: made)
    assert building.previous is not None  # noqa: S101 - what is taken over is the current release's
    assert before is not None  # noqa: S101 - whatever is shown was made or taken over
    key = building.previous.folder + before.path
    copy = _copier(building.run.storage, key, before)
    return _Input(place.table, place.name, verdict.shown, copy)


def _copier(storage: Storage, key: str, file: TableFile) -> Callable[[Path], Path]:
    def copy(path: Path) -> Path:
        copy_verified(storage, key, file.sha256, path)
        return path

    return copy


def _in_order(subject: str, inputs: Iterable[_Input], landed: Mapping[str, Landed]) -> list[_Input]:
    """The inputs by table, of the observations the newest file first; none without series.

    Of an observation in several files the first one's value is a series' last value.
    """
    described = {table_names.series(subject), table_names.data(subject)}

    def released_at(one: _Input) -> str:
        return landed[one.source].released_at if one.source in landed else ""

    newest_first = sorted(sorted(inputs, key=lambda one: one.source), key=released_at, reverse=True)
    ordered = sorted(newest_first, key=lambda one: one.table)
    return ordered if any(one.table in described for one in ordered) else []


def _digest_of(inputs: Sequence[_Input]) -> str:
    made_from = [(one.table, one.source, one.sha256) for one in inputs]
    return hashlib.sha256(repr(made_from).encode()).hexdigest()


def _make(subject: str, inputs: Sequence[_Input], target: Path, scratch: Path) -> Converted:
    folder = scratch / "to-label"
    folder.mkdir()
    paths = [
        (one.table, one.fetch(folder / f"{number}.parquet")) for number, one in enumerate(inputs)
    ]
    own = (table_names.series(subject), table_names.data(subject))
    labels = make_labels(
        subject,
        next((path for table, path in paths if table == own[0]), None),
        {table_names.ending(table): path for table, path in paths if table not in own},
        [path for table, path in paths if table == own[1]],
        target,
    )
    for copied in folder.iterdir():
        copied.unlink()
    folder.rmdir()
    return Converted(labels.rows, labels.columns, warnings=labels.warnings)
