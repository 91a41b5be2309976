"""Objects in S3 that are too large for one call: written and copied in parts."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, BinaryIO

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

PART_BYTES = 16 << 20
"""A larger file goes up in parts of this size, one at a time: what an upload holds in memory."""

# Announced when the upload begins: parts that carry what was not announced may be refused.
_CHECKED = {"ChecksumAlgorithm": "CRC32"}
_WHOLE = {"ChecksumType": "FULL_OBJECT"}
# The largest that one call copies has 5 GiB.
_COPY = TransferConfig(multipart_threshold=5 << 30, multipart_chunksize=1 << 30, use_threads=False)


def upload_parts(
    client: Any,
    named: Mapping[str, str],
    first: bytes,
    rest: BinaryIO,
    metadata: Mapping[str, str],
    condition: Mapping[str, str],
) -> Mapping[str, Any]:
    """Writes an object part by part.

    Args:
        client: boto3's.
        named: bucket and key.
        first: the first part.
        rest: the others.
        metadata: the object's.
        condition: under which it is put in its place.

    Returns:
        S3's answer to the last call.

    Raises:
        ClientError: S3 refused; no part is left.
    """
    upload = client.create_multipart_upload(**named, **_CHECKED, **_WHOLE, Metadata=metadata)
    named = {**named, "UploadId": upload["UploadId"]}
    try:
        parts: list[dict[str, Any]] = []
        part = first
        while part:
            number = len(parts) + 1
            answer = client.upload_part(**named, **_CHECKED, PartNumber=number, Body=part)
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
            part = rest.read(PART_BYTES)
        whole: Mapping[str, Any] = client.complete_multipart_upload(
            **named, **_WHOLE, **condition, MultipartUpload={"Parts": parts}
        )
    except BaseException:
        # Parts cost money until somebody removes them; the bucket's own rule does in a week.
        with contextlib.suppress(ClientError, BotoCoreError):
            client.abort_multipart_upload(**named)
        raise
    return whole


def copy_parts(client: Any, source: Mapping[str, str], named: Mapping[str, str]) -> None:
    """Copies an object that is too large for one call.

    Args:
        client: boto3's.
        source: bucket and key.
        named: bucket and key of the copy.

    Raises:
        ClientError: S3 refused.
    """
    # A copy in parts is a new object, which would else have no metadata.
    metadata = client.head_object(**source)["Metadata"]
    further = {"Metadata": metadata, "MetadataDirective": "REPLACE"}
    client.copy(source, named["Bucket"], named["Key"], ExtraArgs=further, Config=_COPY)
