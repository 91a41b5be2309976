"""Many lakes that begin alike, each for one fault; and what becomes of them without one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.faults.lake import Lake, copy_of
from tests.faults.small_survey import serve_release
from tests.faults.storages import CountingStorage

if TYPE_CHECKING:
    from pathlib import Path

    from glue_jobs.sample.upstream import Upstream
    from tests.faults.lake import Tree


class LakesAlike:
    """Lakes that all begin alike, while upstream serves the release that they lack."""

    def __init__(self, folder: Path, upstream: Upstream, landed: int) -> None:
        """Prepares.

        Args:
            folder: for all of them.
            upstream: nothing is served yet.
            landed: the release that they begin with, 0 for none.
        """
        self._folder = folder
        self.upstream = upstream
        self._begin = folder / "begin"
        serve_release(upstream, 1)
        if landed:
            assert Lake(self._begin, upstream, allow_removals=1).run_all() == []
            serve_release(upstream, landed + 1)
        self._made = 0

    def new(self) -> Lake:
        self._made += 1
        folder = self._folder / f"lake-{self._made}"
        if self._begin.exists():
            copy_of(self._begin, folder)
        return Lake(folder, self.upstream, allow_removals=1)

    def undisturbed(self) -> tuple[Tree, int]:
        """What a run without a fault makes, and by how many operations."""
        lake = self.new()
        run = lake.run()
        counting = CountingStorage(run.storage)
        assert lake.run_all(replace(run, storage=counting)) == []
        return lake.tree(), counting.operations


def kept_versions(lake: Lake) -> set[str]:
    """The hashes of all contents that the raw zone ever held."""
    prefix = ".lake/versions/raw/bls/"
    return {hashed for path, hashed in lake.everything().items() if path.startswith(prefix)}
