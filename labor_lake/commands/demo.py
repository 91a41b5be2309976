"""`lake demo`: the whole lake from a bundled excerpt, without network or account.

The excerpt never gets into a lake of live data: `lake.toml` is not read, nor is `LAKE_URI`; only a
flag names another lake than the demo's own, and what it names must be empty or a demo lake.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from glue_jobs.demo_mark import mark_as_demo
from glue_jobs.running import Run, exit_code, new_run_id
from glue_jobs.settings import SETTINGS, resolve
from glue_jobs.storage.open import open_storage
from labor_lake.commands import reports
from labor_lake.commands.run import follow
from labor_lake.sample.upstream import Upstream

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from glue_jobs.settings import Settings

_OWN = {"lake": "./lake-demo", "database": "labor_lake_demo"}
"""What the demo writes into, unless a flag says otherwise: nothing that holds live data."""

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
    """Nothing but some of the settings."""


def execute(arguments: argparse.Namespace) -> int:
    """Serves the excerpt on the loopback interface, runs all jobs from it, prints the reports."""
    settings = demo_settings(vars(arguments), os.environ)
    storage = open_storage(settings.lake, settings.region)
    mark_as_demo(storage)
    with Upstream.sample() as upstream:
        served = replace(
            settings,
            contact="demo@example.com",  # the excerpt's server asks for one, as BLS does
            bls_url=upstream.bls_url,
            population_url=(upstream.population_url,),
            requests_per_second=100.0,
        )
        run = Run(served, storage, new_run_id())
        result = follow(run, None, arguments)
    if result.failures or arguments.json:
        return exit_code(result.failures)
    print("\nThese are real figures, but an excerpt of some series only; no network was used.\n")
    reports.print_reports(storage, None, "table")
    database = f" --database {settings.database}" if settings.lake.startswith("s3://") else ""
    print(f"Next: lake page --lake {settings.lake}{database}, and open it in a browser")
    print(f"      lake shell --lake {settings.lake}{database}")
    print("Live: lake run --contact you@example.com")
    return 0


def demo_settings(flags: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
    """The demo's settings: its own, unless flags say otherwise.

    Raises:
        UsageError: a flag's value is not what its setting takes.
    """
    given = {**_OWN, **{name: text for name, text in flags.items() if text is not None}}
    taken = {setting.name: given[setting.name] for setting in SETTINGS if setting.name in given}
    harmless = {
        setting.variable: environ.get(setting.variable, "")
        for setting in SETTINGS
        if setting.name in _FROM_ENVIRONMENT
    }
    return resolve(taken, harmless, {}).settings
