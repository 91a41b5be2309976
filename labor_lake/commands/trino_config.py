"""`lake trino-config`: the file that shows a lake in S3 to a Trino server."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from glue_jobs.flags import resolve_settings
from labor_lake.engines.trino.server_files import catalog_file

if TYPE_CHECKING:
    import argparse

SHOWN_SETTINGS = ("lake", "catalog", "region", "trino_catalog")
"""What the help lists."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the settings."""


def execute(arguments: argparse.Namespace) -> int:
    """Prints it; with --json, its name on the server as well."""
    settings = resolve_settings(vars(arguments)).settings
    text = catalog_file(settings, os.environ)
    if arguments.json:
        name = f"etc/catalog/{settings.trino_catalog}.properties"
        print(json.dumps({"file": name, "text": text}, indent=1))
    else:
        print(text, end="")
    return 0
