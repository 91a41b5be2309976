"""What is true of a lake in a directory only: the system's failures, and deaths at any call."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from glue_jobs.errors import IntegrityFailure, StorageFailure, UsageError
from glue_jobs.storage.local import LocalStorage
from glue_jobs.storage.open import open_storage
from tests.storage.objects import KEY, body_of, history, put_file


@pytest.fixture
def lake(tmp_path):
    return LocalStorage(tmp_path / "lake")


def test_what_a_killed_run_left_is_swept_and_a_live_run_is_left_alone(lake):
    program = (
        "import os, signal, pathlib; from glue_jobs.storage.local import LocalStorage\n"
        f"with LocalStorage(pathlib.Path({str(lake.root)!r})).scratch() as folder:\n"
        "    (folder / 'left').write_bytes(b'x'); print(folder, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with lake.scratch() as live:
        killed = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False
        )
        assert killed.returncode == -signal.SIGKILL
        left = Path(killed.stdout.strip())
        assert (left / "left").exists()
        with lake.scratch():
            assert not left.exists()
            assert live.is_dir()


@pytest.mark.parametrize(
    ("number", "sentence", "hint"),
    [
        pytest.param(errno.ENOSPC, "no space left on device", "Free some space", id="ENOSPC"),
        pytest.param(errno.EACCES, "permission denied", "the right to write", id="EACCES"),
        pytest.param(errno.EROFS, "read-only file system", "choose another --lake", id="EROFS"),
        pytest.param(errno.EIO, "input/output error", "", id="EIO"),
    ],
)
@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda lake, tag: lake.put(KEY, b"new"), id="put"),
        pytest.param(lambda lake, tag: lake.put_if_match(KEY, b"new", tag), id="swap"),
        pytest.param(lambda lake, tag: put_file(lake, KEY, b"new"), id="put_file"),
    ],
)
def test_an_error_of_the_system_is_told_in_a_sentence(
    write, number, sentence, hint, lake, monkeypatch
):
    lake.put(KEY, b"old")
    tag = lake.get(KEY).tag

    def fail(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageFailure) as caught:
        write(lake, tag)
    assert str(caught.value) == f"Cannot write to {lake.root}: {sentence}."
    assert hint in caught.value.hint
    assert history(lake) == [b"old"]
    assert lake.get(KEY).body == b"old"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to a read-only folder")
def test_a_read_only_folder_is_told_and_can_be_read(lake):
    lake.put(KEY, b"old")
    lake.root.chmod(0o500)
    (lake.root / ".lake").chmod(0o500)
    try:
        with pytest.raises(StorageFailure, match="permission denied"):
            LocalStorage(lake.root).put("runs/a", b"new")
        assert lake.get(KEY).body == b"old"
    finally:
        (lake.root / ".lake").chmod(0o700)
        lake.root.chmod(0o700)


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_dies_at_any_call_leaves_old_or_new_and_no_second_version(
    when, tmp_path, monkeypatch
):
    calls: list[tuple[object, str]] = [(os, "link"), (os, "fsync"), (os, "mkdir")]
    calls += [(Path, name) for name in ("replace", "unlink", "chmod", "mkdir")]
    seen = set()
    for number in range(100):
        lake = LocalStorage(tmp_path / str(number))
        lake.put(KEY, b"old")
        left = [number]

        def counted(original, left=left):
            def call(*args, **kwargs):
                left[0] -= 1
                if left[0] < 0 and when == "before":
                    raise Killed
                result = original(*args, **kwargs)
                if left[0] < 0:
                    raise Killed
                return result

            return call

        with monkeypatch.context() as patched:
            for owner, name in calls:
                patched.setattr(owner, name, counted(getattr(owner, name)))
            try:
                lake.put(KEY, b"new")
            except Killed:
                pass
            else:
                break
        found = body_of(LocalStorage(lake.root), KEY)
        seen.add(found)
        assert found in (b"old", b"new")
        assert history(lake)[0] == b"old"
        lake.put(KEY, b"new")
        assert body_of(lake, KEY) == b"new"
        assert history(lake) == [b"old", b"new"]
    assert number > 8  # or the wrapped calls are not those that storage makes
    assert seen == {b"old", b"new"}


NO_LINKS = [errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EXDEV]


@pytest.fixture(params=NO_LINKS, ids=[errno.errorcode[number] for number in NO_LINKS])
def without_links(request, lake, monkeypatch):
    """A lake where the system makes no second name of a file, for one of four reasons."""

    def refuse(source, target):
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(os, "link", refuse)
    return lake


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_system_without_links_keeps_versions_all_the_same(without_links):
    lake = without_links
    stored = [put_file(lake, KEY, body) for body in (b"A", b"B", b"B")]
    assert [body_of(lake, KEY, one.version) for one in stored] == [b"A", b"B", b"B"]
    assert history(lake) == [b"A", b"B"]
    # A copy that was cut off is no version.
    (lake.root / ".lake/versions" / KEY / f"000003-{'0' * 64}.partial").write_bytes(b"to")
    assert put_file(lake, KEY, b"C").version.startswith("000003-")
    assert history(lake) == [b"A", b"B", b"C"]


def test_a_copy_in_the_place_of_a_link_is_read_only_too_and_on_disk(without_links, monkeypatch):
    lake, flushed = without_links, []
    flush = os.fsync

    def watch(handle):
        flushed.append(os.fstat(handle).st_ino)
        flush(handle)

    monkeypatch.setattr(os, "fsync", watch)
    os.umask(before := os.umask(0o022))
    expected = 0o444 & ~before
    put_file(lake, KEY, b"A")
    put_file(lake, "curated/pr/1/a", b"B")
    lake.copy("curated/pr/1/a", "curated/pr/2/a")
    with lake.scratch() as folder:
        (folder / "made").write_bytes(b"A")
        lake.restore(KEY, folder / "made", hashlib.sha256(b"A").hexdigest())
    (version,) = (lake.root / ".lake/versions" / KEY).iterdir()
    for path in (lake.root / KEY, version, lake.root / "curated/pr/2/a"):
        assert mode(path) == expected
        assert path.stat().st_ino in flushed
    assert body_of(lake, "curated/pr/2/a") == b"B"


def test_a_copy_that_a_killed_run_left_half_done_is_in_nobody_s_way(without_links):
    lake = without_links
    put_file(lake, "curated/pr/1/a", b"whole")
    partial = lake.root / "curated/pr/2/a.partial"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"wh")
    partial.chmod(0o444)
    lake.copy("curated/pr/1/a", "curated/pr/2/a")
    assert body_of(lake, "curated/pr/2/a") == b"whole"
    assert not partial.exists()


def test_the_description_is_of_these_bytes_whoever_writes_next(lake, monkeypatch):
    """A manifest names the version that put_file gives; it must not be another run's."""
    locked = LocalStorage._locked

    @contextlib.contextmanager
    def another_run_is_next(self):
        with locked(self):
            yield
        monkeypatch.setattr(LocalStorage, "_locked", locked)
        put_file(lake, KEY, b"theirs")

    with lake.scratch() as folder:
        (folder / "made").write_bytes(b"ours")
        monkeypatch.setattr(LocalStorage, "_locked", another_run_is_next)
        stored = lake.put_file(KEY, folder / "made", hashlib.sha256(b"ours").hexdigest())
    assert body_of(lake, KEY) == b"theirs"
    assert body_of(lake, KEY, stored.version) == b"ours"


def test_a_newest_version_that_has_rotten_is_written_anew(lake):
    stored = put_file(lake, KEY, b"one")
    version = lake.root / ".lake/versions" / KEY / stored.version
    version.unlink()
    version.write_bytes(b"rot")
    lake.delete(KEY)
    again = put_file(lake, KEY, b"one")
    assert body_of(lake, KEY) == body_of(lake, KEY, again.version) == b"one"
    assert history(lake) == [b"one"]


def test_a_release_file_that_has_rotten_is_not_taken_for_the_same(lake):
    key = "curated/pr/1/a.parquet"
    put_file(lake, key, b"one")
    (lake.root / key).unlink()
    (lake.root / key).write_bytes(b"rot")
    with pytest.raises(IntegrityFailure, match="holds other bytes"):
        put_file(lake, key, b"one")


@pytest.mark.parametrize("uri", ["gs://bucket/lake", "https://example.com/lake"])
def test_an_address_that_is_no_directory_is_refused(uri):
    with pytest.raises(UsageError, match="neither a directory nor in S3"):
        open_storage(uri)


def test_an_address_is_a_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    storage = open_storage("./lake")
    monkeypatch.chdir("/")
    storage.put(KEY, b"x")
    assert (tmp_path / "lake" / KEY).read_bytes() == b"x"


@pytest.mark.parametrize(
    "key", ["/etc/passwd", "//x", "raw//pr", "raw/bls//pr.class", "../x", "a/../x"]
)
def test_a_key_with_an_empty_part_or_a_step_up_is_none_of_a_lake(key, lake):
    """Of two keys with one path, one would overwrite the other; of `/x`, the lake is left."""
    for use in (lake.get, lake.stat, lake.versions, lake.delete, lambda at: lake.put(at, b"x")):
        with pytest.raises(IntegrityFailure, match="would lead out of the lake"):
            use(key)
    assert not (lake.root / "raw").exists()
