"""`lake page`: the lake as a static site."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs.flags import resolve_settings
from glue_jobs.logs import print_error
from glue_jobs.opening import open_lake
from glue_jobs.running import exit_code
from glue_jobs.storage import names
from glue_jobs.visible import visible
from labor_lake.pages.site import FRONT, make_site, write_into_folder, write_into_lake

if TYPE_CHECKING:
    import argparse

SHOWN_SETTINGS = ("lake", "series")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument(
        "--output", metavar="FOLDER", type=Path, help="where to (default: page/ in the lake)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Writes it, says where it begins and what it lacks."""
    settings = resolve_settings(vars(arguments)).settings
    storage = open_lake(settings)
    site = make_site(storage, settings)
    folder: Path | None = arguments.output
    if folder is None:
        write_into_lake(storage, site.files)
        place = f"{storage.uri.rstrip('/')}/{names.PAGE}{FRONT}"
    else:
        write_into_folder(folder, site.files)
        place = str(folder / FRONT)
    if arguments.json:
        size = sum(map(len, site.files.values()))
        failures = {name: f"{error}" for name, error in site.failures.items()}
        told = {"front": place, "files": len(site.files), "bytes": size, "failures": failures}
        print(json.dumps(told, indent=1))
    else:
        print(visible(f"{len(site.files)} files; open {place}"))
    for error in site.failures.values():
        print_error(error, debug=arguments.debug)
    return exit_code(list(site.failures.values()))
