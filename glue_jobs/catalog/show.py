"""Makes the catalog that goes with a storage say what the pointers say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glue_jobs.catalog.glue import GlueCatalog
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage


def show_in_catalog(storage: Storage, settings: Settings, subject: str = "") -> dict[str, int]:
    """Makes the catalog that goes with a storage say what the pointers say, or one subject's.

    Returns how many tables and partitions were changed. A directory has no catalog but the
    pointers themselves; nor has a lake in S3 whose setting is ``none``, whose engine is told at a
    publish. What is shown of a subject whose pointer cannot be read stays as it is; whoever reads
    the pointers tells of it.

    Raises:
        LakeError: the catalog is behind; the next run repairs it.
    """
    catalog = _catalog(storage, settings)
    if catalog is None:
        return {}
    return catalog.show_subject(subject) if subject else catalog.show()


def catalog_differences(storage: Storage, settings: Settings) -> list[str]:
    """What ``show_in_catalog`` would change; nothing is changed.

    Raises:
        LakeError: the catalog cannot be read.
    """
    catalog = _catalog(storage, settings)
    return catalog.differences() if catalog else []


def _catalog(storage: Storage, settings: Settings) -> GlueCatalog | None:
    if not storage.uri.startswith("s3://") or settings.catalog == "none":
        return None
    from glue_jobs.catalog.glue import GlueCatalog  # noqa: PLC0415 - a directory needs no boto3

    return GlueCatalog(storage, settings.database, settings.region)
