"""What was landed: one manifest per survey, one for the population.

A manifest is the truth about the raw zone: it names, for every file, the version whose bytes are
current. It is replaced in one conditional write after all of its files are in place, so it never
names bytes that are not there.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Callable, TypeVar

from glue_jobs.documents import Count, Moment, Sha256, read_as, read_document, to_json
from glue_jobs.errors import IntegrityFailure
from glue_jobs.storage import names
from glue_jobs.storage.names import FileName, Version
from glue_jobs.storage.recorded import intact_body
from glue_jobs.subjects import DATASETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glue_jobs.storage.protocol import Storage

_Entry = TypeVar("_Entry")

ListedMinute = Annotated[str, re.compile(r"([0-9]{4}(-[0-9]{2}){2}T[0-9]{2}:[0-9]{2})?").fullmatch]
"""Empty where a file is to be fetched whatever the listing says."""

DatasetKey = Annotated[str, DATASETS.__contains__]


@dataclass(frozen=True)
class LandedFile:
    """One upstream file as it lies in the raw zone.

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
class LandedPage:
    """One page of the population API as it lies in the raw zone."""

    name: FileName
    bytes: Count
    sha256: Sha256
    version: Version


@dataclass(frozen=True)
class LandedDataset:
    """One population dataset.

    Attributes:
        dataset_name: the estimate's own name.
        content_sha256: hash of what the pages say, whatever their order of keys.
        years: how many years it has.
        retrieved_at: when this content was first retrieved, UTC: its release.
        pages: its bodies.
    """

    dataset_name: str
    content_sha256: Sha256
    years: Count
    retrieved_at: Moment
    pages: Annotated[tuple[LandedPage, ...], len]


@dataclass(frozen=True)
class SurveyManifest:
    """A survey's landed files by name, and the tag that replacing the manifest needs."""

    files: Mapping[str, LandedFile]
    tag: str | None = None


@dataclass(frozen=True)
class PopulationManifest:
    """The landed datasets by key, and the tag that replacing the manifest needs."""

    datasets: Mapping[str, LandedDataset]
    tag: str | None = None


@dataclass(frozen=True)
class _SurveyDocument:
    """A survey's manifest as it is written; an entry has all of a file but its name."""

    survey: str
    files: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class _PopulationDocument:
    """The population's manifest as it is written."""

    datasets: Mapping[DatasetKey, LandedDataset]


def load_survey(storage: Storage, survey: str) -> SurveyManifest:
    """A survey's manifest; empty where nothing was landed yet."""
    read = partial(_files_of, survey=survey)
    return SurveyManifest(*_load(storage, names.raw_manifest(survey), read))


def past_surveys(storage: Storage, survey: str) -> Iterator[SurveyManifest]:
    """Every manifest that a survey ever had, the current one first, then back in time.

    Those that are not as they were written are left out.
    """
    read = partial(_files_of, survey=survey)
    for stored in reversed(storage.versions(names.raw_manifest(survey))):
        with contextlib.suppress(IntegrityFailure):
            body = intact_body(storage, stored)
            yield SurveyManifest(_read(body, stored.key, read))


def save_survey(storage: Storage, survey: str, manifest: SurveyManifest) -> None:
    """Replaces the manifest that was loaded, or raises ``LostRace``."""
    files = {file.name: _without_name(file) for file in manifest.files.values()}
    body = to_json({"survey": survey, "files": files})
    _save(storage, names.raw_manifest(survey), body, manifest.tag)


def load_population(storage: Storage) -> PopulationManifest:
    """The population's manifest; empty where nothing was landed yet."""
    return PopulationManifest(*_load(storage, names.raw_population_manifest(), _datasets_of))


def save_population(storage: Storage, manifest: PopulationManifest) -> None:
    """Replaces the manifest that was loaded, or raises ``LostRace``."""
    datasets = {key: asdict(dataset) for key, dataset in manifest.datasets.items()}
    body = to_json({"datasets": datasets})
    _save(storage, names.raw_population_manifest(), body, manifest.tag)


def landed_subjects(storage: Storage) -> list[str]:
    """The subjects that have a manifest."""
    manifests = [
        stored.key for stored in storage.scan(names.RAW) if stored.key.endswith("/_manifest.json")
    ]
    return [key.split("/")[-2] for key in manifests]


def is_manifest(body: bytes, key: str) -> bool:
    """Whether these bytes are the manifest of that key."""
    try:
        if key == names.raw_population_manifest():
            _read(body, key, _datasets_of)
        else:
            _read(body, key, partial(_files_of, survey=key.split("/")[-2]))
    except IntegrityFailure:
        return False
    return True


def _without_name(file: LandedFile) -> dict[str, Any]:
    entry = asdict(file)
    del entry["name"]
    return entry


def _files_of(document: Any, survey: str) -> Mapping[str, LandedFile]:
    manifest = read_as(_SurveyDocument, document)
    if manifest.survey != survey:
        raise ValueError(f"it is the manifest of {manifest.survey}")
    if any("name" in entry for entry in manifest.files.values()):
        raise ValueError("an entry has a name of its own")
    return {
        name: read_as(LandedFile, {"name": name, **entry}) for name, entry in manifest.files.items()
    }


def _datasets_of(document: Any) -> Mapping[str, LandedDataset]:
    return read_as(_PopulationDocument, document).datasets


def _load(
    storage: Storage, key: str, read: Callable[[Any], Mapping[str, _Entry]]
) -> tuple[Mapping[str, _Entry], str | None]:
    content = storage.get(key)
    return ({}, None) if content is None else (_read(content.body, key, read), content.tag)


def _read(
    body: bytes, key: str, read: Callable[[Any], Mapping[str, _Entry]]
) -> Mapping[str, _Entry]:
    return read_document(body, read, f"{key} is not the manifest that was written there.")


def _save(storage: Storage, key: str, body: bytes, tag: str | None) -> None:
    # A manifest that nobody could read would leave the subject without any.
    if not is_manifest(body, key):
        raise IntegrityFailure(f"{key} would not be a manifest that can be read; it is unchanged.")
    storage.swap(key, body, tag)
