"""`lake docs`: BLS's own document about a survey, as it was landed with the survey's files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from glue_jobs.errors import UsageError
from glue_jobs.flags import resolve_settings
from glue_jobs.opening import open_lake
from glue_jobs.sources.registry import upstream_of
from glue_jobs.storage.verified import read_verified
from glue_jobs.subjects import asked_survey
from glue_jobs.visible import visible, write_text

if TYPE_CHECKING:
    import argparse

SHOWN_SETTINGS = ("lake",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of which survey."""
    parser.add_argument("survey", help="its two-letter code: ap")


def execute(arguments: argparse.Namespace) -> int:
    """Prints it."""
    storage = open_lake(resolve_settings(vars(arguments)).settings)
    survey = asked_survey(arguments.survey)
    landed = upstream_of(survey).landed(storage, survey)
    document = next(
        (file for name, file in landed.items() if name.lower() == f"{survey}.txt"), None
    )
    if document is None:
        raise UsageError(
            f"The lake has no {survey}.txt."
            if landed
            else f"Nothing of {survey} is landed; its document comes with its files.",
            hint="" if landed else f"lake run --surveys {survey}",
        )
    (stored,) = document.objects
    text = _decode(read_verified(storage, stored.key, stored.sha256, stored.version))
    if arguments.json:
        print(json.dumps({"survey": survey, "name": document.name, "text": text}, indent=1))
    else:
        write_text("".join(f"{visible(line)}\n" for line in text.splitlines()))
    return 0


def _decode(body: bytes) -> str:
    """The text, which BLS has written in UTF-8 and, for years, in Windows-1252."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")
