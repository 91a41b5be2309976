"""A large object in S3: it goes up in parts, and is read as a stream from any place."""

from __future__ import annotations

import functools
import hashlib

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.awsrequest import AWSResponse

from glue_jobs.errors import StorageFailure, TryAgainLater
from glue_jobs.storage import s3_large
from glue_jobs.storage.s3 import S3Storage
from glue_jobs.storage.s3_large import PART_BYTES
from tests.aws import aws_server, new_bucket
from tests.storage.objects import KEY, put_file
from tests.storage.s3_answers import Answers, Raw


@pytest.fixture(scope="module", autouse=True)
def aws():
    with aws_server():
        yield


@pytest.fixture
def lake():
    return S3Storage(f"s3://{new_bucket()}/lake")


@functools.cache
def large(parts: float) -> bytes:
    """So many parts of numbers, no two of which are alike: bytes of another place show."""
    numbers = b"".join(b"%016d" % number for number in range(PART_BYTES // 16 * int(parts)))
    return numbers + b"end" * (parts % 1 > 0)


@pytest.mark.parametrize("parts", [1, 2, 2.5])
@pytest.mark.parametrize("key", [KEY, "curated/pr/1/a.parquet"])
def test_a_large_file_goes_up_in_parts_and_keeps_its_hash(parts, key, lake):
    body = large(parts)
    stored = put_file(lake, key, body)
    assert stored.sha256 == hashlib.sha256(body).hexdigest()
    assert (stored.size, lake.stat(key)) == (len(body), stored)
    with lake.open(key) as stream:
        assert hashlib.sha256(stream.read()).hexdigest() == stored.sha256


def test_an_upload_holds_one_part_at_a_time(lake):
    sizes = []

    def note(params, **_):
        sizes.append(len(params["Body"]))

    lake._client.meta.events.register("provide-client-params.s3.UploadPart", note)
    put_file(lake, KEY, large(4.5))
    assert sizes == [PART_BYTES] * 4 + [3]


def test_an_upload_that_fails_leaves_neither_object_nor_parts(lake):
    Answers(lake, "UploadPart", None, (403, "AccessDenied"))
    with pytest.raises(StorageFailure, match="Cannot write"):
        put_file(lake, KEY, large(2))
    assert lake.get(KEY) is None
    assert "Uploads" not in boto3.client("s3").list_multipart_uploads(Bucket=lake.bucket)


def test_a_stream_that_breaks_is_opened_again_where_it_broke(lake):
    body = large(1)
    put_file(lake, KEY, body)
    with lake.open(KEY) as stream:
        assert stream.read(10) == body[:10]
        stream.raw._body.close()
        answers = Answers(lake, "GetObject", (503, "SlowDown"), None)
        assert stream.read() == body[10:]
        assert answers.asked == 2


@pytest.mark.parametrize("replaced_by", ["shorter", "as-long"])
def test_a_stream_reads_one_content_whatever_is_written_meanwhile(replaced_by, lake):
    body = large(1)
    put_file(lake, KEY, body)
    with lake.open(KEY) as stream:
        stream.read(10)
        put_file(lake, KEY, b"new" if replaced_by == "shorter" else body[::-1])
        stream.seek(PART_BYTES - 5)
        with pytest.raises(StorageFailure, match="Cannot read"):
            stream.read()


def test_a_stream_that_ends_too_early_is_no_whole_one(lake):
    put_file(lake, KEY, b"0123456789")
    headers = {"ETag": '"e"'}

    def cut(request, **_):
        return AWSResponse(request.url, 206, headers, Raw(b""))

    lake._client.meta.events.register("before-send.s3.GetObject", cut)
    with lake.open(KEY) as stream, pytest.raises(TryAgainLater, match="end too early"):
        stream.read()


def test_a_stream_gives_the_bytes_of_the_place_that_is_sought(lake):
    """Also far behind and before what it has read ahead."""
    body = large(1)
    put_file(lake, KEY, body)
    with lake.open(KEY) as stream:
        for place in (0, 9 << 20, 3, PART_BYTES - 20, 5 << 20):
            assert stream.seek(place) == stream.tell() == place
            assert stream.read(16) == body[place : place + 16]


def test_a_closed_stream_closes_its_connection(lake):
    put_file(lake, KEY, large(1))
    with lake.open(KEY) as stream:
        stream.read(10)
        body = stream.raw._body
    assert body._raw_stream.closed


def test_parts_carry_the_checksum_that_was_announced(lake):
    """Else the parts of the SDK's own checksum could be refused when they are put together."""
    given = dict[str, dict[str, object]]()
    for call in ("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"):
        lake._client.meta.events.register(
            f"provide-client-params.s3.{call}",
            lambda params, call=call, **_: given.update({call: params}),
        )
    put_file(lake, KEY, large(2))
    assert given["CreateMultipartUpload"]["ChecksumAlgorithm"] == "CRC32"
    assert given["UploadPart"]["ChecksumAlgorithm"] == "CRC32"
    for call in ("CreateMultipartUpload", "CompleteMultipartUpload"):
        assert given[call]["ChecksumType"] == "FULL_OBJECT"


def test_what_is_too_large_for_one_call_is_copied_in_parts_with_its_hash(lake, monkeypatch):
    source, target = "curated/pr/1/a.parquet", "curated/pr/2/a.parquet"
    body = large(2)
    stored = put_file(lake, source, body)
    Answers(lake, "CopyObject", (400, "InvalidRequest"))
    parts = []
    lake._client.meta.events.register(
        "provide-client-params.s3.UploadPartCopy", lambda params, **_: parts.append(params)
    )
    monkeypatch.setattr(
        s3_large,
        "_COPY",
        TransferConfig(PART_BYTES, multipart_chunksize=PART_BYTES, use_threads=False),
    )
    lake.copy(source, target)
    assert len(parts) == 2
    copied = lake.stat(target)
    assert copied is not None
    assert (copied.size, copied.sha256) == (len(body), stored.sha256)
