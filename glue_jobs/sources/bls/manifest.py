"""What was landed of a survey: one entry per file that BLS lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

from glue_jobs.documents import Count, Moment, Sha256, read_as
from glue_jobs.manifests import Manifest, Manifests
from glue_jobs.sources.bls.listing import is_as_listed, listed_moment
from glue_jobs.storage import names
from glue_jobs.storage.names import FileName, Version
from glue_jobs.subjects import survey_code
from glue_jobs.timestamps import from_text

if TYPE_CHECKING:
    from glue_jobs.sources.bls.listing import ListedFile
    from glue_jobs.storage.protocol import Storage

_MINUTE = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}:[0-9]{2}")


def _is_listed_minute(text: str) -> bool:
    try:
        return not text or bool(_MINUTE.fullmatch(text) and listed_moment(text))
    except ValueError:
        return False


ListedMinute = Annotated[str, _is_listed_minute]
"""Empty where a file is to be fetched whatever the listing says."""


@dataclass(frozen=True)
class LandedFile:
    """One file of BLS's as it lies in the raw zone.

    Attributes:
        name: its name upstream.
        bytes: its size.
        sha256: hash of its bytes, in hex.
        last_modified: when BLS wrote it, UTC.
        listed_minute: the same by BLS's listing, US Eastern, to the minute.
        retrieved_at: when these bytes were first retrieved, UTC.
        version: the storage's name for these bytes.
    """

    name: FileName
    bytes: Count
    sha256: Sha256
    last_modified: Moment
    listed_minute: ListedMinute
    retrieved_at: Moment
    version: Version


@dataclass(frozen=True)
class _Document:
    """A survey's manifest as it is written; an entry has all of a file but its name."""

    survey: str
    files: Mapping[str, Mapping[str, Any]]


def is_as_known(listed: ListedFile, known: LandedFile) -> bool:
    """Whether a listed file is one whose bytes are known, by size and minute.

    One with a Last-Modified that contradicts the minute is not.
    """
    return (known.bytes, known.listed_minute) == (listed.size, listed.minute) and is_as_listed(
        from_text(known.last_modified), listed.minute
    )


def folder_of(survey: str) -> str:
    """The folder of a survey's landed files: a place in the raw zone."""
    return f"bls/{survey_code(survey)}"


def key_of(survey: str, name: str) -> str:
    """The key of one landed file of a survey."""
    return names.raw_file(folder_of(survey), name)


def load_survey(storage: Storage, survey: str) -> Manifest[LandedFile]:
    """A survey's manifest; empty where nothing was landed yet."""
    return MANIFESTS.load(storage, names.manifest(folder_of(survey)), survey)


def save_survey(storage: Storage, survey: str, manifest: Manifest[LandedFile]) -> None:
    """Replaces the manifest that was loaded, or raises ``LostRace``."""
    MANIFESTS.save(storage, names.manifest(folder_of(survey)), survey, manifest)


def _files_of(document: Any, subject: str) -> Mapping[str, LandedFile]:
    manifest = read_as(_Document, document)
    if manifest.survey != subject:
        raise ValueError(f"it is the manifest of {manifest.survey}")
    if any("name" in entry for entry in manifest.files.values()):
        raise ValueError("an entry has a name of its own")
    return {
        name: read_as(LandedFile, {"name": name, **entry}) for name, entry in manifest.files.items()
    }


def _document_of(files: Mapping[str, LandedFile], subject: str) -> dict[str, Any]:
    return {"survey": subject, "files": {name: _without_name(one) for name, one in files.items()}}


def _without_name(file: LandedFile) -> dict[str, Any]:
    entry = asdict(file)
    del entry["name"]
    return entry


MANIFESTS = Manifests(_files_of, _document_of)
