"""Job: lands what BLS publishes of the surveys, byte for byte; ``sources/bls`` says how.

A survey with nothing new costs one request and writes nothing; one that fails stops no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_jobs.program import exit_with, main_of
from glue_jobs.sources.bls.upstream import UPSTREAM

if TYPE_CHECKING:
    from collections.abc import Sequence

land_bls = UPSTREAM.land


def main(argv: Sequence[str] | None = None) -> int:
    """The job as a program."""
    return main_of("land_bls", land_bls, argv)


if __name__ == "__main__":
    exit_with(main())
