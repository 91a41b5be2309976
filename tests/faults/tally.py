"""Counts, per row of the fault table and backend, how many cases ran and how many held.

A plugin of pytest's. A test is one case; one that loops over operations or seeds counts each of
them that held, and the one at which it failed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.places import BACKENDS
from tests.faults.table import load_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.faults.table import Row

    Count = Counter[tuple[str, str]]  # of cases by row and backend


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds three options."""
    parser.addoption(
        "--every-nth",
        type=int,
        default=1,
        metavar="N",
        help="disturb only each Nth operation, or play each Nth seed, where all have their turn",
    )
    parser.addoption(
        "--every-nth-case",
        type=lambda given: dict(zip(BACKENDS, map(int, given.split(",")))),
        default="1,1",
        metavar="N,M",
        help="play only each Nth case of a row on a directory, each Mth in S3, which takes longer",
    )
    parser.addoption(
        "--every-fault",
        action="store_true",
        help="fail unless every row of the fault table has the cases it needs",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Notes a test's row and backend where its report will carry them; leaves out what is to be."""
    steps = config.getoption("--every-nth-case")
    seen: Counter[tuple[str, str]] = Counter()
    left_out: dict[pytest.Item, None] = {}
    for item in items:
        row = item.get_closest_marker("fault")
        if row is None:
            continue
        # Where a test names no backend it is a directory's.
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        backend = str(parameters.get("backend", BACKENDS[0]))
        item.user_properties.append(("fault", (row.args[0], backend)))
        if item.get_closest_marker("every_operation") is None:
            if seen[row.args[0], backend] % steps[backend]:
                left_out[item] = None
            seen[row.args[0], backend] += 1
    if left_out:
        config.hook.pytest_deselected(items=[*left_out])
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the table of what ran, if any of it did."""
    ran, held = tally(_reports(terminalreporter))
    if ran:
        terminalreporter.section("faults")
        for line in shown(ran, held, needed(terminalreporter.config)):
            terminalreporter.write_line(line)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails a session that was to show every fault and did not."""
    if not session.config.getoption("--every-fault") or hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    ran, held = tally(_reports(reporter))
    needs = needed(session.config)
    if any(short_of(row, ran, held, needs) for row in load_table()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _reports(reporter: Any) -> list[pytest.TestReport]:
    return [
        report
        for outcome in ("passed", "failed", "error")
        for report in reporter.stats.get(outcome, ())
        # A file that cannot be collected has a report of another kind.
        if isinstance(report, pytest.TestReport)
        and (report.when == "call" or report.outcome == "failed")
    ]


def tally(reports: Sequence[pytest.TestReport]) -> tuple[Count, Count]:
    """How many cases ran, and how many held."""
    ran: Count = Counter()
    held: Count = Counter()
    for report in reports:
        properties: list[Any] = list(report.user_properties)
        marked = [value for name, value in properties if name == "fault"]
        if not marked:
            continue
        row, backend = marked[0]
        where = (row, backend)
        counted = sum(name == "held" for name, _ in properties)
        failed = report.outcome == "failed"
        held[where] += counted or (not failed)
        ran[where] += counted + failed if counted or failed else 1
    return ran, held


def needed(config: pytest.Config) -> dict[tuple[str, str], int]:
    """The least number of cases, by row and backend; fewer where only each Nth is played."""
    nth, nth_case = config.getoption("--every-nth"), config.getoption("--every-nth-case")
    return {
        (row.id, backend): -(-row.needs // (nth if row.each else nth_case[backend]))
        for row in load_table()
        for backend in row.backends
    }


def short_of(row: Row, ran: Count, held: Count, needs: Mapping[tuple[str, str], int]) -> list[str]:
    """The backends on which a row lacks cases, or has some that did not hold."""
    return [
        backend
        for backend in row.backends
        if held[row.id, backend] < max(needs[row.id, backend], ran[row.id, backend])
    ]


def shown(ran: Count, held: Count, needs: Mapping[tuple[str, str], int]) -> list[str]:
    """The table as lines: row, needed cases, held of those that ran per backend, the fault."""
    lines = [f"{'row':<4} {'needs':>5} {'local':>11} {'S3':>11}  fault"]
    for row in load_table():
        cells = [
            f"{held[row.id, backend]}/{ran[row.id, backend]}" if backend in row.backends else "-"
            for backend in BACKENDS
        ]
        short = short_of(row, ran, held, needs)
        mark = f"  <- {', '.join(short)}" if short else ""
        least = needs[row.id, row.backends[0]]
        lines.append(
            f"{row.id:<4} {least:>5} {cells[0]:>11} {cells[1]:>11}  {row.fault[:44]}{mark}"
        )
    turns = sum(count for (row_id, _), count in ran.items() if row_id == "S3")
    everything = f"{sum(held.values())} of {sum(ran.values())} cases held"
    lines.append(f"{everything}; {turns} of them are two runs at once.")
    return lines
