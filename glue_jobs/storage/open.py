"""Opens the storage behind a lake's address."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.aws_errors import needing_packages
from glue_jobs.errors import UsageError
from glue_jobs.storage.local import LocalStorage

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Storage


def open_storage(uri: str, region: str = "") -> Storage:
    """The storage behind a lake's address.

    Args:
        uri: a directory's path, or ``s3://bucket/prefix``.
        region: the bucket's AWS region; empty for the SDK's own choice, which finds it, too.

    Raises:
        UsageError: the address is of another kind.
    """
    if uri.startswith("s3://"):
        with needing_packages():
            from glue_jobs.storage.s3 import S3Storage  # noqa: PLC0415 - a directory needs no boto3

        return S3Storage(uri, region)
    if "://" in uri:
        raise UsageError(
            f"The lake's address {uri} is neither a directory nor in S3.",
            hint="--lake ./lake or --lake s3://bucket/prefix",
        )
    return LocalStorage(Path(uri))
