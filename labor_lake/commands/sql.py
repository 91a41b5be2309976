"""`lake sql`: the statement of a view, a report, a check or a saved query."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import column_names, readable_pointers
from glue_jobs.errors import UsageError
from glue_jobs.flags import resolve_settings
from glue_jobs.opening import open_lake
from glue_jobs.sql_files import header_lines, sql_files
from glue_jobs.views import views_over

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

SHOWN_SETTINGS = ("lake",)
_OTHERS = ("reports", "queries", "checks")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which of them."""
    parser.add_argument("name", nargs="?", help="pr_observations (default: list all names)")


def execute(arguments: argparse.Namespace) -> int:
    """Prints the statement, or what there is."""
    storage = open_lake(resolve_settings(vars(arguments)).settings)
    views = views_over(column_names(readable_pointers(storage)[0]))
    # A report is a query over the view of its name, which says more.
    statements = {name: sql for folder in _OTHERS for name, sql in sql_files(folder).items()}
    statements.update(views)
    if arguments.name is None:
        _print_names(statements, as_json=arguments.json)
    elif arguments.name not in statements:
        raise UsageError(
            f"There is no view, report, check or saved query {arguments.name}.",
            hint="`lake sql` lists them.",
        )
    elif arguments.json:
        print(json.dumps({"name": arguments.name, "sql": statements[arguments.name]}, indent=1))
    else:
        print(statements[arguments.name], end="")
    return 0


def _print_names(statements: Mapping[str, str], *, as_json: bool) -> None:
    from labor_lake.tabular import print_table  # noqa: PLC0415 - a statement needs no table

    told = {name: _what_it_is(sql) for name, sql in sorted(statements.items())}
    if as_json:
        print(json.dumps([{"name": name, "what": what} for name, what in told.items()], indent=1))
    else:
        print_table("", ["name", "what"], [[name, what] for name, what in told.items()])


def _what_it_is(sql: str) -> str:
    """The first sentence of a statement's header."""
    lines = header_lines(sql)
    return " ".join(lines).partition(". ")[0].removesuffix(".")
