"""Settings as flags, and the settings that flags, the environment and `lake.toml` come to."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import LakeError, UsageError
from glue_jobs.settings import SETTINGS, resolve

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from glue_jobs.settings import Resolved, Setting


def add_setting_flags(
    parser: argparse.ArgumentParser,
    chosen: Sequence[Setting] = SETTINGS,
    *,
    underscores: bool = False,
    shown: Collection[str] | None = None,
) -> None:
    """Adds one flag per setting: with dashes for people, with underscores too for Glue.

    Args:
        parser: gets them.
        chosen: which settings; others are refused.
        underscores: whether names as Glue writes them are taken, too.
        shown: the names that the help lists; None for all.
    """
    told = "" if shown is None else "`lake config` lists the others; all work here, too"
    group = parser.add_argument_group("settings", told)
    for setting in chosen:
        text = setting.help if shown is None or setting.name in shown else argparse.SUPPRESS
        dashed = f"--{setting.name.replace('_', '-')}"
        spellings = dict.fromkeys([dashed, f"--{setting.name}"] if underscores else [dashed])
        if setting.metavar:
            group.add_argument(*spellings, dest=setting.name, metavar=setting.metavar, help=text)
        else:
            # A bare switch on a terminal; Glue gives every argument a value.
            group.add_argument(
                *spellings,
                dest=setting.name,
                nargs="?",
                const="true",
                metavar="true|false",
                help=text,
            )


def resolve_settings(given: Mapping[str, Any]) -> Resolved:
    """Settles the settings from parsed flags, the environment and `lake.toml`."""
    flags = {
        setting.name: given[setting.name]
        for setting in SETTINGS
        if given.get(setting.name) is not None
    }
    return resolve(flags, os.environ, _lake_toml(Path("lake.toml")))


def log_format_of(given: Mapping[str, Any]) -> str:
    """What stderr is to be written in, also where the settings are wrong."""
    try:
        return resolve_settings(given).settings.log_format
    except LakeError:
        return str(given.get("log_format") or os.environ.get("LAKE_LOG_FORMAT", ""))


def _lake_toml(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - only who has a lake.toml needs it
    else:
        import tomli as tomllib  # noqa: PLC0415
    try:
        given: Mapping[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from None
    return given
