"""`lake schedule`: has `lake run` come by itself after each of BLS's publishing times."""

from __future__ import annotations

import argparse
import json
from datetime import time

from glue_jobs.flags import resolve_settings
from glue_jobs.progress import write_line
from glue_jobs.sources.bls.site import check_contact
from labor_lake.commands.run import SHOWN_SETTINGS as _SHOWN
from labor_lake.schedules import (
    CRON,
    SYSTEMD,
    USUAL_TIMES,
    cron_lines,
    install,
    kind_here,
    plan_for,
    remove,
    systemd_units,
)

SHOWN_SETTINGS = _SHOWN


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """When, and whether to set it."""
    parser.add_argument(
        "--at",
        type=_time,
        action="append",
        metavar="HH:MM",
        help="on weekdays, in Washington (default: 08:45 and 10:15)",
    )
    parser.add_argument(
        "--with", dest="kind", choices=(SYSTEMD, CRON), help="(default: what is here)"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--install", action="store_true", help="set it, in place of an earlier one")
    what.add_argument("--remove", action="store_true", help="take it away again")


def execute(arguments: argparse.Namespace) -> int:
    """Prints what would be set, or sets it."""
    resolved = resolve_settings(vars(arguments))
    plan = plan_for(resolved, arguments.at or USUAL_TIMES)
    if arguments.remove:
        there_was = remove(plan)
        told = f"{plan.lake} is not run by itself any more." if there_was else "There was no timer."
        print(json.dumps({"removed": there_was}) if arguments.json else told)
        return 0
    check_contact(resolved.settings.contact)
    if arguments.install:
        kind = arguments.kind or kind_here()
        look = install(plan, kind)
        document = {"lake": plan.lake, "kind": kind, "look": look}
        shown = f"{plan.lake} is run by {kind} from now on; look at it: {look}"
        print(json.dumps(document, indent=1) if arguments.json else shown)
        return 0
    units, lines = systemd_units(plan), cron_lines(plan)
    if arguments.json:
        print(json.dumps({"systemd": units, "cron": lines}, indent=1))
        return 0
    if arguments.kind != CRON:
        for name, text in units.items():
            print(f"# ~/.config/systemd/user/{name}\n{text}")
    if arguments.kind != SYSTEMD:
        print("# crontab -e")
        print("\n".join(lines))
    write_line("Nothing was set; --install does.")
    return 0


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 08:45") from None
