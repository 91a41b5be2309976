"""What is true of a lake in S3 only: what AWS refuses, lost answers, large objects."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from glue_jobs.aws_errors import telling, told
from glue_jobs.errors import (
    IntegrityFailure,
    LostRace,
    StorageFailure,
    TryAgainLater,
    UsageError,
)
from glue_jobs.storage.s3 import S3Storage
from glue_jobs.storage.s3_large import PART_BYTES
from tests.aws import aws_server, new_bucket
from tests.storage.objects import KEY, body_of, history, put_file
from tests.storage.s3_answers import Answers, Raw

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import StoredObject


@pytest.fixture(scope="module", autouse=True)
def aws():
    with aws_server():
        yield


@pytest.fixture
def lake():
    return S3Storage(f"s3://{new_bucket()}/lake")


def restore(lake: S3Storage, key: str, body: bytes) -> StoredObject:
    with lake.scratch() as folder:
        (folder / "made").write_bytes(body)
        return lake.restore(key, folder / "made", hashlib.sha256(body).hexdigest())


@pytest.mark.parametrize("uri", ["s3://", "s3:///lake", "s3://B", "s3://bucket_1/lake", "s3://a"])
def test_an_address_without_a_bucket_is_refused(uri):
    with pytest.raises(UsageError, match="names no bucket"):
        S3Storage(uri)


@pytest.mark.parametrize(
    ("end", "key"), [("", KEY), ("/", KEY), ("/lake", f"lake/{KEY}"), ("/a/b/", f"a/b/{KEY}")]
)
def test_objects_lie_under_the_address(end, key):
    bucket = new_bucket()
    S3Storage(f"s3://{bucket}{end}").put(KEY, b"x")
    found = boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert [entry["Key"] for entry in found] == [key]


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda lake: lake.put(KEY, b"x"), id="put"),
        pytest.param(lambda lake: lake.put_if_match(KEY, b"x", None), id="swap"),
        pytest.param(lambda lake: put_file(lake, KEY, b"x"), id="put_file"),
        pytest.param(lambda lake: lake.delete(KEY), id="delete"),
        pytest.param(lambda lake: lake.copy(KEY, "curated/pr/1/a"), id="copy"),
        pytest.param(lambda lake: restore(lake, KEY, b"x"), id="restore"),
    ],
)
def test_a_bucket_that_keeps_no_versions_is_refused_before_the_first_write(write):
    bucket = new_bucket(versioned=False)
    with pytest.raises(UsageError, match=f"The bucket {bucket} keeps no versions") as caught:
        write(S3Storage(f"s3://{bucket}/lake"))
    assert "put-bucket-versioning" in caught.value.hint
    assert boto3.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_bucket_that_is_not_there_is_told():
    lake = S3Storage("s3://no-such-bucket/lake")
    for attempt in (
        lambda: list(lake.list_objects("")),
        lambda: lake.get(KEY),
        lambda: lake.put(KEY, b""),
    ):
        with pytest.raises(UsageError, match="there is no such bucket"):
            attempt()


@pytest.mark.parametrize(
    ("status", "code", "error", "sentence"),
    [
        (400, "ExpiredToken", UsageError, "credentials have expired"),
        (403, "InvalidAccessKeyId", UsageError, "AWS knows no such credentials"),
        (403, "AccessDenied", StorageFailure, "AWS denies it .* said by AWS"),
        (301, "PermanentRedirect", UsageError, "lies in another AWS region"),
        (400, "AuthorizationHeaderMalformed", UsageError, "lies in another AWS region"),
        (400, "Strange", StorageFailure, r"said by AWS\. \(Strange\)"),
    ],
)
def test_what_aws_refuses_is_told_in_a_sentence(status, code, error, sentence, lake):
    answers = Answers(lake, "GetObject", *[(status, code)] * 3)
    with pytest.raises(error, match=rf"Cannot read s3://.*/{KEY}: .*{sentence}"):
        lake.get(KEY)
    assert answers.asked >= 1


@pytest.mark.parametrize(
    "code", ["SlowDown", "ThrottlingException", "ServiceUnavailable", "InternalError", "503"]
)
def test_a_busy_aws_is_for_later(code):
    busy = ClientError({"Error": {"Code": code, "Message": ""}}, "PutObject")
    assert isinstance(told(busy, "write x"), TryAgainLater)


def test_only_aws_s_own_errors_are_told_as_such():
    with pytest.raises(ZeroDivisionError), telling("write x"):
        raise ZeroDivisionError


def test_an_object_that_may_not_be_seen_is_not_called_missing(lake):
    lake.put(KEY, b"x")
    for attempt in (lambda: lake.stat(KEY), lambda: lake.put(KEY, b"y")):
        Answers(lake, "HeadObject", (403, ""))
        with pytest.raises(StorageFailure, match="AWS denies it"):
            attempt()
    assert body_of(S3Storage(lake.uri), KEY) == b"x"


def test_a_version_that_s3_cannot_read_is_not_there(lake):
    lake.put(KEY, b"x")
    Answers(lake, "HeadObject", *[(400, "")] * 9)  # the SDK asks again, for another region
    with pytest.raises(StorageFailure, match="it is not there"):
        lake.open(KEY, "no version of S3's")


def test_bytes_that_differ_from_their_checksum_have_rotten(lake):
    lake.put(KEY, b"x")
    headers = {"ETag": '"e"', "Content-Length": "1", "x-amz-checksum-crc32": "AAAAAA=="}

    def rot(request, **_):
        return AWSResponse(request.url, 200, headers, Raw(b"x"))

    lake._client.meta.events.register("before-send.s3.GetObject", rot)
    with pytest.raises(IntegrityFailure, match="its bytes are not those that were stored"):
        lake.get(KEY)


def test_without_credentials_it_is_told(lake, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(UsageError, match="there are none") as caught:
        S3Storage(lake.uri).get(KEY)
    assert "AWS_PROFILE" in caught.value.hint


def test_a_busy_server_is_asked_again(lake):
    lake.put(KEY, b"x")
    answers = Answers(lake, "GetObject", (503, "SlowDown"), None)
    assert lake.get(KEY).body == b"x"
    assert answers.asked == 2


def test_an_old_botocore_is_refused(monkeypatch):
    monkeypatch.setattr("botocore.__version__", "1.34.162")
    with pytest.raises(UsageError, match=r"botocore 1\.34\.162 is too old"):
        S3Storage("s3://bucket/lake")


# Conditional writes.


def test_a_conflict_is_tried_again(lake):
    answers = Answers(lake, "PutObject", (409, "ConditionalRequestConflict"), None)
    lake.put_if_match(KEY, b"one", None)
    assert answers.asked == 2
    assert history(lake) == [b"one"]


def test_a_conflict_that_does_not_end_is_for_later(lake):
    Answers(lake, "PutObject", *[(409, "ConditionalRequestConflict")] * 99)
    with pytest.raises(TryAgainLater, match="other runs are writing it"):
        lake.put_if_match(KEY, b"one", None)


def test_a_swap_whose_answer_was_lost_is_not_lost(lake):
    """The server wrote, the answer did not come, and the second try finds the first one's work."""
    written: list[object] = []

    def lose(request, **_):
        if not written:
            written.append(request)
            server = boto3.client("s3")
            metadata = {"mark": request.headers["x-amz-meta-mark"].decode()}
            server.put_object(Bucket=lake.bucket, Key=f"lake/{KEY}", Body=b"one", Metadata=metadata)
            return AWSResponse(request.url, 503, {}, Raw(b""))
        return None

    lake._client.meta.events.register("before-send.s3.PutObject", lose)
    lake.put_if_match(KEY, b"one", None)
    assert lake.get(KEY).body == b"one"


def test_a_swap_that_cannot_learn_who_wrote_blames_no_other_run(lake):
    lake.put_if_match(KEY, b"one", None)
    Answers(lake, "HeadObject", *[(503, "SlowDown")] * 99)
    with pytest.raises(TryAgainLater, match="Cannot learn who wrote") as caught:
        lake.put_if_match(KEY, b"two", None)
    assert not isinstance(caught.value, LostRace)


@pytest.mark.parametrize("size", [3, PART_BYTES + 1], ids=["small", "large"])
def test_a_release_file_that_another_run_makes_meanwhile_is_kept(size, lake):
    other = S3Storage(lake.uri)
    key = "curated/pr/1/a.parquet"
    ours, theirs = b"o" * size, b"t" * size

    def overtake(body):
        def make(request, **_):
            if other.stat(key) is None:
                put_file(other, key, body)

        return make

    event = "before-send.s3." + ("PutObject" if size == 3 else "CompleteMultipartUpload")
    lake._client.meta.events.register_first(event, same := overtake(ours))
    assert put_file(lake, key, ours).size == size
    lake._client.meta.events.unregister(event, same)
    other.delete(key)
    lake._client.meta.events.register_first(event, overtake(theirs))
    with pytest.raises(IntegrityFailure, match="holds other bytes"):
        put_file(lake, key, ours)
    assert body_of(other, key) == theirs
    # And a run that comes later sees at once that the file is another one.
    with pytest.raises(IntegrityFailure, match="holds other bytes"):
        put_file(other, key, ours)


def test_s3_is_told_the_checksum_of_what_it_receives(lake):
    """It refuses a body that has another one."""
    checksums: list[str] = []

    def note(request, **_):
        checksums.append(request.headers["x-amz-checksum-sha256"].decode())

    lake._client.meta.events.register("before-send.s3.PutObject", note)
    stored = put_file(lake, KEY, b"one")
    assert [base64.b64decode(checksum).hex() for checksum in checksums] == [stored.sha256]


def test_a_copy_leaves_alone_what_is_there(lake):
    put_file(lake, "curated/pr/1/a", b"one")
    put_file(lake, "curated/pr/2/a", b"two")
    lake.copy("curated/pr/1/a", "curated/pr/2/a")
    assert body_of(lake, "curated/pr/2/a") == b"two"


def test_the_version_that_is_noted_is_the_own_one_whatever_comes_after(lake):
    other = S3Storage(lake.uri)

    def overtake(request, **_):
        lake._client.meta.events.unregister("before-send.s3.HeadObject", overtake)
        put_file(other, KEY, b"other")

    def armed(request, **_):
        lake._client.meta.events.register("before-send.s3.HeadObject", overtake)

    lake._client.meta.events.register("before-send.s3.PutObject", armed)
    stored = put_file(lake, KEY, b"own")
    assert body_of(lake, KEY, stored.version) == b"own"
    assert lake.get(KEY).body == b"other"


# Long lists.


def test_a_list_of_several_pages_is_read_to_its_end(lake):
    for operation in ("ListObjectsV2", "ListObjectVersions"):
        lake._client.meta.events.register(
            f"provide-client-params.s3.{operation}", lambda params, **_: params.update(MaxKeys=2)
        )
    for number in range(5):
        lake.put(f"raw/bls/pr/{number}", b"x")
        lake.put(KEY, b"%d" % number)
    found = [stored.key[-1] for stored in lake.list_objects("raw/bls/pr/") if stored.key != KEY]
    assert found == list("01234")
    assert history(lake) == [b"0", b"1", b"2", b"3", b"4"]
