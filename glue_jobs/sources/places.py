"""What becomes of landed files: the half of a source that knows tables, and how it is asked."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol

from glue_jobs.errors import IntegrityFailure
from glue_jobs.sources.registry import folder_with
from glue_jobs.tables.header import DATA_START
from glue_jobs.tables.plan import Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from glue_jobs.tables.convert import Content, Converted
    from glue_jobs.tables.plan import Planned


class Tables(Protocol):
    """The half that knows what becomes of landed files.

    Attributes:
        lists_sources: whether a release has a table of its landed files.
        schema: a digest of the columns of all its tables: another one makes them anew.
        derived: a digest of what is made of converted tables, which another one makes anew; empty
            where there is none.
    """

    @property
    def lists_sources(self) -> bool:
        """See above."""

    @property
    def schema(self) -> str:
        """See above."""

    @property
    def derived(self) -> str:
        """See above."""

    def place(self, subject: str, name: str, start: bytes | None = None) -> Planned | None:
        """The place of the table that a file becomes; None where it becomes none.

        Args:
            subject: whose.
            name: the file.
            start: its first bytes, ``MOST_FIRST_BYTES`` and some more; None where they are not
                known, and its name alone must tell.
        """

    def convert(
        self,
        place: Planned,
        contents: Sequence[Content],
        target: Path,
        scratch: Path,
        threads: int = 0,
    ) -> Converted | None:
        """Makes a file's table, or its part of one, as Parquet; None for a document.

        Args:
            place: the file's.
            contents: its bytes, an object each.
            target: where the Parquet file goes.
            scratch: a folder for temporary files.
            threads: how many may help.

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


def data_place(subject: str, name: str) -> Planned:
    """The place of a file that is known to have observations: those of a vintage are."""
    place = tables_of(subject).place(subject, name, DATA_START)
    if place is None:
        raise IntegrityFailure(f"{name} is no data file of {subject}.")
    return place


def is_data_file(subject: str, name: str) -> bool:
    """Whether a file of that name has observations, as far as the name alone tells."""
    place = tables_of(subject).place(subject, name)
    return place is not None and place.role is Role.DATA
