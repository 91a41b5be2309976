"""`lake surveys`: every survey that there is, what it is about, and what of it is landed.

Nothing is asked of BLS: what a survey holds is told by its manifest where it is landed, and else by
the bundled list, which is approximate.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from glue_jobs.flags import resolve_settings
from glue_jobs.sources.bls.known_surveys import Survey, known_surveys
from glue_jobs.sources.bls.surveys import load_served
from glue_jobs.storage.open import open_storage
from glue_jobs.visible import shown_bytes, visible
from labor_lake.state import describe

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

_NAME_WIDTH = 31
"""So wide that a table without the number of files has room in 80 columns."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which of them."""
    parser.add_argument("--landed", action="store_true", help="only those that are landed")


def execute(arguments: argparse.Namespace) -> int:
    """Prints them."""
    settings = resolve_settings(vars(arguments)).settings
    storage = open_storage(settings.lake, settings.region)
    state = describe(storage)["subjects"]
    rows = describe_surveys(state, load_served(storage).surveys)
    if arguments.landed:
        rows = [row for row in rows if row["landed"]]
    if arguments.json:
        print(json.dumps(rows, indent=1, sort_keys=True))
    else:
        _print(rows)
    return 0


def describe_surveys(
    state: Mapping[str, Mapping[str, Any]], served: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Every survey, ready for JSON: docs/operations.md says what the fields mean.

    Args:
        state: of each landed subject, as `lake status --json` has it.
        served: the codes that BLS has listed last; none where it was never asked.
    """
    known = known_surveys()
    landed = {subject for subject, one in state.items() if "files" in one and len(subject) == 2}
    return [
        _row(code, known.get(code), state.get(code, {}), is_landed=code in landed)
        for code in sorted({*known, *served, *landed})
    ]


def _row(
    code: str, known: Survey | None, state: Mapping[str, Any], *, is_landed: bool
) -> dict[str, Any]:
    return {
        "code": code,
        "name": known.name if known else "",
        "description": known.description if known else "",
        "landed": is_landed,
        "bytes": state["bytes"] if is_landed else known.bytes if known else None,
        "files": state["files"] if is_landed else known.files if known else None,
        "is_approximate": not is_landed,
        "landed_release": state.get("landed_release"),
        "checked_at": state.get("checked_at"),
        "checked_age_seconds": state.get("checked_age_seconds"),
        "held": state.get("held", {}),
        "refused": state.get("refused", {}),
        "gone_since": state.get("gone_since"),
    }


def _print(rows: list[dict[str, Any]]) -> None:
    from labor_lake.tabular import print_table  # noqa: PLC0415

    header = ["code", "name", "size", "files", "landed", "checked"]
    print_table("", header, [_cells(row) for row in rows], ["size", "files"], spare=["files"])
    for row in rows:
        for name, held in row["held"].items():
            print(visible(f"{name} is held back since {held['since']}: {held['reason']}"))
        for name, why in row["refused"].items():
            print(visible(f"{row['code']}: BLS lists {name}, which is left out: {why}."))
        if row["gone_since"]:
            print(f"{row['code']}: BLS lists it no longer since {row['gone_since']}.")
    if any(row["is_approximate"] for row in rows):
        print("~: of November 2025, where nothing is landed. `lake run --surveys all` lands all.")


def _cells(row: dict[str, Any]) -> list[str]:
    about = "~" if row["is_approximate"] else ""
    name, release, age = row["name"] or "?", row["landed_release"], row["checked_age_seconds"]
    short = name if len(name) <= _NAME_WIDTH else f"{name[: _NAME_WIDTH - 1].rstrip()}…"
    return [
        row["code"],
        short,
        f"{about}{shown_bytes(row['bytes'])}" if row["bytes"] is not None else "?",
        f"{about}{row['files']}" if row["files"] is not None else "?",
        f"{release[:4]}-{release[4:6]}-{release[6:8]}" if release else "",
        _age(age) if age is not None else "",
    ]


def _age(seconds: int) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "just now"
