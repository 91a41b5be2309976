"""Temporary folders of killed processes are removed by the next one; those of live ones stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from glue_jobs.settings import Settings
from glue_jobs.storage.local import LocalStorage
from glue_jobs.storage.s3 import S3Storage
from glue_jobs.storage.scratch import PREFIX, ScratchFolder, scratch_folder
from labor_lake.engines.duckdb import DuckDBEngine

_OPENED = """
from pathlib import Path
from labor_lake.engines.duckdb import DuckDBEngine
from glue_jobs.settings import Settings
from glue_jobs.storage.local import LocalStorage
from glue_jobs.storage.s3 import S3Storage
from glue_jobs.storage.scratch import scratch_folder
lake = Path('lake')
"""
USES = {
    "s3": "made = S3Storage('s3://some-lake').scratch()\nmade.__enter__()",
    "duckdb": "made = DuckDBEngine(LocalStorage(lake), [], Settings())",
    "infra": "made = scratch_folder()\nmade.__enter__()",
    "lake": "made = LocalStorage(lake).scratch()\nmade.__enter__()",
}


@pytest.fixture
def begin(tmp_path, monkeypatch):
    """Starts another process that uses one, and waits until it has."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    started = []

    def start(use: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", f"{_OPENED}{USES[use]}\nprint('ready', flush=True)\ninput()"],
            cwd=tmp_path,
            env={
                **os.environ,
                "TMPDIR": str(tmp_path),
                "AWS_DEFAULT_REGION": "us-east-1",
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()


def use_once(use: str, folder: Path, monkeypatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    if use == "duckdb":
        DuckDBEngine(LocalStorage(folder / "lake"), [], Settings())
        return
    scratch = {
        "s3": lambda: S3Storage("s3://some-lake").scratch(),
        "infra": scratch_folder,
        "lake": LocalStorage(folder / "lake").scratch,
    }[use]
    with scratch():
        pass


def left(folder: Path, use: str) -> list[Path]:
    base = folder / "lake/.lake/scratch" if use == "lake" else folder
    return [path for path in base.iterdir() if path.name.startswith(PREFIX) or use == "lake"]


@pytest.mark.parametrize("use", USES)
def test_a_killed_process_s_folder_is_removed_by_the_next_use(use, begin, tmp_path, monkeypatch):
    process = begin(use)
    (folder,) = left(tmp_path, use)
    (folder / "half").write_bytes(b"done")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert left(tmp_path, use) == [folder]
    use_once(use, tmp_path, monkeypatch)
    assert not folder.exists()


@pytest.mark.parametrize("use", USES)
def test_a_live_one_s_folder_stays(use, begin, tmp_path, monkeypatch):
    begin(use)
    (folder,) = left(tmp_path, use)
    use_once(use, tmp_path, monkeypatch)
    assert left(tmp_path, use) == [folder]


def test_one_process_has_many_at_once(tmp_path):
    with scratch_folder(tmp_path) as one, scratch_folder(tmp_path) as other:
        assert one != other
        assert one.is_dir()
        assert other.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_nothing_else_is_touched(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "tmpabc").mkdir()
    (tmp_path / f"{PREFIX}file").write_bytes(b"a file")
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "elsewhere")
    before = sorted(tmp_path.iterdir())
    with scratch_folder(tmp_path):
        pass
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_user_s_folder_is_not_touched(tmp_path):
    folder = tmp_path / f"{PREFIX}theirs"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    with scratch_folder(tmp_path):
        assert folder.is_dir()


def test_a_folder_that_is_swept_before_its_lock_is_taken_is_made_again(tmp_path, monkeypatch):
    made = []

    def sweep_the_first(path):
        made.append(path)
        if len(made) == 1:
            path.rmdir()
        return original(path)

    from glue_jobs.storage import scratch

    original = scratch._lock
    monkeypatch.setattr(scratch, "_lock", sweep_the_first)
    folder = ScratchFolder(tmp_path)
    assert len(made) == 2
    assert folder.path.is_dir()
    folder.remove()


def test_a_file_system_without_locks_says_so(tmp_path, monkeypatch):
    def refuse(handle, operation):
        raise OSError(37, "no locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(OSError, match="no locks available"):
        ScratchFolder(tmp_path)
