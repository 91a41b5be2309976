"""A pointer of the past that has rotten: nobody can bring it back, and little is lost by it.

Three releases were published; the pointers to some of them are damaged where their versions lie.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from glue_jobs.catalog.pointers import Pointer, Table, TableFile, load_pointer, publish
from glue_jobs.catalog.vintages import readable_pointers_as_of
from glue_jobs.errors import IntegrityFailure
from glue_jobs.storage.local import LocalStorage
from glue_jobs.tables.columns import TableColumn
from labor_lake.commands.vacuum import vacuum
from tests.pointers import pointers_as_of

RELEASES = ("20250904T123000Z", "20251204T133000Z", "20260304T133000Z")
FIRST, SECOND, THIRD = RELEASES
HASH = "ab" * 32
YEAR = TableColumn("year", "smallint", "calendar year")


@pytest.fixture
def storage(tmp_path):
    return LocalStorage(tmp_path / "lake")


def pointer_to(subject: str, release: str) -> Pointer:
    """A folder with one file, and a table of revisions whose file the history keeps."""
    folder = f"history/{subject}/{release}/"
    tables = {
        f"{subject}_data": Table((YEAR,), (TableFile("part", 1, 8, HASH),)),
        f"{subject}_revisions": Table((YEAR,), (TableFile("part", 1, 8, HASH),), folder=folder),
    }
    return Pointer(subject, release, f"curated/{subject}/{release}-1a2b3c4d/", tables)


def publish_all(storage: LocalStorage, subject: str) -> list[str]:
    """Publishes every release; returns the keys of their files."""
    keys = []
    for release in RELEASES:
        pointer = pointer_to(subject, release)
        for table, file in pointer.files():
            keys.append(pointer.key_of(table, file))
            storage.put(keys[-1], b"contents")
        now = load_pointer(storage, subject)
        publish(storage, replace(pointer, tag=now.tag if now else None))
    return keys


def rot(storage: LocalStorage, subject: str, release: str) -> str:
    """Flips a bit in the version of a pointer, in a hash; returns the version's name."""
    key = f"current/{subject}.json"
    version = storage.versions(key)[RELEASES.index(release)].version
    path = storage.root / ".lake/versions" / key / version
    body = bytearray(path.read_bytes())
    body[body.index(HASH.encode()) + 1] ^= 1  # b to c: a hash like any other
    path.unlink()
    path.write_bytes(body)
    return version


@pytest.mark.parametrize("subject", ["pr", "population"])
def test_what_it_may_have_named_goes_no_earlier_than_what_followed_it(subject, storage):
    keys = publish_all(storage, subject)
    long_ago = datetime.now(timezone.utc) - timedelta(days=1)
    soon = datetime.now(timezone.utc) + timedelta(days=1)
    rot(storage, subject, FIRST)
    assert vacuum(storage, long_ago, dry_run=True).objects == []
    removed = [stored.key for stored in vacuum(storage, soon).objects]
    # What the population once was stays, to be asked for.
    goes = [key for key in keys[:4] if subject == "pr" or key.startswith("history/")]
    assert sorted(removed) == sorted(goes)


def test_only_the_population_of_its_days_cannot_be_told(storage):
    publish_all(storage, "population")
    version = rot(storage, "population", SECOND)
    before, between, after = (
        datetime(*date, tzinfo=timezone.utc) for date in ((2025, 1, 1), (2026, 1, 1), (2026, 6, 1))
    )
    assert pointers_as_of(storage, before) == []
    assert [pointer.release for pointer in pointers_as_of(storage, after)] == [THIRD]
    with pytest.raises(IntegrityFailure, match=f"the version {version} of current/population"):
        pointers_as_of(storage, between)


def test_and_what_the_surveys_were_is_known_all_the_same(storage):
    publish_all(storage, "population")
    survey = pointer_to("pr", FIRST)
    survey = replace(survey, tables={"pr_data": survey.tables["pr_data"]})
    storage.put(f"{survey.folder}part", b"contents")
    publish(storage, survey)
    rot(storage, "population", SECOND)
    between = datetime(2026, 1, 1, tzinfo=timezone.utc)
    pointers, damaged = readable_pointers_as_of(storage, between)
    assert [pointer.subject for pointer in pointers] == ["pr"]
    assert list(damaged) == ["population"]
    assert "of current/population.json is not as it was written" in str(damaged["population"])
