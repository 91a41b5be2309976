"""Looks at a site in a real browser, as people do and as those do who cannot see it.

    python -m tools.page_check FOLDER

Every page is opened from the folder in headless Chromium, at three widths, by day and by night. It
must fit the width, load nothing, break no rule of its own policy, and axe must find nothing serious
in it; then a strict reader parses the HTML. It runs in an environment of its own
(tools/requirements-browser.txt), so it imports nothing of the lake.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTHS = (360, 820, 1400)
SCHEMES = ("light", "dark")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_READ = ((360, "light"), (1400, "dark"))
"""The views that axe reads: what it judges differs by colours, and by what is hidden."""

_SERIOUS = ("serious", "critical")


def main() -> int:
    """Prints what was looked at and what is wrong; 7 if anything is."""
    parser = argparse.ArgumentParser("python -m tools.page_check", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=Path, help="a folder for a picture of each view")
    arguments = parser.parse_args()
    browser = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        print(f"error: There is no browser here: {', '.join(_BROWSERS)}.", file=sys.stderr)
        return 2
    pages = sorted(arguments.folder.resolve().rglob("*.html"))
    wrong = [*_looked_at(browser, pages, arguments.pictures), *_invalid(pages)]
    for line in wrong:
        print(line)
    print(f"{len(pages)} pages at {len(WIDTHS)} widths, light and dark: {len(wrong)} findings")
    return 7 if wrong or not pages else 0


def _looked_at(browser: str, pages: list[Path], pictures: Path | None) -> Iterator[str]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - who asks for help needs none

    with sync_playwright() as started:
        # Root may not use Chromium's own sandbox; the pages are our own.
        chromium = started.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for width in WIDTHS:
            for scheme in SCHEMES:
                context = chromium.new_context(
                    viewport={"width": width, "height": 900}, color_scheme=scheme
                )
                view = context.new_page()
                for page in pages:
                    for found in _findings(view, page, is_read=(width, scheme) in _READ):
                        yield f"{page.parent.name}/{page.name} at {width}, {scheme}: {found}"
                    if pictures:
                        pictures.mkdir(parents=True, exist_ok=True)
                        name = f"{page.parent.name}-{page.stem}-{width}-{scheme}.png"
                        view.screenshot(path=pictures / name, full_page=True)
                context.close()


def _findings(view: Any, page: Path, *, is_read: bool) -> Iterator[str]:
    """What is wrong with one page in one view.

    Args:
        view: the browser's.
        page: its file.
        is_read: whether axe reads it, too, which takes a second.
    """
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    asked: list[str] = []
    told: list[str] = []
    listeners = {
        "request": lambda request: asked.append(request.url),
        "console": lambda message: told.append(message.text),
    }
    for event, listener in listeners.items():
        view.on(event, listener)
    view.goto(page.as_uri())
    overflow = view.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    for event, listener in listeners.items():
        view.remove_listener(event, listener)
    if overflow > 0:
        yield f"is {overflow} pixels too wide"
    yield from (f"asks for {url}" for url in asked if url != page.as_uri())
    yield from (f"the browser says: {text}" for text in told)
    if not is_read:
        return
    for violation in Axe().run(view).response["violations"]:
        if violation["impact"] in _SERIOUS:
            yield f"axe: {violation['help']}: {violation['nodes'][0]['html'][:120]}"


def _invalid(pages: list[Path]) -> Iterator[str]:
    """What a strict reader of HTML stumbles over."""
    import html5lib  # noqa: PLC0415

    for page in pages:
        parser = html5lib.HTMLParser(strict=True)
        try:
            parser.parse(page.read_bytes(), transport_encoding="utf-8")
        except html5lib.html5parser.ParseError as error:
            yield f"{page.parent.name}/{page.name}: {error}"


if __name__ == "__main__":
    sys.exit(main())
