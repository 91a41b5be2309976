"""`lake mcp`: the lake for a program that talks, over stdin and stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.errors import UsageError
from glue_jobs.flags import resolve_settings
from glue_jobs.opening import refuse_missing_lake

if TYPE_CHECKING:
    import argparse

SHOWN_SETTINGS = ("lake",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the settings."""


def execute(arguments: argparse.Namespace) -> int:
    """Answers until stdin ends.

    Raises:
        UsageError: there is no lake, or the package is missing.
    """
    settings = resolve_settings(vars(arguments)).settings
    refuse_missing_lake(settings)
    try:
        from labor_lake.toolbox.server import make_server  # noqa: PLC0415 - nobody else needs it
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise UsageError(
            "mcp, which talks to other programs, is not installed.",
            hint="pip install 'labor-lake[mcp]'",
        ) from None
    make_server(settings).run("stdio")
    return 0
