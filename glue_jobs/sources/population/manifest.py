"""What was landed of the population: one entry per dataset, with the pages of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

from glue_jobs.documents import Count, Moment, Sha256, read_as
from glue_jobs.manifests import Manifest, Manifests
from glue_jobs.storage import names
from glue_jobs.storage.names import FileName, Version
from glue_jobs.subjects import DATASETS

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Storage

SUBJECT = "population"
"""The one subject of this source, and its folder in the raw zone."""

DatasetKey = Annotated[str, DATASETS.__contains__]


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
class _Document:
    """The population's manifest as it is written."""

    datasets: Mapping[DatasetKey, LandedDataset]


def key_of(name: str) -> str:
    """The key of one landed page."""
    return names.raw_file(SUBJECT, name)


def load_population(storage: Storage) -> Manifest[LandedDataset]:
    """The population's manifest; empty where nothing was landed yet."""
    return MANIFESTS.load(storage, names.manifest(SUBJECT), SUBJECT)


def save_population(storage: Storage, manifest: Manifest[LandedDataset]) -> None:
    """Replaces the manifest that was loaded, or raises ``LostRace``."""
    MANIFESTS.save(storage, names.manifest(SUBJECT), SUBJECT, manifest)


def _datasets_of(document: Any, subject: str) -> Mapping[str, LandedDataset]:  # noqa: ARG001
    return read_as(_Document, document).datasets


def _document_of(datasets: Mapping[str, LandedDataset], subject: str) -> dict[str, Any]:  # noqa: ARG001
    return {"datasets": {key: asdict(dataset) for key, dataset in datasets.items()}}


MANIFESTS = Manifests(_datasets_of, _document_of)
