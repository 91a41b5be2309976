"""The fault table, `faults.yaml`, as rows and cases; and which tests are a row's cases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.faults.places import BACKENDS
from tests.yaml_files import read_yaml


@dataclass(frozen=True)
class Case:
    """One fault, injected once, and what is expected.

    Attributes:
        id: the row's and its own, ``U1-403-listing``.
        row: of the table.
        inject: what goes wrong, and where.
        expect: the other fields, the row's own ``expect`` below them.
    """

    id: str
    row: str
    inject: dict[str, Any]
    expect: dict[str, Any]

    @property
    def exit_code(self) -> int:
        code: int = self.expect.get("exit", 0)
        return code


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        id: ``U1`` to ``S7``.
        fault: what the world does.
        lake: what the lake does about it.
        needs: the least number of cases on each backend.
        each: what is disturbed in turn, an operation of a run or a seed; empty where a row is a
            list of cases.
        backends: those it can happen on.
        cases: those that are written down as data.
    """

    id: str
    fault: str
    lake: str
    needs: int
    each: str
    backends: tuple[str, ...]
    cases: tuple[Case, ...]


@cache
def load_table() -> tuple[Row, ...]:
    """All rows, in their order."""
    entries = read_yaml(Path(__file__).with_name("faults.yaml"))
    return tuple(_row(entry) for entry in entries)


def cases(*injections: str, once: bool = False, exit_code: int | None = None) -> Any:
    """Parameters for a test: the table's cases whose injection is one of these kinds.

    Args:
        injections: names that stand first in ``inject``.
        once: those that inject their fault once, instead of those that do it every time.
        exit_code: only those with this one.
    """
    chosen = [
        case
        for row in load_table()
        for case in row.cases
        if next(iter(case.inject)) in injections
        and case.inject.get("once", False) == once
        and exit_code in (None, case.exit_code)
    ]
    assert chosen
    return pytest.mark.parametrize(
        "case", [pytest.param(case, id=case.id, marks=fault(case.row)) for case in chosen]
    )


def fault(row: str) -> pytest.MarkDecorator:
    """Marks a test as a case of a row."""
    return pytest.mark.fault(row)


def _row(entry: dict[str, Any]) -> Row:
    common = entry.get("expect", {})
    backends = (entry["only"],) if "only" in entry else BACKENDS
    made = []
    for fields in entry.get("cases", ()):
        rest = {name: value for name, value in fields.items() if name not in ("id", "inject")}
        made.append(
            Case(f"{entry['row']}-{fields['id']}", entry["row"], fields["inject"], common | rest)
        )
    return Row(
        entry["row"],
        entry["fault"],
        entry["lake"],
        entry["needs"],
        entry.get("each", ""),
        backends,
        tuple(made),
    )
