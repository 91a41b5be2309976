"""A lake with two releases of the excerpt: the second has one observation more, and one revised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labor_lake.sample import excerpt
from labor_lake.workflow import run_workflow
from tests.lakes import RELEASED, run_at
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

DATA = "pr.data.0.Current"
FIRST_ROWS, SECOND_ROWS = 1851, 1852
"""Of `0.Current` in each release."""

_OLD = b"PRS30006011      \t1995\tQ01\t         2.6"
_REVISED = b"PRS30006011      \t1995\tQ01\t         2.7"
_NEW = b"PRS30006011      \t2025\tQ03\t         9.9\t\n"


def publish_first(folder: Path | str) -> None:
    """A lake with the excerpt as it is."""
    with Upstream.sample() as upstream:
        assert run_workflow(run_at(folder, upstream, "first")).failures == ()


def publish_second(folder: Path | str) -> None:
    """What BLS has changed in one of the files two hours later."""
    with Upstream.sample() as upstream:
        change(upstream)
        assert run_workflow(run_at(folder, upstream, "second")).failures == ()


def change(upstream: Upstream) -> None:
    """Serves the second release from now on."""
    body, _ = excerpt.files()[DATA]
    changed = body.replace(_OLD, _REVISED) + _NEW
    upstream.set_file("pr", DATA, changed, RELEASED.replace(hour=14))
