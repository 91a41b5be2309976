"""A lake in a directory.

Visible files are the objects; beside them a hidden folder holds what S3 does by itself::

    lake/raw/bls/pr/pr.class                                   the object
    lake/.lake/versions/raw/bls/pr/pr.class/000001-<sha256>    its versions, the current one too
    lake/.lake/scratch/<name>/                                 files on their way in
    lake/.lake/lock                                            held while a key is replaced
    lake/.lake/leases/pr                                       held while somebody writes pr

A file is written under ``scratch``, flushed to disk, linked into the versions, and only then
renamed over the object. So whenever the process dies, the object is the old one or the new one,
whole, and whatever was there before is still among the versions. The version of an object is
found by asking which of its versions is the same file (the two names are hard links). A key that
leads out of the lake is refused: pointers and manifests name keys, and a lake may come from others.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import io
import os
import shutil
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, BinaryIO

from glue_jobs.errors import AlreadyWritten, IntegrityFailure, LostRace
from glue_jobs.storage.disk import check_room, reading, telling
from glue_jobs.storage.hashing import path_sha256
from glue_jobs.storage.names import VERSIONED, WRITTEN_ONCE
from glue_jobs.storage.protocol import Content, StoredObject, subject_is_leased
from glue_jobs.storage.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HIDDEN = ".lake"
_PARTIAL = ".partial"
_LOCK_TRIES = 5


class LocalStorage:
    """A lake in a directory, as ``storage.protocol.Storage`` describes it."""

    keeps_intact = False

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()
        self.uri = str(root)
        self._hidden = self.root / _HIDDEN

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A temporary folder inside the lake, so that moving a file from it is a rename.

        Folders that killed runs left behind are removed first: a live run holds a lock on its own.
        """
        base = self._hidden / "scratch"
        with telling("write to", self.root):
            base.mkdir(parents=True, exist_ok=True)
            with scratch_folder(base, prefix="") as folder:
                yield folder

    def check_room(self, size: int, largest: int) -> None:
        """Looks for room for all of the files: from scratch they are moved, not copied."""
        check_room(self.root, size)

    @contextlib.contextmanager
    def lease(self, subject: str, holder: str = "") -> Iterator[None]:
        """Keeps everybody else from writing a subject; a lock, which ends with its process."""
        path = self._lease_path(subject)
        with telling("write to", self.root):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _lock(handle):
                raise subject_is_leased(subject)
            yield
        finally:
            os.close(handle)

    def is_leased(self, subject: str) -> bool:
        """Whether somebody is writing a subject now."""
        try:
            handle = os.open(self._lease_path(subject), os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def stat(self, key: str, version: str = "") -> StoredObject | None:
        """The object, or one of its versions, or None where there is none."""
        path = self._path(self._version_key(key, version) if version else key)
        with telling("read", path):
            if not path.is_file():
                return None
            return _stored(key, path.stat(), version or self._current_version(key))

    def get(self, key: str) -> Content | None:
        """A small object's bytes and tag (its hash), or None where there is none."""
        path = self._path(key)
        with reading(path):
            try:
                body = path.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None
        return Content(body, hashlib.sha256(body).hexdigest())

    def open(self, key: str, version: str = "") -> BinaryIO:
        """The bytes as a seekable stream, of a given version or as they are now."""
        path = self._path(self._version_key(key, version) if version else key)
        with reading(path):
            return io.BufferedReader(_File(path))

    def put(self, key: str, body: bytes) -> None:
        """Writes a small object, whatever was there."""
        with self.scratch() as folder:
            path = folder / "body"
            path.write_bytes(body)
            self.put_file(key, path, hashlib.sha256(body).hexdigest())

    def put_if_match(self, key: str, body: bytes, replacing: str | None) -> None:
        """Writes a small object if what it replaces is still there, else raises ``LostRace``."""
        with self.scratch() as folder:
            path = folder / "body"
            path.write_bytes(body)
            with self._locked():
                found = self.get(key)
                if (found.tag if found else None) != replacing:
                    raise LostRace(
                        f"Another run has written {key} meanwhile; this run changed nothing there.",
                        hint="Run again: it will start from the other run's result.",
                    )
                self._place(key, path, hashlib.sha256(body).hexdigest())

    def put_file(self, key: str, path: Path, sha256: str) -> StoredObject:
        """Moves a scratch file into the lake; the same content again makes no new version."""
        with telling("write to", self.root), self._locked():
            version = self._place(key, path, sha256)
            return _stored(key, self._path(key).stat(), version)

    def restore(self, key: str, path: Path, sha256: str) -> StoredObject:
        """Moves a scratch file over an object, and over its version, that lost these bytes.

        Both are one file under two names, so what damages one damages the other.
        """
        with telling("write to", self.root), self._locked():
            _close(path)
            target = self._path(key)
            target.parent.mkdir(parents=True, exist_ok=True)
            version = ""
            if key.startswith(VERSIONED):
                kept = self._version_paths(key)
                named = [place for place in kept if place.name.endswith(sha256)]
                new = self._version_folder(key) / f"{len(kept) + 1:06d}-{sha256}"
                _keep(path, named[-1] if named else new)
                version = (named[-1] if named else new).name
            path.replace(target)
            _flush_folder(target.parent)
            return _stored(key, target.stat(), version)

    def copy(self, source: str, target: str) -> None:
        """Gives an immutable object a second name; bytes are copied only where links cannot be."""
        old, new = self._path(source), self._path(target)
        with telling("write to", self.root):
            new.parent.mkdir(parents=True, exist_ok=True)
            if not new.exists():
                _link_or_copy(old, new)
                _flush_folder(new.parent)

    def delete(self, key: str) -> None:
        """Removes an object and the folders that it leaves empty; its versions stay."""
        path = self._path(key)
        with telling("delete", path), self._locked():
            if not path.is_file():
                return
            path.unlink()
            for folder in path.parents:
                if folder == self.root or any(folder.iterdir()):
                    break
                folder.rmdir()

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """The objects whose key begins with the prefix, in the keys' order."""
        start = self._path(prefix)
        folder = start if prefix.endswith("/") or not prefix else start.parent
        with telling("list", folder):
            keys = [key for key in self._keys_in(folder) if key.startswith(prefix)]
        for key in sorted(keys):
            with contextlib.suppress(FileNotFoundError):  # it has just been deleted
                yield _stored(key, (self.root / key).stat(), "")

    def _keys_in(self, folder: Path) -> Iterator[str]:
        """The keys of all files in a folder and below, in no order."""
        begin = len(f"{self.root}{os.sep}")
        for place, folders, files in os.walk(folder, onerror=_refuse_unless_gone):
            folders[:] = [name for name in folders if name != _HIDDEN]
            for name in files:
                yield os.path.join(place, name)[begin:].replace(os.sep, "/")  # noqa: PTH118 - a lake has many

    def versions(self, key: str) -> list[StoredObject]:
        """What is kept under a key, oldest first, the current content included."""
        return [_stored(key, path.stat(), path.name) for path in self._version_paths(key)]

    def _lease_path(self, subject: str) -> Path:
        return self._path(f"{_HIDDEN}/leases/{subject}")

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if ".." in parts or "" in parts[:-1]:
            raise IntegrityFailure(
                f"{ascii(key)[:80]} would lead out of the lake {self.root}.",
                hint="A pointer or manifest of this lake was written by something else.",
            )
        return self.root / key

    def _version_key(self, key: str, version: str) -> str:
        return f"{_HIDDEN}/versions/{key}/{version}"

    def _version_folder(self, key: str) -> Path:
        return self._path(self._version_key(key, ""))

    def _version_paths(self, key: str) -> list[Path]:
        folder = self._version_folder(key)
        if not folder.is_dir():
            return []
        return sorted(
            path for path in folder.iterdir() if path.is_file() and path.suffix != _PARTIAL
        )

    def _current_version(self, key: str) -> str:
        visible = self._path(key)
        for path in reversed(self._version_paths(key)):
            if path.samefile(visible):
                return path.name
        return ""

    def _place(self, key: str, path: Path, sha256: str) -> str:
        """Puts a scratch file in an object's place; returns the version it is kept under."""
        _close(path)
        target = self._path(key)
        if key.startswith(WRITTEN_ONCE) and target.exists():
            return _check_same(path, target, sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        version = self._keep_version(key, path, sha256) if key.startswith(VERSIONED) else ""
        path.replace(target)
        _flush_folder(target.parent)
        return version

    def _keep_version(self, key: str, path: Path, sha256: str) -> str:
        """Links a scratch file into the versions; returns the version's name.

        A run that was killed between the two names has left this content as the newest version;
        then that one is used, so that nothing is kept twice, unless it has rotten meanwhile.
        """
        kept = self._version_paths(key)
        newest = kept[-1] if kept else None
        if newest is not None and newest.name.endswith(sha256):
            if _holds(newest, sha256):
                path.unlink()
                _link_or_copy(newest, path)
                return newest.name
            place = newest
        else:
            place = self._version_folder(key) / f"{len(kept) + 1:06d}-{sha256}"
        _keep(path, place)
        return place.name

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self._hidden.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._hidden / "lock", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


class _File(io.FileIO):
    """A file whose reading, too, says in a sentence what the system refuses: disks rot."""

    def readinto(self, buffer: Any) -> int:
        with reading(self.name):
            return super().readinto(buffer)

    def readall(self) -> bytes:
        with reading(self.name):
            return super().readall()


def _refuse_unless_gone(error: OSError) -> None:
    """A folder that is not there, or has just been deleted, has no files."""
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error


def _stored(key: str, status: os.stat_result, version: str) -> StoredObject:
    modified = datetime.fromtimestamp(int(status.st_mtime), tz=timezone.utc)
    return StoredObject(key, status.st_size, version, modified, version.partition("-")[2])


def _lock(handle: int) -> bool:
    """Takes a lock, unless another process keeps it; ``is_leased`` has it for a moment only."""
    for _ in range(_LOCK_TRIES):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.01)
    return False


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EXDEV):
            raise
        partial = target.with_name(f"{target.name}{_PARTIAL}")
        partial.unlink(missing_ok=True)  # a killed run's is read-only
        shutil.copyfile(source, partial)
        _close(partial)
        partial.replace(target)


def _check_same(path: Path, target: Path, sha256: str) -> str:
    """A release folder's file is written once; the same bytes again are dropped."""
    if not _holds(target, sha256):
        raise AlreadyWritten(
            f"{target} holds other bytes than those that were written there.",
            hint="`lake verify` tells what is wrong.",
        )
    path.unlink()
    return ""


def _keep(path: Path, version: Path) -> None:
    """Gives a finished file a second name as a version, which may be there with other bytes."""
    version.parent.mkdir(parents=True, exist_ok=True)
    path.replace(version)
    _flush_folder(version.parent)
    _link_or_copy(version, path)


def _holds(path: Path, sha256: str) -> bool:
    """Whether a file has these bytes; one with a bad sector has not."""
    try:
        with reading(path):
            return path_sha256(path) == sha256
    except IntegrityFailure:
        return False


def _close(path: Path) -> None:
    """Flushes a file to disk and makes it read-only; the umask decides who may read it."""
    _flush(path)
    path.chmod(path.stat().st_mode & 0o555)


def _flush(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _flush_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
