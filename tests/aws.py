"""A stand-in for AWS on the loopback interface: moto's server, for tests."""

from __future__ import annotations

import itertools
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import requests
from moto.server import ThreadedMotoServer

from tests.quick_aws import make_quick

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "us-east-1"
DATABASE = "labor_lake"

_numbers = itertools.count(1)

make_quick()


@contextmanager
def aws_server() -> Iterator[str]:
    """Starts a server and has this process' SDK talk to it; gives its address."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    settings = {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    requests.post(f"{address}/moto-api/reset", timeout=10)  # it is the process's one and only
    try:
        yield address
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        server.stop()


def new_bucket(*, versioned: bool = True) -> str:
    """Makes a bucket of a name of its own; returns the name."""
    client: Any = boto3.client("s3")
    name = f"lake-{next(_numbers)}"
    client.create_bucket(Bucket=name)
    if versioned:
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name
