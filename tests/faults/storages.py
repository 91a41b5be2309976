"""Storages that go wrong: one that fails at an operation, one that lets another run go first."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Callable, TypeVar

from glue_jobs.errors import StorageFailure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glue_jobs.storage.protocol import Content, Storage, StoredObject

_Result = TypeVar("_Result")


class CountingStorage:
    """Passes every operation on, and calls ``before`` and ``after`` around each, with its number.

    Attributes:
        operations: how many there were.
        names: what each of them was, for a failing test to show.
    """

    def __init__(self, storage: Storage) -> None:
        self.uri = storage.uri
        self.operations = 0
        self.names: list[str] = []
        self._storage = storage

    def before(self, number: int) -> None:
        """Nothing; for those who inherit."""

    def after(self, number: int) -> None:
        """Nothing; for those who inherit."""

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        number = self._next("scratch")
        with self._storage.scratch() as folder:
            self.after(number)
            yield folder

    @property
    def keeps_intact(self) -> bool:
        return self._storage.keeps_intact

    def check_room(self, size: int, largest: int) -> None:
        self._do("check_room", lambda: self._storage.check_room(size, largest))

    @contextmanager
    def lease(self, subject: str, holder: str = "") -> Iterator[None]:
        number = self._next(f"lease {subject}")
        with self._storage.lease(subject, holder):
            self.after(number)
            yield

    def is_leased(self, subject: str) -> bool:
        return self._do(f"is_leased {subject}", lambda: self._storage.is_leased(subject))

    def stat(self, key: str, version: str = "") -> StoredObject | None:
        return self._do(f"stat {key}", lambda: self._storage.stat(key, version))

    def get(self, key: str) -> Content | None:
        return self._do(f"get {key}", lambda: self._storage.get(key))

    def open(self, key: str, version: str = "") -> BinaryIO:
        return self._do(f"open {key}", lambda: self._storage.open(key, version))

    def put(self, key: str, body: bytes) -> None:
        self._do(f"put {key}", lambda: self._storage.put(key, body))

    def put_if_match(self, key: str, body: bytes, replacing: str | None) -> None:
        self._do(f"swap {key}", lambda: self._storage.put_if_match(key, body, replacing))

    def put_file(self, key: str, path: Path, sha256: str) -> StoredObject:
        return self._do(f"put_file {key}", lambda: self._storage.put_file(key, path, sha256))

    def restore(self, key: str, path: Path, sha256: str) -> StoredObject:
        return self._do(f"restore {key}", lambda: self._storage.restore(key, path, sha256))

    def copy(self, source: str, target: str) -> None:
        self._do(f"copy {target}", lambda: self._storage.copy(source, target))

    def delete(self, key: str) -> None:
        self._do(f"delete {key}", lambda: self._storage.delete(key))

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        return self._do(f"scan {prefix}", lambda: self._storage.list_objects(prefix))

    def versions(self, key: str) -> list[StoredObject]:
        return self._do(f"versions {key}", lambda: self._storage.versions(key))

    def _do(self, name: str, operation: Callable[[], _Result]) -> _Result:
        number = self._next(name)
        result = operation()
        self.after(number)
        return result

    def _next(self, name: str) -> int:
        self.operations += 1
        self.names.append(name)
        self.before(self.operations)
        return self.operations


class FailingStorage(CountingStorage):
    """Fails operation N: ``before`` it is done, ``after`` it, or with all that ``follow``."""

    def __init__(self, storage: Storage, fails_at: int, when: str) -> None:
        super().__init__(storage)
        self._fails_at = fails_at
        self._when = when

    def before(self, number: int) -> None:
        if (number == self._fails_at and self._when != "after") or (
            number > self._fails_at and self._when == "follow"
        ):
            raise StorageFailure("Cannot write to the lake: no space left on device.")

    def after(self, number: int) -> None:
        if number == self._fails_at and self._when == "after":
            raise StorageFailure("Cannot write to the lake: input/output error.")


class BesideStorage(CountingStorage):
    """Lets another program do all of its work just before operation N; leases keep them apart."""

    def __init__(self, storage: Storage, stopped_at: int, other: Callable[[], None]) -> None:
        super().__init__(storage)
        self._stopped_at = stopped_at
        self._other = other

    def before(self, number: int) -> None:
        if number == self._stopped_at:
            self._other()


class RacingStorage(BesideStorage):
    """The same, for a run that has lost its leases, as a process that slept for long.

    What else keeps two runs apart has to.
    """

    @contextmanager
    def lease(self, subject: str, holder: str = "") -> Iterator[None]:
        self._next(f"lease {subject}")
        yield
