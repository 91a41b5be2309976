"""A lease in S3: an object that says who is writing a subject, renewed while that goes on.

It is written with conditions, so one of two wins. Its age is read off S3's own clock: both the
moment it was last written and the moment it is looked at come with the same answer. A process that
was killed stops renewing it, and after five minutes another may take it over.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from glue_jobs.errors import LakeError, LostRace
from glue_jobs.storage import names
from glue_jobs.storage.protocol import subject_is_leased

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

RENEWED_EVERY = timedelta(minutes=1)
EXPIRES_AFTER = timedelta(minutes=5)
"""Four renewals may fail before anybody else believes that the holder is dead."""


@dataclass(frozen=True)
class Seen:
    """A lease's object as S3 described it.

    Attributes:
        body: its bytes.
        tag: what replacing it needs.
        written: when it was last written, by S3's clock.
        now: when it was looked at, by the same clock.
    """

    body: bytes
    tag: str
    written: datetime
    now: datetime

    @property
    def is_expired(self) -> bool:
        """Whether its holder must be dead."""
        return self.now - self.written >= EXPIRES_AFTER

    def is_held_by(self, holder: str) -> bool:
        """Whether that process, or an earlier try of it, has written it."""
        with contextlib.suppress(ValueError, AttributeError):
            return bool(holder) and json.loads(self.body).get("holder") == holder
        return False


class Objects(Protocol):
    """What a lease asks of the storage that it lies in."""

    def write_if(self, key: str, body: bytes, replacing: str | None) -> str:
        """Writes an object if what it replaces is still there, else raises ``LostRace``.

        Returns its tag.
        """

    def look(self, key: str) -> Seen | None:
        """What an object is now, or None where there is none."""

    def delete(self, key: str) -> None:
        """Removes an object."""


@contextlib.contextmanager
def hold_lease(objects: Objects, subject: str, holder: str) -> Iterator[None]:
    """Holds a subject's lease while the body runs.

    Args:
        objects: where it lies.
        subject: whose.
        holder: who; a job that is tried again under the same name takes over its own lease.

    Raises:
        TryAgainLater: another process holds it.
    """
    lease = _Lease(objects, subject, holder)
    lease.acquire()
    try:
        yield
    finally:
        lease.release()


class _Lease:
    def __init__(self, objects: Objects, subject: str, holder: str) -> None:
        self._objects, self._subject, self._holder = objects, subject, holder
        self._key = names.lease(subject)
        self._secret = secrets.token_hex(8)
        self._tag: str | None = None
        self._ended = threading.Event()
        self._renewer = threading.Thread(target=self._renew, daemon=True)

    def acquire(self) -> None:
        try:
            try:
                self._write(None)
            except LostRace:
                self._take_over()
        except LakeError:
            self._remove()  # its answer may have got lost, and the lease be ours
            raise
        self._renewer.start()

    def release(self) -> None:
        self._ended.set()
        self._renewer.join()
        self._remove()

    def _take_over(self) -> None:
        seen = self._objects.look(self._key)
        if seen is not None and not self._may_take(seen):
            raise subject_is_leased(self._subject)
        try:
            self._write(seen.tag if seen else None)
        except LostRace:
            raise subject_is_leased(self._subject) from None

    def _may_take(self, seen: Seen) -> bool:
        return seen.is_expired or seen.is_held_by(self._holder)

    def _renew(self) -> None:
        while not self._ended.wait(RENEWED_EVERY.total_seconds()):
            with contextlib.suppress(LakeError):  # there are some minutes more to try
                try:
                    self._write(self._tag)
                except LostRace:
                    # Our own last write, whose answer got lost; or this process slept for long,
                    # and another has taken the lease over.
                    seen = self._objects.look(self._key)
                    if seen is None or not self._is_own(seen):
                        return
                    self._tag = seen.tag

    def _write(self, replacing: str | None) -> None:
        # A mark of its own makes each renewal another content, and so another tag.
        mark = secrets.token_hex(8)
        document = {"holder": self._holder, "secret": self._secret, "mark": mark}
        body = json.dumps(document).encode()
        self._tag = self._objects.write_if(self._key, body, replacing)

    def _is_own(self, seen: Seen) -> bool:
        return self._secret.encode() in seen.body

    def _remove(self) -> None:
        """Gives it back, if it is still ours; where that fails twice, it ends by its age."""
        for _ in range(2):
            with contextlib.suppress(LakeError):
                seen = self._objects.look(self._key)
                if seen is not None and self._is_own(seen):
                    self._objects.delete(self._key)
                return
