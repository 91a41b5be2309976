"""The files that a release holds back: what is told of them, and whether a verdict still counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.errors import LakeError, QualityFailure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from glue_jobs.catalog.pointers import HeldBack
    from glue_jobs.sources.protocol import Landed


def held_failures(held: Mapping[str, HeldBack]) -> Iterator[LakeError]:
    """What a run fails with that leaves files held back: one failure for each."""
    for file in held.values():
        shows = "its last good version is shown" if file.shown_sha256 else "it has no table"
        told = f"{file.reason} It is held back since {file.since}; {shows}."
        yield QualityFailure(told, hint=file.hint)


def is_judged(held: HeldBack, landed: Landed, *, allow_shrink: bool) -> bool:
    """Whether a verdict still counts: another one takes other bytes, or a new permission."""
    return held.sha256 == landed.sha256 and is_permitted_alike(held, allow_shrink=allow_shrink)


def is_permitted_alike(held: HeldBack, *, allow_shrink: bool) -> bool:
    """Whether nothing may be published now that might not be when a verdict was found."""
    return held.allowed or not allow_shrink


def describe_sources(landed: Mapping[str, Landed], held: Mapping[str, HeldBack]) -> dict[str, str]:
    """What tells a release from another: each file's bytes, their date, and what is shown of it."""
    sources = {name: f"{file.sha256} {file.released_at}" for name, file in landed.items()}
    for name, why in held.items():
        allowed = " though it may shrink" if why.allowed else ""
        sources[name] += f" held back{allowed} for {why.shown_sha256 or 'nothing'}"
    return sources
