"""What people use on their machine: the `lake` command, the Python client, the local engine."""

from labor_lake.client import Answer, Figures, Lake
from labor_lake.client import open_lake as open  # noqa: A004 - labor_lake.open is what one types

__all__ = ["Answer", "Figures", "Lake", "open"]
