"""The pointers of a lake of which nothing is damaged: what a test stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import readable_pointers
from glue_jobs.catalog.vintages import readable_pointers_as_of

if TYPE_CHECKING:
    from datetime import datetime

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.errors import LakeError
    from glue_jobs.storage.protocol import Storage


def load_pointers(storage: Storage) -> list[Pointer]:
    """All of them; raises what the first damaged one is told with."""
    return _whole(*readable_pointers(storage))


def pointers_as_of(storage: Storage, moment: datetime) -> list[Pointer]:
    """All of them as they were at a moment."""
    return _whole(*readable_pointers_as_of(storage, moment))


def _whole(pointers: list[Pointer], damaged: dict[str, LakeError]) -> list[Pointer]:
    for failure in damaged.values():
        raise failure
    return pointers
