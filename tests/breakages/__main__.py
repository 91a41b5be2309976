"""Breaks the lake on purpose, one piece of code at a time, and tells which test notices.

    python -m tests.breakages [WORDS]          those that have these words in area or sentence
    python -m tests.breakages --every-nth 12   a sample
    python -m tests.breakages --write          all of them, and writes docs/breakages.md

A breakage that nobody notices, and whose entry does not say why nobody can, ends it with 1.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from tests.breakages.breakage import ROOT, load_breakages
from tests.breakages.nearest import check_unbroken, find_noticing_tests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.breakages.breakage import Breakage

PAGE = ROOT / "docs" / "breakages.md"
_INTRODUCTION = """\
# What is broken on purpose, and who notices

Written by `python -m tests.breakages --write`; do not edit.

A test that cannot fail proves nothing. Each line below is a piece of code that is replaced by a
wrong one in a copy of the project; the nearest tests run there, without the real captures. The
lists are in `tests/breakages/`; `make breakages` runs them, and a test checks that the code that
an entry replaces still stands where the entry says.
"""


def told(breakage: Breakage, test: str) -> str:
    """What became of one, for people."""
    if breakage.survives:
        return f"noticed by {test}, so it does not survive" if test else "survives"
    return f"noticed by {test}" if test else "NOBODY NOTICED"


def page(noticed: Sequence[tuple[Breakage, str]]) -> str:
    """The page: how many of each area, what survives and why, and who noticed the rest."""
    lines = [_INTRODUCTION, "| area | made | noticed | survive |", "|---|---|---|---|"]
    areas = dict.fromkeys(breakage.area for breakage, _ in noticed)
    for area in areas:
        tests = [test for breakage, test in noticed if breakage.area == area]
        found = sum(map(bool, tests))
        lines.append(f"| {area} | {len(tests)} | {found} | {len(tests) - found} |")
    total = sum(bool(test) for _, test in noticed)
    lines.append(f"| all | {len(noticed)} | {total} | {len(noticed) - total} |")
    lines += ["", "## What survives", "", "| broken | why nobody can notice |", "|---|---|"]
    lines += [f"| {one.broken} | {one.survives} |" for one, test in noticed if not test]
    for area in areas:
        lines += ["", f"## {area.capitalize()}", "", "| broken | noticed by |", "|---|---|"]
        lines += [
            f"| {one.broken} | {_shown(test)} |"
            for one, test in noticed
            if one.area == area and test
        ]
    return "\n".join([*lines, ""])


def _shown(test: str) -> str:
    """A test's file and name, without its parameters."""
    path, _, name = test.partition("::")
    return f"`{path[len('tests/') :]}` {name.partition('[')[0]}" if name else test


def main() -> int:
    """Prints, for each, who noticed."""
    parser = argparse.ArgumentParser("python -m tests.breakages")
    parser.add_argument("words", nargs="*", help="only those with these words")
    parser.add_argument("--every-nth", type=int, default=1, metavar="N", help="only each Nth")
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), metavar="N")
    parser.add_argument("--write", action="store_true", help="write docs/breakages.md")
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
    if given.write and not wrong:
        PAGE.write_text(page(noticed), "utf-8")
    print(f"{len(noticed)} broken, {sum(bool(test) for _, test in noticed)} noticed.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
