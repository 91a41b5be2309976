"""Where each value that the lake ever held for an observation came from: file, line, bytes."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.errors import LakeError, UsageError
from glue_jobs.storage.recorded import version_of
from glue_jobs.storage.verified import copy_verified, open_verified
from glue_jobs.subjects import asked_survey
from glue_jobs.tables.lines import find_lines, number_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from glue_jobs.catalog.pointers import Pointer, Vintage
    from glue_jobs.storage.protocol import Storage


@dataclass(frozen=True)
class Trace:
    """One line of one vintage of a data file.

    Attributes:
        release: of the vintage.
        source: the file.
        sha256: hash of the file's bytes, in hex.
        line: the line's number, the header being 1.
        value: the figure as BLS printed it.
        raw: the line's bytes, its end apart, as text; other bytes than ASCII are escaped.
    """

    release: str
    source: str
    sha256: str
    line: int
    value: str
    raw: str


def find_traces(storage: Storage, series_id: str, year: str, period: str) -> list[Trace]:
    """The line of every vintage that has an observation, by data file, oldest first.

    Raises:
        UsageError: none has it.
    """
    key = (series_id, year, period)
    survey = asked_survey(series_id[:2])
    pointer = load_pointer(storage, survey)
    if pointer is None:
        raise UsageError(f"The lake has no release of {survey}.", hint="lake status")
    found = [trace for one in pointer.history for trace in traces(storage, one, key)]
    if not found:
        raise _unknown(storage, pointer, key)
    return found


def traces(storage: Storage, vintage: Vintage, key: tuple[str, ...]) -> Iterator[Trace]:
    """The lines of one vintage that hold an observation: one, if the file is as it should be."""
    wanted = [os.fsencode(part) for part in key]
    for number, line, fields in _lines(storage, vintage, wanted[0]):
        if fields[:3] == wanted:
            yield _trace(vintage, number, line, fields)


def find_lines_of(
    storage: Storage, vintage: Vintage, keys: Collection[tuple[str, str, str]]
) -> dict[tuple[str, str, str], Trace]:
    """The line of one vintage for each of many observations, by series, year and period.

    One that the vintage does not have is left out; of one that it has twice, the first stands.

    Raises:
        IntegrityFailure: the vintage has other bytes than were landed.
    """
    wanted = {tuple(map(os.fsencode, key)): key for key in keys}
    series = {one[0] for one in wanted}
    found: dict[tuple[str, str, str], Trace] = {}
    version = version_of(storage, vintage.key, vintage.sha256)
    with open_verified(storage, vintage.key, vintage.sha256, version) as stream:
        for number, line in number_lines(stream):
            if line.partition(b"\t")[0].strip(b" ") in series:
                fields = _fields(line)
                key = wanted.get(tuple(fields[:3]))
                if key is not None:
                    found.setdefault(key, _trace(vintage, number, line, fields))
    return found


def _trace(vintage: Vintage, number: int, line: bytes, fields: list[bytes]) -> Trace:
    return Trace(
        vintage.release,
        vintage.source,
        vintage.sha256,
        number,
        fields[3].decode("ascii", "backslashreplace") if len(fields) > 3 else "",
        line.decode("ascii", "backslashreplace"),
    )


def _fields(line: bytes) -> list[bytes]:
    return [field.strip(b" ") for field in line.split(b"\t")]


def _lines(
    storage: Storage, vintage: Vintage, series_id: bytes
) -> Iterator[tuple[int, bytes, list[bytes]]]:
    """The lines of a vintage that begin with a series' id: number, bytes, fields."""
    version = version_of(storage, vintage.key, vintage.sha256)
    with open_verified(storage, vintage.key, vintage.sha256, version) as stream:
        for number, line in find_lines(stream, series_id):
            fields = _fields(line)
            if fields[0] == series_id:
                yield number, line, fields


def _unknown(storage: Storage, pointer: Pointer, key: tuple[str, ...]) -> UsageError:
    """Says what of an observation the newest vintages do not have, and what they have instead."""
    series_id, year, period = key
    newest = {one.source: one for one in pointer.history}.values()
    known: set[tuple[str, str]] = set()
    for vintage in newest:
        for _, _, fields in _lines(storage, vintage, os.fsencode(series_id)):
            if len(fields) > 2:
                known.add(
                    (fields[1].decode("ascii", "replace"), fields[2].decode("ascii", "replace"))
                )
    if not known:
        hint = ""
        with contextlib.suppress(LakeError):  # of the hint; what was asked is answered
            hint = _nearest(series_id, _series_of(storage, pointer))
        return UsageError(f"The lake has seen no series {series_id}.", hint=hint)
    years = {one for one, _ in known}
    if year not in years:
        return UsageError(
            f"{series_id} has no year {year}.", hint=f"It has {min(years)} to {max(years)}."
        )
    periods = sorted(one for its_year, one in known if its_year == year)
    return UsageError(
        f"{series_id} has no {period} in {year}.", hint=f"It has {', '.join(periods)}."
    )


def _series_of(storage: Storage, pointer: Pointer) -> Iterator[str]:
    """The series that the current release lists, or has figures of; one may come several times."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - to find a figure takes no pyarrow

    named = (table_names.series(pointer.subject), table_names.data(pointer.subject))
    name = next(name for name in named if name in pointer.tables)
    for file in pointer.tables[name].files:
        with storage.scratch() as scratch:
            copy_verified(storage, pointer.key_of(name, file), file.sha256, scratch / "series")
            table = pq.ParquetFile(scratch / "series", read_dictionary=["series_id"])
            for batch in table.iter_batches(columns=["series_id"]):
                yield from batch.column("series_id").dictionary.to_pylist()


def _nearest(series_id: str, known: Iterable[str]) -> str:
    """The series whose ids begin alike for the longest: the letters encode what a series is."""

    def alike(known_id: str) -> int:
        pairs = zip(known_id, series_id)
        return next((at for at, (one, other) in enumerate(pairs) if one != other), len(known_id))

    survey = series_id[:2].lower()
    near: list[str] = []  # survey files have millions of series
    for one in known:
        if alike(one) > 2 and one not in near:
            near = sorted([*near, one], key=lambda one: (-alike(one), one))[:3]
    return (
        f"Did you mean {' or '.join(near)}?"
        if near
        else f"`lake query 'select * from {survey}_series'` lists them."  # noqa: S608 - a hint
    )
