"""What was landed of a subject: its manifest, in the raw zone.

A manifest is the truth about the raw zone: it names, for every file, the version whose bytes are
current. It is replaced in one conditional write after all of its files are in place, so it never
names bytes that are not there. What an entry has is its source's; how manifests are kept is here.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Generic, TypeVar

from glue_jobs.documents import read_document, to_json
from glue_jobs.errors import IntegrityFailure
from glue_jobs.storage.recorded import intact_body

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from glue_jobs.storage.protocol import Storage

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Manifest(Generic[Entry]):
    """What a subject has landed, by file name, and the tag that replacing the manifest needs."""

    files: Mapping[str, Entry]
    tag: str | None = None


@dataclass(frozen=True)
class Manifests(Generic[Entry]):
    """The manifests of one source's subjects.

    Attributes:
        read: a document's entries, by file name; raises ``ValueError`` for anything else. Gets the
            subject, too.
        write: the document of a subject's entries.
    """

    read: Callable[[Any, str], Mapping[str, Entry]]
    write: Callable[[Mapping[str, Entry], str], dict[str, Any]]

    def load(self, storage: Storage, key: str, subject: str) -> Manifest[Entry]:
        """The manifest under a key; empty where nothing was landed yet.

        Raises:
            IntegrityFailure: it is not as it was written.
        """
        content = storage.get(key)
        if content is None:
            return Manifest({})
        return Manifest(self._parsed(content.body, key, subject), content.tag)

    def past(self, storage: Storage, key: str, subject: str) -> Iterator[Manifest[Entry]]:
        """Every manifest that there ever was, the current one first, then back in time.

        Those that are not as they were written are left out.
        """
        for stored in reversed(storage.versions(key)):
            with contextlib.suppress(IntegrityFailure):
                yield Manifest(self._parsed(intact_body(storage, stored), key, subject))

    def save(self, storage: Storage, key: str, subject: str, manifest: Manifest[Entry]) -> None:
        """Replaces the manifest that was loaded.

        Raises:
            LostRace: it is another one meanwhile.
            IntegrityFailure: nobody could read the new one; the old one stands.
        """
        body = to_json(self.write(manifest.files, subject))
        # A manifest that nobody could read would leave the subject without any.
        if not self.is_manifest(body, key, subject):
            raise IntegrityFailure(
                f"{key} would not be a manifest that can be read; it is unchanged."
            )
        storage.put_if_match(key, body, manifest.tag)

    def is_manifest(self, body: bytes, key: str, subject: str) -> bool:
        """Whether these bytes are the manifest of that key."""
        try:
            self._parsed(body, key, subject)
        except IntegrityFailure:
            return False
        return True

    def _parsed(self, body: bytes, key: str, subject: str) -> Mapping[str, Entry]:
        told = f"{key} is not the manifest that was written there."
        return read_document(body, lambda document: self.read(document, subject), told)
