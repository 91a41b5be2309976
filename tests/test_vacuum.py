"""What `lake vacuum` removes, and what it leaves: by when a pointer last named it."""

from __future__ import annotations

import os
import shutil
from datetime import datetime, timedelta, timezone

import pytest

from glue_jobs.catalog.pointers import Pointer, Table, TableFile, load_pointer, publish
from glue_jobs.storage.local import LocalStorage
from glue_jobs.tables.columns import TableColumn
from labor_lake.commands.vacuum import vacuum

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
A_WEEK_AGO = NOW - timedelta(days=7)
HASH = "ab" * 32
RELEASES = {name: f"2025010{day}T123000Z" for day, name in enumerate("ABCDE", 1)}
YEAR = TableColumn("year", "smallint", "calendar year")


@pytest.fixture
def storage(tmp_path):
    return LocalStorage(tmp_path / "lake")


def put_at(storage: LocalStorage, key: str, days_ago: float) -> None:
    storage.put(key, key.encode())
    set_age(storage.root / key, days_ago)


def set_age(path, days_ago: float) -> None:
    moment = (NOW - timedelta(days=days_ago)).timestamp()
    os.utime(path, (moment, moment))


def publish_at(storage: LocalStorage, release: str, days_ago: float, subject: str = "pr") -> None:
    """Publishes a release whose data is one file and whose history is one, both of that age."""
    folder = folder_of(release, subject)
    history = f"history/{subject}/{release}/"
    tables = {
        f"{subject}_data": Table((YEAR,), (TableFile("part", 1, len(f"{folder}part"), HASH),)),
        f"{subject}_revisions": Table(
            (YEAR,), (TableFile("part", 1, len(f"{history}part"), HASH),), folder=history
        ),
    }
    for key in (f"{folder}part", f"{history}part"):
        if storage.stat(key) is None:
            put_at(storage, key, days_ago)
    current = load_pointer(storage, subject)
    tag = current.tag if current else None
    publish(storage, Pointer(subject, RELEASES[release], folder, tables, tag=tag))
    set_age(storage.root / f"current/{subject}.json", days_ago)


def folder_of(release: str, subject: str = "pr") -> str:
    return f"curated/{subject}/{RELEASES[release]}-1/"


def removed(storage: LocalStorage, before: datetime = A_WEEK_AGO) -> list[str]:
    """What goes; and sees to it that exactly this is gone."""
    zones = ("curated/", "history/")
    there = [stored.key for zone in zones for stored in storage.list_objects(zone)]
    gone = [stored.key for stored in vacuum(storage, before).objects]
    left = [stored.key for zone in zones for stored in storage.list_objects(zone)]
    assert sorted(gone + left) == sorted(there)
    return sorted(gone)


def of(*releases: str, subject: str = "pr") -> list[str]:
    """The files of some releases, and of their history."""
    return sorted(
        f"{start}part"
        for release in releases
        for start in (folder_of(release, subject), f"history/{subject}/{release}/")
    )


def test_a_release_published_long_ago_and_superseded_just_now_stays(storage):
    publish_at(storage, "A", days_ago=300)
    publish_at(storage, "B", days_ago=1)
    assert removed(storage) == []


@pytest.mark.parametrize(("superseded", "goes"), [(7.01, True), (6.99, False)])
def test_a_release_goes_a_week_after_another_took_its_place(superseded, goes, storage):
    publish_at(storage, "A", days_ago=300)
    publish_at(storage, "B", days_ago=superseded)
    assert removed(storage) == (of("A") if goes else [])


def test_of_many_releases_those_go_that_were_superseded_a_week_ago(storage):
    for release, days_ago in (("A", 300), ("B", 200), ("C", 9), ("D", 2), ("E", 1)):
        publish_at(storage, release, days_ago)
    assert removed(storage) == of("A", "B")


def test_a_release_that_was_current_twice_goes_by_the_last_time(storage):
    for release, days_ago in (("A", 300), ("B", 200), ("A", 100), ("C", 1)):
        publish_at(storage, release, days_ago)
    assert removed(storage) == of("B")


def test_what_is_current_stays_however_old_it_is(storage):
    publish_at(storage, "A", days_ago=300)
    publish_at(storage, "B", days_ago=200)
    publish_at(storage, "A", days_ago=100)
    assert removed(storage, before=NOW) == of("B")
    assert removed(storage, before=NOW) == []


def test_what_the_population_once_was_stays(storage):
    publish_at(storage, "A", days_ago=300, subject="population")
    publish_at(storage, "B", days_ago=200, subject="population")
    assert removed(storage) == ["history/population/A/part"]


@pytest.mark.parametrize(("newest", "goes"), [(8, True), (6, False)])
def test_a_folder_that_nobody_named_goes_by_its_newest_file(newest, goes, storage):
    publish_at(storage, "A", days_ago=300)
    put_at(storage, "curated/pr/KILLED-1/a", days_ago=300)
    put_at(storage, "curated/pr/KILLED-1/b", days_ago=newest)
    put_at(storage, "curated/pr/KILLED-1/c", days_ago=100)
    whole = [f"curated/pr/KILLED-1/{name}" for name in "abc"]
    assert removed(storage) == (whole if goes else [])


@pytest.mark.parametrize(("age", "goes"), [(8, True), (6, False)])
def test_a_file_of_history_that_nobody_named_goes_by_its_age(age, goes, storage):
    publish_at(storage, "A", days_ago=300)
    put_at(storage, "history/pr/A/unnamed", days_ago=age)
    assert removed(storage) == (["history/pr/A/unnamed"] if goes else [])


def test_a_folder_of_a_survey_without_a_pointer_goes_by_its_age(storage):
    put_at(storage, "curated/cu/KILLED-1/a", days_ago=8)
    put_at(storage, "curated/cu/LIVE-1/a", days_ago=6)
    assert removed(storage) == ["curated/cu/KILLED-1/a"]


def test_of_a_copy_of_a_lake_without_its_hidden_folder_nothing_goes(storage):
    publish_at(storage, "A", days_ago=300)
    shutil.rmtree(storage.root / ".lake")
    kept = [stored.key for stored in storage.list_objects("")]
    found = vacuum(storage, NOW)
    assert found.objects == []
    assert "current/pr.json does not match its recorded checksum" in str(found.failures[0])
    assert [stored.key for stored in storage.list_objects("")] == kept


def test_a_dry_run_says_the_same_and_removes_nothing(storage):
    publish_at(storage, "A", days_ago=300)
    publish_at(storage, "B", days_ago=100)
    found = vacuum(storage, A_WEEK_AGO, dry_run=True)
    assert list(found.folders) == [folder_of("A")]
    assert [stored.key for stored in found.history] == ["history/pr/A/part"]
    assert removed(storage) == of("A")


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_runs_wrote_of_themselves_goes_by_its_age(dry_run, storage):
    """The newest stays whatever its age, and so do the latest reports."""
    for run, days_ago in (("old", 500), ("newer", 399), ("oldest", 900)):
        put_at(storage, f"runs/{run}/land_bls.json", days_ago)
        put_at(storage, f"runs/{run}/verify.json", days_ago - 1)
        put_at(storage, f"reports/{run}/best_year.csv", days_ago + 200)
    put_at(storage, "reports/latest/best_year.csv", 900)
    before = NOW - timedelta(days=400)
    removed = vacuum(storage, A_WEEK_AGO, before, dry_run=dry_run)
    gone = {"runs/old/", "runs/oldest/", "reports/old/", "reports/oldest/"}
    assert set(removed.runs) == gone
    left = {stored.key for zone in ("runs/", "reports/") for stored in storage.list_objects(zone)}
    assert all(key.startswith(tuple(gone)) for key in left) is False
    assert any(key.startswith(tuple(gone)) for key in left) is dry_run
    assert {"runs/newer/land_bls.json", "reports/newer/best_year.csv"} < left
    assert "reports/latest/best_year.csv" in left
