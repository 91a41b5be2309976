"""What people use on their machine: the `lake` command, the Python client, the local engine."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labor_lake.client import Answer, Figures, Lake
    from labor_lake.client import open_lake as open  # noqa: A004 - labor_lake.open is what one types

__all__ = ["Answer", "Figures", "Lake", "open"]


def __getattr__(name: str) -> object:
    """The client's names, when they are first asked for: no command waits for the client."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    client = import_module("labor_lake.client")
    return getattr(client, "open_lake" if name == "open" else name)
