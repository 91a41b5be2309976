"""`lake status`: what is landed, how fresh it is, what is current."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from glue_jobs.flags import resolve_settings
from glue_jobs.opening import open_lake
from glue_jobs.table_names import observations
from glue_jobs.timestamps import from_text
from glue_jobs.visible import shown_bytes, visible
from labor_lake.numbers import hours
from labor_lake.state import amiss, describe

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


_NEEDS_A_PERSON = 7


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What counts as stale."""
    parser.add_argument(
        "--max-age",
        type=hours,
        metavar="HOURS",
        help="exit 7 if anything is stale: no successful check for so long, landed and not"
        " built, built and not reported, held back, or the last run failed",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Prints it."""
    storage = open_lake(resolve_settings(vars(arguments)).settings)
    document = describe(storage)
    stale = [*_not_asked(document, arguments.max_age), *amiss(document)]
    document["stale"] = [{"name": name, "reason": reason} for name, reason in stale]
    if arguments.json:
        print(json.dumps(document, indent=1, sort_keys=True))
    else:
        _print(document)
        for name, reason in stale:
            print(visible(f"{name}: {reason}"))
    is_asked = arguments.max_age is not None
    return _NEEDS_A_PERSON if (stale and is_asked) or document["damaged"] else 0


def _not_asked(document: dict[str, Any], max_age: float | None) -> Iterator[tuple[str, str]]:
    """The subjects without a successful check for more than so many hours.

    Where nothing was landed yet, the whole lake is stale, as `lake`.
    """
    if max_age is None:
        return
    for subject, state in document["subjects"].items():
        age = state["checked_age_seconds"]
        if state["gone_since"]:
            continue  # nobody can ask for it any more
        if age is None or age > max_age * 3600:
            yield subject, f"had no successful check for {max_age:g} hours."
    if not document["subjects"]:
        yield "lake", "nothing was landed yet."


def _print(document: dict[str, Any]) -> None:
    from labor_lake.tabular import print_table  # noqa: PLC0415

    now = datetime.now(timezone.utc)
    rows = [_row(subject, state, now) for subject, state in document["subjects"].items()]
    if not rows:
        print(f"The lake {document['lake']} is empty. `lake demo` or `lake run` fills one.")
        return
    header = ["subject", "release", "files", "landed", "observations", "asked"]
    numbers = ["files", "landed", "observations"]
    print_table(f"lake {document['lake']}", header, rows, numbers, spare=["files", "landed"])
    for state in document["subjects"].values():
        for source, releases in state.get("missed", {}).items():
            print(f"{source}: a release was missed before {', '.join(releases)}.")
    for subject, state in document["subjects"].items():
        expected = state.get("expected", {})
        if expected.get("due"):
            told = "is late, it was due" if expected["is_late"] else "is due about"
            print(f"{subject}: the next release {told} {expected['due']}.")
        for name, why in state["refused"].items():
            print(visible(f"{subject}: BLS lists {name}, which is left out: {why}."))
        if state["gone_since"]:
            print(f"{subject}: BLS lists it no longer since {state['gone_since']}; its data stays.")
    _print_last(document)


def _row(subject: str, state: dict[str, Any], now: datetime) -> list[str]:
    """What is known of a subject, in a line; ``?`` stands for what only a damaged file says."""
    from labor_lake.tabular import shown_age  # noqa: PLC0415

    is_damaged, checked = "damaged" in state, state["checked_at"]
    count = f"{observations(subject, state.get('rows', {})):,}"
    return [
        subject,
        state.get("release", "damaged" if is_damaged else "not built"),
        str(state.get("files", "?" if is_damaged else 0)),
        "?" if is_damaged and "bytes" not in state else shown_bytes(state.get("bytes", 0)),
        "?" if is_damaged and "rows" not in state else count,
        shown_age(from_text(checked), now) if checked else "never",
    ]


def _print_last(document: dict[str, Any]) -> None:
    from labor_lake.tabular import shown_age  # noqa: PLC0415

    verified_at = document["upstream_verified_at"]
    if verified_at:
        age = shown_age(from_text(verified_at), datetime.now(timezone.utc))
        print(f"every file was held against upstream {age} (lake verify --upstream)")
    for told in document["damaged"]:
        print(told)
    reports = document["reports"]
    if reports:
        print(f"reports of {reports['made_at']}: {', '.join(reports['reports'])}")
