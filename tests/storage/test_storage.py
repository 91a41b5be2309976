"""What every storage backend must do, against the protocol."""

from __future__ import annotations

import hashlib
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glue_jobs.errors import IntegrityFailure, LostRace, StorageFailure
from glue_jobs.storage.local import LocalStorage
from glue_jobs.storage.s3 import S3Storage
from tests.aws import aws_server, new_bucket
from tests.storage.objects import KEY, body_of, history, put_file

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Storage

BACKENDS = ("directory", "s3")


def new_lake(backend: str, folder: Path) -> Callable[[], Storage]:
    """Makes an empty lake; each call of the result opens it once more, as several runs do."""
    if backend == "directory":
        return lambda: LocalStorage(folder / "lake")
    address = f"s3://{new_bucket()}/some/prefix"
    return lambda: S3Storage(address)


@pytest.fixture(scope="module", autouse=True)
def aws():
    with aws_server():
        yield


@pytest.fixture(params=BACKENDS)
def reopen(request, tmp_path):
    return new_lake(request.param, tmp_path)


@pytest.fixture
def storage(reopen):
    return reopen()


def keys(storage, prefix: str) -> list[str]:
    return [stored.key for stored in storage.list_objects(prefix)]


# What is written once.


@pytest.mark.parametrize("key", ["curated/pr/r/class/part", "history/pr/0001-ab/part"])
def test_what_is_written_once_takes_the_same_bytes_and_no_others(key, storage):
    put_file(storage, key, b"first")
    put_file(storage, key, b"first")
    with pytest.raises(IntegrityFailure, match="holds other bytes"):
        put_file(storage, key, b"other")
    assert body_of(storage, key) == b"first"


# One object.


def test_what_was_put_is_got_with_a_tag_that_tells_contents_apart(storage):
    storage.put("runs/1/a.json", b"one")
    storage.put("runs/1/b.json", b"two")
    one, two = storage.get("runs/1/a.json"), storage.get("runs/1/b.json")
    assert (one.body, two.body) == (b"one", b"two")
    assert one.tag != two.tag
    storage.put("runs/1/b.json", b"three")
    assert storage.get("runs/1/b.json").body == b"three"


@pytest.mark.parametrize("key", [KEY, "raw", "raw/bls", "raw/bls/pr/pr.class/below"])
def test_where_nothing_was_put_there_is_nothing(key, storage):
    storage.put("raw/bls/pr/pr.class2", b"x")
    if key.endswith("below"):
        storage.put(KEY, b"x")
    assert storage.get(key) is None
    assert storage.stat(key) is None
    assert storage.versions(key) == []
    with pytest.raises(StorageFailure):
        storage.open(key)


def test_a_file_moves_into_the_lake_and_is_described(storage):
    body = os.urandom(70_000)
    stored = put_file(storage, KEY, body)
    assert (stored.key, stored.size) == (KEY, 70_000)
    assert stored.sha256 == hashlib.sha256(body).hexdigest()
    assert stored.modified.tzname() == "UTC"
    assert storage.stat(KEY) == stored
    assert storage.get(KEY).body == body_of(storage, KEY, stored.version) == body


def test_an_open_object_can_be_read_from_any_place(storage):
    storage.put(KEY, b"0123456789")
    with storage.open(KEY) as stream:
        assert stream.seek(-3, os.SEEK_END) == 7
        assert stream.read() == b"789"
        stream.seek(2)
        assert stream.read(2) == b"23"


def test_a_copy_outlives_its_source(storage):
    put_file(storage, "curated/pr/1/a.parquet", b"bytes")
    storage.copy("curated/pr/1/a.parquet", "curated/pr/2/deep/a.parquet")
    storage.copy("curated/pr/1/a.parquet", "curated/pr/2/deep/a.parquet")
    storage.delete("curated/pr/1/a.parquet")
    assert keys(storage, "curated/") == ["curated/pr/2/deep/a.parquet"]
    assert body_of(storage, "curated/pr/2/deep/a.parquet") == b"bytes"
    with pytest.raises(StorageFailure):
        storage.copy("curated/pr/1/a.parquet", "curated/pr/3/a.parquet")


def test_what_is_deleted_is_gone_and_may_be_deleted_again(storage):
    storage.put("curated/pr/1/a", b"x")
    storage.put("curated/pr/2/a", b"x")
    for _ in range(2):
        storage.delete("curated/pr/1/a")
        assert storage.get("curated/pr/1/a") is None
    assert keys(storage, "curated/") == ["curated/pr/2/a"]


# Swaps: only one of those who read the same content replaces it.


def test_a_swap_needs_the_tag_of_what_is_there(storage):
    storage.put_if_match("current/pr.json", b"one", None)
    tag = storage.get("current/pr.json").tag
    for lost in (None, "another"):
        with pytest.raises(LostRace) as caught:
            storage.put_if_match("current/pr.json", b"two", lost)
        assert caught.value.exit_code == 5
        assert "current/pr.json" in str(caught.value)
    assert storage.get("current/pr.json").body == b"one"
    storage.put_if_match("current/pr.json", b"two", tag)
    with pytest.raises(LostRace):
        storage.put_if_match("current/pr.json", b"three", tag)
    assert history(storage, "current/pr.json") == [b"one", b"two"]


def test_a_swap_of_what_was_deleted_meanwhile_is_lost(storage):
    storage.put_if_match(KEY, b"one", None)
    tag = storage.get(KEY).tag
    storage.delete(KEY)
    with pytest.raises(LostRace):
        storage.put_if_match(KEY, b"two", tag)
    assert storage.get(KEY) is None


def test_of_many_swaps_at_once_one_wins(reopen):
    reopen().put_if_match(KEY, b"start", None)
    tag = reopen().get(KEY).tag

    def attempt(number):
        try:
            reopen().put_if_match(KEY, b"%d" % number, tag)
        except LostRace:
            return None
        return b"%d" % number

    with ThreadPoolExecutor(8) as pool:
        winners = [body for body in pool.map(attempt, range(16)) if body]
    assert winners == [reopen().get(KEY).body]
    assert history(reopen()) == [b"start", *winners]


# Versions.


def test_the_same_content_again_makes_no_version(storage):
    first, second = put_file(storage, KEY, b"one"), put_file(storage, KEY, b"one")
    assert first.version == second.version != ""
    assert history(storage) == [b"one"]


def test_a_content_that_returns_is_a_version_of_its_own(storage):
    stored = [put_file(storage, KEY, body) for body in (b"A", b"B", b"A")]
    assert history(storage) == [b"A", b"B", b"A"]
    assert [kept.version for kept in storage.versions(KEY)] == [one.version for one in stored]
    assert storage.stat(KEY).version == stored[2].version != stored[0].version


def test_a_deleted_object_keeps_its_versions(storage):
    stored = put_file(storage, KEY, b"one")
    storage.delete(KEY)
    assert storage.stat(KEY) is None
    assert body_of(storage, KEY, stored.version) == b"one"
    assert keys(storage, "") == []
    put_file(storage, KEY, b"one")
    assert storage.get(KEY).body == b"one"


@pytest.mark.parametrize("key", ["reports/latest/a.csv", "runs/1/a.json"])
def test_only_what_was_landed_and_the_pointers_have_versions(key, storage):
    for body in (b"one", b"two"):
        assert put_file(storage, key, body).version == ""
    assert storage.versions(key) == []
    assert storage.get(key).body == b"two"


def test_a_file_of_a_release_folder_is_written_once(storage):
    for _ in range(2):
        assert put_file(storage, "curated/pr/1/a", b"one").version == ""
    with pytest.raises(IntegrityFailure, match="curated/pr/1/a holds other bytes"):
        put_file(storage, "curated/pr/1/a", b"two")
    assert storage.versions("curated/pr/1/a") == []
    assert storage.get("curated/pr/1/a").body == b"one"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([b"A", b"B", b"C", None]), max_size=8))
@pytest.mark.parametrize("backend", BACKENDS)
def test_history_is_every_content_in_turn(backend, contents):
    """None deletes; the same content twice in a row is one.

    The directory finds it again also when it was deleted between; S3 keeps it twice.
    """
    with tempfile.TemporaryDirectory() as folder:
        storage = new_lake(backend, Path(folder))()
        for body in contents:
            storage.delete(KEY) if body is None else storage.put(KEY, body)
        puts = [body for body in contents if body is not None]
        kept = history(storage)
        assert [body for body, _ in groupby(kept)] == [body for body, _ in groupby(puts)]
        if backend == "directory" or None not in contents:
            assert len(kept) == len(list(groupby(puts)))
        now = storage.get(KEY)
        assert (now.body if now else None) == (contents[-1] if contents else None)


# Lists.


def test_a_scan_gives_the_keys_under_a_prefix_in_their_order(storage):
    given_keys = ["raw/a/b", "raw/a-1/c", "raw/a.txt", "raw/a/B", "raw/ab/c", "raw/b", "runs/1/a"]
    for key in given_keys:
        storage.put(key, key.encode())
    assert keys(storage, "") == sorted(given_keys)
    assert keys(storage, "raw/") == sorted(given_keys[:-1])
    assert keys(storage, "raw/a/") == ["raw/a/B", "raw/a/b"]
    assert keys(storage, "raw/a") == sorted(given_keys[:-2])
    assert keys(storage, "r") == sorted(given_keys)
    assert keys(storage, "reports/") == keys(storage, "raw/a/b/c") == []
    assert [stored.size for stored in storage.list_objects("raw/a/")] == [7, 7]


def test_a_scan_shows_neither_versions_nor_files_on_their_way_in(storage):
    with storage.scratch() as folder:
        (folder / "made").write_bytes(b"x")
        storage.put(KEY, b"one")
        storage.put(KEY, b"two")
        assert keys(storage, "") == [KEY]


# Scratch.


def test_a_scratch_folder_is_removed_at_the_end_also_of_a_failure(storage):
    with storage.scratch() as folder:
        (folder / "left").write_bytes(b"x")
    assert not folder.exists()
    folders = []

    def fail():
        with storage.scratch() as folder:
            folders.append(folder)
            (folder / "left").write_bytes(b"x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not folders[0].exists()


def test_scratch_folders_of_runs_at_once_are_apart(reopen):
    with reopen().scratch() as one, reopen().scratch() as other:
        assert one != other
        assert one.is_dir()
        assert other.is_dir()
