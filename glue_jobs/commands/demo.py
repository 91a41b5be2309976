"""`lake demo`: the whole lake from a bundled excerpt, without network or account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from glue_jobs.commands import reports
from glue_jobs.commands.run import follow
from glue_jobs.job import exit_code, new_run_id, open_run, resolved
from glue_jobs.sample.upstream import Upstream

if TYPE_CHECKING:
    import argparse

DEMO_LAKE = "./lake-demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the settings."""


def execute(arguments: argparse.Namespace) -> int:
    """Serves the excerpt on the loopback interface, runs all jobs from it, prints the reports."""
    known = resolved(vars(arguments))
    with Upstream.sample() as upstream:
        settings = replace(
            known.settings,
            lake=known.settings.lake if known.origins["lake"] != "default" else DEMO_LAKE,
            contact="demo@example.com",  # the excerpt's server asks for one, as BLS does
            bls_url=upstream.bls_url,
            population_url=upstream.population_url,
            requests_per_second=100.0,
        )
        run = open_run(settings, new_run_id())
        result = follow(run, None, arguments)
    if result.failures or arguments.json:
        return exit_code(result.failures)
    print("\nThese are real figures, but an excerpt of some series only; no network was used.\n")
    reports.print_reports(run.storage, None, "table")
    print(f"Next: lake shell --lake {settings.lake}")
    print("Live: lake run --contact you@example.com")
    return 0
