"""Pointers: which release is current, replaced in one step."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timezone

import pytest

from glue_jobs.catalog.pointers import (
    Pointer,
    Table,
    TableFile,
    load_pointer,
    missing_files,
    past_pointers,
    publish,
)
from glue_jobs.errors import IntegrityFailure, LostRace, TryAgainLater
from glue_jobs.storage.local import LocalStorage
from glue_jobs.tables.columns import TableColumn
from tests.lakes import put_files
from tests.pointers import load_pointers

HASH = "ab" * 32
YEAR = TableColumn("year", "smallint", "calendar year")
DATA_FILE = TableColumn("data_file", "string", "the upstream file")
DATA = Table(
    (YEAR,),
    (
        TableFile("data/data_file=0/p", 41, 1000, HASH, ("0",), "pr.data.0", HASH, 2, "rejects/a"),
        TableFile("data/data_file=1/p", 59, 2000, HASH, ("1",), "pr.data.1", HASH),
    ),
    (DATA_FILE,),
)
SOURCES = Table((YEAR,), (TableFile("sources/p", 12, 300, HASH),))
INDEXED = replace(SOURCES.files[0], index_path="indexes/a", index_bytes=50, index_sha256=HASH)


def pointer_to(release: str, subject: str = "pr") -> Pointer:
    folder = f"curated/{subject}/{release}-1a2b3c4d/"
    return Pointer(subject, release, folder, {"pr_data": DATA, "pr_sources": SOURCES})


POINTER = pointer_to("20250904T123000Z")


@pytest.fixture
def storage(tmp_path):
    storage = LocalStorage(tmp_path / "lake")
    put_files(storage, POINTER)
    return storage


def publish_whole(storage, pointer: Pointer) -> None:
    put_files(storage, pointer)
    publish(storage, pointer)


def test_before_anything_was_published_there_is_none(storage):
    assert load_pointer(storage, "pr") is None
    assert load_pointers(storage) == []
    assert past_pointers(storage, "pr") == []


def test_what_is_published_is_loaded(storage):
    publish_whole(storage, POINTER)
    loaded = load_pointer(storage, "pr")
    assert loaded == POINTER
    assert loaded.tables == POINTER.tables
    assert loaded.tag == storage.get("current/pr.json").tag


def test_a_table_counts_its_rows_and_shows_its_partition_key_last():
    assert DATA.rows == 100
    assert DATA.all_columns == (YEAR, DATA_FILE)
    assert SOURCES.all_columns == (YEAR,)


def test_a_pointer_gives_every_file_with_its_table():
    assert [(name, file.path) for name, file in POINTER.files()] == [
        ("pr_data", "data/data_file=0/p"),
        ("pr_data", "data/data_file=1/p"),
        ("pr_sources", "sources/p"),
    ]


def test_only_who_has_read_the_current_pointer_replaces_it(storage):
    publish_whole(storage, POINTER)
    with pytest.raises(LostRace):
        publish_whole(storage, pointer_to("20250101T000000Z"))
    (read,) = load_pointers(storage)
    publish_whole(storage, replace(pointer_to("20251204T133000Z"), tag=read.tag))
    with pytest.raises(LostRace):
        publish_whole(storage, replace(pointer_to("20260101T000000Z"), tag=read.tag))
    (kept,) = load_pointers(storage)
    assert kept.release == "20251204T133000Z"


@pytest.mark.parametrize("gone", ["data/data_file=1/p", "sources/p", "rejects/a"])
def test_a_release_whose_file_was_removed_is_not_published(gone, storage):
    storage.delete(POINTER.folder + gone)
    assert missing_files(storage, POINTER) == [POINTER.folder + gone]
    with pytest.raises(TryAgainLater, match=rf"{gone} was removed while the release 2025.* of pr"):
        publish(storage, POINTER)
    assert load_pointer(storage, "pr") is None


def test_an_index_is_named_only_where_there_is_one(storage):
    publish_whole(storage, POINTER)
    assert b"index_" not in storage.get("current/pr.json").body
    tables = {**POINTER.tables, "pr_sources": replace(SOURCES, files=(INDEXED,))}
    tag = storage.get("current/pr.json").tag
    publish_whole(storage, replace(POINTER, tables=tables, tag=tag))
    (loaded,) = load_pointers(storage)
    assert loaded.tables == tables


def test_an_index_that_is_gone_or_of_another_size_is_missed(storage):
    pointer = replace(POINTER, tables={"pr_sources": replace(SOURCES, files=(INDEXED,))})
    put_files(storage, pointer)
    assert missing_files(storage, pointer) == []
    for body in (None, b"short"):
        storage.delete(POINTER.folder + "indexes/a")
        if body:
            storage.put(POINTER.folder + "indexes/a", body)
        assert missing_files(storage, pointer) == [POINTER.folder + "indexes/a"]


def test_a_file_of_another_size_is_missed(storage):
    storage.delete(POINTER.folder + "sources/p")
    storage.put(POINTER.folder + "sources/p", b"short")
    assert missing_files(storage, POINTER) == [POINTER.folder + "sources/p"]


def test_every_pointer_of_the_past_is_kept_in_order(storage):
    releases = ["20250904T123000Z", "20251204T133000Z", "20250904T123000Z"]
    for release in releases:
        now = load_pointer(storage, "pr")
        publish_whole(storage, replace(pointer_to(release), tag=now.tag if now else None))
    past = past_pointers(storage, "pr")
    assert [one.pointer and one.pointer.release for one in past] == releases
    moments = [one.published_at for one in past]
    assert moments == sorted(moments)
    assert all(moment.tzinfo is timezone.utc for moment in moments)


def test_all_pointers_come_in_the_order_of_their_subjects(storage):
    for subject in ("pr", "population", "cu"):
        publish_whole(storage, pointer_to(POINTER.release, subject))
    assert [pointer.subject for pointer in load_pointers(storage)] == ["cu", "population", "pr"]


def test_publishing_the_same_again_changes_no_byte(storage):
    publish_whole(storage, POINTER)
    publish_whole(storage, *load_pointers(storage))
    assert len(storage.versions("current/pr.json")) == 1


DAMAGES = {
    "cut-short": lambda document: json.dumps(document)[:100],
    "empty": lambda document: "",
    "list": lambda document: "[]",
    "null": lambda document: "null",
    "no-tables": lambda document: json.dumps({**document, "tables": None}),
    "tables-a-list": lambda document: json.dumps({**document, "tables": []}),
    "table-a-number": lambda document: json.dumps({**document, "tables": {"pr_data": 1}}),
    "table-without-files": lambda document: json.dumps({**document, "tables": {"pr_data": {}}}),
    "no-release": lambda document: json.dumps({**document, "release": 0}).replace(
        '"release"', '"other"'
    ),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=[f"S7-{name}" for name in DAMAGES])
def test_a_damaged_pointer_is_named(damage, storage):
    publish_whole(storage, POINTER)
    document = json.loads(storage.get("current/pr.json").body)
    storage.put("current/pr.json", damage(document).encode())
    for load in (lambda: load_pointer(storage, "pr"), lambda: load_pointers(storage)):
        with pytest.raises(IntegrityFailure, match=r"^current/pr\.json is not the pointer"):
            load()


def test_what_nobody_could_read_is_not_published(storage):
    publish_whole(storage, POINTER)
    (read,) = load_pointers(storage)
    for unreadable in ({"release": "R"}, {"folder": "elsewhere/"}, {"tables": {"a b": DATA}}):
        with pytest.raises(IntegrityFailure, match="would not be a pointer that can be read"):
            publish_whole(storage, replace(read, **unreadable))
    assert load_pointers(storage) == [read]
