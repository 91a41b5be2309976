"""What every storage backend can do, and all that jobs may ask of one.

An object is written whole or not at all: ``put`` and ``put_if_match`` take small bodies (the latter
only if nobody else wrote meanwhile: manifests and pointers), ``put_file`` takes a file made
beforehand under a ``scratch`` path. Under ``raw/`` and ``current/`` every overwritten or deleted
content stays readable by its version. Under ``curated/`` and ``history/`` an object is written
once: the same bytes again change nothing, other bytes are refused.

Whoever writes a subject holds its ``lease``: a run, a backfill, a repair, a vacuum. It keeps them
apart; what each does besides (conditional puts, objects written once, a look at what a pointer
will name) holds also where a lease was lost, since a process may sleep for an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from glue_jobs.errors import TryAgainLater

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True)
class StoredObject:
    """One object, or one version of it.

    Attributes:
        key: where it lies.
        size: bytes.
        version: the backend's name for exactly these bytes under this key; empty where the
            backend keeps no versions of the key.
        modified: when it was written, by the backend's clock, in UTC.
        sha256: of its bytes in hex, where the backend knows it without reading them.
    """

    key: str
    size: int
    version: str
    modified: datetime
    sha256: str = ""


@dataclass(frozen=True)
class Content:
    """A small object's bytes, and the tag that ``put_if_match`` wants to see unchanged."""

    body: bytes
    tag: str


def subject_is_leased(subject: str) -> TryAgainLater:
    """The failure of whoever wants to write what another process is writing."""
    return TryAgainLater(
        f"Another process is writing {subject}; nothing of it was changed here.",
        hint="Run again when it has ended.",
    )


class Storage(Protocol):
    """One lake's bytes. Every method raises ``StorageFailure`` when the backend fails."""

    uri: str

    @property
    def keeps_intact(self) -> bool:
        """Whether the backend checks by itself what it stores, so that nobody need read it."""

    def scratch(self) -> AbstractContextManager[Path]:
        """A temporary folder for files on their way into the lake, removed at the end."""

    def check_room(self, size: int, largest: int) -> None:
        """Looks whether files on their way into the lake would find room, as far as can be known.

        Args:
            size: bytes of all of them.
            largest: bytes that are under ``scratch`` at a time, at most.

        Raises:
            StorageFailure: they would not.
        """

    def lease(self, subject: str, holder: str = "") -> AbstractContextManager[None]:
        """Keeps everybody else from writing a subject until the body ends.

        Args:
            subject: a survey's code, or ``population``.
            holder: who wants to write; a job that is tried again under the same name, because its
                first try was killed, need not wait until that one's lease has expired.

        Raises:
            TryAgainLater: somebody else is writing it.
        """

    def is_leased(self, subject: str) -> bool:
        """Whether somebody is writing a subject now; asks without writing anything."""

    def stat(self, key: str, version: str = "") -> StoredObject | None:
        """The object, or one of its versions, or None where there is none."""

    def get(self, key: str) -> Content | None:
        """A small object's bytes and tag, or None where there is none."""

    def open(self, key: str, version: str = "") -> BinaryIO:
        """The bytes as a seekable stream, of a given version or as they are now."""

    def put(self, key: str, body: bytes) -> None:
        """Writes a small object, whatever was there."""

    def put_if_match(self, key: str, body: bytes, replacing: str | None) -> None:
        """Writes a small object if what it replaces is still there, else raises ``LostRace``.

        Args:
            key: where to.
            body: the new bytes.
            replacing: the tag of the content that the caller has read; None: there was none.
        """

    def put_file(self, key: str, path: Path, sha256: str) -> StoredObject:
        """Moves a scratch file into the lake; the same content again makes no new version."""

    def restore(self, key: str, path: Path, sha256: str) -> StoredObject:
        """Moves a scratch file over an object, and over its version, that lost these bytes."""

    def copy(self, source: str, target: str) -> None:
        """Copies an object on the backend's side, without reading it here."""

    def delete(self, key: str) -> None:
        """Removes an object; its versions stay where the key keeps them."""

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """The objects whose key begins with the prefix, in the keys' order."""

    def versions(self, key: str) -> list[StoredObject]:
        """What is kept under a key, oldest first, the current content included."""
