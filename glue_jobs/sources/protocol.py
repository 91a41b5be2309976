"""What a source must do to land, said once: whatever lands, checks or mends a lake asks for this.

A source is who publishes: BLS, DataUSA. It has subjects: the surveys, the population. What is
landed of a subject is its files. A source is a folder with two halves: ``upstream.py`` has
``UPSTREAM``, which lands and needs no pyarrow; ``tables.py`` has ``TABLES``, which says what
becomes of the files (``sources/places.py`` has its protocol).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from glue_jobs.running import Outcome, Run
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage


@dataclass(frozen=True)
class RawObject:
    """An object of the raw zone as it was landed.

    Attributes:
        key: where it lies.
        bytes: its size.
        sha256: of its bytes, in hex.
        version: the storage's name for these bytes.
    """

    key: str
    bytes: int
    sha256: str
    version: str


@dataclass(frozen=True)
class Landed:
    """A file of a subject as it was landed: what becomes a table, or a part of one.

    Attributes:
        name: its name, upstream's where that has one.
        sha256: what tells its content from another, in hex: of its bytes, if they are one object.
        released_at: when upstream wrote it, UTC; or when this content was first retrieved.
        retrieved_at: when this content was first retrieved, UTC.
        objects: its bytes.
        listed_at: when upstream lists it as written, UTC; empty where it lists nothing.
    """

    name: str
    sha256: str
    released_at: str
    retrieved_at: str
    objects: tuple[RawObject, ...]
    listed_at: str = ""


class Upstream(Protocol):
    """The half that lands: what is there, what was landed, and where it lies.

    Attributes:
        keeps_releases: whether a moment of the past is answered from the release of that time,
            which then stays; else from the table of revisions.
    """

    @property
    def keeps_releases(self) -> bool:
        """See above."""

    def subjects(self, settings: Settings) -> tuple[str, ...]:
        """The subjects that a run with these settings is about."""

    def has(self, subject: str) -> bool:
        """Whether a subject of that name would be this source's."""

    def folder(self, subject: str) -> str:
        """The subject's folder in the raw zone, without slashes at its ends."""

    def landed(self, storage: Storage, subject: str) -> Mapping[str, Landed]:
        """What the subject's manifest names, by name; empty where nothing was landed yet.

        Raises:
            IntegrityFailure: the manifest is not as it was written.
        """

    def landed_before(self, storage: Storage, subject: str) -> Iterator[Mapping[str, Landed]]:
        """What each manifest of the subject has named, the current one first, then back in time.

        One that is not as it was written is left out.
        """

    def kept(self, storage: Storage, subject: str, name: str, sha256: str) -> Landed:
        """A content that a file once had.

        Raises:
            IntegrityFailure: the raw zone does not keep it.
        """

    def amend(self, storage: Storage, subject: str, landed: Mapping[str, Landed]) -> None:
        """Has the manifest name files with the moments and versions that they have here.

        Raises:
            LostRace: the manifest is another one meanwhile.
        """

    def is_manifest(self, body: bytes, subject: str) -> bool:
        """Whether these bytes can be read as the subject's manifest."""

    def land(self, run: Run) -> Outcome:
        """The job: lands what is new of all subjects."""

    def land_again(self, run: Run, subject: str, name: str = "") -> None:
        """Lands what is new of a subject whose lease the caller holds.

        Args:
            run: whose settings count.
            subject: which.
            name: a file that is fetched in any case; empty: what is new.

        Raises:
            LakeError: nothing was changed.
        """

    def fetch(self, run: Run, subject: str, file: Landed, key: str, path: Path) -> None:
        """Fetches the bytes that upstream has now in the place of an object.

        Raises:
            LakeError: upstream has no such file, or gives no answer.
        """

    def ask(self, run: Run, subject: str) -> Iterator[tuple[Landed, str]]:
        """Asks about every landed file without fetching what is large.

        Yields:
            A file, and what is other than was landed, as a sentence's end; empty for nothing.

        Raises:
            LakeError: upstream gives no answer.
        """

    def asked(self, summary: Mapping[str, Any]) -> set[str]:
        """The subjects that the landing job could ask upstream about, by its summary."""

    def describe(self, summary: Mapping[str, Any]) -> Iterator[str]:
        """What the landing job has landed, in lines for people, by its summary."""
