"""What a source must do to land, said once: whatever lands, checks or mends a lake asks for this.

A source is who publishes: BLS, DataUSA. It has subjects: the surveys, the population. What is
landed of a subject is its files. A source is a folder with two halves: ``upstream.py`` has
``UPSTREAM``, which lands and needs no pyarrow; ``tables.py`` has ``TABLES``, which says what
becomes of the files (``sources/places.py`` has its protocol).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic

from glue_jobs.errors import IntegrityFailure
from glue_jobs.manifests import Entry, Manifest, Manifests
from glue_jobs.storage import names

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


class Upstream(ABC, Generic[Entry]):
    """The half that lands: what is there, what was landed, and where it lies.

    What follows from manifests alone is here; the rest is each source's own.

    Attributes:
        manifests: how the source's manifests are read and written.
        keeps_releases: whether a moment of the past is answered from the release of that time,
            which then stays; else from the table of revisions.
    """

    manifests: Manifests[Entry]
    keeps_releases: bool

    @abstractmethod
    def subjects(self, settings: Settings, storage: Storage) -> tuple[str, ...]:
        """The subjects that a run with these settings is about; of all, those that are landed."""

    @abstractmethod
    def has(self, subject: str) -> bool:
        """Whether a subject of that name would be this source's."""

    def folder(self, subject: str) -> str:
        """The subject's folder in the raw zone, without slashes at its ends."""
        return subject

    @abstractmethod
    def as_landed(self, subject: str, name: str, entry: Entry) -> Landed:
        """A manifest's entry as everything else sees it."""

    @abstractmethod
    def as_amended(self, entry: Entry, landed: Landed) -> Entry:
        """An entry of the same content with the moments and versions that it has here."""

    @abstractmethod
    def land(self, run: Run) -> Outcome:
        """The job: lands what is new of all subjects."""

    @abstractmethod
    def land_again(self, run: Run, subject: str, name: str = "") -> None:
        """Lands what is new of a subject whose lease the caller holds.

        Args:
            run: whose settings count.
            subject: which.
            name: a file that is fetched in any case; empty: what is new.

        Raises:
            LakeError: nothing was changed.
        """

    @abstractmethod
    def fetch(self, run: Run, subject: str, file: Landed, key: str, path: Path) -> None:
        """Fetches the bytes that upstream has now in the place of an object.

        Raises:
            LakeError: upstream has no such file, or gives no answer.
        """

    @abstractmethod
    def ask(self, run: Run, subject: str) -> Iterator[tuple[Landed, str]]:
        """Asks about every landed file without fetching what is large.

        Yields:
            A file, and what is other than was landed, as a sentence's end; empty for nothing.

        Raises:
            LakeError: upstream gives no answer.
        """

    @abstractmethod
    def asked(self, summary: Mapping[str, Any]) -> set[str]:
        """The subjects that the landing job could ask upstream about, by its summary."""

    @abstractmethod
    def describe(self, summary: Mapping[str, Any]) -> Iterator[str]:
        """What the landing job has landed, in lines for people, by its summary."""

    def load(self, storage: Storage, subject: str) -> Manifest[Entry]:
        """The subject's manifest; empty where nothing was landed yet.

        Raises:
            IntegrityFailure: it is not as it was written.
        """
        return self.manifests.load(storage, self._key(subject), subject)

    def save(self, storage: Storage, subject: str, manifest: Manifest[Entry]) -> None:
        """Replaces the manifest that was loaded.

        Raises:
            LostRace: it is another one meanwhile.
        """
        self.manifests.save(storage, self._key(subject), subject, manifest)

    def landed(self, storage: Storage, subject: str) -> Mapping[str, Landed]:
        """What the subject's manifest names, by name; empty where nothing was landed yet.

        Raises:
            IntegrityFailure: the manifest is not as it was written.
        """
        return self._landed(subject, self.load(storage, subject))

    def landed_before(self, storage: Storage, subject: str) -> Iterator[Mapping[str, Landed]]:
        """What each manifest of the subject has named, the current one first, then back in time.

        One that is not as it was written is left out.
        """
        for manifest in self.manifests.past(storage, self._key(subject), subject):
            yield self._landed(subject, manifest)

    def kept(self, storage: Storage, subject: str, name: str, sha256: str) -> Landed:
        """A content that a file once had, as a manifest names it.

        Raises:
            IntegrityFailure: the raw zone does not keep it.
        """
        # A copy of a lake may have lost its versions; then the current manifest is all there is.
        now = [self.landed(storage, subject)]
        for landed in chain(now, self.landed_before(storage, subject)):
            if name in landed and landed[name].sha256 == sha256:
                return landed[name]
        raise IntegrityFailure(f"No manifest names the content {sha256[:12]}… of {name} any more.")

    def amend(self, storage: Storage, subject: str, landed: Mapping[str, Landed]) -> None:
        """Has the manifest name files with the moments and versions that they have here.

        An entry that names another content meanwhile stays as it is.

        Raises:
            LostRace: the manifest is another one meanwhile.
        """
        manifest = self.load(storage, subject)
        known = self._landed(subject, manifest)
        files = {
            name: self.as_amended(entry, landed[name])
            if name in landed and landed[name].sha256 == known[name].sha256
            else entry
            for name, entry in manifest.files.items()
        }
        if files != manifest.files:
            self.save(storage, subject, replace(manifest, files=files))

    def is_manifest(self, body: bytes, subject: str) -> bool:
        """Whether these bytes can be read as the subject's manifest."""
        return self.manifests.is_manifest(body, self._key(subject), subject)

    def _key(self, subject: str) -> str:
        return names.manifest(self.folder(subject))

    def _landed(self, subject: str, manifest: Manifest[Entry]) -> dict[str, Landed]:
        return {name: self.as_landed(subject, name, one) for name, one in manifest.files.items()}
