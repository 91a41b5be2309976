"""Opens the engine that goes with a lake."""

from __future__ import annotations

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
        UsageError: it is not installed.
    """
    if storage.uri.startswith("s3://"):
        with needing_packages():
            from glue_jobs.engines.athena import AthenaEngine  # noqa: PLC0415 - a laptop has none

        return AthenaEngine(pointers, settings)
    engine: Engine = _registered("duckdb")(storage, pointers, settings, damaged)
    return engine


def _registered(name: str) -> Any:
    """What opens the engine of a name, with the arguments of ``open_engine``."""
    found: Any = entry_points()
    # Python 3.9 gives a dictionary.
    points = found.select(group=GROUP) if hasattr(found, "select") else found.get(GROUP, ())
    for point in points:
        if point.name == name:
            return point.load()
    raise UsageError(
        "A lake in a directory needs the local engine, which is not installed.",
        hint="pip install labor-lake brings it, and the `lake` command.",
    )
