"""A first `lake deploy` fails at each resource in turn, on a CloudFormation made up for that.

The cloud of the other days knows no change sets, so this deploys into an account of its own.
"""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

from labor_lake.cli import main
from labor_lake.deployment.template import make_template
from tests.cloudformation import Template
from tests.deployment.fake_cloudformation import FakeCloudFormation, deploying_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.rehearsal.days import Rehearsal

_CONTACT = "you@example.com"
_GIVEN = {"AlarmEmail": _CONTACT, "LogRetentionDays": "30"}
_COMMAND = (
    *("deploy", "--yes", "--contact", _CONTACT),
    *(word for name, value in _GIVEN.items() for word in ("--parameter", f"{name}={value}")),
)


def first_deploys_that_fail(rehearsal: Rehearsal) -> None:
    """Where the first change fails, nothing is left that the second deploy trips over."""
    rehearsal.tell("\nA first deploy that fails")
    template = Template(make_template(with_queries=False))
    first = template.resolve({**_GIVEN, "Contact": _CONTACT, "CodePrefix": ""}).resources
    left, in_the_way = [], []
    for failing in sorted(first):
        with deploying_to(FakeCloudFormation(failing=failing)) as cloud:
            if _deploy() != 7 or cloud.account:
                left.append(failing)
            if _deploy() != 0 or cloud.orphans:
                in_the_way.append(failing)
    told = f"failing at each of {len(first)} resources, it leaves nothing"
    rehearsal.holds(told + _but(left), not left)
    rehearsal.holds(f"and the second deploy stands{_but(in_the_way)}", not in_the_way)


def _but(exceptions: Sequence[str]) -> str:
    return f", but for {', '.join(exceptions)}" if exceptions else ""


def _deploy() -> int:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return main([*_COMMAND])
