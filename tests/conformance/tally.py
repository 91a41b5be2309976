"""How many statements got which verdict, at the end of a session that asked any.

A plugin of pytest's.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

VERDICTS = ("same", "both fail", "refused", "listed", "wrong")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the counts."""
    counts = Counter(
        str(value)
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
        if report.when == "call"
        for name, value in report.user_properties
        if name == "conformance"
    )
    if counts:
        terminalreporter.section("conformance with Trino")
        shown = " / ".join(f"{verdict} {counts[verdict]}" for verdict in VERDICTS)
        terminalreporter.write_line(f"{sum(counts.values())} statements: {shown}")
