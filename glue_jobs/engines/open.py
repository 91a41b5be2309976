"""Opens the engine that goes with a lake."""

from __future__ import annotations

import functools
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from glue_jobs.aws_errors import needing_packages
from glue_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from glue_jobs.catalog.pointers import Pointer
    from glue_jobs.engines.protocol import Engine
    from glue_jobs.errors import LakeError
    from glue_jobs.settings import Settings
    from glue_jobs.storage.protocol import Storage

GROUP = "labor_lake.engines"
"""Where engines besides Athena register: Glue has Athena, and nothing else is installed there."""


def open_engine(
    storage: Storage,
    pointers: Iterable[Pointer],
    settings: Settings,
    damaged: Mapping[str, LakeError] | None = None,
) -> Engine:
    """The engine that goes with a storage, over the given releases.

    Args:
        storage: the lake.
        pointers: the releases to ask.
        settings: name the database.
        damaged: why there is no pointer of a subject, by subject; whoever asks for its tables is
            told. Athena answers from what the catalog still shows of them.

    Raises:
        UsageError: it is not installed, or does not go with the lake.
    """
    name = engine_of(storage.uri, settings)
    if name == "athena":
        with needing_packages():
            from glue_jobs.engines.athena import AthenaEngine  # noqa: PLC0415 - a laptop has none

        return AthenaEngine(pointers, settings)
    engine: Engine = _registered(name)(storage, pointers, settings, damaged)
    return engine


def engine_of(uri: str, settings: Settings) -> str:
    """The engine that answers for a lake: ``duckdb``, ``athena`` or ``trino``.

    Args:
        uri: the lake's address.
        settings: name an engine, or leave it to the lake.

    Raises:
        UsageError: the named one cannot read this lake, or none can.
    """
    chosen = settings.engine
    if not uri.startswith("s3://"):
        if chosen in ("auto", "duckdb"):
            return "duckdb"
        raise UsageError(
            f"The engine {chosen} reads a lake in S3, and this one is in a directory.",
            hint="--engine duckdb reads it.",
        )
    if chosen == "duckdb":
        raise UsageError(
            "The engine duckdb reads a lake in a directory, and this one is in S3.",
            hint="--engine athena reads it, or --engine trino with the address of a server.",
        )
    if chosen == "auto":
        chosen = "trino" if settings.trino_url else "athena"
    if chosen == "athena" and settings.catalog == "none":
        raise UsageError(
            "Athena reads a lake in S3 through Glue, and the setting catalog is none.",
            hint="--trino-url gives the address of a Trino server.",
        )
    return chosen


def has_own_catalog(uri: str, settings: Settings) -> bool:
    """Whether a lake's tables are shown by its engine alone: in S3, without Glue."""
    return uri.startswith("s3://") and settings.catalog == "none"


@functools.cache  # all that is installed is looked through, which takes longer than most queries
def _registered(name: str) -> Any:
    """What opens the engine of a name, with the arguments of ``open_engine``."""
    found: Any = entry_points()
    # Python 3.9 gives a dictionary.
    points = found.select(group=GROUP) if hasattr(found, "select") else found.get(GROUP, ())
    for point in points:
        if point.name == name:
            return point.load()
    raise UsageError(
        f"This lake needs the engine {name}, which is not installed.",
        hint="pip install labor-lake brings it, and the `lake` command.",
    )
