"""A Trino server over a lake in S3: Athena's SQL where there is no Athena, and no AWS at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.catalog.pointers import column_names, column_types
from glue_jobs.engines.own_sql import own_failure
from glue_jobs.errors import LakeError, UsageError
from glue_jobs.views import digest_of, views_over
from labor_lake.engines.past import Past
from labor_lake.engines.trino.notes import Notes
from labor_lake.engines.trino.own_tables import OwnTables

try:
    from labor_lake.engines.trino.session import Session
except ModuleNotFoundError as error:
    if error.name != "trino":
        raise
    raise UsageError(
        "The engine trino needs a package that is not installed.",
        hint="pip install 'labor-lake[trino]' brings it.",
    ) from None

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pyarrow as pa

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage


_NOTED = 32
"""Characters of a digest that a view's comment has."""


class TrinoEngine:
    """The engine on a Trino server, as ``engines.protocol.Engine`` describes it."""

    def __init__(
        self,
        storage: Storage,
        pointers: Iterable[Pointer],
        settings: Settings,
        damaged: Mapping[str, LakeError] | None = None,
    ) -> None:
        """Prepares; nothing is asked of the server yet.

        Args:
            storage: the lake, in S3.
            pointers: the releases to ask.
            settings: name the server, its catalog and the database.
            damaged: of these subjects the server answers from what its catalog still shows.

        Raises:
            UsageError: no server is named.
        """
        self._storage, self._settings = storage, settings
        self._pointers, self._damaged = list(pointers), damaged or {}
        self._session = Session(settings)
        self._past = Past(storage, self._pointers, settings.database)

    def create_views(self, wanted: Collection[str]) -> dict[str, LakeError]:
        """Creates or replaces views of the project whose tables are there, in their order.

        A view that was made from the same statement over the same columns stays. Without Glue, the
        tables come first.
        """
        settings = self._settings
        notes = Notes(self._session, settings.trino_catalog, settings.database)
        if settings.catalog == "none":
            own = OwnTables(self._session, self._storage.uri, settings.database)
            own.show(self._pointers, notes, self._damaged)
        columns = column_types(self._pointers)
        views = views_over(column_names(self._pointers))
        failures: dict[str, LakeError] = {}
        for name in (one for one in views if one in wanted):
            digest = digest_of(name, views, columns)[:_NOTED]
            if notes.made_from(name) != digest:
                try:
                    self._session.ask(notes.noting(views[name], name, digest))
                except UsageError as error:
                    failures[name] = own_failure(error, f"The view {name} cannot be made")
        return failures

    def query(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The answer to one statement, whole."""
        return self.stream(sql, parameters).read_all()

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> pa.RecordBatchReader:
        """The answer, batch by batch; whoever reads no further ends the query on the server."""
        return self._session.stream(self._past.rewrite(sql), parameters)
