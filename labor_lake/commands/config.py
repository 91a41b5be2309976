"""`lake config`: every setting, its value, and where it came from.

What it prints goes into bug reports, so of the contact it only says that it is set.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from glue_jobs.flags import resolve_settings
from glue_jobs.settings import SETTINGS
from glue_jobs.visible import visible

if TYPE_CHECKING:
    import argparse

    from glue_jobs.settings import Resolved


_LONG = 60
DEFAULT = "default"
NOT_SHOWN = "(set, not shown)"

SHOWN_SETTINGS = None
"""What the help lists."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the settings."""


def execute(arguments: argparse.Namespace) -> int:
    """Prints them."""
    known = resolve_settings(vars(arguments))
    values = shown_settings(known)
    if arguments.json:
        document = {
            name: {"value": value, "from": known.origins[name]} for name, value in values.items()
        }
        print(json.dumps(document, indent=1))
        return 0
    for name, value in values.items():
        origin = known.origins[name]
        told = "   (default)" if origin == DEFAULT else f"   (from {origin})"
        # Each of several addresses has a line, so that none is broken.
        first, *others = value_in_lines(value)
        print(visible(f"{name:<20} {first}{'' if others else told}"))
        for place, other in enumerate(others, 1):
            print(visible(f"{'':<20} {other}{told if place == len(others) else ''}"))
    return 0


def shown_settings(known: Resolved) -> dict[str, Any]:
    """Every setting's value by its name, as it may be shown to others."""
    values: dict[str, Any] = {
        setting.name: getattr(known.settings, setting.name) for setting in SETTINGS
    }
    values["contact"] = NOT_SHOWN if known.settings.contact else ""
    limit = known.settings.time_limit
    values["time_limit"] = f"{limit:.0f}s" if limit else ""
    return values


def value_in_lines(value: object) -> list[str]:
    """A value as a flag or `lake.toml` takes it, in lines."""
    if isinstance(value, bool):
        return [str(value).lower()]
    if not isinstance(value, (tuple, list)):
        return [str(value) or "not set"]
    together = ",".join(value) or "none"
    return [together] if len(together) < _LONG else [f"{one}," for one in value[:-1]] + [value[-1]]
