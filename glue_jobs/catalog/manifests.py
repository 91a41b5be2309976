"""What was landed: one manifest per survey, one for the population.

A manifest is the truth about the raw zone: it names, for every file, the version whose bytes are
current. It is replaced in one conditional write after all of its files are in place, so it never
names bytes that are not there.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from glue_jobs.errors import IntegrityFailure
from glue_jobs.storage import intact_body, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from glue_jobs.storage.protocol import Storage

_Entry = TypeVar("_Entry")
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)


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

    name: str
    bytes: int
    sha256: str
    last_modified: str
    listed_minute: str
    retrieved_at: str
    version: str


@dataclass(frozen=True)
class LandedPage:
    """One page of the population API as it lies in the raw zone."""

    name: str
    bytes: int
    sha256: str
    version: str


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
    content_sha256: str
    years: int
    retrieved_at: str
    pages: tuple[LandedPage, ...]


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


def load_survey(storage: Storage, survey: str) -> SurveyManifest:
    """A survey's manifest; empty where nothing was landed yet."""
    return SurveyManifest(*_load(storage, names.raw_manifest(survey), _files_of))


def past_surveys(storage: Storage, survey: str) -> Iterator[SurveyManifest]:
    """Every manifest that a survey ever had, the current one too, oldest first.

    Those that are not as they were written are left out.
    """
    for stored in storage.versions(names.raw_manifest(survey)):
        with contextlib.suppress(IntegrityFailure):
            body = intact_body(storage, stored)
            yield SurveyManifest(_parse(stored.key, body, _files_of))


def save_survey(storage: Storage, survey: str, manifest: SurveyManifest) -> None:
    """Replaces the manifest that was loaded, or raises ``LostRace``."""
    files = {file.name: _without_name(file) for file in manifest.files.values()}
    _save(storage, names.raw_manifest(survey), {"survey": survey, "files": files}, manifest.tag)


def load_population(storage: Storage) -> PopulationManifest:
    """The population's manifest; empty where nothing was landed yet."""
    return PopulationManifest(*_load(storage, names.raw_population_manifest(), _datasets_of))


def save_population(storage: Storage, manifest: PopulationManifest) -> None:
    """Replaces the manifest that was loaded, or raises ``LostRace``."""
    datasets = {key: asdict(dataset) for key, dataset in manifest.datasets.items()}
    _save(storage, names.raw_population_manifest(), {"datasets": datasets}, manifest.tag)


def landed_subjects(storage: Storage) -> list[str]:
    """The subjects that have a manifest."""
    manifests = [
        stored.key for stored in storage.scan(names.RAW) if stored.key.endswith("/_manifest.json")
    ]
    return [key.split("/")[-2] for key in manifests]


def is_manifest(body: bytes) -> bool:
    """Whether these bytes are one, of a survey or of the population."""
    try:
        document = json.loads(body)
        (_files_of if "files" in document else _datasets_of)(document)
    except _UNREADABLE:
        return False
    return True


def to_json(document: Mapping[str, Any]) -> bytes:
    """A document as the lake writes it: sorted, indented, the same bytes for the same content."""
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def _without_name(file: LandedFile) -> dict[str, Any]:
    entry = asdict(file)
    del entry["name"]
    return entry


def _files_of(document: dict[str, Any]) -> dict[str, LandedFile]:
    return {name: LandedFile(name=name, **file) for name, file in document["files"].items()}


def _datasets_of(document: dict[str, Any]) -> dict[str, LandedDataset]:
    datasets = {}
    for key, entry in document["datasets"].items():
        pages = tuple(LandedPage(**page) for page in entry.pop("pages"))
        datasets[key] = LandedDataset(**entry, pages=pages)
    return datasets


def _load(
    storage: Storage, key: str, parse: Callable[[dict[str, Any]], dict[str, _Entry]]
) -> tuple[dict[str, _Entry], str | None]:
    content = storage.get(key)
    if content is None:
        return {}, None
    return _parse(key, content.body, parse), content.tag


def _parse(
    key: str, body: bytes, parse: Callable[[dict[str, Any]], dict[str, _Entry]]
) -> dict[str, _Entry]:
    try:
        return parse(json.loads(body))
    except _UNREADABLE:
        raise IntegrityFailure(f"{key} is not the manifest that was written there.") from None


def _save(storage: Storage, key: str, document: Mapping[str, Any], tag: str | None) -> None:
    storage.swap(key, to_json(document), tag)
