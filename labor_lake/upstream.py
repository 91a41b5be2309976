"""Asks upstream whether it has what was landed of every subject; fetches no large file again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_jobs.errors import IntegrityFailure, StorageFailure
from glue_jobs.sources.registry import landed_subjects, upstream_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glue_jobs.running import Run


@dataclass(frozen=True)
class Asked:
    """What upstream says of a landed file.

    Attributes:
        subject: whose it is.
        key: where it lies; the first of its objects.
        what: is other than was landed, the end of a sentence; empty where nothing is.
    """

    subject: str
    key: str
    what: str


def ask_upstream(run: Run) -> Iterator[Asked]:
    """Asks about every file that a manifest names, if that can be read.

    Raises:
        LakeError: an upstream gave no answer.
    """
    for subject in landed_subjects(run.storage):
        run.progress.step(f"{subject}: asking upstream about every file")
        try:
            answers = list(upstream_of(subject).ask(run, subject))
        except (IntegrityFailure, StorageFailure):
            continue  # `verify` has named the manifest
        for file, what in answers:
            yield Asked(subject, file.objects[0].key, what)
