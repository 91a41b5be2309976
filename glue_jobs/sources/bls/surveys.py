"""The surveys that BLS has listed last, and those that were landed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from glue_jobs.documents import Moment, read_as, read_document, to_json
from glue_jobs.errors import GuardTripped
from glue_jobs.sources.bls.known_surveys import CODE
from glue_jobs.sources.bls.manifest import load_survey
from glue_jobs.storage import names
from glue_jobs.timestamps import to_text

if TYPE_CHECKING:
    from datetime import datetime

    from glue_jobs.storage.protocol import Content, Storage

Code = Annotated[str, CODE.fullmatch]
_SOURCE = "bls"
_FEW = 3


@dataclass(frozen=True)
class Served:
    """Which surveys BLS has listed last; and, by code, since when it lists one no longer."""

    surveys: tuple[Code, ...] = ()
    gone: Mapping[Code, Moment] = field(default_factory=dict)


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
