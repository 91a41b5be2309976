"""The lake as it was known at a moment: what its pointers would have named then.

Data files are put together from the table of revisions; what a source keeps releases of is that of
the time. Series and mapping tables have no history: they are today's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from glue_jobs import table_names
from glue_jobs.catalog.pointers import past_pointers, readable_pointers
from glue_jobs.errors import IntegrityFailure, UsageError
from glue_jobs.sources.registry import upstream_of
from glue_jobs.storage import names
from glue_jobs.timestamps import release_name

if TYPE_CHECKING:
    from datetime import datetime

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.errors import LakeError
    from glue_jobs.storage.protocol import Storage


def readable_pointers_as_of(
    storage: Storage, moment: datetime
) -> tuple[list[Pointer], dict[str, LakeError]]:
    """The pointers with what was known at a moment, and nothing that was not.

    A data table of revisions is there without files: it is to be put together from them. A
    subject of which the lake knew nothing yet is left out.

    Returns:
        The pointers; and, by subject, why another cannot be told: its pointer, or the one of that
        moment, is not as it was written.

    Raises:
        UsageError: the lake knows nothing at all of that moment.
    """
    until = release_name(moment)
    found: list[Pointer] = []
    pointers, damaged = readable_pointers(storage)
    for pointer in pointers:
        if upstream_of(pointer.subject).keeps_releases:
            try:
                found += _release_of(storage, pointer.subject, until)
            except IntegrityFailure as error:
                damaged[pointer.subject] = error
        elif known_since(storage, pointer) <= until:
            found.append(_from_revisions(pointer, until))
    known = [one for one in pointers if not upstream_of(one.subject).keeps_releases]
    if known and not found and not damaged:
        since = ", ".join(f"{one.subject} since {known_since(storage, one)}" for one in known)
        raise UsageError(
            f"What was known at {until} is unknown: the lake has seen {since}.",
            hint="Ask for a later date.",
        )
    return found, damaged


def known_since(storage: Storage, pointer: Pointer) -> str:
    """The first release of a subject that the lake has seen; of its pointers, without a history."""
    if pointer.history:
        return min(one.release for one in pointer.history)
    past = [one.pointer for one in past_pointers(storage, pointer.subject)]
    return min((one.release for one in past if one), default=pointer.release)


def _release_of(storage: Storage, subject: str, until: str) -> list[Pointer]:
    """The last pointer up to a release; none if the lake knew nothing yet.

    Raises:
        IntegrityFailure: that pointer is not as it was written.
    """
    known: list[Pointer] = []
    unread = ""
    for past in past_pointers(storage, subject):
        if past.pointer is None:
            unread = past.version
        elif past.pointer.release > until:
            break
        else:
            known, unread = [past.pointer], ""
    if unread:
        raise IntegrityFailure(
            f"What was known of {subject} at {until} is unknown: the version {unread} of"
            f" {names.pointer(subject)} is not as it was written.",
            hint="Ask for another date.",
        )
    return known


def _from_revisions(pointer: Pointer, until: str) -> Pointer:
    name, data_name = table_names.revisions(pointer.subject), table_names.data(pointer.subject)
    if name not in pointer.tables or data_name not in pointer.tables:
        return pointer
    revisions = pointer.tables[name]
    # The second key is the release's year, or in an older lake the release: each starts it.
    files = tuple(
        file for file in revisions.files if file.partition[1] <= until[: len(file.partition[1])]
    )
    # What BLS tells besides the figure, in a column of its own, has no history.
    known = {column.name for column in revisions.columns}
    data = pointer.tables[data_name]
    columns = tuple(column for column in data.columns if column.name in known)
    data = replace(data, columns=columns, files=())
    tables = {name: replace(revisions, files=files), data_name: data}
    history = tuple(one for one in pointer.history if one.release <= until)
    # A file may hold later releases of the same year; whoever reads it leaves them out.
    return replace(pointer, tables={**pointer.tables, **tables}, history=history, until=until)
