"""Seven vintages of a data file in three years, and what a lake that has some of them says."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from glue_jobs.catalog.pointers import Pointer, load_pointer
from glue_jobs.engines.open import open_engine
from glue_jobs.history import comparing
from glue_jobs.settings import Settings
from glue_jobs.timestamps import from_release, release_name
from labor_lake.commands.backfill import backfill
from labor_lake.sample import render
from tests.faults.lake import Lake, change_file
from tests.pointers import pointers_as_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from glue_jobs.catalog.pointers import Vintage
    from glue_jobs.storage.protocol import Storage
    from tests.tables.test_revisions import Values

NAME, OTHER = "pr.data.0.Current", "pr.data.1.AllData"
MOMENTS = [
    datetime(year, month, 6, 12, 30, tzinfo=timezone.utc)
    for year, month in ((2023, 3), (2023, 6), (2023, 9), (2024, 3), (2024, 6), (2025, 3), (2025, 6))
]
RELEASES = [release_name(moment) for moment in MOMENTS]


def generate_chain(seed: int) -> list[Values]:
    chance = random.Random(seed)
    chain: list[Values] = [{}]
    for number in range(len(MOMENTS)):
        after = {
            key: (round(chance.uniform(-9, 9), 1), "R", None) if chance.random() < 0.3 else figures
            for key, figures in chain[-1].items()
            if chance.random() < 0.9
        }
        for series in ("PRS1", "PRS2", "PRS3"):
            after[series, 2010 + number, "Q01"] = (round(chance.uniform(-9, 9), 1), "", None)
        chain.append(after)
    return chain[1:]


CHAIN = generate_chain(7)


def body(number: int) -> bytes:
    rows = [
        (series, str(year), period, str(value), note)
        for (series, year, period), (value, note, _) in sorted(CHAIN[number].items())
    ]
    return render.data_file(rows)


def land(lake: Lake, *numbers: int, name: str = NAME) -> Pointer:
    for number in numbers:
        change_file(lake.upstream, name, body(number), MOMENTS[number])
        assert lake.do("land_bls", lake.run()).failures == ()
        assert lake.build().failures == ()
    return current(lake)


def take_in(lake: Lake, number: int, storage: Any = None) -> None:
    copy = lake.folder.parent / f"copy-{number}"
    copy.write_bytes(body(number))
    backfill(storage or lake.storage, current(lake), NAME, {RELEASES[number]: copy})


def current(lake: Lake) -> Pointer:
    pointer = load_pointer(lake.storage, "pr")
    assert pointer is not None
    return pointer


def years(pointer: Pointer, data_file: str = "0.Current") -> dict[str, list[str]]:
    """The names of a data file's files of revisions, by year."""
    found: dict[str, list[str]] = {}
    for file in pointer.tables["pr_revisions"].files:
        if file.partition[0] == data_file:
            found.setdefault(file.partition[1], []).append(file.path.rpartition("/")[2])
    return found


def keys(pointer: Pointer, year: str) -> set[str]:
    table = pointer.tables["pr_revisions"]
    return {table.folder + file.path for file in table.files if file.partition[1] == year}


def as_of(lake: Lake, release: str) -> Values:
    pointers = pointers_as_of(lake.storage, from_release(release))
    engine = open_engine(lake.storage, pointers, Settings())
    found = engine.query(
        "select series_id, year, period, value, footnote_codes, value_text from pr_data"
    )
    rows = [tuple(row.values()) for row in found.to_pylist()]
    assert len(rows) == len({row[:3] for row in rows})
    known = engine.query("select distinct release from pr_revisions").column("release").to_pylist()
    assert max(known) <= release
    return {row[:3]: row[3:] for row in rows}


def check_rows(lake: Lake, *numbers: int) -> None:
    """As of each release the lake says what its vintage says, and all folders are as named."""
    for number in numbers:
        assert as_of(lake, RELEASES[number]) == CHAIN[number]
    check_folders(lake)


def check_folders(lake: Lake) -> None:
    """A reader who lists the folders of partitions finds the files that the pointer names."""
    pointer = current(lake)
    table = pointer.tables["pr_revisions"]
    named = {table.folder + file.path for file in table.files}
    folders = {key.rpartition("/")[0] + "/" for key in named}
    listed = {stored.key for folder in folders for stored in lake.storage.list_objects(folder)}
    assert listed == named


def note_conversions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on, gets the release of every vintage that is converted once more."""
    releases: list[str] = []
    real = comparing.make_vintage

    def note(storage: Storage, subject: str, vintage: Vintage, scratch: Path, name: str) -> Path:
        releases.append(vintage.release)
        return real(storage, subject, vintage, scratch, name)

    monkeypatch.setattr(comparing, "make_vintage", note)
    return releases
