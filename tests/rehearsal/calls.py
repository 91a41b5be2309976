"""Tells which action on which resource an HTTP request to AWS is, as IAM would name them.

Source: the service authorization reference of S3, Glue and Athena, read November 2026.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_REGION, _ACCOUNT = "us-east-1", "123456789012"
_BUCKET_ACTIONS = {
    ("GET", ""): "ListBucket",
    ("HEAD", ""): "ListBucket",
    ("GET", "versioning"): "GetBucketVersioning",
    ("GET", "location"): "GetBucketLocation",
    ("GET", "versions"): "ListBucketVersions",
    ("GET", "uploads"): "ListBucketMultipartUploads",
    ("PUT", ""): "CreateBucket",
    ("DELETE", ""): "DeleteBucket",
}
_OBJECT_ACTIONS = {
    ("GET", ""): "GetObject",
    ("HEAD", ""): "GetObject",
    ("GET", "versionId"): "GetObjectVersion",
    ("HEAD", "versionId"): "GetObjectVersion",
    ("GET", "uploadId"): "ListMultipartUploadParts",
    ("PUT", ""): "PutObject",
    ("PUT", "uploadId"): "PutObject",
    ("POST", "uploadId"): "PutObject",
    ("POST", "uploads"): "PutObject",
    ("DELETE", ""): "DeleteObject",
    ("DELETE", "versionId"): "DeleteObjectVersion",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
}
# What narrows a request without making it another one.
_PLAIN = {
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "key-marker",
    "list-type",
    "max-keys",
    "partNumber",
    "prefix",
    "start-after",
    "version-id-marker",
    "x-id",
}


@dataclass(frozen=True)
class Call:
    """One action on one resource.

    Attributes:
        caller: the access key that signed the request; here, the job's name in Glue.
        action: ``s3:GetObject``.
        resource: its ARN.
    """

    caller: str
    action: str
    resource: str


@dataclass(frozen=True)
class Asked:
    """A request as it arrived.

    Attributes:
        method: GET, PUT, …
        path: with its quoting.
        query: without the question mark.
        headers: in lower case.
        body: of JSON protocols; empty for S3.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def caller_and_service(asked: Asked) -> tuple[str, str]:
    """Who signed a request, and for which service; empty for a request without a signature."""
    _, _, credential = asked.headers.get("authorization", "").partition("Credential=")
    parts = credential.split(",")[0].split("/")
    return (parts[0], parts[3]) if len(parts) == 5 else ("", "")


def operation_of(asked: Asked) -> str:
    """The operation's name in a JSON protocol: ``GetTables``."""
    return asked.headers.get("x-amz-target", "").rpartition(".")[2]


def calls_of(asked: Asked) -> list[Call]:
    """The actions that a request needs permission for; a copy needs two, Glue one a level."""
    caller, service = caller_and_service(asked)
    if service == "s3":
        return [Call(caller, f"s3:{action}", arn) for action, arn in _s3(asked)]
    if service in ("glue", "athena"):
        body = json.loads(asked.body or b"{}")
        names = _glue_resources(body) if service == "glue" else [_workgroup(body)]
        start = f"arn:aws:{service}:{_REGION}:{_ACCOUNT}:"
        return [Call(caller, f"{service}:{operation_of(asked)}", start + name) for name in names]
    return []


def priced(calls: Iterable[Call]) -> Counter[str]:
    """How many requests there are of each price.

    Those to S3 are ``PUT`` and ``GET``; to delete is free. Lists cost what a PUT costs. A copy
    counts as both here; AWS counts it as a PUT alone. ``catalog`` are those to Glue, ``queries``
    the statements that Athena is asked, views among them.
    Source: the price list of S3, requests of the class S3 Standard (2026-11).
    """
    counts: Counter[str] = Counter()
    for call in calls:
        service, _, action = call.action.partition(":")
        if service == "s3" and action.startswith(("Put", "List")):
            counts["PUT"] += 1
        elif service == "s3" and action.startswith("Get"):
            counts["GET"] += 1
        # Of the levels that a request to Glue is on, each names the catalog once.
        elif service == "glue" and call.resource.endswith(":catalog"):
            counts["catalog"] += 1
        elif action == "StartQueryExecution":
            counts["queries"] += 1
    return counts


def _s3(asked: Asked) -> list[tuple[str, str]]:
    bucket, _, key = unquote(asked.path.lstrip("/")).partition("/")
    query = dict(parse_qsl(asked.query, keep_blank_values=True))
    kind = "&".join(sorted(set(query) - _PLAIN))
    if not key:
        # Many objects at once: which ones stands in the body, so it counts as all of them.
        if (asked.method, kind) == ("POST", "delete"):
            return [("DeleteObject", f"arn:aws:s3:::{bucket}/*")]
        return [(_action(_BUCKET_ACTIONS, asked.method, kind), f"arn:aws:s3:::{bucket}")]
    calls = []
    source = asked.headers.get("x-amz-copy-source")
    if source:
        copied, _, version = unquote(source).lstrip("/").partition("?versionId=")
        calls.append((f"GetObject{'Version' if version else ''}", f"arn:aws:s3:::{copied}"))
    action = _action(_OBJECT_ACTIONS, asked.method, kind)
    return [*calls, (action, f"arn:aws:s3:::{bucket}/{key}")]


def _action(known: Mapping[tuple[str, str], str], method: str, kind: str) -> str:
    """An action's name; of a request that is not known here one that no role allows."""
    return known.get((method, kind), f"{method}?{kind}")


def _glue_resources(body: Mapping[str, Any]) -> list[str]:
    """What a call is on, and all that holds it: Glue wants permission on each of them."""
    database = body.get("DatabaseName") or body.get("Name", "")
    resources = ["catalog", f"database/{database}"]
    if "DatabaseName" in body:
        given = body.get("TableName") or body.get("TableInput", {}).get("Name")
        resources.append(f"table/{database}/{given or body.get('Name') or '*'}")
    return resources


def _workgroup(body: Mapping[str, Any]) -> str:
    # Calls that name an execution only are on the workgroup that it runs in: the cloud knows which.
    return f"workgroup/{body.get('WorkGroup', '*')}"
