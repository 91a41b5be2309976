"""`lake config`: every setting, its value, and where it came from.

What it prints goes into bug reports, so of the contact it only says that it is set.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from glue_jobs.job import resolved
from glue_jobs.settings import SETTINGS
from glue_jobs.terminal import print_table

if TYPE_CHECKING:
    import argparse


NOT_SHOWN = "(set, not shown)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the settings."""


def execute(arguments: argparse.Namespace) -> int:
    """Prints them."""
    known = resolved(vars(arguments))
    values: dict[str, Any] = {
        setting.name: getattr(known.settings, setting.name) for setting in SETTINGS
    }
    values["contact"] = NOT_SHOWN if known.settings.contact else ""
    if arguments.json:
        document = {
            name: {"value": value, "from": known.origins[name]} for name, value in values.items()
        }
        print(json.dumps(document, indent=1))
        return 0
    rows = [[name, _shown(value), known.origins[name]] for name, value in values.items()]
    print_table("", ["setting", "value", "from"], rows)
    return 0


def _shown(value: object) -> str:
    """The value as a flag or `lake.toml` takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, tuple) else str(value)
