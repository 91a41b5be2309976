"""Tells which action on which resource an HTTP request to AWS is, as IAM would name them.

Source: the service authorization reference of S3, Glue and Athena, read November 2026.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

_REGION, _ACCOUNT = "us-east-1", "123456789012"
_BUCKET_QUERIES = {
    "versioning": "GetBucketVersioning",
    "location": "GetBucketLocation",
    "versions": "ListBucketVersions",
}


@dataclass(frozen=True)
class Call:
    """One action on one resource.

    Attributes:
        caller: the access key that signed the request; here, the job.
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
    """The actions that a request needs permission for; a copy needs two."""
    caller, service = caller_and_service(asked)
    if service == "s3":
        return [Call(caller, f"s3:{action}", arn) for action, arn in _s3(asked)]
    if service in ("glue", "athena"):
        body = json.loads(asked.body or b"{}")
        name = _glue_resource(body) if service == "glue" else _workgroup(body)
        arn = f"arn:aws:{service}:{_REGION}:{_ACCOUNT}:{name}"
        return [Call(caller, f"{service}:{operation_of(asked)}", arn)]
    return []


def _s3(asked: Asked) -> list[tuple[str, str]]:
    bucket, _, key = unquote(asked.path.lstrip("/")).partition("/")
    query = dict(parse_qsl(asked.query, keep_blank_values=True))
    if not key:
        named = next((action for name, action in _BUCKET_QUERIES.items() if name in query), None)
        return [(named or "ListBucket", f"arn:aws:s3:::{bucket}")]
    arn = f"arn:aws:s3:::{bucket}/{key}"
    version = "Version" if "versionId" in query else ""
    if asked.method in ("GET", "HEAD"):
        return [(f"GetObject{version}", arn)]
    if asked.method == "DELETE":
        return [("AbortMultipartUpload" if "uploadId" in query else f"DeleteObject{version}", arn)]
    source = asked.headers.get("x-amz-copy-source")
    if source:
        return [("GetObject", f"arn:aws:s3:::{unquote(source).lstrip('/')}"), ("PutObject", arn)]
    return [("PutObject", arn)]


def _glue_resource(body: Mapping[str, Any]) -> str:
    database = body.get("DatabaseName") or body.get("Name", "")
    table = body.get("TableName") or body.get("TableInput", {}).get("Name")
    table = table or (body.get("Name") if "DatabaseName" in body else "")
    return f"table/{database}/{table}" if table else f"database/{database}"


def _workgroup(body: Mapping[str, Any]) -> str:
    # Calls that name an execution only are on the workgroup that the execution runs in.
    return f"workgroup/{body.get('WorkGroup', '*')}"
