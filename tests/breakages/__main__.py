"""Breaks the lake on purpose, one piece of code at a time, and tells which test notices.

    python -m tests.breakages [WORDS]          those that have these words in area or sentence
    python -m tests.breakages --every-nth 12   a sample

A breakage that nobody notices, and whose entry does not say why nobody can, ends it with 1.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from tests.breakages.breakage import load_breakages
from tests.breakages.nearest import check_unbroken, find_noticing_tests

if TYPE_CHECKING:
    from tests.breakages.breakage import Breakage


def told(breakage: Breakage, test: str) -> str:
    """What became of one, for people."""
    if breakage.survives:
        return f"noticed by {test}, so it does not survive" if test else "survives"
    return f"noticed by {test}" if test else "NOBODY NOTICED"


def main() -> int:
    """Prints, for each, who noticed."""
    parser = argparse.ArgumentParser("python -m tests.breakages")
    parser.add_argument("words", nargs="*", help="only those with these words")
    parser.add_argument("--every-nth", type=int, default=1, metavar="N", help="only each Nth")
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), metavar="N")
    given = parser.parse_args()
    words = " ".join(given.words)
    chosen = [one for one in load_breakages() if words in f"{one.area}: {one.broken}"]
    chosen = chosen[:: given.every_nth]
    noticed: list[tuple[Breakage, str]] = []
    for breakage, test in zip(chosen, find_noticing_tests(chosen, given.at_once)):
        print(f"{breakage.area}: {breakage.broken}: {told(breakage, test)}", flush=True)
        noticed.append((breakage, test))
    check_unbroken(sorted({test for _, test in noticed if test}))
    wrong = [one for one, test in noticed if bool(one.survives) == bool(test)]
    print(f"{len(noticed)} broken, {sum(bool(test) for _, test in noticed)} noticed.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
