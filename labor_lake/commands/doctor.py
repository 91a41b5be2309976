"""`lake doctor`: one page on what is configured, reachable and allowed, to be sent in for help.

Nothing is changed, here or on AWS. Whatever goes wrong while something is looked at is a line of
the page; e-mail addresses, account numbers and keys are masked on it.
"""

from __future__ import annotations

import json
import os
import textwrap
from dataclasses import asdict, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from glue_jobs.aws_errors import needing_packages
from glue_jobs.engines.open import engine_of
from glue_jobs.flags import resolve_settings
from glue_jobs.opening import open_lake
from glue_jobs.timestamps import to_text
from glue_jobs.visible import visible
from labor_lake.commands.config import DEFAULT, shown_settings, value_in_lines
from labor_lake.diagnosis import here
from labor_lake.diagnosis.findings import FAILED, OK, SKIPPED, WARNING, Finding, answer
from labor_lake.diagnosis.masking import Mask
from labor_lake.diagnosis.trino_server import trino
from labor_lake.state import describe

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from glue_jobs.settings import Resolved, Settings
    from labor_lake.diagnosis.account import Account
    from labor_lake.diagnosis.stack import StackState

SHOWN_SETTINGS = ("lake", "contact", "region", "engine", "trino_url")
"""What the help lists."""

_NEEDS_A_PERSON = 7
_WIDTH, _INDENT = 80, 11
_SENDING = (
    "Masked above: e-mail addresses, account numbers, keys, passwords, your home folder. Read it"
    " through before you send it: names of buckets and stacks are as they are."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to look at besides the lake."""
    parser.add_argument(
        "--stack", default="", metavar="NAME", help="look at this stack on AWS, too, and its lake"
    )
    parser.add_argument(
        "--upstream", action="store_true", help="ask BLS and DataUSA once each whether they answer"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Prints the page; exit 7 if anything failed."""
    known = resolve_settings(vars(arguments))
    page = examine(known, arguments.stack, upstream=arguments.upstream)
    mask = Mask(os.environ, known.settings.contact)
    document = {name: mask.everything(part) for name, part in page.items()}
    if arguments.json:
        print(json.dumps(document, indent=1))
    else:
        for line in lines_of(document):
            print(visible(line))
    failed = any(one["status"] == FAILED for part in page["looked_at"].values() for one in part)
    return _NEEDS_A_PERSON if failed else 0


def examine(known: Resolved, stack: str, *, upstream: bool) -> dict[str, Any]:
    """Everything that there is to say, ready for JSON.

    Args:
        known: the settings, and where each came from.
        stack: the name of a stack on AWS; empty for none. What the settings leave to their
            defaults is then as the stack says.
        upstream: whether BLS and the population API are asked.
    """
    looked: dict[str, list[Finding]] = {}
    account, stood = _open_account(known.settings, stack, looked)
    if stood:
        looked["stack"] = answer("stack", stood.state)
        known = _as_the_stack_says(known, stood)
        if stood.outputs:
            looked["workflow"] = answer("workflow", stood.runs)
    settings = known.settings
    looked = {"lake": _lake(settings, account), **looked}
    looked["engine"] = answer("engine", lambda: _engine(settings, account))
    if upstream:
        looked["upstream"] = [
            *answer("BLS", lambda: here.bls(settings)),
            *answer("DataUSA", lambda: here.population(settings)),
        ]
    else:
        hint = "lake doctor --upstream asks each once; BLS requires a contact for that."
        looked["upstream"] = [Finding(SKIPPED, "upstream", "BLS and DataUSA were not asked.", hint)]
    return {
        "made_at": to_text(datetime.now(timezone.utc)),
        "settings": {
            name: {"value": value, "from": known.origins[name]}
            for name, value in shown_settings(known).items()
        },
        "versions": here.versions(),
        "looked_at": {part: [asdict(one) for one in found] for part, found in looked.items()},
    }


def lines_of(page: dict[str, Any]) -> Iterator[str]:
    """A page as people read it, in lines of at most 80 columns."""
    yield f"lake doctor, {page['made_at']}"
    yield ""
    yield "settings"
    for name, told in page["settings"].items():
        origin = "" if told["from"] == DEFAULT else f"   (from {told['from']})"
        lines = value_in_lines(told["value"])
        if len(lines) == 1:
            yield from _wrapped(f"  {name:<20} {lines[0]}{origin}", 23)
        else:  # each of several addresses has a line, so that none is broken
            yield f"  {name}{origin}"
            yield from (f"    {line}" for line in lines)
    yield ""
    yield "versions"
    told = [f"{name} {version or 'not installed'}" for name, version in page["versions"].items()]
    yield from _wrapped(f"  {', '.join(told)}", 2)
    for part, found in page["looked_at"].items():
        yield ""
        yield part
        for one in found:
            yield from _wrapped(f"  {one['status']:<8} {one['name']}: {one['text']}", _INDENT)
            for line in one["excerpt"]:
                yield from _wrapped(f"{'':{_INDENT}}| {line}", _INDENT + 2)
            if one["hint"]:
                yield from _wrapped(f"{'':{_INDENT}}hint: {one['hint']}", _INDENT + 6)
    yield ""
    yield from _wrapped(_SENDING, 0)


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False)


def _open_account(
    settings: Settings, stack: str, looked: dict[str, list[Finding]]
) -> tuple[Account | None, StackState | None]:
    """The AWS account and the stack, as far as they have something to do with this lake."""
    if not stack and not settings.lake.startswith("s3://"):
        return None, None
    opened: list[Account] = []

    def open_account() -> Finding:
        with needing_packages():
            from labor_lake.diagnosis.account import Account  # noqa: PLC0415 - a laptop has none

        account = Account(settings.region)
        is_aws = settings.catalog != "none"  # S3 of somebody else knows no accounts
        found = account.identity() if is_aws else Finding(SKIPPED, "aws", "The lake needs none.")
        if found.status != FAILED:
            opened.append(account)
        return found

    looked["aws"] = answer("aws", open_account)
    if not opened:
        return None, None
    from labor_lake.diagnosis.stack import StackState  # noqa: PLC0415

    return opened[0], StackState(opened[0], stack) if stack else None


def _as_the_stack_says(known: Resolved, stack: StackState) -> Resolved:
    """The settings, where nobody has chosen others, as the stack's outputs have them."""
    outputs = {"lake": "LakeUri", "database": "DatabaseName", "workgroup": "WorkgroupName"}
    taken: dict[str, Any] = {
        name: stack.outputs[output]
        for name, output in outputs.items()
        if known.origins[name] == DEFAULT and output in stack.outputs
    }
    origins = {**known.origins, **dict.fromkeys(taken, f"the stack {stack.name}")}
    return replace(known, settings=replace(known.settings, **taken), origins=origins)


def _lake(settings: Settings, account: Account | None) -> list[Finding]:
    """Whether the lake can be reached, and what is in it."""
    is_in_s3 = settings.lake.startswith("s3://")
    found: list[Finding] = []
    if is_in_s3 and account:
        from labor_lake.diagnosis.account import bucket  # noqa: PLC0415

        found += answer("bucket", lambda: bucket(account, settings.lake))
    elif is_in_s3:
        found.append(Finding(SKIPPED, "bucket", "It was not asked for, since AWS was not reached."))
    else:
        found += answer("folder", lambda: here.directory(settings.lake))
    is_reached = found[0].status == OK
    found += answer("free space", lambda: here.free_space(settings.lake))
    if is_reached:
        found += answer("content", lambda: _content(settings))
    return found


def _content(settings: Settings) -> Iterator[Finding]:
    """What is published, what is damaged, and what the last run says."""
    document = describe(open_lake(settings))
    built = [name for name, state in document["subjects"].items() if "release" in state]
    if document["damaged"]:
        yield Finding(
            FAILED,
            "content",
            f"{len(document['damaged'])} files are not as they were written:",
            "lake verify --repair",
            tuple(document["damaged"]),
        )
    elif built:
        yield Finding(OK, "content", f"Published: {', '.join(built)}.")
    else:
        yield Finding(WARNING, "content", "Nothing is published yet.", "`lake run` does it.")
    run = document["last_run"]
    if not run:
        yield Finding(WARNING, "last run", "There was none yet, or its summary cannot be read.")
        return
    lines = [
        f"{job}: exit {told['exit_code']}, {told.get('seconds', '?')} seconds, {told['started_at']}"
        for job, told in run.items()
    ]
    errors = [f"{job}: {error['message']}" for job, told in run.items() for error in told["errors"]]
    if errors:
        hints = [error["hint"] for told in run.values() for error in told["errors"]]
        hint = next((one for one in hints if one), "")
        told = "It failed, whole or in part:"
        yield Finding(FAILED, "last run", told, hint, (*lines, *errors))
    else:
        yield Finding(OK, "last run", "All of its jobs succeeded:", "", tuple(lines))


def _engine(settings: Settings, account: Account | None) -> Iterator[Finding]:
    """Whether what answers SQL can be reached."""
    engine = engine_of(settings.lake, settings)
    if engine == "trino":
        yield trino(settings)
    elif engine == "duckdb":
        yield Finding(OK, "DuckDB", "It reads a lake in a directory, and needs no server.")
    if not settings.lake.startswith("s3://"):
        return
    if account is None:
        yield Finding(SKIPPED, "catalog", "It was not asked, since AWS was not reached.")
        return
    from labor_lake.diagnosis.account import catalog, workgroup  # noqa: PLC0415

    if settings.catalog != "none":
        yield from catalog(account, settings.database)
    if engine == "athena":
        yield from workgroup(account, settings.workgroup)
