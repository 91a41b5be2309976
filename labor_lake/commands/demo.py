"""`lake demo`: the whole lake from a bundled excerpt, without network or account.

The excerpt never gets into a lake of live data: `lake.toml` is not read, nor is `LAKE_URI`; only a
flag names another lake than the demo's own, and what it names must be empty or a demo lake.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glue_jobs.catalog.pointers import load_pointer
from glue_jobs.demo_mark import mark_as_demo
from glue_jobs.progress import write_line
from glue_jobs.running import Run, exit_code, new_run_id
from glue_jobs.settings import SETTINGS, resolve
from glue_jobs.storage.open import open_storage
from glue_jobs.timestamps import from_release
from labor_lake.commands import reports
from labor_lake.commands.run import follow
from labor_lake.sample.excerpt import RELEASED, VINTAGES
from labor_lake.sample.upstream import Upstream
from labor_lake.workflow import run_workflow

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage

_OWN = {"lake": "./lake-demo", "database": "labor_lake_demo"}
"""What the demo writes into, unless a flag says otherwise: nothing that holds live data."""

_OF_VINTAGES = {"lake": "./lake-vintages", "database": "labor_lake_vintages"}
"""The same for five releases."""

_FROM_ENVIRONMENT = ("region", "log_format")

TAKEN_SETTINGS = tuple(
    replace(setting, help=f"{setting.help.partition(' (')[0]} (default: {_OWN[setting.name]})")
    if setting.name in _OWN
    else setting
    for setting in SETTINGS
    if setting.name in {*_OWN, *_FROM_ENVIRONMENT, "workgroup"}
)

SHOWN_SETTINGS = None
"""What the help lists."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which releases, beside some of the settings."""
    parser.add_argument(
        "--vintages",
        action="store_true",
        help="land five releases, one after the other, to see how figures were revised"
        f" (default lake: {_OF_VINTAGES['lake']})",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Serves the excerpt on the loopback interface, runs all jobs from it, prints the reports."""
    settings = demo_settings(vars(arguments), os.environ)
    storage = open_storage(settings.lake, settings.region)
    mark_as_demo(storage)
    *earlier, released = _to_serve(storage, vintages=arguments.vintages)
    for one in earlier:
        if not arguments.json:
            write_line(f"landing what BLS published on {one:%Y-%m-%d}")
        with _served(settings, one) as served:
            failures = run_workflow(Run(served, storage, new_run_id())).failures
        if failures:
            raise failures[0]
    with _served(settings, released) as served:
        result = follow(Run(served, storage, new_run_id()), None, arguments)
    if result.failures or arguments.json:
        return exit_code(result.failures)
    print("\nThese are real figures, but an excerpt of some series only; no network was used.\n")
    reports.print_reports(storage, None, "table")
    database = f" --database {settings.database}" if settings.lake.startswith("s3://") else ""
    print(f"Next: lake page --lake {settings.lake}{database}, and open it in a browser")
    if arguments.vintages:
        print(f"      lake changes pr --lake {settings.lake}{database}")
        print(f"      lake series PRS85006092 --lake {settings.lake}{database}")
        return 0
    print(f"      lake shell --lake {settings.lake}{database}")
    print("Live: lake run --contact you@example.com")
    return 0


def _to_serve(storage: Storage, *, vintages: bool) -> list[datetime]:
    """The releases to land, oldest first: never one that is older than what the lake has."""
    pointer = load_pointer(storage, "pr")
    current = from_release(pointer.release) if pointer else VINTAGES[0]
    wanted = VINTAGES if vintages else (RELEASED,)
    return [one for one in wanted if one >= current] or [current]


@contextmanager
def _served(settings: Settings, released: datetime) -> Iterator[Settings]:
    """Serves one release of the excerpt; gives the settings that land it."""
    with Upstream.sample(released) as upstream:
        yield replace(
            settings,
            contact="demo@example.com",  # the excerpt's server asks for one, as BLS does
            bls_url=upstream.bls_url,
            population_url=(upstream.population_url,),
            requests_per_second=100.0,
        )


def demo_settings(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """The demo's settings: its own, unless flags say otherwise.

    Raises:
        UsageError: a flag's value is not what its setting takes.
    """
    own = _OF_VINTAGES if flags.get("vintages") else _OWN
    given = {**own, **{name: text for name, text in flags.items() if text is not None}}
    taken = {setting.name: given[setting.name] for setting in SETTINGS if setting.name in given}
    harmless = {
        setting.variable: environ.get(setting.variable, "")
        for setting in SETTINGS
        if setting.name in _FROM_ENVIRONMENT
    }
    return resolve(taken, harmless, {}).settings
