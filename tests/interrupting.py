"""Ctrl-C in the middle of a query that has no end."""

from __future__ import annotations

import itertools
import os
import signal
from typing import TYPE_CHECKING

from labor_lake.engines.duckdb import DuckDBEngine

if TYPE_CHECKING:
    import pytest

ENDLESS = (
    "select {} from pr_data as a cross join pr_data as b cross join pr_data as c"
    " where abs(a.value - b.value - c.value) > 1e9 or (a.value = 16.4"
    " and b.series_id = 'PRS30006011' and b.year = 2013 and c.series_id = 'PRS30006011')"
)
"""Some minutes on the excerpt, for a few rows."""


def interrupt_at(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has Ctrl-C come while DuckDB does something for the nth time."""
    wait_for, calls = DuckDBEngine._wait_for, itertools.count(1)

    def waiting(self, act):
        def interrupted():
            os.kill(os.getpid(), signal.SIGINT)
            return act()

        return wait_for(self, interrupted if next(calls) == number else act)

    monkeypatch.setattr(DuckDBEngine, "_wait_for", waiting)
