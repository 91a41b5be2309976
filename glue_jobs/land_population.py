"""Job: lands the US population, as the API says it; ``sources/population`` says how.

A dataset that says nothing new costs one request and writes nothing; one that fails stops no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.program import exit_with, main_of
from glue_jobs.sources.population.upstream import UPSTREAM

if TYPE_CHECKING:
    from collections.abc import Sequence

land_population = UPSTREAM.land


def main(argv: Sequence[str] | None = None) -> int:
    """The job as a program."""
    return main_of("land_population", land_population, argv)


if __name__ == "__main__":
    exit_with(main())
