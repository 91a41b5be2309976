"""What becomes of landed files: the half of a source that knows tables, and how it is asked."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Callable, Protocol

from glue_jobs.sources.registry import folder_with
from glue_jobs.tables.plan import Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from glue_jobs.tables.convert import Content, Converted
    from glue_jobs.tables.plan import Planned
    from glue_jobs.tables.quality import KnownSeries


class Tables(Protocol):
    """The half that knows what becomes of landed files.

    Attributes:
        lists_sources: whether a release has a table of its landed files.
        schema: a digest of the columns of all its tables: another one makes them anew.
    """

    @property
    def lists_sources(self) -> bool:
        """See above."""

    @property
    def schema(self) -> str:
        """See above."""

    def plan(self, subject: str, files: Sequence[str]) -> tuple[Planned, ...]:
        """The place of each file that may become a table, by its name, in the order to go."""

    def convert(
        self,
        place: Planned,
        contents: Sequence[Content],
        target: Path,
        scratch: Path,
        known_series: Callable[[], KnownSeries] | None,
    ) -> Converted | None:
        """Makes a file's table, or its part of one, as Parquet; None for a document.

        Args:
            place: the file's.
            contents: its bytes, an object each.
            target: where the Parquet file goes.
            scratch: a folder for temporary files.
            known_series: makes the check against the series file; None for no check.

        Raises:
            QualityFailure: it cannot be made.
        """


def tables_of(subject: str) -> Tables:
    """The half that knows tables, of the source that has a subject.

    Raises:
        UsageError: none has it.
    """
    half: Tables = importlib.import_module(f"{folder_with(subject)}.tables").TABLES
    return half


def place_of(subject: str, name: str) -> Planned | None:
    """The place of a file's table; None where its name says that it has none."""
    return next(iter(tables_of(subject).plan(subject, [name])), None)


def partition_of(subject: str, name: str) -> str:
    """The partition's value that a data file is; empty where its name says that it has no table."""
    place = place_of(subject, name)
    return place.partition if place else ""


def is_data_file(subject: str, name: str) -> bool:
    """Whether a file of that name would have observations, and so a history."""
    place = place_of(subject, name)
    return place is not None and place.role is Role.DATA
