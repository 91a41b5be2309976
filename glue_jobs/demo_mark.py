"""The mark of a demo lake: what keeps the excerpt and live data apart.

The demo writes into an empty folder or into a lake that has the mark; every other run refuses a
lake that has it. The demo writes the mark before anything else, so that a demo that was interrupted
has left a demo lake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.documents import to_json
from glue_jobs.errors import UsageError
from glue_jobs.storage import names

if TYPE_CHECKING:
    from glue_jobs.storage.protocol import Storage

_NOTE = {
    "demo": True,
    "note": "This lake holds a bundled excerpt. Only `lake demo` writes into it.",
}


def mark_as_demo(storage: Storage) -> None:
    """Marks an empty lake as a demo lake; a lake that is one stays as it is.

    Raises:
        UsageError: the lake holds something and is not a demo lake; nothing was changed.
    """
    if storage.get(names.DEMO_MARK) is not None:
        return
    if next(iter(storage.list_objects("")), None) is not None:
        raise UsageError(
            f"The lake {storage.uri} is neither empty nor a demo lake; the demo left it as it is.",
            hint="Give the demo an empty folder: lake demo --lake ./another. If a demo of an"
            " earlier version made this lake, remove it first.",
        )
    storage.put(names.DEMO_MARK, to_json(_NOTE))


def refuse_demo_lake(storage: Storage) -> None:
    """Lets nothing but the demo write into a demo lake.

    Raises:
        UsageError: the lake is one.
    """
    if storage.get(names.DEMO_MARK) is not None:
        raise UsageError(
            f"The lake {storage.uri} is a demo lake: only `lake demo` writes into it.",
            hint="Name another lake for live data: --lake ./lake",
        )
