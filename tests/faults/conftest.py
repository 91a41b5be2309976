"""Lakes before a fault: empty, or with a release in it while upstream serves the next one.

A test runs on a lake in a directory; with ``parametrize("backend", BACKENDS)`` also on one in S3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.faults.lake import Lake, publish_next_release
from tests.faults.places import BACKENDS, Places, begin_of, cloud
from tests.simulator.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.places import Tree


@dataclass(frozen=True)
class Undisturbed:
    """What runs without a fault make.

    Attributes:
        landed: a lake with the first release, to begin with.
        next_alone: all files of a lake that only saw the next release.
        next_after_first: all files of a lake that saw both.
    """

    landed: Path | bytes
    next_alone: Tree
    next_after_first: Tree


@pytest.fixture(scope="session")
def undisturbed_lakes(tmp_path_factory):
    """Makes them for a backend, once."""
    made: dict[str, Undisturbed] = {}

    def make(backend: str) -> Undisturbed:
        if backend not in made:
            made[backend] = _undisturbed(Places(backend, tmp_path_factory.mktemp("undisturbed")))
        return made[backend]

    return make


def _undisturbed(places: Places) -> Undisturbed:
    with cloud(places.backend), Upstream.sample() as upstream:
        first = Lake(places.new(), upstream)
        assert first.run_all() == []
        landed = begin_of(first.place)
        both, alone = Lake(places.new(landed), upstream), Lake(places.new(), upstream)
        publish_next_release(upstream)
        assert both.run_all() == []
        assert alone.run_all() == []
        return Undisturbed(landed, alone.tree(), both.tree())


@pytest.fixture
def backend():
    return BACKENDS[0]


@pytest.fixture
def places(backend, tmp_path, undisturbed_lakes):
    undisturbed_lakes(backend)
    with cloud(backend):
        yield Places(backend, tmp_path)


@pytest.fixture
def undisturbed(places, undisturbed_lakes):
    return undisturbed_lakes(places.backend)


@pytest.fixture
def upstream():
    """Serves the bundled excerpt."""
    with Upstream.sample() as opened:
        yield opened


@pytest.fixture
def lake(upstream, undisturbed, places):
    """A lake with the first release, which upstream still serves."""
    return Lake(places.new(undisturbed.landed), upstream)


@pytest.fixture
def new_lake(upstream, places):
    """A lake with nothing in it."""
    return Lake(places.new(), upstream)


@pytest.fixture
def state():
    return "landed"


@pytest.fixture
def behind(state, upstream, undisturbed, places):
    """A lake with nothing, or the first release, while upstream serves the next; what it becomes.

    The second value are the visible files after an undisturbed run.
    """
    publish_next_release(upstream)
    if state == "empty":
        return Lake(places.new(), upstream), undisturbed.next_alone
    return Lake(places.new(undisturbed.landed), upstream), undisturbed.next_after_first


@pytest.fixture
def numbers(request):
    """What to disturb, of so many: all, or each Nth if the command line says so."""
    step = request.config.getoption("--every-nth")
    return lambda count: range(1, count + 1, step)


@pytest.fixture
def held(request):
    """Counts a case that held, in a test of many cases."""

    def count() -> None:
        properties = request.node.user_properties
        properties.append(("held", 1))

    return count
