"""The file that shows a lake to a Trino server: one catalog of its connector `hive`.

Credentials are in no such file: the server finds them as the SDK of AWS does, or where S3 is not
AWS's, in its own environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glue_jobs.settings import Settings

METASTORE = "trino-metastore"
"""The folder of the lake that holds the server's own catalog, where there is no Glue."""


def catalog_file(settings: Settings, environ: Mapping[str, str]) -> str:
    """The text of `etc/catalog/NAME.properties`.

    Args:
        settings: name the lake, its region, and whether Glue shows it.
        environ: says as for the SDK of AWS where S3 and Glue are, if not at AWS.

    Raises:
        UsageError: the lake is in a directory, or no region is named.
    """
    if not settings.lake.startswith("s3://"):
        raise UsageError(
            "A Trino server reads a lake in S3, and this one is in a directory.",
            hint="--lake s3://bucket/prefix",
        )
    region = settings.region or environ.get("AWS_DEFAULT_REGION", "")
    if not region:
        raise UsageError("No AWS region is set.", hint="--region us-east-1; any, without AWS.")
    lines = ["connector.name=hive"]
    if settings.catalog == "none":
        lines += [
            "hive.metastore=file",
            f"hive.metastore.catalog.dir={settings.lake.rstrip('/')}/{METASTORE}",
            "hive.allow-register-partition-procedure=true",
        ]
    else:
        # With projection a publish moves all partitions of a table in one step, as in Athena.
        lines += [
            "hive.metastore=glue",
            f"hive.metastore.glue.region={region}",
            "hive.partition-projection-enabled=true",
        ]
        lines += _glue_elsewhere(environ)
    lines += ["fs.native-s3.enabled=true", f"s3.region={region}", *_s3_elsewhere(environ)]
    return "\n".join(lines) + "\n"


def _glue_elsewhere(environ: Mapping[str, str]) -> list[str]:
    endpoint = environ.get("AWS_ENDPOINT_URL_GLUE") or environ.get("AWS_ENDPOINT_URL")
    return _with_keys("hive.metastore.glue", "endpoint-url", endpoint)


def _s3_elsewhere(environ: Mapping[str, str]) -> list[str]:
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL")
    lines = _with_keys("s3", "endpoint", endpoint)
    return [*lines, "s3.path-style-access=true"] if lines else []


def _with_keys(prefix: str, name: str, endpoint: str | None) -> list[str]:
    if not endpoint:
        return []
    return [
        f"{prefix}.{name}={endpoint}",
        f"{prefix}.aws-access-key=${{ENV:AWS_ACCESS_KEY_ID}}",
        f"{prefix}.aws-secret-key=${{ENV:AWS_SECRET_ACCESS_KEY}}",
    ]
