"""Notes on the views in the Glue catalog from what they were made, so that none is made in vain.

Athena keeps a view's statement as it understands it, without comments and in a layout of its own,
so that cannot be compared with a file. A digest can, which is put into the view's parameters once
it is made; whoever replaces the view takes it away with that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glue_jobs.aws_errors import telling

if TYPE_CHECKING:
    from collections.abc import Mapping

_MADE_FROM = "labor_lake_made_from"
"""The parameter. Not `made_by`: what has that one is a table of a release."""

# What GetTable tells of a table and UpdateTable takes.
_TAKEN = (
    "Name",
    "Description",
    "Owner",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
)


class ViewNotes:
    """The notes on the views of one Glue database."""

    def __init__(self, client: Any, database: str) -> None:
        """Takes a client of Glue; nothing is asked yet."""
        self._client, self._database = client, database

    def made_from(self, view: str) -> str:
        """The digest that was noted; empty where there is none, or no such view."""
        return str((self._read(view) or {}).get("Parameters", {}).get(_MADE_FROM, ""))

    def note(self, view: str, digest: str) -> None:
        """Notes from what a view was made; one that is gone again needs no note."""
        entry = self._read(view)
        if entry is None:
            return
        given = {name: entry[name] for name in _TAKEN if name in entry}
        given["Parameters"] = {**entry.get("Parameters", {}), _MADE_FROM: digest}
        with telling(f"note in the Glue catalog how {self._database}.{view} was made"):
            self._client.update_table(
                DatabaseName=self._database, TableInput=given, SkipArchive=True
            )

    def _read(self, view: str) -> Mapping[str, Any] | None:
        with telling(f"read the Glue table {self._database}.{view}"):
            try:
                answer = self._client.get_table(DatabaseName=self._database, Name=view)
            except self._client.exceptions.EntityNotFoundException:
                return None
        entry: Mapping[str, Any] = answer["Table"]
        return entry
