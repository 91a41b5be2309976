"""Lakes before a fault: empty, or with a release in it while upstream serves the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from glue_jobs.sample.upstream import Upstream
from tests.faults.lake import Lake, copy_of, publish_next_release

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.lake import Tree


@dataclass(frozen=True)
class Undisturbed:
    """What runs without a fault make.

    Attributes:
        landed: a lake with the first release.
        next_alone: all files of a lake that only saw the next release.
        next_after_first: all files of a lake that saw both.
    """

    landed: Path
    next_alone: Tree
    next_after_first: Tree


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    with Upstream.sample() as upstream:
        landed = Lake(folder / "landed", upstream)
        assert landed.run_all() == []
        both = Lake(copy_of(landed.folder, folder / "both"), upstream)
        alone = Lake(folder / "alone", upstream)
        publish_next_release(upstream)
        assert both.run_all() == []
        assert alone.run_all() == []
        return Undisturbed(landed.folder, alone.tree(), both.tree())


@pytest.fixture
def upstream():
    """Serves the bundled excerpt."""
    with Upstream.sample() as opened:
        yield opened


@pytest.fixture
def lake(upstream, undisturbed, tmp_path):
    """A lake with the first release, which upstream still serves."""
    return Lake(copy_of(undisturbed.landed, tmp_path / "lake"), upstream)


@pytest.fixture(params=["empty", "landed"])
def behind(request, upstream, undisturbed, tmp_path):
    """A lake with nothing, or the first release, while upstream serves the next; what it becomes.

    The second value are the visible files after an undisturbed run.
    """
    publish_next_release(upstream)
    if request.param == "empty":
        return Lake(tmp_path / "lake", upstream), undisturbed.next_alone
    folder = copy_of(undisturbed.landed, tmp_path / "lake")
    return Lake(folder, upstream), undisturbed.next_after_first
