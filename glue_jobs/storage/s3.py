"""A lake in an S3 bucket that keeps versions.

S3 does by itself what the local backend does with hidden folders: an object is written whole or
not at all, and an overwritten or deleted one stays readable by its version. Three things are done
here: a write that must not overtake another run carries a condition (``If-Match`` on a pointer or
manifest, ``If-None-Match`` on what is immutable); the hash of an object's bytes is kept in its
metadata, since S3's own tag is no hash of a large one; and a bucket without versions is refused,
because every release would destroy the one before it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import re
import secrets
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from glue_jobs.aws_errors import code_of, told
from glue_jobs.aws_errors import telling as telling_aws
from glue_jobs.errors import (
    AlreadyWritten,
    IntegrityFailure,
    LostRace,
    StorageFailure,
    TryAgainLater,
    UsageError,
)
from glue_jobs.storage import names
from glue_jobs.storage.disk import check_room
from glue_jobs.storage.disk import telling as telling_disk
from glue_jobs.storage.names import VERSIONED, WRITTEN_ONCE
from glue_jobs.storage.protocol import Content, StoredObject
from glue_jobs.storage.s3_large import PART_BYTES, copy_parts, upload_parts
from glue_jobs.storage.s3_lease import Seen, hold_lease
from glue_jobs.storage.s3_stream import TRIES, stream_of
from glue_jobs.storage.scratch import scratch_folder
from glue_jobs.timestamps import from_header

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
_MISSING = {"404", "NoSuchKey", "NoSuchVersion", "NotFound", "405", "MethodNotAllowed"}
# A version's id is opaque; S3 answers one that it cannot read with this.
_NO_VERSION = {"InvalidArgument", "400"}
_LOST = {"PreconditionFailed", "412"}
_CONFLICT = {"ConditionalRequestConflict", "409"}
_TOO_LARGE = "InvalidRequest"  # to be copied in one call
# The first that announces the checksum of a whole upload; put_object takes IfMatch since 1.35.69.
_NEEDS_BOTOCORE = (1, 36, 0)


class S3Storage:
    """A lake under a prefix of a bucket, as ``storage.protocol.Storage`` describes it."""

    keeps_intact = True

    def __init__(self, uri: str, region: str = "") -> None:
        """Makes a client; nothing is asked of S3 yet.

        Raises:
            UsageError: the address names no bucket, or boto3 is too old.
        """
        match = _ADDRESS.fullmatch(uri)
        if match is None:
            raise UsageError(
                f"The lake's address {uri} names no bucket.", hint="--lake s3://bucket/prefix"
            )
        _check_botocore(botocore.__version__)
        prefix = (match[2] or "").strip("/")
        self.uri = uri.rstrip("/")
        self.bucket = match[1]
        self._prefix = f"{prefix}/" if prefix else ""
        self._is_versioned = False  # until S3 has said so
        # A version's hash never changes, and S3 tells it only of one at a time.
        self._recorded: dict[tuple[str, str], str] = {}
        config = Config(
            retries={"mode": "standard", "max_attempts": TRIES},
            connect_timeout=10,
            read_timeout=60,
        )
        with telling_aws(f"open {uri}"):
            self._client: Any = boto3.client("s3", region_name=region or None, config=config)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A temporary folder on this machine's disk."""
        place = Path(tempfile.gettempdir())
        with telling_disk("write to", place), scratch_folder(place) as folder:
            yield folder

    def check_room(self, size: int, largest: int) -> None:
        """Looks for room on this machine's disk; a bucket has no end."""
        check_room(Path(tempfile.gettempdir()), largest)

    def lease(self, subject: str, holder: str = "") -> AbstractContextManager[None]:
        """Keeps everybody else from writing a subject until the body ends."""
        self._check_versioned()
        return hold_lease(self, subject, holder)

    def is_leased(self, subject: str) -> bool:
        """Whether somebody is writing a subject now, or was killed some minutes ago."""
        seen = self.look(names.lease(subject))
        return seen is not None and not seen.is_expired

    def look(self, key: str) -> Seen | None:
        """A small object with its tag and age, both by S3's clock; None where there is none."""
        try:
            answer = self._client.get_object(**self._named(key))
            body = answer["Body"].read()
        except (ClientError, BotoCoreError) as error:
            if code_of(error) in _MISSING:
                return None
            raise told(error, f"read {self._shown(key)}") from error
        asked_at = from_header(answer["ResponseMetadata"]["HTTPHeaders"].get("date"))
        now = asked_at or datetime.now(timezone.utc)
        return Seen(body, answer["ETag"], answer["LastModified"], now)

    def stat(self, key: str, version: str = "") -> StoredObject | None:
        """The object, or one of its versions, or None where there is none."""
        return self._head(key, version)

    def get(self, key: str) -> Content | None:
        """A small object's bytes and tag (S3's ETag), or None where there is none."""
        seen = self.look(key)
        return Content(seen.body, seen.tag) if seen else None

    def open(self, key: str, version: str = "") -> BinaryIO:
        """The bytes as a seekable stream, of a given version or as they are now."""
        named = self._named(key)
        if version:
            named["VersionId"] = version
        try:
            answer = self._client.head_object(**named)
        except (ClientError, BotoCoreError) as error:
            if code_of(error) in _MISSING | _NO_VERSION:
                raise StorageFailure(f"Cannot read {self._shown(key)}: it is not there.") from error
            raise told(error, f"read {self._shown(key)}") from error
        # Whatever is written there meanwhile, one stream reads one content.
        named["IfMatch"] = answer["ETag"]
        return stream_of(self._client, named, answer["ContentLength"], self._shown(key))

    def put(self, key: str, body: bytes) -> None:
        """Writes a small object, whatever was there."""
        self._place(key, io.BytesIO(body), hashlib.sha256(body).hexdigest())

    def put_if_match(self, key: str, body: bytes, replacing: str | None) -> None:
        """Writes a small object if what it replaces is still there, else raises ``LostRace``."""
        self._check_versioned()
        self.write_if(key, body, replacing)

    def write_if(self, key: str, body: bytes, replacing: str | None) -> str:
        """Does what ``put_if_match`` does, and returns the new object's tag."""
        condition = {"IfNoneMatch": "*"} if replacing is None else {"IfMatch": replacing}
        # An answer that got lost is asked for again, and then our own write is what is there:
        # the mark tells it from another run's.
        mark = secrets.token_hex(16)
        metadata = {"sha256": hashlib.sha256(body).hexdigest(), "mark": mark}
        for _ in range(TRIES):
            try:
                answer = self._client.put_object(
                    **self._named(key), Body=body, Metadata=metadata, **condition
                )
                return str(answer["ETag"])
            except (ClientError, BotoCoreError) as error:
                code = code_of(error)
                if code in _CONFLICT:
                    continue
                if code not in _LOST | _MISSING:
                    raise told(error, f"write {self._shown(key)}") from error
                tag, found = self._marked(key)
                if found != mark:
                    raise LostRace(
                        f"Another run has written {key} meanwhile; this run changed nothing there.",
                        hint="Run again: it will start from the other run's result.",
                    ) from error
                return tag
        raise TryAgainLater(
            f"Cannot write {self._shown(key)}: other runs are writing it at this moment.",
            hint="Run again; what was published stands.",
        )

    def put_file(self, key: str, path: Path, sha256: str) -> StoredObject:
        """Moves a scratch file into the lake; the same content again makes no new version."""
        with telling_disk("read", path), path.open("rb") as stream:
            stored = self._place(key, stream, sha256)
        path.unlink()
        return stored

    def restore(self, key: str, path: Path, sha256: str) -> StoredObject:
        """Moves a scratch file over an object that lost these bytes; they get a new version."""
        self._check_versioned()
        with telling_disk("read", path), path.open("rb") as stream:
            version = self._upload(key, stream, sha256, {})
        path.unlink()
        return self._written(key, version, sha256)

    def copy(self, source: str, target: str) -> None:
        """Copies an immutable object within S3; where there is one already, it is that."""
        if self.stat(target) is not None:
            return
        self._check_versioned()
        with telling_aws(f"copy {self._shown(source)}"):
            try:
                self._client.copy_object(**self._named(target), CopySource=self._named(source))
            except ClientError as error:
                if code_of(error) != _TOO_LARGE:
                    raise
                copy_parts(self._client, self._named(source), self._named(target))

    def delete(self, key: str) -> None:
        """Removes an object; its versions stay."""
        self._check_versioned()
        with telling_aws(f"delete {self._shown(key)}"):
            self._client.delete_object(**self._named(key))

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """The objects whose key begins with the prefix, in the keys' order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self._key(prefix)
        )
        with telling_aws(f"list {self._shown(prefix)}"):
            for page in pages:
                for entry in page.get("Contents", ()):
                    key = entry["Key"][len(self._prefix) :]
                    yield StoredObject(key, entry["Size"], "", _second(entry["LastModified"]))

    def versions(self, key: str) -> list[StoredObject]:
        """What is kept under a key, oldest first, the current content included."""
        if not key.startswith(VERSIONED):
            return []
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=self._key(key)
        )
        with telling_aws(f"list the versions of {self._shown(key)}"):
            newest_first = [
                StoredObject(
                    key,
                    entry["Size"],
                    entry["VersionId"],
                    _second(entry["LastModified"]),
                    self._recorded.get((key, entry["VersionId"]), ""),
                )
                for page in pages
                for entry in page.get("Versions", ())
                if entry["Key"] == self._key(key)
            ]
        return newest_first[::-1]

    def _place(self, key: str, stream: BinaryIO, sha256: str) -> StoredObject:
        """Writes an object, unless it is there with these bytes already; returns what it wrote.

        Raises:
            IntegrityFailure: an immutable object is there with other bytes.
        """
        found = self._head(key)
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        is_same = found is not None and (found.sha256, found.size) == (sha256, size)
        if found is None or not (is_same or key.startswith(WRITTEN_ONCE)):
            self._check_versioned()
            version = self._upload(key, stream, sha256, _condition(key))
            return self._written(key, version, sha256)
        if not is_same:
            raise self._other_bytes(key)
        return found

    def _written(self, key: str, version: str, sha256: str) -> StoredObject:
        """Looks at an object that was just written.

        Raises:
            IntegrityFailure: other bytes are there.
        """
        found = self._head(key, version if key.startswith(VERSIONED) else "")
        if found is None or found.sha256 != sha256:
            raise self._other_bytes(key)
        return found

    def _other_bytes(self, key: str) -> IntegrityFailure:
        failure = AlreadyWritten if key.startswith(WRITTEN_ONCE) else IntegrityFailure
        return failure(
            f"{self._shown(key)} holds other bytes than those that were written there.",
            hint="`lake verify` tells what is wrong.",
        )

    def _upload(self, key: str, stream: BinaryIO, sha256: str, condition: Mapping[str, str]) -> str:
        """Writes an object; returns its version, or nothing where another run was faster."""
        first, metadata = stream.read(PART_BYTES), {"sha256": sha256}
        try:
            if len(first) < PART_BYTES:
                checked = {"ChecksumSHA256": base64.b64encode(bytes.fromhex(sha256)).decode()}
                if key.endswith(".html"):  # a browser would offer it for download
                    checked["ContentType"] = "text/html; charset=utf-8"
                answer = self._client.put_object(
                    **self._named(key), **condition, **checked, Body=first, Metadata=metadata
                )
            else:
                answer = upload_parts(
                    self._client, self._named(key), first, stream, metadata, condition
                )
        except (ClientError, BotoCoreError) as error:
            # The same immutable object was just made, maybe by this call: its answer was lost.
            if condition and code_of(error) in _LOST | _CONFLICT:
                return ""
            raise told(error, f"write {self._shown(key)}") from error
        return str(answer.get("VersionId", ""))

    def _head(self, key: str, version: str = "") -> StoredObject | None:
        named = self._named(key)
        if version:
            named["VersionId"] = version
        try:
            answer = self._client.head_object(**named)
        except (ClientError, BotoCoreError) as error:
            if code_of(error) in _MISSING | (_NO_VERSION if version else set()):
                return None
            raise told(error, f"read {self._shown(key)}") from error
        sha256 = answer["Metadata"].get("sha256", "")
        kept_as = answer.get("VersionId", "") if key.startswith(VERSIONED) else ""
        if kept_as:
            self._recorded[key, kept_as] = sha256
        modified = _second(answer["LastModified"])
        return StoredObject(key, answer["ContentLength"], kept_as, modified, sha256)

    def _marked(self, key: str) -> tuple[str, str]:
        """An object's tag, and the mark of who wrote it."""
        try:
            answer = self._client.head_object(**self._named(key))
        except (ClientError, BotoCoreError) as error:
            if code_of(error) in _MISSING:
                return "", ""
            raise told(error, f"learn who wrote {self._shown(key)}") from error
        return str(answer["ETag"]), str(answer["Metadata"].get("mark", ""))

    def _check_versioned(self) -> None:
        """Refuses a bucket that forgets, before the first write to it."""
        if self._is_versioned:
            return
        with telling_aws(f"open {self.uri}"):
            answer = self._client.get_bucket_versioning(Bucket=self.bucket)
        if answer.get("Status") != "Enabled":
            raise UsageError(
                f"The bucket {self.bucket} keeps no versions, so every release would destroy the"
                " one before it; nothing was written.",
                hint=f"aws s3api put-bucket-versioning --bucket {self.bucket}"
                " --versioning-configuration Status=Enabled",
            )
        self._is_versioned = True

    def _key(self, key: str) -> str:
        return self._prefix + key

    def _named(self, key: str) -> dict[str, Any]:
        return {"Bucket": self.bucket, "Key": self._key(key)}

    def _shown(self, key: str) -> str:
        return f"s3://{self.bucket}/{self._key(key)}"


def _check_botocore(version: str) -> None:
    """Glue brings an old boto3 of its own, which would ignore the conditions of writes."""
    found = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    if found < _NEEDS_BOTOCORE:
        needed = ".".join(map(str, _NEEDS_BOTOCORE))
        raise UsageError(
            f"botocore {version} is too old for conditional writes; it takes {needed} or newer.",
            hint="In Glue, --additional-python-modules must name the pinned boto3 and botocore.",
        )


def _condition(key: str) -> dict[str, str]:
    """Objects of releases and of the history are written once."""
    return {"IfNoneMatch": "*"} if key.startswith(WRITTEN_ONCE) else {}


def _second(moment: datetime) -> datetime:
    """A moment to the second: S3 lists with fractions and answers HEAD without."""
    return moment.replace(microsecond=0)
