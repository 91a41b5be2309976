"""The surveys of the bundled list.

``surveys.tsv`` has a line for every survey and for every other folder beside them. Sizes in it are
those of November 2025, to three digits. A folder with a code for a name that the list does not know
is taken for a survey: BLS may add one.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LIST = Path(__file__).with_name("surveys.tsv")
CODE = re.compile(r"[a-z]{2}")


@dataclass(frozen=True)
class Survey:
    """A survey as the bundled list has it.

    Attributes:
        code: two letters.
        name: BLS's own.
        description: what it is about, in a few words.
        files: how many there were; None where the list does not know.
        bytes: of all of them, about; None where the list does not know.
    """

    code: str
    name: str
    description: str
    files: int | None
    bytes: int | None


def known_surveys() -> Mapping[str, Survey]:
    """The surveys of the bundled list, by code."""
    return {
        row["code"]: Survey(
            row["code"],
            row["name"],
            row["description"],
            int(row["files"]) if row["files"] else None,
            int(row["bytes"]) if row["bytes"] else None,
        )
        for row in _rows()
        if row["kind"] == "survey"
    }


def surveys_among(folders: Iterable[str]) -> tuple[str, ...]:
    """Those of the folders that are surveys; small ones first, as far as their size is known."""
    none = {row["code"] for row in _rows() if row["kind"] != "survey"}
    known = known_surveys()
    codes = [name for name in folders if CODE.fullmatch(name) and name not in none]
    return tuple(sorted(codes, key=lambda code: (_size(known.get(code)), code)))


def _size(survey: Survey | None) -> int:
    return survey.bytes or 0 if survey else 0


@cache
def _rows() -> tuple[Mapping[str, str], ...]:
    with _LIST.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
