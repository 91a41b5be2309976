"""Which mapping file has the words for which codes of the series file.

A mapping file's leading columns that the series file has too are its key. They are compared as a
set, without case, blanks and underscores. The file is used only if its key holds the code that the
file is named after, and if no key is there twice: ce.seasonal of 2013 calls its code industry_code,
oe.statemsa repeats its key, and of cx.item one column of two would give most series wrong words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_jobs.labels.facts import SAME_NAMES, STEMS, has_words, squeeze

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Join:
    """How a mapping file's words come to a series.

    Attributes:
        ending: the file's, as its table's name has it: ``data_type``.
        keys: pairs of a column of the mapping file and the one of the series file.
        text: the mapping file's column with the words.
        code: the series file's column with the code that the file is named after.
    """

    ending: str
    keys: tuple[tuple[str, str], ...]
    text: str
    code: str


@dataclass(frozen=True)
class NoJoin:
    """Why a mapping file gives no words to series; empty where it is not about series at all."""

    why: str = ""


def plan_join(
    survey: str, ending: str, columns: Sequence[str], series_columns: Sequence[str]
) -> Join | NoJoin:
    """How a mapping file joins the series file, as far as the names of columns tell.

    Args:
        survey: whose files.
        ending: of the mapping file's name.
        columns: the mapping file's.
        series_columns: the series file's.
    """
    known = {_compared(name): name for name in reversed(series_columns)}
    keys: list[tuple[str, str]] = []
    for column in columns:
        if _compared(column) not in known:
            break
        keys.append((column, known[_compared(column)]))
    if not keys or "series_id" in dict(keys):
        return NoJoin()
    own = squeeze(STEMS.get((survey, ending), ending))
    code = next((of_series for column, of_series in keys if stem_of(column) == own), "")
    if not code:
        return NoJoin(f"its key is {', '.join(dict(keys))}, not the code that it is named after")
    text = _text_column([name for name in columns if name not in dict(keys)], own)
    return Join(ending, tuple(keys), text, code) if text else NoJoin("it has no column with words")


def stem_of(column: str) -> str:
    """What a code is called, squeezed: ``area_code`` is ``area``."""
    name = squeeze(column)
    return name[: -len("code")] if name.endswith("code") and name != "code" else name


def _compared(column: str) -> str:
    name = squeeze(column)
    return SAME_NAMES.get(name, name)


def _text_column(names: Sequence[str], own: str) -> str:
    """The column with the words: the one named after the code, else the first."""
    endings = [name for name in names if has_words(name)]
    named = [name for name in endings if squeeze(name.rpartition("_")[0]) == own]
    return next(iter([*named, *endings]), "")
