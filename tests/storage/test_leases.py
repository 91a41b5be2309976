"""A lease keeps everybody else from writing a subject, and ends with its holder."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone

import pytest

from glue_jobs.errors import LakeError, LostRace, StorageFailure, TryAgainLater
from glue_jobs.storage import names, s3_lease
from glue_jobs.storage.local import LocalStorage
from glue_jobs.storage.s3_lease import Seen, hold_lease
from tests.aws import aws_server
from tests.storage.test_storage import BACKENDS, new_lake

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module", autouse=True)
def aws():
    with aws_server():
        yield


@pytest.fixture(params=BACKENDS)
def reopen(request, tmp_path):
    return new_lake(request.param, tmp_path)


def test_one_writes_a_subject_and_another_is_told(reopen):
    one, other = reopen(), reopen()
    assert not other.is_leased("pr")
    with one.lease("pr"):
        assert other.is_leased("pr")
        told = pytest.raises(TryAgainLater, match=r"^Another process is writing pr;")
        with told, other.lease("pr"):
            pass
        with other.lease("cu"):
            assert one.is_leased("cu")
    assert not other.is_leased("pr")
    with other.lease("pr"):
        assert one.is_leased("pr")


def test_it_ends_with_a_failure_too(reopen):
    lake = reopen()
    with pytest.raises(StorageFailure), lake.lease("pr"):
        raise StorageFailure("The disk is full.")
    with lake.lease("pr"):
        pass


def test_nothing_in_sight_is_left_of_it(reopen):
    lake = reopen()
    with lake.lease("pr"):
        pass
    assert list(lake.list_objects("")) == []


def test_in_a_directory_it_ends_with_its_process(tmp_path):
    lake = LocalStorage(tmp_path / "lake")
    program = (
        "import sys; from pathlib import Path; from glue_jobs.storage.local import LocalStorage\n"
        f"with LocalStorage(Path({str(lake.root)!r})).lease('pr'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert lake.is_leased("pr")
        holder.kill()
    with lake.lease("pr"):
        pass


class Clocked:
    """An object store with a clock that the test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 4, 9, 12, 30, tzinfo=timezone.utc)
        self.object: Seen | None = None
        self.fails: list[LakeError] = []
        self.written = threading.Event()
        self._count = 0

    def write_if(self, key: str, body: bytes, replacing: str | None) -> str:
        assert key == names.lease("pr")
        if self.fails:
            raise self.fails.pop(0)
        if (self.object.tag if self.object else None) != replacing:
            raise LostRace("Another run has written it.")
        self._count += 1
        self.object = Seen(body, str(self._count), self.now, self.now)
        self.written.set()
        return self.object.tag

    def look(self, key: str) -> Seen | None:
        if self.object is None:
            return None
        return Seen(self.object.body, self.object.tag, self.object.written, self.now)

    def delete(self, key: str) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.object = None


@pytest.fixture
def store():
    return Clocked()


def test_in_s3_it_is_taken_over_when_five_minutes_went_by_without_a_sign(store):
    killed = hold_lease(store, "pr", "run-1")
    killed.__enter__()
    store.now += 5 * MINUTE - timedelta(seconds=1)
    with pytest.raises(TryAgainLater), hold_lease(store, "pr", "run-2"):
        pass
    store.now += timedelta(seconds=1)
    with hold_lease(store, "pr", "run-2"):
        killed.__exit__(None, None, None)
        assert store.object is not None  # it is another's now, and stays
    assert store.object is None


def test_in_s3_a_job_that_is_tried_again_takes_over_its_own(store):
    killed = hold_lease(store, "pr", "wr_1a2b")
    killed.__enter__()
    with hold_lease(store, "pr", "wr_1a2b"):
        pass
    store.object = Seen(b'{"holder": ""}', "1", store.now, store.now)
    with pytest.raises(TryAgainLater), hold_lease(store, "pr", ""):
        pass  # no name is nobody's own


def test_in_s3_it_is_renewed_while_the_work_goes_on(store, monkeypatch):
    monkeypatch.setattr(s3_lease, "RENEWED_EVERY", timedelta(milliseconds=1))
    with hold_lease(store, "pr", "run-1"):
        store.fails = [TryAgainLater("AWS is busy.")]
        store.now += 4 * MINUTE
        store.written.clear()
        assert store.written.wait(10)
        store.now += 4 * MINUTE
        with pytest.raises(TryAgainLater), hold_lease(store, "pr", "run-2"):
            pass


def test_in_s3_a_renewal_whose_answer_got_lost_is_taken_for_our_own(store, monkeypatch):
    monkeypatch.setattr(s3_lease, "RENEWED_EVERY", timedelta(milliseconds=1))
    whole, lost = store.write_if, threading.Event()

    def write_and_lose(key: str, body: bytes, replacing: str | None) -> str:
        tag: str = whole(key, body, replacing)
        if not lost.is_set():
            lost.set()
            raise TryAgainLater("AWS did not answer in time.")
        return tag

    with hold_lease(store, "pr", "run-1"):
        store.write_if = write_and_lose
        assert lost.wait(10)
        store.written.clear()
        assert store.written.wait(10)
        store.now += 4 * MINUTE
        store.written.clear()
        assert store.written.wait(10)  # it goes on being renewed
        store.now += 4 * MINUTE
        with pytest.raises(TryAgainLater), hold_lease(store, "pr", "run-2"):
            pass
    assert store.object is None


@pytest.mark.parametrize("failures", [1, 2])
def test_in_s3_one_that_cannot_be_given_back_ends_by_its_age(failures, store):
    with hold_lease(store, "pr", "run-1"):
        store.fails = [TryAgainLater("AWS is busy.")] * failures
    assert (store.object is None) == (failures == 1)
    store.now += 5 * MINUTE
    with hold_lease(store, "pr", "run-2"):
        pass


def test_in_s3_one_whose_answer_got_lost_is_given_back(store):
    """The write was done, and its answer said otherwise."""

    def write_and_fail(key: str, body: bytes, replacing: str | None) -> str:
        Clocked.write_if(store, key, body, replacing)
        raise TryAgainLater("AWS did not answer in time.")

    store.write_if = write_and_fail
    with pytest.raises(TryAgainLater, match="in time"), hold_lease(store, "pr", "run-1"):
        pass
    assert store.object is None
