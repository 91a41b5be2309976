"""What the site's tables are made of: cells, of which a figure leads to its trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labor_lake.pages.charts import Picture
    from labor_lake.pages.citations import Cited


class Cell(NamedTuple):
    """One cell.

    Attributes:
        text: what stands in it.
        page: the page of the site that it leads to; empty for none.
        cited: the observations that it was made of; the first that is found is where it leads to.
        anchor: its name, if others lead to it.
    """

    text: str
    page: str = ""
    cited: tuple[Cited, ...] = ()
    anchor: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under a header.

    Attributes:
        caption: what they are.
        header: the columns.
        rows: a cell a column.
        numbers: names of the columns that are aligned to the right.
        more: what was left out, in a sentence, or nothing.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: Sequence[str] = ()
    more: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a page: a heading, sentences, a picture, tables.

    Attributes:
        title: the heading.
        sentences: below it.
        picture: below these.
        tables: below that; the first one is open where there is no picture.
    """

    title: str
    sentences: Sequence[str] = ()
    picture: Picture | None = None
    tables: Sequence[Table] = ()


@dataclass(frozen=True)
class Page:
    """One page of the site.

    Attributes:
        path: inside the site.
        title: of the page.
        intro: sentences below the title.
        facts: what there is to know of it in a word each: (name, cell).
        sections: its parts.
    """

    path: str
    title: str
    intro: Sequence[str] = ()
    facts: Sequence[tuple[str, Cell]] = ()
    sections: Sequence[Section] = ()


def cells(*texts: object) -> list[Cell]:
    """Cells that lead nowhere; None is an empty one."""
    return [Cell("" if text is None else f"{text}") for text in texts]


def shown_day(release: str) -> str:
    """The day of a release by its name: ``2025-09-04``."""
    return f"{release[:4]}-{release[4:6]}-{release[6:8]}"
