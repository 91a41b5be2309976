"""The surveys that there are: by the bundled list, and by what BLS has listed last.

``surveys.tsv`` has a line for every survey and for every other folder beside them. Sizes in it are
those of November 2025, to three digits. A folder with a code for a name that the list does not know
is taken for a survey: BLS may add one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from glue_jobs.documents import Moment, read_as, read_document, to_json
from glue_jobs.errors import GuardTripped
from glue_jobs.sources.bls.manifest import load_survey
from glue_jobs.storage import names
from glue_jobs.timestamps import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from glue_jobs.storage.protocol import Content, Storage

_LIST = Path(__file__).with_name("surveys.tsv")
_CODE = re.compile(r"[a-z]{2}")
Code = Annotated[str, _CODE.fullmatch]
_SOURCE = "bls"
_FEW = 3


@dataclass(frozen=True)
class Survey:
    """A survey as the bundled list has it.

    Attributes:
        code: two letters.
        name: BLS's own.
        description: what it is about, in a few words.
        files: how many there were; None where the list does not know.
        bytes: of all of them, about; None where the list does not know.
    """

    code: str
    name: str
    description: str
    files: int | None
    bytes: int | None


@dataclass(frozen=True)
class Served:
    """Which surveys BLS has listed last; and, by code, since when it lists one no longer."""

    surveys: tuple[Code, ...] = ()
    gone: Mapping[Code, Moment] = field(default_factory=dict)


def known_surveys() -> Mapping[str, Survey]:
    """The surveys of the bundled list, by code."""
    return {
        row["code"]: Survey(
            row["code"],
            row["name"],
            row["description"],
            int(row["files"]) if row["files"] else None,
            int(row["bytes"]) if row["bytes"] else None,
        )
        for row in _rows()
        if row["kind"] == "survey"
    }


def surveys_among(folders: Iterable[str]) -> tuple[str, ...]:
    """Those of the folders that are surveys; small ones first, as far as their size is known."""
    none = {row["code"] for row in _rows() if row["kind"] != "survey"}
    known = known_surveys()
    codes = [name for name in folders if _CODE.fullmatch(name) and name not in none]
    return tuple(sorted(codes, key=lambda code: (_size(known.get(code)), code)))


def landed_surveys(storage: Storage) -> tuple[str, ...]:
    """The surveys that have a manifest, in the order of their codes."""
    start = names.raw_folder(_SOURCE)
    keys = [stored.key for stored in storage.list_objects(start)]
    return tuple(names.subject_of(key) for key in keys if names.is_manifest(key))


def load_served(storage: Storage) -> Served:
    """What BLS has listed last; nothing where it was never asked for all surveys.

    Raises:
        IntegrityFailure: the note is not as it was written.
    """
    return _parsed(storage.get(names.listed_surveys(_SOURCE)))


def note_served(
    storage: Storage, listed: tuple[str, ...], allowed: int, now: datetime
) -> tuple[Served, bool]:
    """Writes down which surveys BLS lists now, if they are others than before.

    What was landed of a survey that is gone stays.

    Args:
        storage: the lake.
        listed: the surveys' codes.
        allowed: how many the user lets vanish; few may without being asked.
        now: since when the others are gone.

    Returns:
        What is noted now, and whether that is new.

    Raises:
        GuardTripped: more than three surveys, or more than a tenth, are gone, and more than
            allowed.
    """
    key = names.listed_surveys(_SOURCE)
    content = storage.get(key)
    before = _parsed(content)
    vanished = sorted(set(before.surveys) - set(listed))
    check_vanished(vanished, len(before.surveys), allowed)
    gone = {code: since for code, since in before.gone.items() if code not in listed}
    gone.update({code: to_text(now) for code in vanished if load_survey(storage, code).files})
    served = Served(tuple(sorted(listed)), gone)
    if served != before:
        body = to_json({"surveys": list(served.surveys), "gone": dict(served.gone)})
        storage.put_if_match(key, body, content.tag if content else None)
    return served, served != before


def check_vanished(vanished: list[str], held: int, allowed: int) -> None:
    """Refuses the disappearance of many surveys, which is more often a fault than a wish.

    Raises:
        GuardTripped: more than three, or more than a tenth, and more than allowed.
    """
    count = len(vanished)
    if count > allowed and (count > _FEW or count * 10 > held):
        raise GuardTripped(
            f"{count} of {held} surveys are no longer listed by BLS: {', '.join(vanished[:4])}"
            f"{' and more' if count > 4 else ''}. The others were landed.",
            hint=f"If BLS has really removed them: --allow-removals {count}. What was landed of"
            " them stays in any case.",
        )


def _parsed(content: Content | None) -> Served:
    if content is None:
        return Served()
    told = f"{names.listed_surveys(_SOURCE)} is not the note that was written there."
    return read_document(content.body, lambda document: read_as(Served, document), told)


def _size(survey: Survey | None) -> int:
    return survey.bytes or 0 if survey else 0


@cache
def _rows() -> tuple[Mapping[str, str], ...]:
    with _LIST.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
