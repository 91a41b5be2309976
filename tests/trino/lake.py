"""The lake of the captures in a stand-in for S3, and a real Trino server over it."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3

from glue_jobs.settings import Settings
from labor_lake.engines.trino.server_files import catalog_file
from tests.aws import DATABASE, REGION, aws_server, new_bucket
from tests.trino.server import trino_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NO_STATISTICS = "hive.table-statistics-enabled=false\n"
"""moto's Glue has no statistics of partitions, and the server asks again and again."""


@contextlib.contextmanager
def served_lake(
    folder: Path, catalog: str, build: Callable[[Settings], None]
) -> Iterator[Settings]:
    """A lake in S3, and a server that shows it; gives the settings to ask it.

    Args:
        folder: gets what the server needs.
        catalog: ``glue`` or ``none``.
        build: makes the lake, before the server starts.
    """
    with aws_server():
        if catalog == "glue":
            boto3.client("glue").create_database(DatabaseInput={"Name": DATABASE})
        settings = Settings(lake=f"s3://{new_bucket()}/lake", region=REGION, catalog=catalog)
        build(settings)
        text = catalog_file(settings, os.environ) + NO_STATISTICS
        with trino_server(folder, {settings.trino_catalog: text}) as address:
            yield replace(settings, trino_url=address)
