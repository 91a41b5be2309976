"""What the pointers would have named at a moment: releases to the second, and nothing later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from glue_jobs.catalog.pointers import (
    Pointer,
    Table,
    TableFile,
    Vintage,
    load_pointer,
    publish,
)
from glue_jobs.errors import UsageError
from glue_jobs.storage.local import LocalStorage
from glue_jobs.tables.columns import TableColumn
from glue_jobs.timestamps import from_release
from tests.lakes import put_files
from tests.pointers import pointers_as_of

FIRST, SECOND, THIRD = RELEASES = ("20250904T123000Z", "20251204T133000Z", "20260304T133000Z")
BEFORE = {FIRST: "20250904T122959Z", SECOND: "20251204T132959Z", THIRD: "20260304T132959Z"}
HASH = "ab" * 32
KEY = TableColumn("data_file", "string", "the upstream file")
RELEASE = TableColumn("release", "string", "when BLS wrote the vintage")
RELEASE_YEAR = TableColumn("release_year", "string", "its year")
YEAR = TableColumn("year", "smallint", "calendar year")


BY_RELEASE = Table(
    (YEAR,),
    tuple(
        TableFile(f"data_file=0/release={release}/p", 1, 1, HASH, ("0", release))
        for release in RELEASES
    ),
    (KEY, RELEASE),
    "history/pr/0001/",
)
BY_YEAR = Table(
    (RELEASE, YEAR),
    (
        TableFile("data_file=0/release_year=2025/ab/2025.parquet", 2, 1, HASH, ("0", "2025")),
        TableFile(f"data_file=0/release_year=2026/cd/{THIRD}", 1, 1, HASH, ("0", "2026")),
    ),
    (KEY, RELEASE_YEAR),
    "history/pr/",
)


@pytest.fixture(params=[BY_RELEASE, BY_YEAR], ids=["by-release", "by-year"])
def storage(request, tmp_path):
    storage = LocalStorage(tmp_path / "lake")
    data = (TableFile("data/data_file=0/p", 1, 1, HASH, ("0",)),)
    tables = {
        "pr_data": Table((YEAR,), data, (KEY,)),
        "pr_revisions": request.param,
    }
    history = tuple(
        Vintage("pr.data.0", one, HASH, "raw/bls/pr/pr.data.0", 1, 0, 0) for one in RELEASES
    )
    folder = f"curated/pr/{THIRD}-1/"
    survey = Pointer("pr", THIRD, folder, tables, history=history)
    put_files(storage, survey)
    publish(storage, survey)
    for release in RELEASES:
        population = {"population": Table((YEAR,), (TableFile(release, 1, 1, HASH),))}
        current = load_pointer(storage, "population")
        pointer = Pointer("population", release, f"curated/population/{release}-1/", population)
        put_files(storage, pointer)
        publish(storage, replace(pointer, tag=current.tag if current else None))
    return storage


def as_of(storage, text: str) -> dict[str, Pointer]:
    return {pointer.subject: pointer for pointer in pointers_as_of(storage, from_release(text))}


@pytest.mark.parametrize(
    ("moment", "known"),
    [
        (FIRST, [FIRST]),
        (BEFORE[SECOND], [FIRST]),
        (SECOND, [FIRST, SECOND]),
        (BEFORE[THIRD], [FIRST, SECOND]),
        (THIRD, [FIRST, SECOND, THIRD]),
        ("20991231T000000Z", [FIRST, SECOND, THIRD]),
    ],
)
def test_a_release_is_known_from_its_second_on(moment, known, storage):
    found = as_of(storage, moment)
    survey = found["pr"]
    assert survey.until == moment
    parts = [file.partition[1] for file in survey.tables["pr_revisions"].files]
    years = sorted({one[:4] for one in RELEASES if one[:4] <= moment[:4]})
    assert parts == (years if len(parts[0]) == 4 else known)
    assert [vintage.release for vintage in survey.history] == known
    assert found["population"].release == known[-1]


def test_today_s_data_files_are_not_those_of_the_past(storage):
    assert as_of(storage, FIRST)["pr"].tables["pr_data"].files == ()


def test_before_the_first_second_nothing_is_known(storage):
    with pytest.raises(UsageError, match=f"the lake has seen pr since {FIRST}"):
        as_of(storage, BEFORE[FIRST])
