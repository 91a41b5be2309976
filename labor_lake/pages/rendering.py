"""Pages as HTML: every text is escaped, and no page loads or runs anything."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from glue_jobs.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labor_lake.pages.cells import Cell, Page
    from labor_lake.pages.citations import Citations

_TEMPLATES = Path(__file__).with_name("templates")


def render(page: Page, links: Sequence[tuple[str, str]], citations: Citations, foot: str) -> bytes:
    """A page as HTML in UTF-8.

    Args:
        page: what to show.
        links: the pages that every page leads to: (name, path).
        citations: where each figure that was cited was found.
        foot: the sentence at its end.
    """
    root = "../" * page.path.count("/")
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    def link(cell: Cell) -> str:
        """Where a cell leads to, from this page."""
        if cell.page:
            return root + quoted(cell.page)
        survey, anchor = citations.place_of(cell.cited)
        return f"{root}{traces_page(survey)}#{quote(anchor)}" if survey else ""

    text: str = (
        _environment()
        .get_template("page.html")
        .render(
            page=page,
            links=links,
            root=root,
            foot=foot,
            link=link,
            style=style,
            policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none';"
            " form-action 'none'",
        )
    )
    return text.encode()


def traces_page(survey: str) -> str:
    """Where the traces of a survey's figures stand."""
    return f"traces/{survey}.html"


def quoted(page: str) -> str:
    """A page's path as an address, its anchor kept."""
    path, mark, anchor = page.partition("#")
    return quote(path) + mark + quote(anchor)


@cache
def _style() -> Any:
    """The style sheet, as it is."""
    from markupsafe import Markup  # noqa: PLC0415 - only a site needs it

    return Markup((_TEMPLATES / "style.css").read_text("utf-8"))  # noqa: S704 - our own file


@cache
def _environment() -> Any:
    """Reads the templates; whatever they print is escaped, and shows its control characters."""
    import jinja2  # noqa: PLC0415 - only a site needs it
    from markupsafe import Markup  # noqa: PLC0415

    def harmless(value: object) -> object:
        return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=harmless,
        undefined=jinja2.StrictUndefined,
        trim_blocks=False,
    )
