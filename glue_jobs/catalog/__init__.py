"""Which tables there are and which files are in them: pointer files, and Glue derived from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage


def show_in_catalog(storage: Storage, settings: Settings) -> dict[str, int]:
    """Makes the catalog that goes with a storage say what the pointers say.

    Returns how many tables and partitions were changed. A directory has no catalog but the
    pointers themselves.

    Raises:
        LakeError: the catalog is behind; the next run repairs it.
    """
    if not storage.uri.startswith("s3://"):
        return {}
    from glue_jobs.catalog.glue import GlueCatalog  # noqa: PLC0415 - a directory needs no boto3

    return GlueCatalog(storage, settings.database, settings.region).show()
