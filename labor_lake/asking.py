"""Which lake is asked, and at which moment: of commands and of the Python client."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import readable_pointers
from glue_jobs.catalog.vintages import readable_pointers_as_of
from glue_jobs.engines.open import engine_of, open_engine
from glue_jobs.errors import UsageError
from glue_jobs.opening import open_lake
from glue_jobs.timestamps import end_of, release_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from glue_jobs.catalog.pointers import Pointer, Vintage
    from glue_jobs.engines.protocol import Engine
    from glue_jobs.errors import LakeError
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage


def open_asked(
    settings: Settings, as_of: str | None
) -> tuple[Engine, Storage, list[Pointer], dict[str, LakeError]]:
    """The engine over the lake that the settings name, as of now or of a moment.

    Returns:
        The engine, the lake, its pointers, and by subject why another cannot be told.

    Raises:
        UsageError: the moment cannot be read, or the lake knows nothing of it.
    """
    storage = open_lake(settings)
    pointers, damaged = (
        readable_pointers(storage)
        if as_of is None
        else readable_pointers_as_of(storage, moment_of(as_of))
    )
    engine = open_engine(storage, pointers, settings, damaged)
    if as_of is not None and engine_of(storage.uri, settings) == "athena":
        from labor_lake.engines.athena_past import AthenaAsOf  # noqa: PLC0415 - others need none
        from labor_lake.engines.past import Past  # noqa: PLC0415

        engine = AthenaAsOf(engine, Past(storage, pointers, settings.database))
    return engine, storage, pointers, damaged


def moment_of(text: str, flag: str = "--as-of") -> datetime:
    """The moment that somebody asks for by a flag.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return end_of(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is neither a date nor a release.", hint=f"{flag} 2025-06-30"
        ) from None


def notes_on(settings: Settings, as_of: str, survey: str = "") -> Iterator[str]:
    """What one should know of a moment: the releases that the lake has missed around it.

    Args:
        settings: name the lake.
        as_of: the moment, as somebody gave it.
        survey: of which; all of them by default.

    Yields:
        A sentence for each survey of which what was known then may be older than it should be.
    """
    until = release_name(moment_of(as_of))
    for pointer in readable_pointers(open_lake(settings))[0]:
        if survey in ("", pointer.subject):
            yield from _missed_around(pointer, until)


def _missed_around(pointer: Pointer, until: str) -> Iterator[str]:
    """A sentence where the vintage that counts at a moment is followed by a missed release."""
    gaps = []
    for _, own in groupby(pointer.history, lambda one: one.source):
        vintages = list(own)
        gaps += [
            (last, following)
            for last, following in zip(vintages, vintages[1:])
            if last.release <= until < following.release and following.missed_before
        ]
    if gaps:
        yield _sentence(*gaps[0], len(gaps))


def _sentence(last: Vintage, following: Vintage, count: int) -> str:
    others = f" (and {count - 1} more files)" if count > 1 else ""
    return (
        f"{last.source}{others} is that of {last.release}; the lake missed a release between it"
        f" and {following.release}, which may have been out by then."
    )
